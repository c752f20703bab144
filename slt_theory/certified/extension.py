r"""From the window of the process to a longer one: the extension rule.

If every z of an interval I of length at least 1 is within eps of a sum, a further item
:math:`x \in [0, 1]` makes that true on :math:`I \cup (I + x)`, one longer interval. So positive
items push the right end out by their sum and negative ones the left end, and only

.. math:: P\Big(\sum_{i \le m} X_i^+ < s\Big)
          = 2^{-m} \sum_{k \le m} \binom{m}{k} F_k(s)

is needed, with the Irwin-Hall distribution :math:`F_k`: a rational number.

Source: own; proved in ``proofs/extension_rule.py``.
"""

from __future__ import annotations

import math
from fractions import Fraction
from functools import cache

from slt_theory.balls import to_power
from slt_theory.certified.exact import ONE, probability_up

__all__ = ["extend", "irwin_hall", "positive_part_below"]

_EXACT_UP_TO = 8
_NEGLIGIBLE = ONE >> 50


@cache
def irwin_hall(k: int, s: Fraction) -> Fraction:
    """P(U_1 + ... + U_k <= s) for independent U[0,1], exactly."""
    if k == 0:
        return Fraction(int(s >= 0))
    top, bottom = s.numerator, s.denominator
    terms = range(min(k, math.floor(s)) + 1)
    total = sum((-1) ** j * math.comb(k, j) * (top - j * bottom) ** k for j in terms)
    return Fraction(total, bottom**k * math.factorial(k))


@cache
def _irwin_hall_up(k: int, s: Fraction) -> int:
    return probability_up(irwin_hall(k, s))


@cache
def positive_part_below(m: int, s: Fraction) -> int:
    """Upper bound of P(sum of m positive parts of U[-1,1] < s), in probability units.

    Exact up to rounding for s <= 8; beyond, Markov's inequality for exp(-t sum) with four t.
    """
    if s <= 0:
        return 0
    if s <= _EXACT_UP_TO:
        total = sum(math.comb(m, k) * _irwin_hall_up(k, s) for k in range(m + 1))
        return min(ONE, -(-total >> m))
    from flint import arb

    best = ONE
    for t in (Fraction(1, 4), Fraction(1, 2), Fraction(1), Fraction(2)):
        rate = arb(t.numerator) / t.denominator
        factor = (1 + (1 - (-rate).exp()) / rate) / 2
        bound = (rate * arb(s.numerator) / s.denominator).exp() * to_power(factor, m) * ONE
        top = bound.upper().ceil().unique_fmpz()
        if top is not None:
            best = min(best, int(top))
    return best


def extend(profile: list[int], right: Fraction, left: Fraction) -> list[int]:
    """Failure bounds when the window grows by `right` and `left`.

    Entry n is the best split of n items into those of the process and those of the extension.
    """
    if right <= 0 and left <= 0:
        return profile
    need: list[int] = []
    while len(need) < len(profile) and (not need or need[-1] > _NEGLIGIBLE):
        m = len(need)
        need.append(positive_part_below(m, right) + positive_part_below(m, left))
    # Splits with need >= ONE are useless; any other is valid, and the best has m of modest size.
    useful = [m for m, bound in enumerate(need) if 0 < bound < ONE]
    rows = []
    for n in range(len(profile)):
        splits = (profile[n - m] + need[m] for m in useful if m <= n)
        rows.append(min(ONE, min(splits, default=ONE)))
    return rows
