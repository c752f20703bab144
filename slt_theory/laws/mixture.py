"""Mixtures: one law with one probability, another with another."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from slt_theory.errors import BadInput
from slt_theory.lattice import positive_fraction, to_fraction
from slt_theory.laws.law import FloatArray, Int64Array, Law
from slt_theory.laws.table import MASS_BITS, Choice, several, shares

__all__ = ["Mixed"]


@dataclass(frozen=True)
class Mixed(Law):
    """One of some laws, chosen with its own probability; weights are shares of their sum.

    The first 64 random bits choose, each law with its share of the 2**64 words up to one word; the
    chosen law reads the words after them. The unit is the largest that all units are multiples of.

    Examples
    --------
    >>> from slt_theory.laws import Scaled, Uniform
    >>> law = Mixed((Uniform(), Scaled(Uniform(), "1/8")), (1, 3))
    >>> law.name, float(law.density(0.1))
    ('mixture(1:uniform,3:0.125*uniform)', 3.125)
    """

    laws: tuple[Law, ...]
    weights: tuple[Any, ...] = ()

    def __post_init__(self) -> None:
        weights = tuple(positive_fraction("weights", w) for w in several("weights", self.weights))
        object.__setattr__(self, "laws", several("laws", self.laws, "laws"))
        for law in self.laws:
            if not isinstance(law, Law):
                raise BadInput("laws", law, "must be laws", "read_law makes one of a name")
        object.__setattr__(self, "weights", weights)
        if len(self.laws) != len(weights) or not weights:
            raise BadInput("weights", len(weights), f"must be as many as {len(self.laws)} laws")
        if max(self._steps) >= 1 << 40:
            raise BadInput(
                "laws",
                self.name,
                "have lattices that do not fit together",
                "give scales with small denominators",
            )

    @property
    def name(self) -> str:
        pairs = zip(self.weights, self.laws, strict=True)
        return f"mixture({','.join(f'{w}:{law.name}' for w, law in pairs)})"

    @cached_property
    def _shares(self) -> tuple[Fraction, ...]:
        total = sum(self.weights)
        return tuple(Fraction(weight) / total for weight in self.weights)

    @cached_property
    def unit(self) -> Fraction:
        units = [law.unit for law in self.laws]
        common = math.lcm(*(u.denominator for u in units))
        return Fraction(math.gcd(*(int(u * common) for u in units)), common)

    @cached_property
    def _steps(self) -> tuple[int, ...]:
        return tuple(int(law.unit / self.unit) for law in self.laws)

    @property
    def bits(self) -> int:
        return max(law.bits for law in self.laws)

    @property
    def slots(self) -> int:
        return 2 + max(law.slots for law in self.laws)

    @property
    def support(self) -> tuple[Fraction, Fraction]:
        return min(law.support[0] for law in self.laws), max(law.support[1] for law in self.laws)

    @property
    def coupling(self) -> Fraction:
        return max(law.coupling for law in self.laws)

    @property
    def variation(self) -> Fraction:
        pairs = zip(self._shares, self.laws, strict=True)
        inside = sum((share * law.variation for share, law in pairs), start=Fraction(0))
        return inside + Fraction(len(self.laws), 1 << MASS_BITS)

    @property
    def note(self) -> str:
        return "; ".join(dict.fromkeys(law.note for law in self.laws if law.note))

    @property
    def atom(self) -> Fraction:
        pairs = zip(self._shares, self.laws, strict=True)
        return sum((share * law.atom for share, law in pairs), start=Fraction(0))

    @property
    def is_symmetric(self) -> bool:
        return all(law.is_symmetric for law in self.laws)

    @property
    def step(self) -> int:
        pairs = zip(self._steps, self.laws, strict=True)
        return math.gcd(*(step * law.step for step, law in pairs))

    def at(self, bits: int) -> Mixed:
        if bits == self.bits:
            return self
        return Mixed(tuple(law.at(min(bits, law.bits)) for law in self.laws), self.weights)

    @cached_property
    def _choice(self) -> Choice:
        return Choice(shares(self.weights))

    def integers(self, words: NDArray[np.uint32]) -> Int64Array:
        chosen = self._choice.of(words)
        drawn = np.empty(words.shape[0], dtype=np.int64)
        for number, (law, step) in enumerate(zip(self.laws, self._steps, strict=True)):
            here = chosen == number
            drawn[here] = law.integers(words[here, 2 : 2 + law.slots]) * step
        return drawn

    def density(self, x: ArrayLike) -> FloatArray:
        pairs = zip(self._shares, self.laws, strict=True)
        return np.asarray(sum(float(share) * law.density(x) for share, law in pairs))

    def uniform_component(self, half_width: Any) -> float:
        pairs = zip(self._shares, self.laws, strict=True)
        return sum(float(share) * law.uniform_component(half_width) for share, law in pairs)

    def density_floor(self, half_width: Any) -> Fraction:
        """The sum of the floors of its laws, each with its probability."""
        from slt_theory.laws.floors import floor_of

        half = to_fraction("half_width", half_width)
        pairs = zip(self._shares, self.laws, strict=True)
        return sum((share * floor_of(law, half) for share, law in pairs), start=Fraction(0))
