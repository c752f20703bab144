r"""The lower bound g(V) of the low frequencies.

:math:`L(y) = \frac1\pi \int_0^{s_1} \prod\cos(s x_i/2)\,\frac{\sin rs}{rs}\,\cos(s(y - A))\,ds`.
As functions of v(x), :math:`\log\cos(s x/2)` is convex for s <= s_* and concave above, so with
V given the product lies between that of K equal items and that of items 0 and 1 alone. Products,
kernel and last cosine fall in s, so each cell of s is bounded by its ends.
"""

from __future__ import annotations

from fractions import Fraction
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np

from slt_theory.balls import to_power
from slt_theory.certified.base_parameters import HALF_TURN, Base, grid
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

PLACE_STEP = Fraction(1, 40)
"""Cells of |y - A| beyond the half turn."""

STATISTIC_CELLS = 3000
"""Cells of V / K."""


class Floor:
    """Lower bounds of L on cells of V / K, rounded down; any numbers of cells are valid."""

    def __init__(
        self, base: Base, low_cells: int = LOW_CELLS, statistic_cells: int = STATISTIC_CELLS
    ) -> None:
        self.base = base
        star = ball(base.star)
        self._most = -8 * (star / 2).cos().log() / to_power(star, 2)  # v(1)
        top = Fraction(up(self._most))
        self.statistic = [top * k / statistic_cells for k in range(statistic_cells + 1)]
        step = base.low / low_cells
        self._s = grid(Fraction(0), base.star, step)
        if base.low > base.star:
            self._s += grid(base.star, base.low, step)[1:]

    @cached_property
    def _ends(self) -> list[Any]:
        """Ends of the cells of V / K as balls."""
        return [ball(v) for v in self.statistic]

    @cached_property
    def _equal(self) -> list[Any]:
        """The magnitude that K equal items have if they share V."""
        star = ball(self.base.star)
        inner = [(-v * to_power(star, 2) / 8).exp().acos() * 2 / star for v in self._ends[:-1]]
        return [*inner, ball(1)]

    def _row(self, s: Fraction, equal: bool) -> list[Any]:
        """K-th root of the product at frequency s, at the ends of the cells of V / K."""
        half = ball(s) / 2
        if equal:
            return [(half * x).cos() for x in self._equal]
        slope = half.cos().log() / self._most
        return [(v * slope).exp() for v in self._ends]

    @cached_property
    def _roots(self) -> tuple[FloatArray, FloatArray]:
        """Roots of the least product at upper ends of s, of the greatest at lower ends."""
        star = self.base.star
        low = np.array([downs(self._row(s, s <= star)) for s in self._s[1:]])
        high = np.array([ups(self._row(s, s > star)) for s in self._s[:-1]])
        return np.maximum(low[:, 1:], 0.0), high[:, :-1]

    def _turns(self, near: Fraction, far: Fraction) -> tuple[list[float], list[float]]:
        """Weights of the products for near <= |y - A| <= far: least if the cosine is positive."""
        radius, pi = self.base.radius, ball(1).pi()
        plus, minus = [], []
        for a, b in pairwise(self._s):
            first, last = ball(a * near), ball(b * far)
            # Below 2 pi the cosine falls up to pi and rises after: least at an end or -1.
            turn = first.cos().min(last.cos())
            if not (bool(last < pi) or bool(first > pi)):
                turn = ball(-1)
            turn *= ball(b - a)
            plus.append(max(0.0, down(turn * ball(radius * b).sinc())))
            minus.append(max(0.0, up(-turn * ball(radius * a).sinc())))
        return plus, minus

    @cached_property
    def _weights(self) -> tuple[FloatArray, FloatArray]:
        """Rows of weights that together bound L for every |y - A| up to the reach.

        As long as s |y - A| < pi for all s, L's bound falls in |y - A|: one row for its end.
        """
        reach, first = self.base.reach, HALF_TURN / self.base.low
        if reach <= first:
            rows = [self._turns(reach, reach)]
        else:
            ends = [first, *grid(first, reach, PLACE_STEP)]
            rows = [self._turns(a, b) for a, b in pairwise(ends)]
        return np.array([p for p, _ in rows]), np.array([m for _, m in rows])

    def least(self, count: int) -> FloatArray:
        """g on each cell of V / K for `count` items; 0 where nothing is known."""
        (plus, minus), (low, high) = self._weights, self._roots
        gain = (plus @ power(low, count)) * (1 - MARGIN)
        loss = (minus @ power(high, count)) * (1 + MARGIN)
        over_pi = down(1 / ball(1).pi()) * (1 - MARGIN)
        value: FloatArray = (gain - loss - MARGIN * (gain + loss) - TINY).min(axis=0)
        return np.maximum(0.0, value) * over_pi
