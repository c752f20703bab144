"""What a law of one random weight is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from slt_theory.lattice import positive_fraction
from slt_theory.streams import words32, words32_at, words32_rows

__all__ = ["Derived", "FloatArray", "Int64Array", "Law"]

Int64Array = NDArray[np.int64]
FloatArray = NDArray[np.float64]


class Law(ABC):
    """A law of one random weight.

    Attributes
    ----------
    name : str
        The name that `parse_law` reads.
    bits : int
        Draws are integers; before any scale their unit is ``2**-bits``.
    unit : Fraction
        Value of one integer step.
    slots : int
        32-bit words that one draw consumes.
    support : (Fraction, Fraction)
        Smallest and largest value of a lattice draw.
    coupling : Fraction
        Each lattice draw lies within this of a draw of the named law, except with
    variation : Fraction
        this probability: masses rounded to words, tails that are cut.
    note : str
        What an answer about this law has to say of it; empty for a law that its name says whole.
    atom : Fraction
        Mass of the law at exactly 0.
    """

    @property
    @abstractmethod
    def name(self) -> str:
        """The name that `parse_law` reads."""

    @property
    @abstractmethod
    def bits(self) -> int:
        """Before any scale the unit is ``2**-bits``."""

    @property
    @abstractmethod
    def slots(self) -> int:
        """32-bit words that one draw consumes."""

    @property
    @abstractmethod
    def support(self) -> tuple[Fraction, Fraction]:
        """Smallest and largest value of a lattice draw."""

    @property
    @abstractmethod
    def coupling(self) -> Fraction:
        """Distance of a lattice draw from a draw of the named law."""

    @property
    def unit(self) -> Fraction:
        """Value of one integer step."""
        return Fraction(1, 1 << self.bits)

    @property
    def variation(self) -> Fraction:
        """Probability with which a draw is not within `coupling`."""
        return Fraction(0)

    @property
    def note(self) -> str:
        """Words that an answer adds of the law; empty where its name says it all."""
        return ""

    @property
    def atom(self) -> Fraction:
        """Mass of the law at exactly 0."""
        return Fraction(0)

    @property
    def is_symmetric(self) -> bool:
        """True if X and -X have the same law."""
        return False

    @property
    def step(self) -> int:
        """An integer of which every draw is a multiple; 1 where none larger is known."""
        low, high = self.support
        return abs(int(low / self.unit)) if low == high else 1

    @abstractmethod
    def at(self, bits: int) -> Law:
        """The same law on the lattice of ``2**-bits``."""

    @abstractmethod
    def integers(self, words: NDArray[np.uint32]) -> Int64Array:
        """Lattice integers from random words of shape (count, slots)."""

    @abstractmethod
    def density(self, x: ArrayLike) -> FloatArray:
        """Density of the part without the atom, at points `x` (any shape), in float64."""

    def sample(self, seed: int, stream: int, start: int, count: int) -> Int64Array:
        """Draws ``start .. start + count - 1`` of a stream.

        Parameters
        ----------
        seed, stream : int
            64 bits each, see `slt_theory.streams`.
        start, count : int
            Range of draw numbers.

        Returns
        -------
        ndarray of int64, shape (count,)
            In units of `unit`.
        """
        words = words32(seed, stream, start * self.slots, count * self.slots)
        return self.integers(words.reshape(count, self.slots))

    def sample_rows(self, seed: int, streams: NDArray[np.uint64], count: int) -> Int64Array:
        """The first `count` draws of each stream: int64, shape (len(streams), count)."""
        words = words32_rows(seed, streams, count * self.slots)
        rows = words.shape[0]
        return self.integers(words.reshape(rows * count, self.slots)).reshape(rows, count)

    def sample_at(self, seed: int, stream: int, indices: NDArray[np.int64]) -> Int64Array:
        """Draws at scattered numbers of one stream, in the shape of `indices`."""
        places = indices.reshape(-1, 1) * self.slots + np.arange(self.slots)
        return self.integers(words32_at(seed, stream, places)).reshape(indices.shape)

    def uniform_component(self, half_width: Any) -> float:
        """Largest alpha such that the law is ``alpha U[-a, a] + (1 - alpha) Q``, a = `half_width`.

        For the unimodal laws of this module it is ``2 a min(p(a), p(-a))``; in float64. Rigorous
        values come from `slt_theory.certified`.
        """
        a = positive_fraction("half_width", half_width)
        lowest = float(np.min(self.density(np.array([-float(a), float(a)]))))
        return 2 * float(a) * lowest

    def __str__(self) -> str:
        return self.name


class Derived(Law):
    """A law made of another one: its lattice, words and coupling, unless it says more."""

    law: Law

    @property
    def bits(self) -> int:
        return self.law.bits

    @property
    def unit(self) -> Fraction:
        return self.law.unit

    @property
    def slots(self) -> int:
        return self.law.slots

    @property
    def coupling(self) -> Fraction:
        return self.law.coupling

    @property
    def variation(self) -> Fraction:
        return self.law.variation

    @property
    def note(self) -> str:
        return self.law.note

    @property
    def step(self) -> int:
        return self.law.step

    @property
    def is_symmetric(self) -> bool:
        return self.law.is_symmetric
