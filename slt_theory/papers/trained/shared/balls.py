"""Lengths and eigenvalues of ball matrices (python-flint), rigorously enclosed."""

from __future__ import annotations

from typing import Any

import numpy as np

from slt_theory.balls import to_power

__all__ = ["largest", "length", "spectral"]


def length(vector: Any) -> Any:
    """Euclidean norm of a matrix's entries, as a ball."""
    from flint import arb

    return sum((to_power(arb(v), 2) for v in vector.entries()), arb(0)).sqrt()


def largest(matrix: Any) -> Any:
    """A ball around the largest eigenvalue of a symmetric matrix of balls: cost n^3 / 6.

    From below by a Rayleigh quotient, from above where a Cholesky factorisation proves that
    ``level - matrix`` is positive definite.
    """
    from flint import arb

    values, vectors = _eigen(matrix)
    low = _rayleigh(matrix, vectors[:, -1])
    slack = 2.0**-30 * max(float(np.abs(values).max()), 1e-300)
    while not _positive(arb(values[-1] + slack), matrix):
        slack *= 8
    return low.union(arb(values[-1] + slack))


def _positive(level: Any, matrix: Any) -> bool:
    """Certify that level - matrix is positive definite."""
    rows = [[-v for v in row] for row in matrix.tolist()]
    for k, row in enumerate(rows):
        row[k] += level
    for k, pivot in enumerate(rows):
        if not pivot[k] > 0:
            return False
        for row in rows[k + 1 :]:
            factor = row[k] / pivot[k]
            for j in range(k, len(row)):
                row[j] -= factor * pivot[j]
    return True


def spectral(matrix: Any) -> Any:
    """A ball around the spectral norm: a Rayleigh quotient below, the Frobenius norm above."""
    values, vectors = _eigen(matrix)
    low = abs(_rayleigh(matrix, vectors[:, np.abs(values).argmax()]))
    return low.union(length(matrix))


def _eigen(matrix: Any) -> Any:
    """Approximate eigenvalues, in order, and vectors."""
    middle = np.array([[float(v.mid()) for v in row] for row in matrix.tolist()])
    return np.linalg.eigh(middle)


def _rayleigh(matrix: Any, vector: Any) -> Any:
    from flint import arb_mat

    top = arb_mat([[v] for v in vector.tolist()])
    return (top.transpose() * matrix * top)[0, 0] / (top.transpose() * top)[0, 0]
