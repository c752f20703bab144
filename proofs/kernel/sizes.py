"""Numbers of items that bounds in closed form ask for: Lemma R, and binomial tails.

Exact in fractions. The kernel repeats each one that a claim states.
"""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

__all__ = ["candidates_needed", "chernoff", "products_needed", "two_phases"]

_GRAIN = 64


def two_phases(eps: Fraction, delta: Fraction, size: int, n: int) -> tuple[int, int, int] | None:
    """Reach, open gap and items of the first phase with which Lemma R holds for n items."""
    room = 2 * eps * size // 1
    reach, gap = room // 2, room - room // 2
    start = 2 * reach + 1
    for a in range(n + 1):
        b = n - a
        first, second = Fraction(7, 8) ** a / (2 * start), Fraction(3, 4) ** b / (2 * gap)
        if size * (first + second) <= delta:
            return reach, gap, a
    return None


def products_needed(m: int, share: Fraction) -> int:
    """The least n >= 2 m with P(Bin(n, 1/2) < m) at most `share`."""
    for n in itertools.count(2 * m):
        if Fraction(sum(math.comb(n, i) for i in range(m)), 1 << n) <= share:
            return n
    raise AssertionError("the tail vanishes as n grows")


def chernoff(count: int, n: int) -> tuple[int, int]:
    """x = u / v, near the best, in P(Bin(count, 1/4) < n) <= ((3 + x) / 4)^count / x^(n - 1)."""
    return max(1, min(_GRAIN, round(Fraction(3 * _GRAIN * (n - 1), count - n + 1)))), _GRAIN


def candidates_needed(n: int, share: Fraction) -> int:
    """The least N >= 4 n whose bound by `chernoff` on P(Bin(N, 1/4) < n) is at most `share`."""
    for count in itertools.count(4 * n):
        u, v = chernoff(count, n)
        if Fraction(3 * v + u, 4 * v) ** count * Fraction(v, u) ** (n - 1) <= share:
            return count
    raise AssertionError("the bound vanishes as N grows")
