"""Quantised weights: uniform integers and products of them, for exact subset sums.

A claim "every integer target is hit exactly" is the claim "every real target is within 1/2" for
integer sums, so coverage needs nothing new: ask for eps = 1/2, or tolerance + 1/2.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import ArrayLike, NDArray

from slt_theory.errors import BadInput
from slt_theory.laws import Law

__all__ = ["Integers"]


@dataclass(frozen=True)
class Integers(Law):
    """Uniform on the 2 `largest` + 1 integers from -`largest` to `largest`, or a product of such.

    Each of the integers has its exact share of the 2**32 words up to one word.

    Examples
    --------
    >>> law = Integers(2)
    >>> sorted(set(law.sample(seed=0, stream=0, start=0, count=200).tolist()))
    [-2, -1, 0, 1, 2]
    """

    largest: int
    factors: int = 1

    def __post_init__(self) -> None:
        if not 1 <= self.largest < 1 << 24:
            raise BadInput("largest", self.largest, "must lie in 1 .. 2^24 - 1")
        if self.factors not in (1, 2):
            raise BadInput("factors", self.factors, "must be 1 or 2")

    @property
    def name(self) -> str:
        return "*".join([f"integers[{self.largest}]"] * self.factors)

    @property
    def bits(self) -> int:
        return 0

    @property
    def slots(self) -> int:
        return self.factors

    @property
    def support(self) -> tuple[Fraction, Fraction]:
        end = Fraction(self.largest**self.factors)
        return -end, end

    @property
    def coupling(self) -> Fraction:
        return Fraction(0)

    @property
    def is_symmetric(self) -> bool:
        return True

    def at(self, bits: int) -> Integers:
        if bits != 0:
            raise BadInput("bits", bits, "integers live on the lattice of whole numbers")
        return self

    def integers(self, words: NDArray[np.uint32]) -> NDArray[np.int64]:
        count = np.uint64(2 * self.largest + 1)
        values = ((words.astype(np.uint64) * count) >> np.uint64(32)).astype(np.int64)
        return np.asarray((values - self.largest).prod(axis=1))

    def density(self, x: ArrayLike) -> NDArray[np.float64]:
        raise BadInput("law", self.name, "has no density", "it lives on the integers")
