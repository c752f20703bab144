"""Binomial weights rounded upwards or downwards, by integers."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import lru_cache

from slt_theory.certified.exact import ONE

__all__ = ["binomial_down", "binomial_up", "mix", "mix_down"]


@lru_cache(maxsize=4096)
def binomial_up(n: int, p: Fraction) -> tuple[int, ...]:
    """P(Bin(n, p) = m) for m = 0 .. n, each rounded up to ``2**-PROBABILITY_BITS``.

    From the mode outwards the ratio of neighbours is at most 1, so rounding errors never grow.
    Cost: O(n) operations on integers of about 200 bits, and one exact value at the mode.
    """
    return _rounded(n, p, lambda top, bottom: -(-top // bottom))


@lru_cache(maxsize=4096)
def binomial_down(n: int, p: Fraction) -> tuple[int, ...]:
    """As `binomial_up`, each rounded down."""
    return _rounded(n, p, lambda top, bottom: top // bottom)


def _rounded(n: int, p: Fraction, divide: Callable[[int, int], int]) -> tuple[int, ...]:
    if p >= 1:
        return (0,) * n + (ONE,)
    if p <= 0:
        return (ONE,) + (0,) * n
    up, down = p.numerator, p.denominator - p.numerator
    mode = min(n, math.floor((n + 1) * p))
    rows = [0] * (n + 1)
    exact = math.comb(n, mode) * up**mode * down ** (n - mode) * ONE
    rows[mode] = divide(exact, p.denominator**n)
    for m in range(mode, n):
        rows[m + 1] = divide(rows[m] * (n - m) * up, (m + 1) * down)
    for m in range(mode, 0, -1):
        rows[m - 1] = divide(rows[m] * m * down, (n - m + 1) * up)
    return tuple(rows)


def mix(profile: list[int], n: int, weight: Fraction) -> int:
    """Failure bound with n items of which Bin(n, weight) can be used; mixture rule."""
    total = 0
    last = len(profile) - 1
    for m, mass in enumerate(binomial_up(n, weight)):
        total += mass * profile[min(m, last)]
    return min(ONE, -(-total // ONE))


def mix_down(profile: Sequence[int], n: int, weight: Fraction) -> int:
    """Lower bound of the mean of `profile` at Bin(n, weight); 0 behind its end."""
    pairs = zip(binomial_down(n, weight), profile, strict=False)
    return sum(mass * value for mass, value in pairs) // ONE
