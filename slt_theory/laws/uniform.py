"""Uniform laws, rounded to the nearest lattice point."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from slt_theory.errors import BadInput
from slt_theory.lattice import (
    SUM_BITS,
    to_fraction,
)
from slt_theory.laws.law import FloatArray, Int64Array, Law

__all__ = ["Uniform", "scale_word"]


@dataclass(frozen=True)
class Uniform(Law):
    """U[lo, hi], rounded to the nearest lattice point; the ends are rounded first.

    Examples
    --------
    >>> Uniform().name, Uniform(0, "1/2").name
    ('uniform', 'uniform[0,1/2]')
    >>> int(Uniform(bits=24).sample(seed=1, stream=0, start=0, count=1)[0])
    13094925
    """

    lo: Any = -1
    hi: Any = 1
    bits: int = SUM_BITS

    def __post_init__(self) -> None:
        lo, hi = (to_fraction(name, value) for name, value in (("lo", self.lo), ("hi", self.hi)))
        if not 1 <= self.bits <= SUM_BITS:
            raise BadInput("bits", self.bits, f"must lie in 1..{SUM_BITS}")
        if lo >= hi:
            raise BadInput("lo, hi", (str(lo), str(hi)), "must satisfy lo < hi")
        if max(abs(lo), abs(hi)) > 1 << 8:
            raise BadInput("lo, hi", (str(lo), str(hi)), "must lie in [-256, 256]", "use a scale")
        object.__setattr__(self, "lo", lo)
        object.__setattr__(self, "hi", hi)
        if self._ends[0] >= self._ends[1]:
            raise BadInput("lo, hi", (str(lo), str(hi)), f"coincide at {self.bits} bits")

    @property
    def _ends(self) -> tuple[int, int]:
        return round(self.lo * (1 << self.bits)), round(self.hi * (1 << self.bits))

    @property
    def scale(self) -> tuple[int, int]:
        """Least number and twice the width, in units: a word w draws ``low + round(w width)``."""
        low, high = self._ends
        return low, 2 * (high - low)

    @property
    def name(self) -> str:
        return "uniform" if (self.lo, self.hi) == (-1, 1) else f"uniform[{self.lo},{self.hi}]"

    @property
    def slots(self) -> int:
        # A 32-bit word times the bound must stay below 2^64.
        return 1 if self.bits <= 30 and self.scale[1] <= 1 << 32 else 2

    @property
    def support(self) -> tuple[Fraction, Fraction]:
        low, high = self._ends
        return low * self.unit, high * self.unit

    @property
    def coupling(self) -> Fraction:
        low, high = self.support
        ends = max(abs(low - self.lo), abs(high - self.hi))
        steps = self.scale[1]
        # A power of two takes the leading bits of the word: nothing is lost.
        exact = steps & (steps - 1) == 0 and steps <= 1 << (32 * self.slots)
        grain = Fraction(0) if exact else (high - low) / (1 << (32 * self.slots))
        return Fraction(self.unit / 2 + ends + grain)

    @property
    def is_symmetric(self) -> bool:
        return bool(self.lo == -self.hi)

    def at(self, bits: int) -> Uniform:
        return replace(self, bits=bits)

    def integers(self, words: NDArray[np.uint32]) -> Int64Array:
        low, doubled = self.scale
        r = scale_word(words, doubled)
        return low + ((r + 1) >> 1)

    def density(self, x: ArrayLike) -> FloatArray:
        lo, hi = float(self.lo), float(self.hi)
        points = np.asarray(x, dtype=np.float64)
        return np.where((points >= lo) & (points <= hi), 1.0 / (hi - lo), 0.0)


def scale_word(words: NDArray[np.uint32], bound: int) -> Int64Array:
    """floor(word * bound / 2**W) for one 32-bit word or a pair that makes a 64-bit word."""
    low = words[:, 0].astype(np.uint64)
    if words.shape[1] == 1:
        return np.asarray(((low * np.uint64(bound)) >> np.uint64(32)).astype(np.int64))
    high = words[:, 1].astype(np.uint64)
    b_low, b_high = np.uint64(bound & 0xFFFFFFFF), np.uint64(bound >> 32)
    mask, shift = np.uint64(0xFFFFFFFF), np.uint64(32)
    middle = ((low * b_low) >> shift) + (high * b_low & mask) + (low * b_high & mask)
    top = high * b_high + (high * b_low >> shift) + (low * b_high >> shift) + (middle >> shift)
    return np.asarray(top.astype(np.int64))
