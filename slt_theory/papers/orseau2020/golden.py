"""Powers of the golden ratio gamma = (sqrt(5) - 1)/2 in integers."""

from __future__ import annotations

from math import isqrt

__all__ = ["golden_floor"]


def golden_floor(power: int, bits: int) -> int:
    """floor(gamma**power * 2**bits) for gamma = (sqrt(5) - 1)/2, in integers.

    gamma**m = (-1)**m (F(m+1) - F(m) phi) with phi = (1 + sqrt(5))/2 and Fibonacci numbers F.

    Examples
    --------
    >>> golden_floor(1, 20), golden_floor(2, 20)
    (648055, 400520)
    """
    a, b = 0, 1
    for _ in range(power):
        a, b = b, a + b
    # a = F(power), b = F(power + 1); gamma**power = |b - a phi| = |(2 b - a) - a sqrt 5| / 2.
    whole, root = 2 * b - a, isqrt(5 * a * a << (2 * bits))
    if power % 2 == 0:
        return max(0, ((whole << bits) - root - 1) // 2) if a else 1 << bits
    return (root - (whole << bits)) // 2
