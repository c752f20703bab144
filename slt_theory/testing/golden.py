"""Exact numbers a + b g with the golden ratio g = (sqrt(5) - 1) / 2, ordered exactly."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import total_ordering
from typing import Any

__all__ = ["GOLDEN", "Golden"]


@total_ordering
@dataclass(frozen=True)
class Golden:
    """The number ``a + b g``; ``g^2 = 1 - g`` keeps products in this form.

    Examples
    --------
    >>> GOLDEN * GOLDEN + GOLDEN == 1
    True
    """

    a: Fraction
    b: Fraction = Fraction(0)

    def __add__(self, other: Any) -> Golden:
        right = _golden(other)
        return Golden(self.a + right.a, self.b + right.b)

    __radd__ = __add__

    def __neg__(self) -> Golden:
        return Golden(-self.a, -self.b)

    def __sub__(self, other: Any) -> Golden:
        return self + -_golden(other)

    def __rsub__(self, other: Any) -> Golden:
        return _golden(other) - self

    def __mul__(self, other: Any) -> Golden:
        right = _golden(other)
        both = self.b * right.b
        return Golden(self.a * right.a + both, self.a * right.b + self.b * right.a - both)

    __rmul__ = __mul__

    def __pow__(self, exponent: int) -> Golden:
        power = Golden(Fraction(1))
        for _ in range(exponent):
            power = power * self
        return power

    def __abs__(self) -> Golden:
        return -self if self < 0 else self

    def __eq__(self, other: object) -> bool:
        right = _golden(other)
        return self.a == right.a and self.b == right.b

    def __hash__(self) -> int:
        return hash((self.a, self.b))

    def __lt__(self, other: Any) -> bool:
        return (self + -_golden(other)).sign() < 0

    def sign(self) -> int:
        """-1, 0 or 1: a + b g = p + q sqrt(5) with rational p, q."""
        p, q = self.a - self.b / 2, self.b / 2
        if p >= 0 and q >= 0:
            return int(p > 0 or q > 0)
        if p <= 0 and q <= 0:
            return -1
        larger = p if p * p > 5 * q * q else q
        return 1 if larger > 0 else -1

    def __float__(self) -> float:
        return float(self.a) + float(self.b) * (5**0.5 - 1) / 2


def _golden(value: Any) -> Golden:
    return value if isinstance(value, Golden) else Golden(Fraction(value))


GOLDEN = Golden(Fraction(0), Fraction(1))
