r"""From the window of the process to a longer one: the extension rule.

If every z of an interval I of length at least 1 is within eps of a sum, a further item
:math:`x \in [0, 1]` makes that true on :math:`I \cup (I + x)`, one longer interval. So positive
items push the right end out by their sum and negative ones the left end, and only

.. math:: P\Big(\sum_{i \le m} X_i^+ < s\Big)
          = 2^{-m} \sum_{k \le m} \binom{m}{k} F_k(s)

is needed, with the Irwin-Hall distribution :math:`F_k`: a rational number.

Source: own; proved in ``proofs/window_rules.py``.
"""

from __future__ import annotations

import math
from fractions import Fraction
from functools import cache

from slt_theory.certified.exact import ONE, probability_up

__all__ = ["extend", "irwin_hall", "positive_part_below"]

_EXACT_UP_TO = 8


@cache
def irwin_hall(k: int, s: Fraction) -> Fraction:
    """P(U_1 + ... + U_k <= s) for independent U[0,1], exactly."""
    if k == 0:
        return Fraction(int(s >= 0))
    total = sum(
        ((-1) ** j * math.comb(k, j) * (s - j) ** k for j in range(min(k, math.floor(s)) + 1)),
        Fraction(0),
    )
    return total / math.factorial(k)


@cache
def positive_part_below(m: int, s: Fraction) -> int:
    """Upper bound of P(sum of m positive parts of U[-1,1] < s), in probability units.

    Exact up to s = 8; beyond, Markov's inequality for exp(-t sum) at t = 1/2, 1, 2, 4 with the
    elementary bounds of the exponential proved with the rule.
    """
    if s <= 0:
        return 0
    if s <= _EXACT_UP_TO:
        weights = (math.comb(m, k) * irwin_hall(k, s) for k in range(m + 1))
        return probability_up(sum(weights, Fraction(0)) / 2**m)
    from flint import arb

    best = ONE
    for t in (Fraction(1, 4), Fraction(1, 2), Fraction(1), Fraction(2)):
        rate = arb(t.numerator) / t.denominator
        factor = (1 + (1 - (-rate).exp()) / rate) / 2
        bound = (rate * arb(s.numerator) / s.denominator).exp() * factor**m * ONE
        best = min(best, int(bound.upper().ceil().unique_fmpz()))
    return best


def extend(profile: list[int], right: Fraction, left: Fraction) -> list[int]:
    """Failure bounds when the window grows by `right` and `left`.

    Entry n is the best split of n items into those of the process and those of the extension.
    """
    if right <= 0 and left <= 0:
        return profile
    rows = []
    for n in range(len(profile)):
        best = ONE
        for m in range(n + 1):
            need = positive_part_below(m, right) + positive_part_below(m, left)
            best = min(best, profile[n - m] + need)
        rows.append(best)
    return rows
