r"""Where the sums reach the end of the window and yet miss it: expected hits, for U[-1, 1].

With P the sum of the positive items and any level p,

.. math:: P(w \text{ missed}, P \le p) \ge P(P \le p)
          - E[\#\{S : |\Sigma_S - w| \le e\}; P \le p]

by Markov's inequality. A subset of i positive items (sum R) and j negative ones (minus J) that
leaves out a positive ones (sum A) counts where ``w - e <= R - J <= w + e`` and ``R + A <= p``. For
``p <= w + 1 - e`` both J and A are below ``p - w + e <= 1``, where their distribution functions are
``y**j / j!`` and ``y**a / a!``; R has the Irwin-Hall distribution. J is cut into cells and every
factor bounded above on a cell, in rationals.

Source: own; proved in ``proofs/reach_floor.py``.
"""

from __future__ import annotations

import math
from fractions import Fraction
from functools import lru_cache

from slt_theory.certified.exact import ONE, probability_up
from slt_theory.certified.extension import irwin_hall

__all__ = ["LEVELS", "expected_hits"]

CELLS = 12
LEVELS = tuple(Fraction(k, 40) for k in (2, 4, 6))
"""Levels p above ``w - e`` that are tried; any is valid, and on a table of cases 1/10 wins."""


@lru_cache(maxsize=1024)
def expected_hits(n: int, end: Fraction, error: Fraction, extra: Fraction) -> int:
    """Upper bound of E[#{S : |sum_S - end| <= error}; P <= end - error + extra], in units.

    Parameters
    ----------
    n : int
        Items of U[-1, 1].
    end, error : Fraction
        ``end > error > 0``.
    extra : Fraction
        In [0, 1].

    Returns
    -------
    int
        In units of ``2**-PROBABILITY_BITS``. Cost: about 20 ms for 20 items.
    """
    level = end - error + extra
    total = 0
    for cell in range(CELLS):
        low, high = extra * cell / CELLS, extra * (cell + 1) / CELLS
        left_out = [_choose_left_out(rest, extra - low) for rest in range(n + 1)]
        for j in range(n):
            # No negative item: J = 0, a point, which belongs to the first cell.
            if j == 0 and cell:
                continue
            top, bottom = (high, low) if j else (Fraction(0), Fraction(0))
            rest = left_out if j else [_choose_left_out(r, extra) for r in range(n + 1)]
            mass = (top**j - bottom**j) / math.factorial(j) if j else Fraction(1)
            hits = 0
            for i in range(1, n - j + 1):
                between = _between(i, end - error + bottom, min(end + error + top, level))
                hits += math.comb(n, i) * math.comb(n - i, j) * between * rest[n - i - j]
            total += probability_up(mass) * hits
    # Three factors in units; fair signs.
    return -(-total // (ONE * ONE << n))


@lru_cache(maxsize=4096)
def _between(i: int, low: Fraction, high: Fraction) -> int:
    """P(low <= R <= high) for i positive items, rounded up."""
    return probability_up(irwin_hall(i, high) - irwin_hall(i, low)) if high > low else 0


@lru_cache(maxsize=4096)
def _choose_left_out(rest: int, room: Fraction) -> int:
    """Sum over a of C(rest, a) P(A <= room), rounded up."""
    terms = (Fraction(math.comb(rest, a), math.factorial(a)) * room**a for a in range(rest + 1))
    return math.ceil(sum(terms, Fraction(0)) * ONE)
