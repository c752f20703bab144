"""Search spaces of the objects that approximation lemmas speak about."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import lru_cache
from typing import Any

from slt_theory.errors import BadInput
from slt_theory.laws import Law, read_law
from slt_theory.testing.law_values import values_of
from slt_theory.testing.scalars import Scalar, choice, integers, numbers, simplicity
from slt_theory.testing.space import Leaves, Point, Shape, Space, lists, scalar

__all__ = [
    "Sample",
    "ball",
    "box",
    "counts",
    "deltas",
    "errors",
    "frozen_patterns",
    "masks",
    "one_of",
    "polynomials",
    "reals",
    "samples",
    "targets",
    "unions",
    "vectors",
]

Sample = tuple[Fraction, ...]

FREE, PRUNED, LOCKED = 0, -1, 1


def _law(law: Law | str) -> Law:
    return read_law(law)


def _item(law: Law | str, bits: int, fine: int) -> Scalar:
    """Values of one draw: all that there are, or a grid of the support, cut to [-4, 4]."""
    drawn = _law(law)
    values = values_of(drawn)
    if values is not None:
        return choice(sorted(values, key=simplicity))
    low, high = drawn.support
    cap = Fraction(4)
    return numbers(max(low, -cap), min(high, cap), bits=bits, fine=fine)


def samples(
    law: Law | str = "uniform",
    *,
    min_size: int = 0,
    max_size: int = 6,
    bits: int = 4,
    fine: int = 20,
) -> Space[Sample]:
    """Samples that a law can produce, as tuples of Fractions.

    Parameters
    ----------
    law : Law or str
        Only its support matters here: a lemma for all samples is tested on all of them, likely or
        not. Of a law of finitely many values it is those, of any other the interval from its
        smallest to its largest value, cut to [-4, 4].
    min_size, max_size : int
    bits : int
        Items of an interval are multiples of ``2**-bits``.
    fine : int
        Near-ties: multiples of 1/2 come with neighbours ``2**-fine`` away; 0 for none.

    Examples
    --------
    >>> space = samples(max_size=2, bits=1, fine=0)
    >>> [tuple(map(str, space.value(p))) for p in space.grid(2, 2)]
    [(), ('0',), ('1',)]
    """
    return lists(_item(law, bits, fine), min_size, max_size)


def reals(
    lo: Any, hi: Any, *, bits: int = 5, fine: int = 0, open_ends: str = ""
) -> Space[Fraction]:
    """One number of [lo, hi] on the grid of ``2**-bits``; see `scalars.numbers`.

    A search moves to finer grids once it has tried every case of this one.
    """
    return scalar(numbers(lo, hi, bits=bits, fine=fine, open_ends=open_ends))


def targets(lo: Any = -1, hi: Any = 1, *, bits: int = 6) -> Space[Fraction]:
    """A target z in [lo, hi]."""
    return reals(lo, hi, bits=bits)


def counts(lo: int, hi: int) -> Space[int]:
    """An integer of [lo, hi]."""
    return scalar(integers(lo, hi))


def one_of(values: Sequence[Any]) -> Space[Any]:
    """One of the listed values, simplest first."""
    return scalar(choice(values))


_ERRORS = tuple(Fraction(1, k) for k in (2, 4, 8, 3, 5, 10, 16, 20, 50, 64, 100, 1000, 1 << 20))


def errors(hi: Any = 1) -> Space[Fraction]:
    """An error eps, at most `hi`: 1/2, 1/4, ..., down to 2^-20."""
    top = Fraction(hi)
    return scalar(choice([top, *(e for e in _ERRORS if e < top)], partial=True))


def deltas() -> Space[Fraction]:
    """A failure probability below 1."""
    return scalar(choice([Fraction(1, k) for k in (2, 4, 10, 20, 100, 1000)], partial=True))


def vectors(size: int, *, lo: Any = -1, hi: Any = 1, bits: int = 3) -> Space[tuple[Fraction, ...]]:
    """Vectors of a given length."""
    return lists(numbers(lo, hi, bits=bits), size, size)


def box(size: int, *, lo: Any = -1, hi: Any = 1, bits: int = 3) -> Space[tuple[Fraction, ...]]:
    """Inputs of a network in the box [lo, hi]^size."""
    return vectors(size, lo=lo, hi=hi, bits=bits)


@lru_cache(maxsize=64)
def ball(size: int, *, radius: Any = 1, bits: int = 3) -> Space[tuple[Fraction, ...]]:
    """Inputs in the l2 ball; points outside are pulled in by a rational factor."""
    limit = Fraction(radius)

    def inside(x: tuple[Fraction, ...]) -> tuple[Fraction, ...]:
        square = sum((v * v for v in x), Fraction(0))
        if square <= limit * limit:
            return x
        # A rational number just below radius / |x|.
        factor = Fraction(int(1024 * limit / float(square) ** 0.5), 1024)
        while factor * factor * square > limit * limit:
            factor -= Fraction(1, 1024)
        return tuple(v * factor for v in x)

    return vectors(size, lo=-limit, hi=limit, bits=bits).map(inside)


@lru_cache(maxsize=64)
def masks(size: int, *, kept: int | None = None) -> Space[tuple[bool, ...]]:
    """Masks of `size` places, all of them or only those that keep exactly `kept`."""
    bit = choice((False, True))
    if kept is None:
        return lists(bit, size, size)
    if not 0 <= kept <= size:
        raise BadInput("kept", kept, f"must lie in 0..{size}")
    from itertools import combinations

    chosen = choice(list(combinations(range(size), kept)))
    return scalar(chosen).map(lambda places: tuple(i in places for i in range(size)))


@lru_cache(maxsize=64)
def frozen_patterns(size: int) -> Space[tuple[int, ...]]:
    """For every item 0 (free), -1 (pruned) or 1 (locked)."""
    return lists(choice((FREE, LOCKED, PRUNED)), size, size)


def unions(
    lo: Any, hi: Any, *, pieces: int = 3, bits: int = 3
) -> Space[tuple[tuple[Fraction, Fraction], ...]]:
    """Non-empty unions of at most `pieces` disjoint intervals inside [lo, hi]."""
    ends = numbers(lo, hi, bits=bits)
    width = numbers(0, Fraction(hi) - Fraction(lo), bits=bits, open_ends="(")

    def build(shape: Shape, leaves: Leaves) -> tuple[tuple[Fraction, Fraction], ...]:
        from slt_theory.intervals import union

        pairs = zip(leaves[::2], leaves[1::2], strict=True)
        starts = ((min(a, Fraction(hi) - w), w) for a, w in pairs)
        return tuple(union((a, a + w) for a, w in starts))

    def smaller(shape: int, leaves: Leaves) -> Iterator[Point]:
        for k in range(shape if shape > 1 else 0):
            yield shape - 1, (*leaves[: 2 * k], *leaves[2 * k + 2 :])

    shapes = tuple(range(1, pieces + 1))
    return Space(shapes, lambda n: (ends, width) * n, build, smaller)


def polynomials(
    degree: int, *, lo: Any = -2, hi: Any = 2, bits: int = 1
) -> Space[tuple[Fraction, ...]]:
    """A family of functions: polynomials by their coefficients, constant term first."""
    return lists(numbers(lo, hi, bits=bits), 1, degree + 1)
