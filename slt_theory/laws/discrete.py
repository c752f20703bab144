"""Laws on finitely many points: random signs, and the numbers of one precision."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from slt_theory.errors import BadInput
from slt_theory.lattice import WEIGHT_BITS, to_fraction
from slt_theory.laws.law import FloatArray, Int64Array, Law

__all__ = ["Grid", "Signs"]


class _Discrete(Law):
    """Points on the lattice itself: nothing is rounded, and there is no density."""

    @property
    def slots(self) -> int:
        return 1

    @property
    def is_symmetric(self) -> bool:
        return True

    def density(self, x: ArrayLike) -> FloatArray:
        raise BadInput("law", self.name, "has no density", "it lives on finitely many points")


@dataclass(frozen=True)
class Signs(_Discrete):
    """``gain`` or ``-gain``, each with probability 1/2: the random binary networks of the theory.

    Examples
    --------
    >>> Signs().name, Signs("1/16").name
    ('signs', 'signs[1/16]')
    >>> Signs(bits=0).sample(seed=0, stream=0, start=0, count=6)
    array([-1,  1,  1,  1,  1, -1])
    """

    gain: Any = 1
    bits: int = WEIGHT_BITS

    def __post_init__(self) -> None:
        gain = to_fraction("gain", self.gain)
        object.__setattr__(self, "gain", gain)
        steps = gain * (1 << self.bits)
        if steps.denominator != 1 or not 0 < gain <= 1 << 8:
            raise BadInput("gain", str(gain), f"must be a multiple of 2^-{self.bits} in (0, 256]")

    @property
    def name(self) -> str:
        return "signs" if self.gain == 1 else f"signs[{self.gain}]"

    @property
    def support(self) -> tuple[Fraction, Fraction]:
        return -self.gain, self.gain

    @property
    def coupling(self) -> Fraction:
        return Fraction(0)

    def at(self, bits: int) -> Signs:
        return replace(self, bits=bits)

    def integers(self, words: NDArray[np.uint32]) -> Int64Array:
        size = int(self.gain * (1 << self.bits))
        return np.where(words[:, 0] >> np.uint32(31), size, -size)


@dataclass(frozen=True)
class Grid(_Discrete):
    """Uniform on the ``2 steps + 1`` multiples of ``1/steps`` in [-1, 1]; `steps` a power of two.

    Each point has its exact share of the 2**32 words up to one word.

    Examples
    --------
    >>> sorted(set(Grid(2, bits=1).sample(seed=0, stream=0, start=0, count=99).tolist()))
    [-2, -1, 0, 1, 2]
    """

    steps: int
    bits: int = WEIGHT_BITS

    def __post_init__(self) -> None:
        if self.steps.bit_count() != 1 or not 1 <= self.steps <= 1 << min(self.bits, WEIGHT_BITS):
            raise BadInput("steps", self.steps, f"must be a power of two up to 2^{self.bits}")

    @property
    def name(self) -> str:
        return f"grid[{self.steps}]"

    @property
    def support(self) -> tuple[Fraction, Fraction]:
        return Fraction(-1), Fraction(1)

    @property
    def coupling(self) -> Fraction:
        return Fraction(0)

    @property
    def atom(self) -> Fraction:
        return Fraction(1, 2 * self.steps + 1)

    def at(self, bits: int) -> Grid:
        return replace(self, bits=bits)

    def integers(self, words: NDArray[np.uint32]) -> Int64Array:
        count = np.uint64(2 * self.steps + 1)
        point = ((words[:, 0].astype(np.uint64) * count) >> np.uint64(32)).astype(np.int64)
        return (point - self.steps) * ((1 << self.bits) // self.steps)
