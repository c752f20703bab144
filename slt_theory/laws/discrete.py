"""Laws on finitely many points: random signs, the numbers of one precision, any points at all."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from slt_theory.errors import BadInput
from slt_theory.lattice import WEIGHT_BITS, positive_fraction, to_fraction
from slt_theory.laws.law import FloatArray, Int64Array, Law
from slt_theory.laws.table import TABLE_BITS, Choice, several, shares

__all__ = ["Discrete", "Grid", "Integers", "Signs"]


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

    @property
    def step(self) -> int:
        return int(self.gain * (1 << self.bits))

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
    def variation(self) -> Fraction:
        return Fraction(2 * self.steps + 1, 1 << 33)

    @property
    def step(self) -> int:
        return (1 << self.bits) // self.steps

    @property
    def atom(self) -> Fraction:
        return Fraction(1, 2 * self.steps + 1)

    def at(self, bits: int) -> Grid:
        return replace(self, bits=bits)

    def integers(self, words: NDArray[np.uint32]) -> Int64Array:
        count = np.uint64(2 * self.steps + 1)
        point = ((words[:, 0].astype(np.uint64) * count) >> np.uint64(32)).astype(np.int64)
        return (point - self.steps) * ((1 << self.bits) // self.steps)


@dataclass(frozen=True)
class Integers(_Discrete):
    """Uniform on the 2 `largest` + 1 integers from -`largest` to `largest`, or a product of such.

    Each of the integers has its exact share of the 2**32 words up to one word. A claim "every
    integer target is hit exactly" is the claim "every real target is within 1/2".

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
    def variation(self) -> Fraction:
        return Fraction((2 * self.largest + 1) * self.factors, 1 << 33)

    @property
    def atom(self) -> Fraction:
        return 1 - (1 - Fraction(1, 2 * self.largest + 1)) ** self.factors

    def at(self, bits: int) -> Integers:
        if bits != 0:
            raise BadInput("bits", bits, "integers live on the lattice of whole numbers")
        return self

    def integers(self, words: NDArray[np.uint32]) -> Int64Array:
        count = np.uint64(2 * self.largest + 1)
        values = ((words.astype(np.uint64) * count) >> np.uint64(32)).astype(np.int64)
        return np.asarray((values - self.largest).prod(axis=1))


@dataclass(frozen=True)
class Discrete(_Discrete):
    """Some points, each with its own probability; weights are taken as shares of their sum.

    A point has its share of the 2**64 words up to one word, and is rounded to the lattice where it
    does not lie on it (then `coupling` says by how much).

    Examples
    --------
    >>> law = Discrete((-1, 0, "1/3"), (1, 2, 1))
    >>> law.name, law.atom
    ('discrete(-1:1,0:2,1/3:1)', Fraction(1, 2))
    >>> Discrete((-1, 1), (3, 1), bits=0).sample(seed=1, stream=0, start=0, count=8)
    array([ 1, -1,  1, -1, -1,  1, -1, -1])
    """

    points: tuple[Any, ...]
    weights: tuple[Any, ...] = ()
    bits: int = TABLE_BITS

    def __post_init__(self) -> None:
        points = tuple(to_fraction("points", x) for x in several("points", self.points))
        weights = tuple(positive_fraction("weights", w) for w in several("weights", self.weights))
        if len(points) != len(weights) or not points:
            raise BadInput("weights", len(weights), f"must be as many as the {len(points)} points")
        if len(set(points)) < len(points):
            raise BadInput("points", len(points), "must differ", "add their weights up")
        if max(map(abs, points)) > 1 << 10:
            raise BadInput("points", str(max(points, key=abs)), "must lie in [-1024, 1024]")
        if not 0 <= self.bits <= TABLE_BITS:
            raise BadInput("bits", self.bits, f"must lie in 0..{TABLE_BITS}")
        object.__setattr__(self, "points", points)
        object.__setattr__(self, "weights", weights)

    @property
    def name(self) -> str:
        pairs = zip(self.points, self.weights, strict=True)
        return f"discrete({','.join(f'{x}:{w}' for x, w in pairs)})"

    @property
    def slots(self) -> int:
        return 2

    @cached_property
    def _places(self) -> Int64Array:
        return np.array([round(x * (1 << self.bits)) for x in self.points], dtype=np.int64)

    @cached_property
    def _choice(self) -> Choice:
        return Choice(shares(self.weights))

    @property
    def support(self) -> tuple[Fraction, Fraction]:
        low, high = int(self._places.min()), int(self._places.max())
        return low * self.unit, high * self.unit

    @property
    def coupling(self) -> Fraction:
        pairs = zip(self.points, self._places.tolist(), strict=True)
        return Fraction(max(abs(x - k * self.unit) for x, k in pairs))

    @property
    def variation(self) -> Fraction:
        return Fraction(len(self.points), 1 << 64)

    @property
    def atom(self) -> Fraction:
        zero = sum(w for x, w in zip(self.points, self.weights, strict=True) if x == 0)
        return Fraction(zero / Fraction(sum(self.weights)))

    @property
    def is_symmetric(self) -> bool:
        shares_ = dict(zip(self.points, self.weights, strict=True))
        return all(shares_.get(-x) == w for x, w in shares_.items())

    @property
    def step(self) -> int:
        return math.gcd(*self._places.tolist())

    def at(self, bits: int) -> Discrete:
        return replace(self, bits=bits)

    def integers(self, words: NDArray[np.uint32]) -> Int64Array:
        return self._places[self._choice.of(words)]
