"""Search spaces of networks: matrices and filters under a norm, layers, attention inputs."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise, product
from typing import Any, Literal

from slt_theory.errors import BadInput
from slt_theory.testing.exact import largest, row_sum, scale, spectral_at_most, spectral_bound
from slt_theory.testing.scalars import Scalar, numbers
from slt_theory.testing.space import Leaves, Point, Shape, Space

__all__ = ["Matrix", "Norm", "attention_inputs", "dense", "kernels", "like", "matrices"]

Matrix = tuple[tuple[Fraction, ...], ...]
Norm = Literal["row_sum", "l1", "max", "spectral", "none"]
Widths = tuple[int, ...]


def _norm_of(matrix: Matrix, norm: Norm) -> Fraction:
    if norm == "row_sum":
        return Fraction(row_sum(matrix))
    if norm == "max":
        return max((Fraction(largest(row)) for row in matrix), default=Fraction(0))
    if norm == "l1":
        return sum((abs(w) for row in matrix for w in row), Fraction(0))
    if norm == "spectral":
        return Fraction(1) if spectral_at_most(matrix, 1) else spectral_bound(matrix)
    raise BadInput("norm", norm, "is unknown", "row_sum, l1, max, spectral or none")


def _shrunk(matrix: Matrix, norm: Norm, at_most: Fraction) -> Matrix:
    """The matrix itself if its norm allows, else scaled onto the norm ball."""
    if norm == "none":
        return matrix
    if norm == "spectral" and at_most != 1:
        inner = _shrunk(scale(matrix, 1 / at_most), norm, Fraction(1))
        return scale(inner, at_most)
    size = _norm_of(matrix, norm)
    return matrix if size <= at_most else scale(matrix, at_most / size)


def _rows(leaves: Leaves, rows: int, columns: int) -> Matrix:
    return tuple(leaves[r * columns : (r + 1) * columns] for r in range(rows))


def _cut(leaves: Leaves, columns: int, rows: range, keep: range) -> Leaves:
    return tuple(leaves[r * columns + c] for r in rows for c in keep)


@lru_cache(maxsize=256)
def matrices(
    rows: int,
    columns: int,
    *,
    norm: Norm = "none",
    at_most: Any = 1,
    bits: int = 2,
    entry: Any = 1,
) -> Space[Matrix]:
    """Matrices with entries in [-entry, entry] whose `norm` is at most `at_most`.

    What lies outside the norm ball is scaled onto its boundary, where lemmas are tight.
    """
    entries, limit = numbers(-Fraction(entry), Fraction(entry), bits=bits), Fraction(at_most)
    return Space(
        ((rows, columns),),
        lambda shape: (entries,) * (rows * columns),
        lambda shape, leaves: _shrunk(_rows(leaves, rows, columns), norm, limit),
    )


def _pairs(widths: Widths) -> list[tuple[int, int]]:
    return [(b, a) for a, b in pairwise(widths)]


def _layers(widths: Widths, leaves: Leaves) -> list[Leaves]:
    blocks, used = [], 0
    for rows, columns in _pairs(widths):
        blocks.append(leaves[used : used + rows * columns])
        used += rows * columns
    return blocks


@lru_cache(maxsize=256)
def dense(
    *,
    depth: int = 3,
    width: int = 2,
    norm: Norm = "row_sum",
    at_most: Any = 1,
    bits: int = 2,
    widths: Widths | None = None,
) -> Space[tuple[Matrix, ...]]:
    """Fully connected networks as tuples of matrices, every layer under a norm.

    Parameters
    ----------
    depth, width : int
        Largest number of layers and of units in a layer; shrinks to 1 and 1.
    norm : {"row_sum", "l1", "max", "spectral", "none"}
    at_most : number
    bits : int
        Entries are multiples of ``2**-bits`` in [-1, 1] before they are scaled.
    widths : tuple of int, optional
        One architecture (input first) in place of all small ones.
    """
    limit = Fraction(at_most)
    entries = numbers(-1, 1, bits=bits)

    def slots(shape: Widths) -> tuple[Scalar, ...]:
        return (entries,) * sum(a * b for a, b in _pairs(shape))

    def build(shape: Widths, leaves: Leaves) -> tuple[Matrix, ...]:
        pairs = zip(_pairs(shape), _layers(shape, leaves), strict=True)
        return tuple(_shrunk(_rows(block, a, b), norm, limit) for (a, b), block in pairs)

    def smaller(shape: Widths, leaves: Leaves) -> Iterator[Point]:
        return iter(()) if widths else _smaller(shape, leaves)

    def adapt(old: Widths, leaves: Leaves, new: Widths) -> Leaves:
        return _adapted(old, leaves, new, entries.values[0])

    shapes = (widths,) if widths else _architectures(depth, width)
    return Space(shapes, slots, build, smaller, adapt)


def _architectures(depth: int, width: int) -> tuple[Widths, ...]:
    """All widths (input first) of at most `depth` layers and `width` units, smallest first."""
    every = (w for k in range(1, depth + 1) for w in product(range(1, width + 1), repeat=k + 1))
    return tuple(sorted(every, key=lambda w: (max(w), sum(a * b for a, b in _pairs(w)), len(w))))


def _smaller(shape: Widths, leaves: Leaves) -> Iterator[Point]:
    """The networks with one square layer, or one unit, left out."""
    blocks = _layers(shape, leaves)
    for k, (rows, columns) in enumerate(_pairs(shape)):
        if len(shape) > 2 and rows == columns:
            yield shape[:k] + shape[k + 1 :], sum(blocks[:k] + blocks[k + 1 :], ())
    for place, units in enumerate(shape):
        for out in range(units if units > 1 else 0):
            keep = [*range(out), *range(out + 1, units)]
            cut = list(blocks)
            if place > 0:  # a row of the layer before
                below = shape[place - 1]
                cut[place - 1] = tuple(
                    blocks[place - 1][r * below + c] for r in keep for c in range(below)
                )
            if place < len(blocks):  # a column of the layer after
                rows = shape[place + 1]
                cut[place] = tuple(blocks[place][r * units + c] for r in range(rows) for c in keep)
            yield (*shape[:place], units - 1, *shape[place + 1 :]), sum(cut, ())


def _adapted(old: Widths, leaves: Leaves, new: Widths, missing: Any) -> Leaves:
    """Entries for another architecture: each keeps its layer, row and column."""
    blocks = dict(enumerate(zip(_pairs(old), _layers(old, leaves), strict=True)))

    def entry(layer: int, row: int, column: int) -> Any:
        (rows, columns), block = blocks.get(layer, ((0, 0), ()))
        inside = row < rows and column < columns
        return block[row * columns + column] if inside else missing

    return tuple(
        entry(layer, row, column)
        for layer, (rows, columns) in enumerate(_pairs(new))
        for row in range(rows)
        for column in range(columns)
    )


def like(
    weights: tuple[Matrix, ...],
    *,
    norm: Norm = "row_sum",
    at_most: Any = 1,
    bits: int = 1,
) -> Space[tuple[Matrix, ...]]:
    """Networks of the same architecture, for perturbations of every layer."""
    return dense(
        widths=(len(weights[0][0]), *(len(w) for w in weights)),
        norm=norm,
        at_most=at_most,
        bits=bits,
    )


def kernels(*, side: int = 3, norm: Norm = "l1", at_most: Any = 1, bits: int = 2) -> Space[Matrix]:
    """Filters of one channel, from 1 by 1 to `side` by `side`."""
    entries, limit = numbers(-1, 1, bits=bits), Fraction(at_most)
    sides = [(a, b) for a in range(1, side + 1) for b in range(1, side + 1)]
    shapes = tuple(sorted(sides, key=lambda s: s[0] * s[1]))

    def smaller(shape: tuple[int, int], leaves: Leaves) -> Iterator[Point]:
        rows, columns = shape
        if rows > 1:
            for cut in (range(1, rows), range(rows - 1)):
                yield (rows - 1, columns), _cut(leaves, columns, cut, range(columns))
        if columns > 1:
            for cut in (range(1, columns), range(columns - 1)):
                yield (rows, columns - 1), _cut(leaves, columns, range(rows), cut)

    return Space(
        shapes,
        lambda shape: (entries,) * (shape[0] * shape[1]),
        lambda shape, leaves: _shrunk(_rows(leaves, *shape), norm, limit),
        smaller,
    )


@lru_cache(maxsize=64)
def attention_inputs(
    *, tokens: int = 4, size: int = 2, alpha: Any = 1, bits: int = 1
) -> Space[Matrix]:
    """Token sequences (T rows of length `size`) with entries in [-alpha, alpha]."""
    entries = numbers(-Fraction(alpha), Fraction(alpha), bits=bits)

    def smaller(shape: Shape, leaves: Leaves) -> Iterator[Point]:
        for out in range(shape if shape > 1 else 0):
            yield shape - 1, (*leaves[: out * size], *leaves[(out + 1) * size :])

    return Space(
        tuple(range(1, tokens + 1)),
        lambda shape: (entries,) * (shape * size),
        lambda shape, leaves: _rows(leaves, shape, size),
        smaller,
    )
