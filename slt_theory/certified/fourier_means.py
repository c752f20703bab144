r"""Means over one uniform item, and over n of them, localised by a trigonometric majorant.

With :math:`u = x p(x)`, p the chance of an item, A = sum of u, and a majorant
:math:`f(A) = e^{\mu(A - y)} \sum_k c_k e^{i\omega_k(A - y)} \ge 1_{[y, \, \cdot]}(A)`,

.. math:: E\Big[f(A) e^{-tV} \prod (1 - 2pq(1 - \cos sX_i))\Big] = \sum_k c_k
          e^{-(\mu + i\omega_k)y} I(t, s, \omega_k)^n

where :math:`I = E[e^{-tv + (\mu + i\omega_k)u} (1 - 2pq(1 - \cos sX))]` is a Gauss sum: there is no
lattice and no convolution. The integral over s is a Gauss sum too, up to `last`.

Source: own; proved in ``proofs/tilted_density/``.
"""

from __future__ import annotations

from fractions import Fraction
from functools import cache, cached_property
from itertools import pairwise
from typing import Any

import numpy as np

from slt_theory.balls import to_power
from slt_theory.certified.base_parameters import grid
from slt_theory.certified.enclose import MARGIN, TINY, FloatArray, ball, power, up, ups
from slt_theory.certified.fourier_gauss import log_quadrature_error, nodes, rounded
from slt_theory.certified.fourier_items import ComplexArray, TiltedItem, points
from slt_theory.certified.fourier_parameters import Plan, Tilt

__all__ = ["TiltedMeans"]

PANEL = Fraction(2)
"""Length of a panel of s."""

PANEL_POINTS = 32

_RHO = Fraction(5)
_TAIL_CELLS = 24


@cache
def _turns(last: Fraction, length: Fraction) -> tuple[FloatArray, FloatArray]:
    """cos and sin of s x, s the Gauss points of a panel about 0 (rows), x the positive points."""
    half = ball(length) / 2
    pairs = [[(half * t * x).sin_cos() for x, _ in points(last)] for t, _ in nodes(PANEL_POINTS)]
    sine, cosine = (np.array([rounded([p[i] for p in row]) for row in pairs]) for i in (0, 1))
    return cosine, sine


@cache
def _centre(last: Fraction, s: Fraction) -> tuple[FloatArray, FloatArray]:
    """cos and sin of s x at the positive points."""
    at = ball(s)
    pairs = [(at * x).sin_cos() for x, _ in points(last)]
    return rounded([p[1] for p in pairs]), rounded([p[0] for p in pairs])


class TiltedMeans:
    """Upper bounds of the means of one cell."""

    def __init__(self, plan: Plan, cell: Tilt) -> None:
        self.plan, self.cell = plan, cell
        self.item = TiltedItem(plan, cell)

    @cached_property
    def _coefficients(self) -> ComplexArray:
        """c_k exp(-(mu + i omega_k) y), doubled for k > 0 as c_-k is the conjugate."""
        start, rows = ball(self.cell.start), []
        for k, (c, omega) in enumerate(zip(self.cell.waves, self.item.omegas, strict=True)):
            size = (-ball(self.cell.push) * start).exp() * (1 if k == 0 else 2)
            sine, cosine = (omega * start).sin_cos()
            rows.append(c * complex(*rounded([size * cosine, -size * sine])))
        return np.array(rows)

    def _sums(self, base: ComplexArray) -> FloatArray:
        """E[f(A) exp(-t V) ..] from means of one item, rounded up: the last axis is summed.

        Raising to the power n and rounding: |z^n - w^n| <= n d (|z| + d)^(n - 1).
        """
        n, sizes = self.plan.count, np.abs(self._coefficients) * (1 + MARGIN)
        error = np.broadcast_to(self.item.error, base.shape)
        value = (power(base, n) * self._coefficients).real.sum(axis=-1)
        near = power(np.abs(base) * (1 + MARGIN) + error, n - 1)
        room: FloatArray = (near * (n * error)) @ sizes * 2
        whole: FloatArray = np.maximum(0.0, value + room * (1 + MARGIN)) + TINY
        return whole

    def chances(self) -> FloatArray:
        """E[f(A) exp(-t V)] by rate."""
        return self._sums(self.item.plain)

    def _panel_error(self, length: Fraction) -> FloatArray:
        """Error of a Gauss sum over one panel of s, for a factor of at most exp(2 tau).

        |1 - 2pq(1 - cos z x)| <= (1 + cosh tau)/2 for |Im z| <= tau, as 2pq <= 1/2.
        """
        plan = self.plan
        tau = ball(length / 2 * (_RHO - 1 / _RHO) / 2)
        grown = ((1 + tau.cosh()) / 2).log() * plan.count + tau * ball(2 * plan.radius + plan.lean)
        grown += ball(plan.lean * (plan.mid - plan.low + length))
        log_error = log_quadrature_error(PANEL_POINTS, ball(_RHO), grown)
        scale = up(log_error.exp() * ball(length) / 2) * float(np.abs(self._coefficients).sum())
        whole: FloatArray = power(self.item.plain[:, 0].real * (1 + MARGIN), plan.count) * scale
        return whole * (1 + MARGIN)

    def _integral(self, start: Fraction, stop: Fraction, lean: Fraction) -> FloatArray:
        """Integral of sinc(rs)^2 e^(lean (s - start)) E[f(A) e^(-tV) ..] over [start, stop]."""
        plan = self.plan
        total = np.zeros(len(plan.rates))
        ends = grid(start, stop, PANEL)
        for a, b in pairwise(ends):
            cosine, sine = _turns(plan.last, b - a)
            c, s = _centre(plan.last, (a + b) / 2)
            rows = (cosine * c - sine * s) * self.item.spread
            sums = self._sums(self.item.far + self.item.mean(rows))
            weights = []
            for t, w in nodes(PANEL_POINTS):
                place = ball((a + b) / 2) + ball(b - a) / 2 * t
                kernel = to_power((ball(plan.radius) * place).sinc(), 2)
                lift = (ball(lean) * (place - ball(start))).exp()
                weights.append(w * ball(b - a) / 2 * kernel * lift)
            total += ups(weights) @ sums + self._panel_error(b - a)
        return total * (1 + MARGIN)

    def _beyond(self) -> FloatArray:
        """Integral of sinc(rs)^2 E[..] above `last`, on cells of s."""
        plan = self.plan
        first, second = self.item.variation()
        sizes = np.abs(self._coefficients)
        near = np.abs(self.item.far) + self.item.error
        base = power(near, plan.count)
        limit = self._sums(self.item.far)
        starts = [plan.last * Fraction(5, 4) ** k for k in range(_TAIL_CELLS)]
        energies = [self._energy(x) for x in starts] + [ball(1).pi() / ball(2 * plan.radius)]
        total = np.zeros(len(plan.rates))
        for x, (a, b) in zip(starts, pairwise(energies), strict=True):
            apart = (first / float(x) + second / float(x) ** 2) * (1 + MARGIN)
            wide = power(near + apart, plan.count)
            more = np.maximum(0.0, wide - base) + MARGIN * wide
            total += max(0.0, up(b - a)) * (limit + more @ sizes * (1 + MARGIN))
        return total * (1 + MARGIN)

    def _energy(self, s: Fraction) -> Any:
        """int_0^s sinc(rs)^2 ds."""
        u = ball(self.plan.radius * s)
        return ((2 * u).si() - to_power(u.sin(), 2) / u) / ball(self.plan.radius)

    def noise(self) -> FloatArray:
        """E[f(A) exp(-t V) N] by rate."""
        plan, pi = self.plan, ball(1).pi()
        part = up(1 / (pi * ball(2 * (plan.error - plan.radius) * (1 - plan.share) ** 2)))
        high = self._integral(plan.mid, plan.last, Fraction(0)) + self._beyond()
        total = high * part
        if plan.mid > plan.low:
            span = ball(plan.mid - plan.low)
            weight = (1 - (-ball(plan.lean) * span).exp()) / ball(plan.lean) if plan.lean else span
            scale = up(weight / to_power(pi, 2) / ball(plan.share**2))
            total = total + self._integral(plan.low, plan.mid, plan.lean) * scale
        return total * (1 + MARGIN)
