r"""The lower bound g(V) of the low frequencies.

:math:`L(y) = \frac1\pi \int_0^{s_1} \prod\cos(s x_i/2)\,\frac{\sin rs}{rs}\,\cos(s(y - A))\,ds`.
As functions of v(x), :math:`\log\cos(s x/2)` is convex for s <= s_* and concave above, so with
V given the product lies between that of K equal items and that of items 0 and 1 alone. Products,
kernel and last cosine fall in s, so each cell of s is bounded by its ends.
"""

from __future__ import annotations

from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np

from slt_theory.certified.base_parameters import Base, grid
from slt_theory.certified.enclose import (
    MARGIN,
    TINY,
    FloatArray,
    ball,
    down,
    downs,
    power,
    up,
    ups,
)

__all__ = ["Floor"]

LOW_CELLS = 320
"""Cells of s below s1, about."""

STATISTIC_CELLS = 3000
"""Cells of V / K."""


class Floor:
    """Lower bounds of L on cells of V / K, rounded down; any numbers of cells are valid."""

    def __init__(
        self, base: Base, low_cells: int = LOW_CELLS, statistic_cells: int = STATISTIC_CELLS
    ) -> None:
        self.base = base
        star = ball(base.star)
        self._most = -8 * (star / 2).cos().log() / star**2  # v(1)
        top = Fraction(up(self._most))
        self.statistic = [top * k / statistic_cells for k in range(statistic_cells + 1)]
        step = base.low / low_cells
        self._s = grid(Fraction(0), base.star, step)
        if base.low > base.star:
            self._s += grid(base.star, base.low, step)[1:]

    @cached_property
    def _equal(self) -> list[Any]:
        """The magnitude that K equal items have if they share V."""
        star = ball(self.base.star)
        inner = [(-ball(v) * star**2 / 8).exp().acos() * 2 / star for v in self.statistic[:-1]]
        return [*inner, ball(1)]

    def _row(self, s: Fraction, equal: bool) -> list[Any]:
        """K-th root of the product at frequency s, at the ends of the cells of V / K."""
        if equal:
            return [(ball(s) * x / 2).cos() for x in self._equal]
        slope = (ball(s) / 2).cos().log() / self._most
        return [(ball(v) * slope).exp() for v in self.statistic]

    @cached_property
    def _roots(self) -> tuple[FloatArray, FloatArray]:
        """Roots of the least product at upper ends of s, of the greatest at lower ends."""
        star = self.base.star
        low = np.array([downs(self._row(s, s <= star)) for s in self._s[1:]])
        high = np.array([ups(self._row(s, s > star)) for s in self._s[:-1]])
        return np.maximum(low[:, 1:], 0.0), high[:, :-1]

    @cached_property
    def _weights(self) -> tuple[FloatArray, FloatArray]:
        """Weights of the least products where the last cosine is positive, else of the greatest."""
        base = self.base
        plus, minus = [], []
        for a, b in zip(self._s[:-1], self._s[1:], strict=True):
            turn = ball(b * base.reach).cos() * ball(b - a)
            plus.append(max(0.0, down(turn * ball(base.radius * b).sinc())))
            minus.append(max(0.0, up(-turn * ball(base.radius * a).sinc())))
        return np.array(plus), np.array(minus)

    def least(self, count: int) -> FloatArray:
        """g on each cell of V / K for `count` items; 0 where nothing is known."""
        (plus, minus), (low, high) = self._weights, self._roots
        gain = (plus @ power(low, count)) * (1 - MARGIN)
        loss = (minus @ power(high, count)) * (1 + MARGIN)
        over_pi = down(1 / ball(1).pi()) * (1 - MARGIN)
        return np.maximum(0.0, gain - loss - MARGIN * (gain + loss) - TINY) * over_pi
