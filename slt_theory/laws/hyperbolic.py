"""The hyperbolic law: equal mass in every factor, from tables of powers."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from decimal import Decimal, localcontext
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from slt_theory.errors import BadInput
from slt_theory.lattice import WEIGHT_BITS, to_fraction
from slt_theory.laws.law import FloatArray, Int64Array, Law

__all__ = ["Hyperbolic"]

# The 31 bits below the sign are an exponent; a power is the product of one entry of each table.
_PARTS = (8, 8, 8, 7)
_BITS = 31


@cache
def _tables(ratio: Fraction) -> tuple[Int64Array, ...]:
    """Powers of `ratio` in units of ``2**-31``, each correctly rounded."""
    tables, place = [], Fraction(1)
    with localcontext() as context:
        context.prec = 40
        rate = (Decimal(ratio.numerator) / Decimal(ratio.denominator)).ln()
        for width in _PARTS:
            place /= 1 << width
            step = rate * place.numerator / place.denominator
            powers = [
                int(((step * j).exp() * (1 << _BITS)).to_integral()) for j in range(1 << width)
            ]
            tables.append(np.array(powers, dtype=np.int64))
    return tuple(tables)


@dataclass(frozen=True)
class Hyperbolic(Law):
    """``+-hi (lo/hi)**U`` with U uniform on [0, 1): density ``1 / (2 |w| log(hi/lo))``.

    Source: Orseau, Hutter, Rivasplata (NeurIPS 2020, arXiv 2006.12156).

    Examples
    --------
    >>> law = Hyperbolic("1/8", 2)
    >>> law.name, law.support
    ('hyperbolic[1/8,2]', (Fraction(-2, 1), Fraction(2, 1)))
    >>> law.sample(seed=1, stream=0, start=0, count=3) / 2.0**24
    array([0.22971654, 0.2241478 , 1.24331546])
    """

    lo: Any
    hi: Any
    bits: int = WEIGHT_BITS

    def __post_init__(self) -> None:
        for name in ("lo", "hi"):
            object.__setattr__(self, name, to_fraction(name, getattr(self, name)))
        if not 0 < self.lo < self.hi:
            raise BadInput("lo, hi", (str(self.lo), str(self.hi)), "must satisfy 0 < lo < hi")
        if self._end >= 1 << _BITS:
            raise BadInput("hi", str(self.hi), f"must be below 2^{_BITS - self.bits}")
        if self.lo * (1 << self.bits) < 1:
            raise BadInput("lo", str(self.lo), f"must be at least 2^-{self.bits}")

    @property
    def _end(self) -> int:
        end: int = round(self.hi * (1 << self.bits))
        return end

    @property
    def name(self) -> str:
        return f"hyperbolic[{self.lo},{self.hi}]"

    @property
    def slots(self) -> int:
        return 1

    @property
    def support(self) -> tuple[Fraction, Fraction]:
        return -self._end * self.unit, self._end * self.unit

    @property
    def coupling(self) -> Fraction:
        # Four entries and three products are each off by half of 2^-31, the exponent is cut to
        # 31 bits, the end and the result are rounded to the lattice.
        grain = 4 + math.ceil(math.log(self.hi / self.lo) + 1)
        return Fraction(self.hi * grain / (1 << _BITS) + self.unit)

    @property
    def is_symmetric(self) -> bool:
        return True

    def at(self, bits: int) -> Hyperbolic:
        return replace(self, bits=bits)

    def integers(self, words: NDArray[np.uint32]) -> Int64Array:
        word = words[:, 0].astype(np.int64)
        half, below = 1 << (_BITS - 1), _BITS
        power = np.full(word.shape, 1 << _BITS, dtype=np.int64)
        for width, table in zip(_PARTS, _tables(self.lo / self.hi), strict=True):
            below -= width
            entry = table[(word >> below) & ((1 << width) - 1)]
            power = (power * entry + half) >> _BITS
        size = (power * self._end + half) >> _BITS
        return np.asarray(np.where(word >> _BITS, size, -size))

    def density(self, x: ArrayLike) -> FloatArray:
        size = np.abs(np.asarray(x, dtype=np.float64))
        inside = (size >= float(self.lo)) & (size <= float(self.hi))
        safe = np.where(inside, size, 1.0)
        return np.asarray(inside / (2 * safe * math.log(self.hi / self.lo)))

    def uniform_component(self, half_width: Any) -> float:
        """0: there is no mass around 0."""
        return 0.0
