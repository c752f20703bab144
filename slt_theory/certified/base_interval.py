r"""When small items cover an interval somewhere: a Fourier bound with no location.

K items x_i of [-1, 1] (the small ones, in units of the cut), each in the subset with a fair coin: a
random sum with transform :math:`e^{isA} \prod \cos(s x_i / 2)`, A half the sum. Smoothed over
[-r, r] it has a density F = L + M + H (frequencies below s1, up to s0, above). If some z with
:math:`|z - A| \le \ell/2` has no sum within e, F = 0 for a length 2 (e - r) about z, and

.. math:: g^2 \le N := \frac{\sup |M|^2}{\theta^2} + \frac{\int H^2}{2 (e - r) (1 - \theta)^2},

with :math:`g \le L` on :math:`|y - A| \le w' = \ell/2 + e - r`. From the one statistic
:math:`V = \sum v(x_i)`, :math:`v(x) = -8 \log\cos(s_* x / 2) / s_*^2`, follows a lower bound g(V)
of L (`Floor`). For weights a, c >= 0 with

.. math:: \sum_i a_i e^{-t_i V} + g(V)^2 \sum_i c_i e^{-t_i V} \ge 1
          \quad \text{for every } V \in [0, K v(1)],

:math:`P(\text{some } z \text{ is missed}) \le \sum_i a_i (E e^{-t_i v})^K + \sum_i c_i N_i(K)`,
where :math:`N_i(K) = E[e^{-t_i V} N]` is an integral over s of K-th powers (`Means`).

Source: own; proved in ``proofs/base_interval.py``.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import numpy as np

from slt_theory.certified.base_floor import Floor
from slt_theory.certified.base_means import Means
from slt_theory.certified.base_parameters import Base
from slt_theory.certified.enclose import MARGIN, TINY, FloatArray, ball, downs, power

__all__ = ["Base", "Core"]


@dataclass(frozen=True)
class Core:
    """The bound for K small items, for any K; tables are made once."""

    base: Base

    @cached_property
    def floor(self) -> Floor:
        """Lower bounds of L."""
        return Floor(self.base)

    @cached_property
    def means(self) -> Means:
        """Upper bounds of the means."""
        return Means(self.base)

    @cached_property
    def _decays(self) -> FloatArray:
        """exp(-t V/K) at the ends of the cells of V/K, rounded down: a row for each rate."""
        rates: tuple[Fraction, ...] = self.base.rates
        return np.array([downs((-ball(t * v)).exp() for v in self.floor.statistic) for t in rates])

    def costs(self, count: int) -> FloatArray:
        """E exp(-t_i V), then N_i, for `count` items; rounded up."""
        return np.concatenate([self.means.chances(count), self.means.noise(count)])

    def constraint(self, count: int) -> FloatArray:
        """Coefficients of (a, c) on each cell of V/K, a row a cell; rounded down."""
        # exp(-t V) falls in V, so the upper end of a cell is its worst.
        decay = np.maximum(power(self._decays[:, 1:], count) * (1 - MARGIN) - TINY, 0.0)
        square = self.floor.least(count) ** 2 * (1 - MARGIN)
        return np.concatenate([decay, decay * square]).T

    def failure(self, count: int, weights: FloatArray) -> float:
        """Upper bound of P(some z is missed) for `count` items; 1 if the weights prove nothing."""
        held = (self.constraint(count) @ weights) * (1 - MARGIN) - TINY
        if not (np.all(weights >= 0) and np.all(held >= 1)):
            return 1.0
        return min(1.0, float(self.costs(count) @ weights) * (1 + MARGIN))
