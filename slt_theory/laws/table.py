"""Laws by a table: cells with integer masses, uniform inside each cell. The table is the law.

A draw reads 96 random bits. The first 64 are a number w below 2^64 and choose the cell with
``below[i] <= w < below[i + 1]``, so a cell has its mass ``(below[i + 1] - below[i]) / 2^64``
exactly; the last 32 are the place in the cell.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from slt_theory.errors import BadInput
from slt_theory.lattice import HEADROOM_BITS, to_fraction
from slt_theory.laws.law import FloatArray, Int64Array, Law

__all__ = ["MASS_BITS", "TABLE_BITS", "Choice", "Histogram", "MassTable", "Tabulated"]

TABLE_BITS = 44
"""Edges of cells are multiples of 2^-44, so sums of 64 numbers up to 2^11 stay in an int64."""

MASS_BITS = 64
_FURTHEST = 1 << (HEADROOM_BITS - TABLE_BITS - 6)


@dataclass(frozen=True, eq=False)
class Choice:
    """One of some parts by 64 random bits w: part i where ``below[i] <= w < below[i + 1]``.

    Attributes
    ----------
    below : tuple of int
        Mass below each part in units of ``2**-MASS_BITS``, from 0 to ``2**MASS_BITS``.
    """

    below: tuple[int, ...]

    @cached_property
    def _inner(self) -> NDArray[np.uint64]:
        return np.array(self.below[1:-1], dtype=np.uint64)

    def of(self, words: NDArray[np.uint32]) -> NDArray[np.intp]:
        """The part that the first two words of each row choose: shape (count,)."""
        w = words[:, 0].astype(np.uint64) | (words[:, 1].astype(np.uint64) << np.uint64(32))
        return np.searchsorted(self._inner, w, side="right")


@dataclass(frozen=True, eq=False)
class MassTable:
    """Cells and their masses.

    Attributes
    ----------
    edges : ndarray of int64, shape (cells + 1,)
        Increasing, in units of ``2**-TABLE_BITS``.
    below : tuple of int
        Mass below each edge in units of ``2**-MASS_BITS``, from 0 to ``2**MASS_BITS``.
    """

    edges: Int64Array
    below: tuple[int, ...]

    @cached_property
    def _cell(self) -> Choice:
        return Choice(self.below)

    @cached_property
    def masses(self) -> tuple[int, ...]:
        """Mass of each cell in units of ``2**-MASS_BITS``."""
        return tuple(b - a for a, b in zip(self.below, self.below[1:], strict=False))

    @cached_property
    def widest(self) -> int:
        """Width of the widest cell, in units of ``2^-TABLE_BITS``."""
        return int(np.diff(self.edges).max())

    def draw(self, words: NDArray[np.uint32]) -> Int64Array:
        """Integers in units of ``2**-TABLE_BITS`` from words of shape (count, 3)."""
        cell = self._cell.of(words)
        left = self.edges[cell]
        width = (self.edges[cell + 1] - left).astype(np.uint64)
        place, half = words[:, 2].astype(np.uint64), np.uint64(32)
        # floor(width place / 2^32) by halves of the width, so that no product leaves 64 bits.
        low = (place * (width & np.uint64(0xFFFFFFFF))) >> half
        return np.asarray(left + (low + place * (width >> half)).astype(np.int64))

    def heights(self) -> FloatArray:
        """Density of each cell, in float64."""
        mass = np.ldexp(np.array(self.masses, dtype=np.float64), -MASS_BITS)
        return np.asarray(mass / np.ldexp(np.diff(self.edges).astype(np.float64), -TABLE_BITS))

    def floor(self, half_width: Fraction) -> Fraction:
        """The least density of a cell that meets [-half_width, half_width]; exact."""
        ends = [Fraction(int(e), 1 << TABLE_BITS) for e in (self.edges[0], self.edges[-1])]
        if ends[0] > -half_width or ends[1] < half_width:
            return Fraction(0)
        reach = half_width * (1 << TABLE_BITS)
        first = int(np.searchsorted(self.edges, math.floor(-reach), side="right")) - 1
        last = int(np.searchsorted(self.edges, math.ceil(reach), side="left"))
        cells = range(max(first, 0), min(last, len(self.masses)))
        scale = Fraction(1 << TABLE_BITS, 1 << MASS_BITS)
        return scale * min(
            Fraction(self.masses[i], int(self.edges[i + 1] - self.edges[i])) for i in cells
        )


class Tabulated(Law):
    """A law drawn from a `MassTable`, at any number of bits up to `TABLE_BITS`."""

    bits: int

    @property
    @abstractmethod
    def table(self) -> MassTable:
        """Cells of the law and their masses."""

    def _check_bits(self) -> None:
        if not 1 <= self.bits <= TABLE_BITS:
            raise BadInput("bits", self.bits, f"must lie in 1..{TABLE_BITS} for {self.name}")

    @property
    def slots(self) -> int:
        return 3

    @property
    def support(self) -> tuple[Fraction, Fraction]:
        low, high = self._rounded(self.table.edges[[0, -1]]).tolist()
        return low * self.unit, high * self.unit

    def _rounded(self, x: Int64Array) -> Int64Array:
        shift = TABLE_BITS - self.bits
        return np.asarray((x + ((1 << shift) >> 1)) >> shift)

    @property
    def grain(self) -> Fraction:
        """A draw lies within this of a point of its cell drawn from the reals."""
        place = Fraction(self.table.widest, 1 << 32) + 1
        return place / (1 << TABLE_BITS) + (self.unit / 2 if self.bits < TABLE_BITS else 0)

    def integers(self, words: NDArray[np.uint32]) -> Int64Array:
        return self._rounded(self.table.draw(words))


@dataclass(frozen=True)
class Histogram(Tabulated):
    """Uniform on each of some cells: masses of any size, taken as shares of their sum.

    Parameters
    ----------
    edges : sequence of number
        Increasing; rounded to multiples of 2^-44.
    masses : sequence of number
        One a cell, at least 0.

    Examples
    --------
    >>> law = Histogram((-1, 0, 1), (1, 3))
    >>> law.name, law.density([-0.5, 0.5]).tolist()
    ('histogram(-1:1,0:3,1)', [0.25, 0.75])
    """

    edges: tuple[Any, ...]
    masses: tuple[Any, ...] = ()
    bits: int = TABLE_BITS

    def __post_init__(self) -> None:
        edges = tuple(to_fraction("edges", edge) for edge in several("edges", self.edges))
        masses = tuple(to_fraction("masses", mass) for mass in several("masses", self.masses))
        if len(edges) != len(masses) + 1 or len(masses) < 1:
            raise BadInput("edges", len(edges), f"must be one more than the {len(masses)} masses")
        if min(masses) < 0 or sum(masses) == 0:
            raise BadInput("masses", str(min(masses)), "must be at least 0, and one above it")
        object.__setattr__(self, "edges", edges)
        object.__setattr__(self, "masses", masses)
        self._check_bits()
        object.__setattr__(self, "_table", make_table(edges, shares(masses)))

    @property
    def name(self) -> str:
        cells = (f"{e}:{m}" for e, m in zip(self.edges, self.masses, strict=False))
        return f"histogram({','.join(cells)},{self.edges[-1]})"

    @property
    def table(self) -> MassTable:
        """Cells of the law and their masses, as made from the counts."""
        table: MassTable = self.__dict__["_table"]
        return table

    @property
    def coupling(self) -> Fraction:
        # Edges are rounded to half of 2^-44.
        return self.grain + Fraction(1, 1 << (TABLE_BITS + 1))

    @property
    def variation(self) -> Fraction:
        return Fraction(len(self.masses), 1 << MASS_BITS)

    def at(self, bits: int) -> Histogram:
        return Histogram(self.edges, self.masses, bits)

    def density(self, x: ArrayLike) -> FloatArray:
        return cell_density(self.table, x)

    def density_floor(self, half_width: Any) -> Fraction:
        """The least density on [-half_width, half_width], of the table: exact."""
        return self.table.floor(to_fraction("half_width", half_width))


def several(name: str, values: Any, what: str = "numbers") -> tuple[Any, ...]:
    """The values of an argument that is a sequence; text is none."""
    if isinstance(values, str) or not isinstance(values, Iterable):
        raise BadInput(name, values, f"must be a sequence of {what}", "e.g. a tuple")
    return tuple(values)


def shares(masses: Sequence[Fraction]) -> tuple[int, ...]:
    """Mass below each edge of 2^64, each rounded to nearest: a mass is off by at most one unit."""
    total, below, sums = sum(masses, start=Fraction(0)), Fraction(0), [0]
    for mass in masses:
        below += mass
        sums.append(round(below / total * (1 << MASS_BITS)))
    return tuple(sums)


def make_table(edges: Sequence[Fraction], below: Sequence[int]) -> MassTable:
    """A table with its edges rounded to the lattice.

    Raises
    ------
    BadInput
        If edges do not increase on the lattice, or lie beyond its range.
    """
    if max(abs(edges[0]), abs(edges[-1])) > _FURTHEST:
        raise BadInput(
            "edges",
            f"{float(edges[0]):g} .. {float(edges[-1]):g}",
            f"must lie in [-{_FURTHEST}, {_FURTHEST}]",
            "use a scale, or cut the law",
        )
    places = np.array([round(edge * (1 << TABLE_BITS)) for edge in edges], dtype=np.int64)
    if (np.diff(places) <= 0).any():
        raise BadInput(
            "edges",
            f"{len(edges)} edges",
            f"must increase by at least 2^-{TABLE_BITS}",
            "use fewer cells, or a scale",
        )
    return MassTable(places, tuple(int(b) for b in below))


def cell_density(table: MassTable, x: ArrayLike) -> FloatArray:
    """Density of a table at points, in float64; 0 outside."""
    points = np.asarray(x, dtype=np.float64)
    edges = np.ldexp(table.edges.astype(np.float64), -TABLE_BITS)
    cell = np.clip(np.searchsorted(edges, points, side="right") - 1, 0, len(table.masses) - 1)
    inside = (points >= edges[0]) & (points <= edges[-1])
    return np.asarray(np.where(inside, table.heights()[cell], 0.0))
