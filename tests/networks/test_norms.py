"""Norms are never below the exact value, and next to it."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from slt_theory.errors import BadInput
from slt_theory.networks import norms
from slt_theory.networks.arrays import checked_floats

shapes = st.tuples(st.integers(1, 5), st.integers(1, 5))
matrices = arrays(np.float64, shapes, elements=st.floats(-10, 10))
awkward = arrays(
    np.float64,
    shapes,
    elements=st.one_of(
        st.sampled_from([0.0, 1.0, -1.0, 0.1, 5e-324, 2.0**-1000, 1e-20]), st.floats(-1e6, 1e6)
    ),
)


def fractions(matrix: np.ndarray) -> list[list[Fraction]]:
    return [[Fraction(x) for x in row] for row in matrix.tolist()]


def is_positive_semidefinite(matrix: list[list[Fraction]]) -> bool:
    """Symmetric elimination in exact arithmetic."""
    rows = [row[:] for row in matrix]
    for k in range(len(rows)):
        if rows[k][k] < 0:
            return False
        if rows[k][k] == 0:
            if any(rows[k][k:]):
                return False
            continue
        for i in range(k + 1, len(rows)):
            factor = rows[i][k] / rows[k][k]
            rows[i] = [a - factor * b for a, b in zip(rows[i], rows[k], strict=True)]
    return True


def bounds_spectral_norm(matrix: np.ndarray, bound: float) -> bool:
    """Whether bound^2 I - A A' is positive semidefinite, exactly."""
    a = fractions(matrix)
    square = Fraction(bound) ** 2
    gap = [
        [square * (i == j) - sum(x * y for x, y in zip(p, q, strict=True)) for j, q in enumerate(a)]
        for i, p in enumerate(a)
    ]
    return is_positive_semidefinite(gap)


@settings(max_examples=150, deadline=None)
@given(matrix=st.one_of(matrices, awkward))
def test_spectral_bounds_are_true_and_tight(matrix: np.ndarray) -> None:
    certified = norms.spectral_certified(matrix)
    best = norms.spectral(matrix)
    assert best <= certified
    assert bounds_spectral_norm(matrix, certified)
    assert bounds_spectral_norm(matrix, best)
    if best > 1e-300:
        assert not bounds_spectral_norm(matrix, best * (1 - 1e-9))


def test_the_reference_notices_a_bound_too_small() -> None:
    matrix = np.array([[3.0, 0.0], [0.0, 4.0]])
    assert bounds_spectral_norm(matrix, 4.0)
    assert not bounds_spectral_norm(matrix, math.nextafter(4.0, 0))


@settings(max_examples=150, deadline=None)
@given(matrix=st.one_of(matrices, awkward))
def test_sums_are_the_next_float_above(matrix: np.ndarray) -> None:
    exact = [[abs(x) for x in row] for row in fractions(matrix)]
    rows = [sum(row) for row in exact]
    columns = [sum(column) for column in zip(*exact, strict=True)]
    found = norms.layer_norms(matrix)
    assert Fraction(found.largest) == max(map(max, exact))
    for value, truth in (
        (found.l1, sum(rows)),
        (found.row_sum, max(rows)),
        (found.column_sum, max(columns)),
    ):
        assert Fraction(value) >= truth
        assert value == 0 or Fraction(math.nextafter(value, -math.inf)) < truth
    squares = sum(x * x for row in exact for x in row)
    assert Fraction(found.frobenius) ** 2 >= squares
    assert Fraction(found.frobenius) ** 2 <= squares * (1 + Fraction(1, 2**48)) + Fraction(
        1, 2**2100
    )


def test_exact_norms_stay_exact() -> None:
    found = norms.layer_norms(np.eye(7))
    assert (found.spectral, found.row_sum, found.column_sum, found.largest) == (1.0, 1.0, 1.0, 1.0)
    assert norms.layer_norms(np.array([[3.0, 4.0]])).frobenius == 5.0


@pytest.mark.parametrize("scale", [2.0**-1060, 2.0**1020])
def test_extreme_scales(scale: float) -> None:
    matrix = np.array([[3.0, 1.0], [-2.0, 5.0]]) * scale
    for bound in (norms.spectral(matrix), norms.spectral_certified(matrix)):
        assert math.isinf(bound) or bounds_spectral_norm(matrix, bound)


def test_larger_matrix_agrees_with_the_singular_values() -> None:
    matrix = np.random.default_rng(3).standard_normal((60, 90))
    bound = norms.spectral_certified(matrix)
    assert 1 <= bound / np.linalg.norm(matrix, 2) < 1 + 1e-9
    assert norms.spectral_certified(np.ascontiguousarray(matrix.T)) == bound


def test_zero_matrix_and_kernels() -> None:
    assert norms.spectral(np.zeros((2, 3))) == 0
    kernel = np.arange(-6.0, 6.0).reshape(2, 1, 2, 3)
    assert norms.row_sum(kernel) == 6 + 5 + 4 + 3 + 2 + 1
    assert norms.row_sums(kernel).tolist() == [21.0, 15.0]
    with pytest.raises(BadInput, match="row_sum"):
        norms.spectral(kernel)


def test_checked_floats_keeps_every_value() -> None:
    tiny = np.array([2.0**-149, -1.0], dtype=np.float32)
    assert checked_floats("x", tiny).tolist() == [2.0**-149, -1.0]
    swapped = tiny.astype(">f4")
    assert checked_floats("x", swapped).tolist() == [2.0**-149, -1.0]
