"""The largest eigenvalue of a symmetric matrix, proved by one factorisation."""

from __future__ import annotations

import math

import numpy as np

from slt_theory.networks.arrays import Floats

__all__ = ["largest_eigenvalue"]

_FIRST_GAP, _NEXT_GAP, _GAPS = 1e-9, 32.0, 6
"""Of the eigenvalue: what an attempt adds to it, and how much more the next one."""


def largest_eigenvalue(symmetric: Floats) -> float:
    r"""A proved upper bound of the largest eigenvalue, tight to about 1e-9.

    With t above it, ``A = t I - S`` is positive definite. If its Cholesky factorisation in floats
    runs to the end, ``R'R = A + E`` with ``|E| <= g |R'| |R|``, ``g = (n + 1) u / (1 - (n + 1) u)``
    and u = 2^-53 in any order of summation, so ``||E||_2 <= g tr(R'R) <= g / (1 - g) tr(A)`` and

        lambda_max(S) <= t + g / (1 - g) tr(A) + u max(A_ii),

    the last for the rounding of the diagonal. Nothing is assumed of t: it is a guess, from a few
    products with S.

    Parameters
    ----------
    symmetric : array (n, n)
        Only its lower triangle is read.

    Returns
    -------
    float
        Infinite if no attempt succeeds (never seen), or an entry is not finite.

    Notes
    -----
    Cost: n^3 / 3 multiplications an attempt, nearly always one; an eigenbasis takes thirty times as
    many. Source: after S. M. Rump, Verification of positive definiteness, BIT 46 (2006).
    """
    if not np.isfinite(symmetric).all():
        return math.inf
    size = float(np.abs(symmetric).max(initial=0.0))
    if size == 0.0:
        return 0.0
    unit = 2.0 ** min(math.frexp(size)[1], 1023)
    matrix, gap = symmetric / unit, _FIRST_GAP
    guess = _guess(matrix)
    for _ in range(_GAPS):
        shift = guess + gap * abs(guess) + 2.0**-40 * gap
        shifted = -matrix
        np.fill_diagonal(shifted, shift - np.diag(matrix))
        gap *= _NEXT_GAP
        try:
            np.linalg.cholesky(shifted)
        except np.linalg.LinAlgError:
            continue
        # Twice the charge pays for computing it, and for what underflows.
        charge = (len(matrix) + 8) * 2.0**-51 * float(np.abs(np.diag(shifted)).sum()) + 2.0**-900
        return math.nextafter((shift + charge) * unit, math.inf)
    return math.inf


def _guess(matrix: Floats) -> float:
    """About the largest eigenvalue; a lower bound, but for rounding."""
    from scipy.sparse.linalg import ArpackError, eigsh

    start = np.ones(len(matrix))
    if len(matrix) > 2:
        try:
            return float(eigsh(matrix, 1, which="LA", v0=start, return_eigenvectors=False)[0])
        except ArpackError:
            pass
    return float(np.linalg.eigvalsh(matrix)[-1])
