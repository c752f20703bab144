"""Finite sets of numbers, simplest first: the atoms of every search space."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property, lru_cache, partial
from typing import Any

from slt_theory.errors import BadInput
from slt_theory.lattice import to_fraction

__all__ = ["Scalar", "choice", "integers", "numbers", "simplicity"]

LARGEST_GRID = 1 << 16
FINER_BITS = 3
"""How much finer each grid is than the one before, once that one has been tried in full."""


@dataclass(frozen=True, eq=False)
class Scalar:
    """A finite set of values that one number may take.

    Attributes
    ----------
    values : tuple
        Simplest first; a search tries prefixes, a counterexample shrinks towards the front.
    extremes : tuple
        Values that break careless statements: ends, zero, neighbours of the ends.
    refine : callable, optional
        Returns a larger set, on a finer grid, where there is one.
    partial : bool
        True if the number may be another one, too: a grid of an interval, a list of errors.
    """

    values: tuple[Any, ...]
    extremes: tuple[Any, ...]
    refine: Callable[[], Scalar] | None = None
    partial: bool = False

    def finer(self, level: int) -> Scalar:
        """The set on the grid that is `level` times refined, or on the finest there is."""
        return self.refine().finer(level - 1) if level and self.refine else self

    @cached_property
    def simplicity(self) -> dict[Any, int]:
        """Place of each value in `values`."""
        return {value: place for place, value in enumerate(self.values)}

    @cached_property
    def _ordered(self) -> tuple[Any, ...]:
        try:
            return tuple(sorted(self.values))
        except TypeError:
            return self.values

    @cached_property
    def _rank(self) -> dict[Any, int]:
        return {value: place for place, value in enumerate(self._ordered)}

    def __contains__(self, value: Any) -> bool:
        return value in self.simplicity

    def nearby(self, value: Any) -> Iterator[Any]:
        """Neighbours at distance 1, 2, 4, ... on either side, then the extremes."""
        here, stride = self._rank[value], 1
        while stride < len(self._ordered):
            if here + stride < len(self._ordered):
                yield self._ordered[here + stride]
            if here - stride >= 0:
                yield self._ordered[here - stride]
            stride *= 2
        yield from self.extremes


def simplicity(value: Fraction) -> tuple[int, Fraction, bool]:
    """Order of numbers, simplest first: small denominators, then small sizes, then positive."""
    return value.denominator, abs(value), value < 0


@lru_cache(maxsize=512)
def numbers(lo: Any, hi: Any, *, bits: int = 4, fine: int = 0, open_ends: str = "") -> Scalar:
    """Multiples of ``2**-bits`` in [lo, hi], few bits first.

    Parameters
    ----------
    lo, hi : number
        Taken exactly; both belong to the set.
    bits : int
        Resolution.
    fine : int
        If positive, every multiple of 1/2 also comes with neighbours ``2**-fine`` away, for
        near-ties.
    open_ends : str
        ``"("``, ``")"`` or ``"()"`` leaves out that end.

    Examples
    --------
    >>> [str(v) for v in numbers(-1, 1, bits=1).values]
    ['0', '1', '-1', '1/2', '-1/2']
    """
    low, high = to_fraction("lo", lo), to_fraction("hi", hi)
    if low > high:
        raise BadInput("lo, hi", (str(low), str(high)), "must satisfy lo <= hi")
    scale = 1 << bits
    first, last = -((-low * scale) // 1), (high * scale) // 1
    if last - first > LARGEST_GRID:
        raise BadInput("bits", bits, f"gives more than {LARGEST_GRID} values", "use fewer bits")
    found = {Fraction(k, scale) for k in range(int(first), int(last) + 1)} | {low, high}
    if fine:
        tick = Fraction(1, 1 << fine)
        near = {v + s * tick for v in found if (2 * v).denominator == 1 for s in (-1, 1)}
        found |= {v for v in near if low <= v <= high}
    if "(" in open_ends:
        found.discard(low)
    if ")" in open_ends:
        found.discard(high)
    if not found:
        raise BadInput("lo, hi", (str(low), str(high)), "leaves no value", "use more bits")
    values = tuple(sorted(found, key=simplicity))
    line = sorted(found)
    zero = [v for v in (Fraction(0),) if v in found]
    smallest = [v for v in (min((w for w in found if w > 0), default=None),) if v is not None]
    ends = dict.fromkeys([line[-1], line[0], *zero, *smallest, line[-2:][0], line[:2][-1]])
    more = bits + FINER_BITS
    refine = partial(numbers, low, high, bits=more, fine=fine, open_ends=open_ends)
    fits = (high - low) * (1 << more) <= LARGEST_GRID and low < high
    return Scalar(values, tuple(ends), refine if fits else None, partial=low < high)


@lru_cache(maxsize=512)
def integers(lo: int, hi: int) -> Scalar:
    """Integers of [lo, hi], small ones first."""
    if lo > hi:
        raise BadInput("lo, hi", (lo, hi), "must satisfy lo <= hi")
    values = tuple(sorted(range(lo, hi + 1), key=lambda k: (abs(k), k < 0)))
    return Scalar(values, tuple(dict.fromkeys([hi, lo])))


def choice(values: Sequence[Any], *, partial: bool = False) -> Scalar:
    """The listed values, simplest first; the last ones count as extremes.

    Raises
    ------
    BadInput
        If there are none, two are equal (1 and True: a search would try one of them), or one
        cannot be hashed.
    """
    listed = tuple(values)
    if not listed:
        raise BadInput("values", "empty", "must list at least one value")
    try:
        distinct = len(set(listed))
    except TypeError as error:
        raise BadInput("values", listed, f"cannot be told apart ({error})", "give tuples") from None
    if distinct < len(listed):
        raise BadInput("values", listed, "must differ, and not by type alone", "leave one out")
    return Scalar(listed, tuple(dict.fromkeys([listed[-1], listed[0]])), partial=partial)
