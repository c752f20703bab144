"""A search space: shapes, simplest first, and for each shape the numbers that fill it.

One description for all uses: a hypothesis strategy, complete small grids, extremal cases, moves
of an ascent, and steps towards a simpler counterexample.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import cache, cached_property, lru_cache
from itertools import product
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from slt_theory.testing.scalars import Scalar

if TYPE_CHECKING:
    from random import Random

    from hypothesis.strategies import SearchStrategy

__all__ = ["Point", "Space", "lists", "scalar"]

T = TypeVar("T")
U = TypeVar("U")
Shape = Any
Leaves = tuple[Any, ...]
Point = tuple[Shape, Leaves]


def _no_smaller(shape: Shape, leaves: Leaves) -> Iterator[Point]:
    return iter(())


@dataclass(frozen=True, eq=False)
class Space(Generic[T]):
    """A set of values of one type, each built from a shape and numbers.

    Attributes
    ----------
    shapes : tuple
        Simplest first.
    slots : callable
        The sets from which the numbers of a shape come.
    build : callable
        ``build(shape, leaves)`` is the value.
    smaller : callable
        Yields points of smaller shape that keep most of a point's numbers; those whose numbers
        do not belong there are left out.
    adapt : callable, optional
        ``adapt(old shape, leaves, new shape)`` keeps what it can where a dependent space changes.

    Examples
    --------
    >>> from slt_theory.testing.scalars import numbers
    >>> pairs = lists(numbers(0, 1, bits=0), 2, 2)
    >>> [tuple(map(int, v)) for v in map(pairs.value, pairs.grid(2, 1))]
    [(0, 0), (0, 1), (1, 0), (1, 1)]
    """

    shapes: tuple[Shape, ...]
    slots: Callable[[Shape], tuple[Scalar, ...]]
    build: Callable[[Shape, Leaves], T]
    smaller: Callable[[Shape, Leaves], Iterator[Point]] = field(default=_no_smaller)
    adapt: Callable[[Shape, Leaves, Shape], Leaves] | None = None

    def value(self, point: Point) -> T:
        """The value at a point."""
        return self.build(*point)

    def strategy(self) -> SearchStrategy[T]:
        """The space as a hypothesis strategy; examples shrink towards the first shapes."""
        return self.points().map(self.value)

    def points(self) -> SearchStrategy[Point]:
        """The strategy of points, from which `value` builds."""
        return self._points

    @cached_property
    def _points(self) -> SearchStrategy[Point]:
        from hypothesis import strategies as st

        @cache
        def filled(shape: Shape) -> SearchStrategy[Point]:
            parts = [st.sampled_from(s.values) for s in self.slots(shape)]
            return st.tuples(st.just(shape), st.tuples(*parts))

        if len(self.shapes) == 1:
            return filled(self.shapes[0])
        return st.sampled_from(self.shapes).flatmap(filled)

    def grid(self, width: int, depth: int) -> Iterator[Point]:
        """All points with the first `width` values in each place of the first `depth` shapes."""
        for shape in self.shapes[:depth]:
            for leaves in product(*(s.values[:width] for s in self.slots(shape))):
                yield shape, leaves

    def random(self, source: Random, *, extreme: bool = False) -> Point:
        """A random point; with `extreme`, a pattern of extreme values."""
        shape = source.choice(self.shapes)
        slots = self.slots(shape)
        if not extreme:
            return shape, tuple(source.choice(s.values) for s in slots)
        kind = source.randrange(4)
        if kind == 0 and slots:  # one value everywhere
            value = source.choice(slots[0].extremes)
            return shape, tuple(value if value in s else source.choice(s.extremes) for s in slots)
        if kind == 1 and slots:  # a tie, and one number next to it
            value = source.choice(slots[0].values)
            leaves = [value if value in s else source.choice(s.extremes) for s in slots]
            place = source.randrange(len(slots))
            leaves[place] = next(slots[place].nearby(leaves[place]), leaves[place])
            return shape, tuple(leaves)
        return shape, tuple(source.choice(s.extremes) for s in slots)

    def moves(self, point: Point) -> Iterator[Point]:
        """Points that differ in one number."""
        shape, leaves = point
        for k, s in enumerate(self.slots(shape)):
            for value in s.nearby(leaves[k]):
                if value != leaves[k]:
                    yield shape, (*leaves[:k], value, *leaves[k + 1 :])

    def simpler(self, point: Point) -> Iterator[Point]:
        """Points of smaller shape, then points with one number simpler."""
        shape, leaves = point
        for less, kept in self.smaller(shape, leaves):
            if all(v in s for v, s in zip(kept, self.slots(less), strict=True)):
                yield less, kept
        for k, s in enumerate(self.slots(shape)):
            place = s.simplicity[leaves[k]]
            tried = [*range(min(place, 12)), *range(min(12, place), place, max(1, place // 12))]
            for earlier in tried:
                yield shape, (*leaves[:k], s.values[earlier], *leaves[k + 1 :])

    def cost(self, point: Point) -> tuple[int, int]:
        """Place of the shape, then the sum of the places of the numbers: less is simpler."""
        shape, leaves = point
        places = zip(self.slots(shape), leaves, strict=True)
        return self.shapes.index(shape), sum(s.simplicity[v] for s, v in places)

    def fit(self, point: Point) -> Point:
        """The point itself if it belongs here, else one with as many of its numbers as fit."""
        shape, leaves = point
        if shape not in self.shapes:
            first = self.shapes[0]
            if self.adapt is not None:
                leaves = self.adapt(shape, leaves, first)
            shape = first
        slots = self.slots(shape)
        padded = [*leaves[: len(slots)], *([None] * (len(slots) - len(leaves)))]
        return shape, tuple(
            v if v in s else s.values[0] for v, s in zip(padded, slots, strict=True)
        )

    @cached_property
    def can_be_finer(self) -> bool:
        """True if some number has a finer grid."""
        return any(s.refine for shape in self.shapes for s in self.slots(shape))

    @cached_property
    def partial(self) -> bool:
        """True if some number may be another one than those of the space."""
        return any(s.partial for shape in self.shapes for s in self.slots(shape))

    def finer(self, level: int) -> Space[T]:
        """The space with every number on a grid that is `level` times refined."""
        slots = self.slots
        return replace(self, slots=lambda shape: tuple(s.finer(level) for s in slots(shape)))

    def map(self, function: Callable[[T], U]) -> Space[U]:
        """The space of images of the values."""
        build = self.build
        return Space(
            self.shapes, self.slots, lambda s, x: function(build(s, x)), self.smaller, self.adapt
        )


def scalar(values: Scalar) -> Space[Any]:
    """The space of one number."""
    return Space(((),), lambda shape: (values,), lambda shape, leaves: leaves[0])


@lru_cache(maxsize=512)
def lists(
    values: Scalar, min_size: int, max_size: int, *, positions: tuple[Scalar, ...] = ()
) -> Space[tuple[Any, ...]]:
    """Tuples of numbers; shrinking drops items one by one.

    Parameters
    ----------
    values : Scalar
        The set of every item.
    min_size, max_size : int
    positions : tuple of Scalar, optional
        Sets for the first places, where they differ.
    """
    slots = {
        n: (*positions[:n], *([values] * (n - len(positions[:n]))))
        for n in range(min_size, max_size + 1)
    }

    def smaller(shape: Shape, leaves: Leaves) -> Iterator[Point]:
        if shape > min_size:
            for k in range(shape):
                yield shape - 1, (*leaves[:k], *leaves[k + 1 :])

    return Space(tuple(slots), slots.__getitem__, lambda shape, leaves: leaves, smaller)
