"""The proved largest eigenvalue, on matrices whose own is known exactly."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest

from slt_theory.networks import definite
from slt_theory.networks.definite import largest_eigenvalue


def rank_one(n: int, seed: int) -> tuple[np.ndarray, float]:
    v = np.random.default_rng(seed).integers(-9, 10, n).astype(float)
    v[0] = 3
    return np.outer(v, v), float(v @ v)


def hadamard(k: int) -> tuple[np.ndarray, float]:
    """H diag(1 .. n) H' of a Hadamard matrix H: its eigenvalues are n k."""
    h = np.ones((1, 1))
    for _ in range(k):
        h = np.block([[h, h], [h, -h]])
    n = len(h)
    return h @ np.diag(np.arange(1.0, n + 1)) @ h.T, float(n * n)


CASES = [
    *(rank_one(n, n) for n in (1, 2, 3, 40)),
    *(hadamard(k) for k in (1, 3, 6)),
    (np.diag([-1.0, -2.0, -3.0, -4.0]), -1.0),
    (np.diag([1.0, 1.0, 1.0]) * 2.0**500, 2.0**500),
    (np.diag([1.0, 1.0, 1.0]) * 2.0**-500, 2.0**-500),
]


@pytest.mark.parametrize(("matrix", "largest"), CASES)
def test_the_bound_is_above_and_near(matrix, largest):
    bound = largest_eigenvalue(matrix)
    assert largest <= bound <= largest + 1e-7 * abs(largest)


@pytest.mark.parametrize("guessed", [0.999, 0.9, 0.5, 0.0, -1.0])
def test_a_guess_below_is_never_believed(guessed, monkeypatch):
    matrix, largest = hadamard(5)
    monkeypatch.setattr(definite, "_guess", lambda scaled: guessed * np.linalg.eigvalsh(scaled)[-1])
    assert largest_eigenvalue(matrix) >= largest


def test_what_has_no_bound_is_infinite():
    assert largest_eigenvalue(np.zeros((3, 3))) == 0.0
    assert largest_eigenvalue(np.array([[math.inf]])) == math.inf
    assert largest_eigenvalue(np.array([[1.0, 0.0], [math.nan, 1.0]])) == math.inf


@pytest.mark.parametrize("size", [5e-324, 1e-310, 2.0**1022, 2.0**1023, 1.7e308])
def test_entries_near_the_ends_of_floats_have_a_bound(size):
    """Of all ones times a size: three times it, or infinite where that is no float."""
    bound = largest_eigenvalue(np.full((3, 3), size))
    assert bound == math.inf or Fraction(bound) >= 3 * Fraction(size)
