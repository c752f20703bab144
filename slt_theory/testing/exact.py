"""Small exact linear algebra on tuples of Fractions: what lemmas about networks are written in."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from slt_theory.bisection import smallest_number

__all__ = [
    "convolve",
    "dot",
    "forward",
    "l1",
    "largest",
    "matmul",
    "matvec",
    "minus",
    "plus",
    "relu",
    "row_sum",
    "scale",
    "spectral_at_most",
    "spectral_bound",
    "vector_minus",
]

Vector = Sequence[Any]
Matrix = Sequence[Sequence[Any]]


def dot(a: Vector, b: Vector) -> Any:
    """Sum of products."""
    return sum((x * y for x, y in zip(a, b, strict=True)), Fraction(0))


def matvec(matrix: Matrix, x: Vector) -> tuple[Any, ...]:
    """Matrix times vector."""
    return tuple(dot(row, x) for row in matrix)


def matmul(a: Matrix, b: Matrix) -> tuple[tuple[Any, ...], ...]:
    """Matrix times matrix."""
    columns = list(zip(*b, strict=True))
    return tuple(tuple(dot(row, column) for column in columns) for row in a)


def plus(a: Matrix, b: Matrix) -> tuple[tuple[Any, ...], ...]:
    """Entry by entry."""
    return tuple(tuple(x + y for x, y in zip(r, s, strict=True)) for r, s in zip(a, b, strict=True))


def minus(a: Matrix, b: Matrix) -> tuple[tuple[Any, ...], ...]:
    """Entry by entry."""
    return plus(a, scale(b, -1))


def scale(a: Matrix, factor: Any) -> tuple[tuple[Any, ...], ...]:
    """Every entry times `factor`."""
    return tuple(tuple(x * factor for x in row) for row in a)


def vector_minus(a: Vector, b: Vector) -> tuple[Any, ...]:
    """Entry by entry."""
    return tuple(x - y for x, y in zip(a, b, strict=True))


def relu(x: Vector) -> tuple[Any, ...]:
    """max(x, 0), entry by entry."""
    return tuple(max(v, Fraction(0)) for v in x)


def largest(x: Vector) -> Any:
    """Maximum norm."""
    return max((abs(v) for v in x), default=Fraction(0))


def l1(x: Vector) -> Any:
    """Sum of absolute values."""
    return sum((abs(v) for v in x), Fraction(0))


def row_sum(matrix: Matrix) -> Any:
    """Largest absolute row sum: the operator norm for the maximum norm."""
    return max((l1(row) for row in matrix), default=Fraction(0))


def forward(weights: Sequence[Matrix], x: Vector, biases: Sequence[Vector] = ()) -> tuple[Any, ...]:
    """A ReLU network, no ReLU after the last layer; `biases` is empty or one vector a layer."""
    values = tuple(x)
    for k, matrix in enumerate(weights):
        values = matvec(matrix, values)
        if biases:
            values = tuple(v + b for v, b in zip(values, biases[k], strict=True))
        if k + 1 < len(weights):
            values = relu(values)
    return values


def convolve(kernel: Matrix, image: Matrix) -> tuple[tuple[Any, ...], ...]:
    """Cross-correlation of one channel, same padding with zeros, odd or even kernels."""
    rows, columns = len(image), len(image[0])
    top, left = (len(kernel) - 1) // 2, (len(kernel[0]) - 1) // 2

    def at(i: int, j: int) -> Any:
        return image[i][j] if 0 <= i < rows and 0 <= j < columns else Fraction(0)

    return tuple(
        tuple(
            sum(
                (
                    w * at(i + p - top, j + q - left)
                    for p, r in enumerate(kernel)
                    for q, w in enumerate(r)
                ),
                Fraction(0),
            )
            for j in range(columns)
        )
        for i in range(rows)
    )


def spectral_at_most(matrix: Matrix, bound: Any) -> bool:
    """True if the spectral norm is at most `bound`: ``bound^2 I - A A'`` is semidefinite."""
    gram = [[-dot(r, s) for s in matrix] for r in matrix]
    for k, row in enumerate(gram):
        row[k] += bound * bound
    size = len(gram)
    for k in range(size):
        pivot = gram[k][k]
        if pivot < 0 or (pivot == 0 and any(gram[k][j] != 0 for j in range(k + 1, size))):
            return False
        if pivot == 0:
            continue
        for i in range(k + 1, size):
            factor = gram[i][k] / pivot
            for j in range(k, size):
                gram[i][j] -= factor * gram[k][j]
    return True


def spectral_bound(matrix: Matrix, *, bits: int = 10) -> Fraction:
    """The spectral norm rounded up to a multiple of ``2**-bits``, exactly decided."""
    unit = Fraction(1, 1 << bits)
    found = smallest_number(lambda n: spectral_at_most(matrix, n * unit), least=1)
    assert found is not None  # some multiple is above every finite norm
    return found * unit
