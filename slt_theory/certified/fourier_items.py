r"""One tilted uniform item: its means by Gauss sums over x, for every rate, frequency and s.

:math:`I(t, s, \omega) = E[e^{-t v(X) + (\mu + i\omega) u(X)} (1 - 2pq(1 - \cos sX))]` with
:math:`p = 1/(1 + e^{-\lambda X})`, u = X p, and :math:`v = -8 \Re \ell_{s_*} / s_*^2`. The
integrand is analytic in an ellipse about [-1, 1], so the Gauss sum errs by less than any rounding.
For s to infinity, I differs from its limit by at most :math:`D_1/s + D_2/s^2`.

Source: own; proved in ``proofs/tilted_density/``.
"""

from __future__ import annotations

from fractions import Fraction
from functools import cache, cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slt_theory.balls import to_power
from slt_theory.certified.enclose import MARGIN, FloatArray, ball, up, ups
from slt_theory.certified.fourier_floor import bends, tilted_log
from slt_theory.certified.fourier_gauss import log_quadrature_error, nodes, rounded
from slt_theory.certified.fourier_parameters import MAJOR, MINOR, RHO, Plan, Tilt

__all__ = ["ComplexArray", "TiltedItem", "points"]

ComplexArray = NDArray[np.complex128]

SLACK = 1e-12
"""Error of I(t, s, omega) over I(t, 0, 0), from rounded values and sums of at most 1000 terms."""

_ARCS = 96


def _points(last: Fraction) -> int:
    """Gauss points on [-1, 1]: enough for frequencies up to `last`."""
    return 2 * (160 + int(last) // 3)


@cache
def points(last: Fraction) -> list[tuple[Any, Any]]:
    """The positive points and their weights."""
    count = _points(last)
    return list(nodes(count)[: count // 2])


class TiltedItem:
    """Means over one item of a cell: rows s, then rates t, then frequencies omega of A."""

    def __init__(self, plan: Plan, cell: Tilt) -> None:
        self.plan, self.cell = plan, cell
        self._tilt = ball(cell.tilt)
        self._rates = np.array([float(t) for t in plan.rates])
        self._check_ellipse()

    @cached_property
    def omegas(self) -> list[Any]:
        """Frequencies of A in the majorant."""
        return [2 * ball(1).pi() * k / ball(self.plan.period) for k in range(len(self.cell.waves))]

    @cached_property
    def spread(self) -> FloatArray:
        """2 p q at the positive points."""
        rows = [1 / (1 + (self._tilt * x).cosh()) for x, _ in points(self.plan.last)]
        return rounded(rows)

    @cached_property
    def _matrix(self) -> ComplexArray:
        """Weight times exp(-t v + (mu + i omega) u), for x and -x together: (x, t, omega)."""
        plan, star = self.plan, ball(self.plan.star)
        scale = 8 / to_power(star, 2)
        decays, waves = [], []
        for x, w in points(plan.last):
            log = tilted_log(star, x, self._tilt)[0] * scale
            decays.append(rounded([(ball(t) * log).exp() for t in plan.rates]))
            chance = 1 / (1 + (-self._tilt * x).exp())
            total = np.zeros(len(self.omegas), dtype=complex)
            for u in (x * chance, -x * (1 - chance)):
                size = w / 2 * (ball(self.cell.push) * u).exp()
                turns = [(omega * u).sin_cos() for omega in self.omegas]
                total += rounded([size * c for _, c in turns])
                total += 1j * rounded([size * s for s, _ in turns])
            waves.append(total)
        whole: ComplexArray = np.array(decays)[:, :, None] * np.array(waves)[:, None, :]
        return whole

    def mean(self, factor: FloatArray) -> ComplexArray:
        """E[factor exp(..)] for rows of factors: (row, t, omega)."""
        shape = self._matrix.shape
        flat = self._matrix.reshape(shape[0], -1).view(float)
        value: ComplexArray = (factor @ flat).view(complex).reshape(-1, *shape[1:])
        return value

    @cached_property
    def plain(self) -> ComplexArray:
        """E[exp(-t v + (mu + i omega) u)]: (t, omega)."""
        value: ComplexArray = self.mean(np.ones((1, len(self.spread))))[0]
        return value

    @cached_property
    def far(self) -> ComplexArray:
        """The same with the factor 1 - 2 p q, the limit for s to infinity."""
        value: ComplexArray = self.mean((1 - self.spread)[None, :])[0]
        return value

    @cached_property
    def error(self) -> FloatArray:
        """Error of a computed mean by rate."""
        value: FloatArray = SLACK * self.plain[:, :1].real
        return value

    def _check_ellipse(self) -> None:
        """Check that Gauss sums over x are right within 1e-30, for all parameters of the cell.

        On the ellipse, v = -(4/s_*^2) log of R = cosh(z x/2) cosh(z' x/2) / cosh(tilt x/2)^2, where
        z, z' = tilt +- i s_*. The first zeros of the numerator are +-(s_* +- i tilt) pi/|z|^2.
        """
        from flint import acb, arb

        plan, star, tilt = self.plan, self.plan.star, self.cell.tilt
        square = star**2 + tilt**2
        place = ball(1).pi() / ball(square)
        zero = to_power(place * ball(star / MAJOR), 2) + to_power(place * ball(tilt / MINOR), 2)
        if not (bool(zero > 1) and bool(ball(-tilt * MINOR) < 3)):
            raise AssertionError("the ellipse holds a zero")
        shape = most = chance = ball(0)
        for k in range(_ARCS):
            angle = ball(1).pi() / _ARCS * (2 * k + 1 + arb(0, 1))
            x = acb(ball(MAJOR) * angle.cos(), ball(MINOR) * angle.sin())
            z = acb(ball(tilt), ball(star))
            w = acb(ball(tilt), -ball(star))
            lower = to_power((x * ball(tilt) / 2).cosh(), 2)
            ratio = (z * x / 2).cosh() * (w * x / 2).cosh() / lower
            shape = shape.max(abs(ratio))
            most = most.max(abs(x / (1 + (-x * ball(tilt)).exp())))
            chance = chance.max(abs(1 / (2 * lower)))
        log_most = 4 * ball(max(plan.rates)) / to_power(ball(star), 2) * shape.max(ball(1)).log()
        log_most += (ball(self.cell.push) + self.omegas[-1]) * most
        log_most += (1 + chance * (1 + (ball(plan.last * MINOR)).cosh())).log()
        error = log_quadrature_error(_points(plan.last), ball(RHO), log_most)
        if not bool(error < -70):
            raise AssertionError("too few points for the frequencies")

    def variation(self) -> tuple[FloatArray, FloatArray]:
        """D1, D2 by (t, omega) with |I - far| <= D1/s + D2/s^2: two integrations by parts.

        phi = exp(h), h = log 2pq - t v + (mu + i omega) u; |h'| <= a, |h''| <= b on [-1, 1].
        D1 is the mean of |phi| at -1 and 1, D2 that of |phi'| and E|phi''|.
        """
        plan, cell = self.plan, self.cell
        star, tilt = ball(plan.star), ball(-cell.tilt)
        bend = 8 / to_power(star, 2) * bends(star, self._tilt)
        rates = self._rates[:, None]
        push = ups([(to_power(w, 2) + to_power(ball(cell.push), 2)).sqrt() for w in self.omegas])
        slope = up(tilt) + rates * up(bend) + push * up(1 + tilt / 4)
        curve = up(tilt * tilt / 2) + rates * up(bend) + push * up(tilt / 2 + tilt * tilt / 10)
        chance = 1 / (1 + (-self._tilt).exp())
        log = tilted_log(star, ball(1), self._tilt)[0] * 8 / to_power(star, 2)
        ends = (ball(cell.push) * chance).exp() + (-ball(cell.push) * (1 - chance)).exp()
        ends = ends / (1 + self._tilt.cosh()) / 2
        edge = ups([(ball(t) * log).exp() * ends for t in plan.rates])[:, None]
        mean = (self.plain - self.far)[:, :1].real + 2 * self.error
        second = slope * edge + mean * (slope * slope + curve)
        return np.broadcast_to(edge, slope.shape) * (1 + MARGIN), second * (1 + MARGIN)
