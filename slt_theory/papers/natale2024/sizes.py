"""Sizes that the statements name: entropies, fixed points and the density of a sum."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from math import comb, factorial

__all__ = ["block_at", "entropy", "explicit_holds", "network_n", "settled", "uniform_sum_density"]


def entropy(share: float) -> float:
    """Binary entropy in bits."""
    return -(share * math.log2(share) + (1 - share) * math.log2(1 - share))


def uniform_sum_density(n: int, x: Fraction) -> Fraction:
    """Density of the sum of n independent U[-1,1] at x, exactly (Irwin and Hall).

    At a jump (n = 1, x = 1) it is the value from the left.

    Examples
    --------
    >>> uniform_sum_density(2, Fraction(0))
    Fraction(1, 2)
    """
    y = (x + n) / 2
    if not 0 < y <= n:
        return Fraction(0)
    total = sum(
        ((-1) ** k * comb(n, k) * (y - k) ** (n - 1) for k in range(math.ceil(y))),
        Fraction(0),
    )
    return total / (2 * factorial(n - 1))


def explicit_holds(k: float, bits: float, amplifier: float) -> bool:
    """k >= 2 c_amp (log2^2 k + 2 log2 k log2(1/eps)), Corollary 2's condition; k >= 1.

    `bits` is log2(1/eps).
    """
    log_k = math.log2(k)
    return bool(k >= 2 * amplifier * (log_k**2 + 2 * log_k * bits))


def settled(step: Callable[[float], float], start: float) -> float:
    """The fixed point of a step that grows as a squared logarithm, after 200 steps from `start`."""
    value = start
    for _ in range(200):
        value = step(value)
    return value


def block_at(gamma: float, eps: float) -> tuple[float, float]:
    """k and the block n* of the proof at n = 8 log2^2(k/eps)/H(gamma), c_hyp = c_thm = 1.

    n* = log2(2k/eps)/H(gamma), and the theorem for one block asks k <= n*/2.

    Examples
    --------
    >>> [tuple(round(v) for v in block_at(gamma, 0.01)) for gamma in (0.5, 0.01, 0.001)]
    [(1126, 18), (203, 189), (131, 1287)]
    """
    k = settled(lambda k: gamma * 8 * math.log2(k / eps) ** 2 / entropy(gamma), 100.0)
    return k, math.log2(2 * k / eps) / entropy(gamma)


def network_n(layers: int, width: int, gamma: float, eps: float, amplifier: float = 1.0) -> int:
    """The implicit n = c log2(2 l d^2 gamma n / eps)^2 / H(gamma), by its fixed point.

    Examples
    --------
    >>> network_n(2, 100, 0.5, 0.01)
    950
    """

    def step(n: float) -> float:
        bits = math.log2(2 * layers * width**2 * gamma * n / eps)
        return amplifier * bits**2 / entropy(gamma)

    return round(settled(step, 10.0))
