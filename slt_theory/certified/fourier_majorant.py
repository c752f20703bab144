r"""Trigonometric majorants of an interval: 1 on [0, width] after a tilt, never negative.

:math:`T(a) = c_0 + 2 \Re \sum_k c_k e^{2\pi i k a / P}` must be at least :math:`e^{-\mu a}` on
[0, width] and at least 0 everywhere; then :math:`e^{\mu a} T(a) \ge 1_{[0, width]}(a)`.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from slt_theory.certified.enclose import MARGIN, FloatArray, ball, up, ups
from slt_theory.certified.fourier_gauss import rounded

__all__ = ["GRID", "majorises", "series"]

GRID = 4096
"""Points in one period."""

_SLACK = 1e-12
"""Error of a value of T over the sum of the moduli: at most 64 terms, each rounded twice."""


def series(waves: NDArray[np.complex128]) -> FloatArray:
    """T at GRID points of one period: error at most _SLACK times the sum of the moduli."""
    turns = [(2 * ball(1).pi() * m / GRID).sin_cos() for m in range(GRID)]
    sine, cosine = (rounded([t[i] for t in turns]) for i in (0, 1))
    value = np.full(GRID, waves[0].real)
    for k in range(1, len(waves)):
        place = (k * np.arange(GRID)) % GRID
        value += 2 * (waves[k].real * cosine[place] - waves[k].imag * sine[place])
    return value


def majorises(waves: tuple[complex, ...], push: Fraction, width: float, period: Fraction) -> bool:
    """Decide that T is such a majorant: it lies above its chords on the grid less |T''| h^2/8."""
    c = np.array(waves)
    if c[0].imag != 0 or not 0 <= width < float(period) / 2:
        return False
    sizes = np.abs(c)
    order = np.array([up(2 * ball(1).pi() * k / ball(period)) for k in range(len(c))])
    h = up(ball(period) / GRID)
    bend = 2 * float((sizes * order**2).sum()) * h**2 / 8
    value = series(c) - (bend + _SLACK * float(sizes.sum())) * (1 + MARGIN)
    # Cell m is [m h, (m + 1) h]; the goal falls, so that its left end is the worst.
    least = np.minimum(value, np.roll(value, -1))
    last = int(width / h) + 2
    step = ball(push * period) / GRID
    goal = np.zeros(GRID)
    goal[:last] = ups((-step * m).exp() for m in range(last))
    return bool(np.all(least >= goal))
