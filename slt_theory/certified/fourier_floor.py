r"""The lower bound g(V) of the low frequencies of a tilted random subset sum.

:math:`L(y) = \frac1\pi \int_0^{s_1} \frac{\sin rs}{rs}
\Re\left[e^{is(A - y)} \prod e^{\ell_s(x_i)}\right] ds` is a Gauss sum over a few frequencies. At
each of them the sums of the real and the imaginary parts of :math:`\ell_s` lie, V given, between
tangents to the convex hull of a curve; a tangent is any line and the least distance of the curve
from it, which chords of the curve and a bound of its second derivative give.
"""

from __future__ import annotations

import math
from fractions import Fraction
from functools import cache, cached_property
from typing import Any

import numpy as np

from slt_theory.balls import to_power
from slt_theory.certified.enclose import MARGIN, FloatArray, ball, downs, point, up, ups
from slt_theory.certified.fourier_gauss import log_quadrature_error, nodes, rounded
from slt_theory.certified.fourier_parameters import Plan

__all__ = ["TiltedFloor", "bends", "hull", "tilted_log"]

POINTS = 48
"""Frequencies up to s1."""

CURVE_CELLS = 500
"""Cells of x on the curve."""

STATISTIC_CELLS = 160
"""Cells of V / n up to v(1)."""

PLACE_STEP = Fraction(1, 50)
"""Cells of A - y."""

SLACK = 1e-12
"""Absolute error of a value of the curve or of a product of two, rounded to a float."""

_LOW_RHO = Fraction(6)


def tilted_log(s: Any, x: Any, tilt: Any) -> tuple[Any, Any]:
    """Real and imaginary part of l_s(x) for |s x| < pi, as balls."""
    return _log_of(s, x, *_tilted(x, tilt))


def _tilted(x: Any, tilt: Any) -> tuple[Any, Any]:
    """The parts of l_s(x) without s: tanh(tilt x/2) and cosh(tilt x)."""
    return (tilt * x / 2).tanh(), (tilt * x).cosh()


def _log_of(s: Any, x: Any, half: Any, cosh: Any) -> tuple[Any, Any]:
    phase = s * x
    real = ((cosh + phase.cos()) / (1 + cosh)).log() / 2
    return real, (half * (phase / 2).tan()).atan() - phase / 2 * half


def bends(s: Any, tilt: Any) -> Any:
    """Bound of |l_s''| on [-1, 1], also of its parts: see the proof."""
    squares = to_power(tilt, 2)
    whole = (squares + to_power(s, 2)) / (4 * to_power((s / 2).cos(), 2))
    return whole + squares / 4 + s / 2 * (abs(tilt) + squares / 5)


def hull(v: FloatArray, f: FloatArray, at: FloatArray) -> FloatArray:
    """Slopes of the lower convex hull of the points (v, f), v rising, at the values `at`."""
    kept: list[int] = []
    for i in range(len(v)):
        while len(kept) > 1:
            a, b = kept[-2], kept[-1]
            if (v[b] - v[a]) * (f[i] - f[a]) > (v[i] - v[a]) * (f[b] - f[a]):
                break
            kept.pop()
        kept.append(i)
    ends, values = v[kept], f[kept]
    k = np.clip(np.searchsorted(ends, at) - 1, 0, len(kept) - 2)
    slopes: FloatArray = (values[k + 1] - values[k]) / (ends[k + 1] - ends[k])
    return slopes


@cache
def _low_nodes(low: Fraction) -> list[tuple[Any, Any]]:
    return [((1 + x) * ball(low) / 2, w * ball(low) / 2) for x, w in nodes(POINTS)]


class TiltedFloor:
    """Lower bounds of L on cells of V / n for one tilt, rounded down."""

    def __init__(self, plan: Plan, tilt: Fraction) -> None:
        self.plan, self.tilt = plan, ball(tilt)
        self.points = [Fraction(k, CURVE_CELLS) for k in range(CURVE_CELLS + 1)]
        balls = [ball(x) for x in self.points]
        self._tilted = [(x, *_tilted(x, self.tilt)) for x in balls]
        star = ball(plan.star)
        self._scale = 8 / to_power(star, 2)
        self._v = [-self._scale * _log_of(star, *point)[0] for point in self._tilted]
        self._values = rounded(self._v)
        self._bend = self._scale * bends(star, self.tilt)
        self.edges = self._edges()

    def _edges(self) -> FloatArray:
        """Ends of the cells of V / n: equal ones up to v(1), then on to the greatest v.

        v falls again before 1 if the tilt is below -2.12 (at s_* = 7/5): its maximum is inside.
        """
        top = up(self._v[-1])
        peak = max(ups(self._v)) + up(self._bend) / (8 * CURVE_CELLS**2) * (1 + MARGIN)
        peak *= 1 + MARGIN
        edges = top * np.arange(STATISTIC_CELLS + 1) / STATISTIC_CELLS
        edges[-1] = top
        more = math.ceil((peak / top - 1) * STATISTIC_CELLS)
        beyond = top + (peak - top) * np.arange(1, more + 1) / more
        beyond[-1] = peak
        return np.concatenate([edges, beyond])

    def least(self, curve: list[Any], bend: Any) -> FloatArray:
        """Lower bound of the mean of f(x_i), f given on the points with |f''| <= bend, by cells."""
        f = rounded(curve)
        middle, order = (self.edges[1:] + self.edges[:-1]) / 2, np.argsort(self._values)
        slopes = hull(self._values[order], f[order], middle)
        # Near the greatest v the hull is steep and a cell wide: there a level line is better.
        return np.maximum(self._below(f, slopes, bend), self._below(f, 0 * slopes, bend))

    def _below(self, f: FloatArray, slopes: FloatArray, bend: Any) -> FloatArray:
        """Least value in each cell of the highest line of its slope below the curve (v, f)."""
        gaps = (f[None, :] - slopes[:, None] * self._values[None, :]).min(axis=1)
        chord = (up(bend) + np.abs(slopes) * up(self._bend)) / (8 * CURVE_CELLS**2)
        room = SLACK * (1 + np.abs(slopes) * (1 + self.edges[-1]))
        ends = np.minimum(slopes * self.edges[1:], slopes * self.edges[:-1])
        value: FloatArray = ends + gaps - chord * (1 + MARGIN) - room
        return value

    @cached_property
    def _bounds(self) -> FloatArray:
        """Sums of the parts of l_s: least and greatest real, least and greatest imaginary."""
        rows = []
        for s, _ in _low_nodes(self.plan.low):
            pairs = [_log_of(s, *point) for point in self._tilted]
            bend = bends(s, self.tilt)
            row = []
            for part in (0, 1):
                curve = [p[part] for p in pairs]
                row += [self.least(curve, bend), -self.least([-c for c in curve], bend)]
            rows.append(row)
        sums: FloatArray = self.plan.count * np.array(rows)
        room = MARGIN * (np.abs(sums) + 1)
        sums[:, ::2] -= room[:, ::2]
        sums[:, 1::2] += room[:, 1::2]
        return sums

    def _factors(self) -> tuple[FloatArray, FloatArray]:
        """Gauss weights times kernel over pi, times the least and greatest modulus."""
        rows: list[list[FloatArray]] = [[], []]
        for (s, w), part in zip(_low_nodes(self.plan.low), self._bounds, strict=True):
            weight = w * (ball(self.plan.radius) * s).sinc() / ball(1).pi()
            low = downs(weight * point(a).exp() for a in part[0])
            rows[0].append(np.maximum(0.0, low))
            rows[1].append(ups(weight * point(b).exp() for b in part[1]))
        return np.array(rows[0]), np.array(rows[1])

    def _gauss_error(self, far: Fraction) -> float:
        """|integrand| <= exp(tau^2 n/8 + tau (|A - y| + r)) for |Im s| <= tau: Hoeffding's lemma.

        The bound is over pi and for a half-length s1/2.
        """
        plan, rho = self.plan, _LOW_RHO
        tau = ball(plan.low / 2 * (rho - 1 / rho) / 2)
        most = to_power(tau, 2) * plan.count / 8 + tau * ball(far + plan.radius)
        error = log_quadrature_error(POINTS, ball(rho), most).exp()
        return up(error * ball(plan.low) / 2)

    def low(self, start: Fraction, stops: FloatArray) -> FloatArray:
        """g on the cells of V / n for A in [start, stop], one stop a cell; 0 if nothing is known.

        A - y lies in [start - w', stop + w'].
        """
        reach = self.plan.reach
        first, last = start - reach, Fraction(float(stops.max())) + reach
        cells = max(1, -int(-(last - first) // PLACE_STEP))
        ends = [first + (last - first) * k / cells for k in range(cells + 1)]
        near, far = self._factors()
        ahead, behind = self._bounds[:, 2], self._bounds[:, 3]
        value = np.full(len(stops), np.inf)
        speeds = rounded([s for s, _ in _low_nodes(self.plan.low)])[:, None]
        limits = stops + up(ball(reach)) + SLACK
        low_turn, high_turn = _turns(ahead), _turns(behind)
        for k in range(cells):
            a, b = float(ends[k]), float(ends[k + 1])
            cosine = np.minimum(
                self._cosines(low_turn, ends[k]), self._cosines(high_turn, ends[k + 1])
            )
            p, q = ahead + speeds * a - MARGIN, behind + speeds * b + MARGIN
            turned = np.floor((q / np.pi - 1) / 2) >= np.ceil((p / np.pi - 1) / 2)
            cosine = np.where(turned | (q - p >= 3), -1.0, cosine - SLACK)
            terms = np.where(cosine >= 0, near * cosine, far * cosine)
            total = terms.sum(axis=0) - MARGIN * np.abs(terms).sum(axis=0)
            value = np.where(a <= limits, np.minimum(value, total), value)
        error = self._gauss_error(max(abs(first), abs(last)))
        return np.maximum(0.0, (value - error) * (1 - MARGIN))

    def _cosines(self, turn: tuple[FloatArray, FloatArray], place: Fraction) -> FloatArray:
        """cos(phase + s place) from the cosine and sine of the phase."""
        at = ball(place)
        pairs = [(s * at).sin_cos() for s, _ in _low_nodes(self.plan.low)]
        sine, cosine = (rounded([p[i] for p in pairs])[:, None] for i in (0, 1))
        value: FloatArray = turn[0] * cosine - turn[1] * sine
        return value


def _turns(phases: FloatArray) -> tuple[FloatArray, FloatArray]:
    """cos and sin of an array, by balls."""
    pairs = [point(p).sin_cos() for p in phases.ravel()]
    sine, cosine = (rounded([p[i] for p in pairs]).reshape(phases.shape) for i in (0, 1))
    return cosine, sine
