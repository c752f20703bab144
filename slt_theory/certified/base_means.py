r"""Means over one small item, and the noise N as an integral of their powers.

:math:`I(t, s) = E[e^{-t v(x)} (1 + \cos s x)/2]` under the law given ``|X| <= cut``; :math:`I^K` is
the mean of :math:`e^{-tV} |\hat\mu(s)|^2`. With exact cell masses and cell means, Taylor's formula
about the mean of a cell of width h leaves at most :math:`\max q'' h^2/8`; between two frequencies
at distance d, I is at most the greater end plus :math:`E x^2 d^2/16`; above `last`,
:math:`|E e^{-tv}\cos s x| \le P(|x| \le 1/s)` because the density does not increase.
"""

from __future__ import annotations

from fractions import Fraction
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np

from slt_theory.balls import precision, to_power
from slt_theory.certified.base_parameters import Base, grid
from slt_theory.certified.enclose import MARGIN, TINY, FloatArray, ball, power, up, ups
from slt_theory.certified.magnitudes import MAGNITUDES

__all__ = ["Means"]

CELLS = 6000
"""Cells of |x| in the means."""

STEP = Fraction(1, 10)
"""Step of s from s1 to `last`."""

SLACK = 1e-12
"""Error of a mean from rounded points and cosines: (100 v'(1) + 1000) 2**-52, v'(1) < 19."""

_ROWS = 64
_TAIL_CELLS = 24


class Means:
    """Upper bounds of the means that N needs; any number of cells of |x| is valid."""

    def __init__(self, base: Base, cells: int = CELLS) -> None:

        self.base = base
        self.cells = cells
        law = MAGNITUDES[base.law]
        with precision(120):
            ends = [base.cut * k / cells for k in range(cells + 1)]
            inside = law.below(ball(base.cut))
            masses = law.masses(ends)
            rows = zip(law.means(ends), masses, strict=True)
            points = [mean / mass / ball(base.cut) for mean, mass in rows]
            self._masses = ups(mass / inside for mass in masses)
            self._points = np.array([float(p.mid()) for p in points])
            errors = zip(points, self._points, strict=True)
            assert all(up(abs(p - ball(Fraction(x)))) < 2.0**-52 for p, x in errors)
        self._exact = [ball(Fraction(float(x))) for x in self._points]
        tangent = (ball(base.star) / 2).tan()
        self._slope = up(4 * tangent / ball(base.star))  # v' and v'' rise: largest at 1
        self._bend = up(2 * (1 + to_power(tangent, 2)))

    @cached_property
    def _weighted(self) -> FloatArray:
        """Mass times exp(-t v) of each cell, a column a rate."""
        star, columns = ball(self.base.star), []
        logs = [(star * x / 2).cos().log() for x in self._exact]
        for rate in self.base.rates:
            scale = ball(8 * rate / self.base.star**2)
            columns.append(self._masses * ups((scale * x).exp() for x in logs))
        return np.array(columns).T

    def _curved(self, s: FloatArray) -> FloatArray:
        """max |q''| / (8 cells**2) for q = exp(-t v)(1 + cos s x)/2: rows s, columns rates.

        q'' = exp(-tv) ((t^2 v'^2 - t v'')(1 + cos s x)/2 + t v' s sin s x - s^2 cos(s x)/2).
        """
        t = np.array([float(rate) for rate in self.base.rates])
        own = np.maximum(t * t * self._slope**2, t * self._bend)
        whole: FloatArray = own + np.outer(s, t * self._slope) + s[:, None] ** 2 / 2
        return whole / (8 * self.cells**2)

    @cached_property
    def _chance(self) -> FloatArray:
        """E exp(-t v) by rate."""
        plain: FloatArray = self._weighted.sum(axis=0) + self._curved(np.zeros(1))[0] + SLACK
        return plain * (1 + MARGIN)

    def chances(self, count: int) -> FloatArray:
        """E exp(-t V) for `count` items, by rate."""
        return power(self._chance, count) * (1 + MARGIN) + TINY

    def _cosines(self, start: Fraction, step: Fraction, rows: int) -> FloatArray:
        """cos((start + k step) x) for k < rows, by balls and the rule for sums; error 1e-15."""
        out = np.empty((rows, self.cells))
        fine = [self._turn(step * k) for k in range(_ROWS)]
        sine, cosine = np.array([f[0] for f in fine]), np.array([f[1] for f in fine])
        for first in range(0, rows, _ROWS):
            s, c = self._turn(start + step * first)
            take = min(_ROWS, rows - first)
            out[first : first + take] = c * cosine[:take] - s * sine[:take]
        return out

    def _turn(self, s: Fraction) -> tuple[FloatArray, FloatArray]:
        """sin s x and cos s x at the points; 80 bits, so that only the last rounding is seen."""

        with precision(80):
            frequency = ball(s)
            pairs = [(frequency * x).sin_cos() for x in self._exact]
        sine, cosine = (np.array([float(p[i].mid()) for p in pairs]) for i in (0, 1))
        return sine, cosine

    def _waves(self, s: list[Fraction]) -> FloatArray:
        """I(t, s) at equally spaced s (rows) by rate, rounded up."""
        waves = np.maximum(0.0, 1 + self._cosines(s[0], s[1] - s[0], len(s)))
        values = waves @ self._weighted / 2
        return (values + self._curved(np.array([float(x) for x in s])) + SLACK) * (1 + MARGIN)

    def _between(self, s: list[Fraction]) -> FloatArray:
        """I(t, s) on the cells between equally spaced s."""
        values = self._waves(s)
        ends = np.arange(1, self.cells + 1) / self.cells
        second = float(self._masses @ (ends * ends)) * (1 + MARGIN)
        return np.maximum(values[:-1], values[1:]) + second * float(s[1] - s[0]) ** 2 / 16 * (
            1 + MARGIN
        )

    def _energy(self, s: Fraction | None) -> Any:
        """int_0^s (sin rs / rs)^2 ds; None is infinity."""
        if s is None:
            return ball(1).pi() / ball(2 * self.base.radius)
        u = ball(self.base.radius * s)
        return ((2 * u).si() - to_power(u.sin(), 2) / u) / ball(self.base.radius)

    def _weights(self, s: list[Fraction | None], factors: list[Any]) -> FloatArray:
        """Energy of each cell times its factor."""
        values = [self._energy(x) for x in s]
        rows = ups((b - a) * f for (a, b), f in zip(pairwise(values), factors, strict=True))
        return np.maximum(0.0, rows)

    def _middle(self) -> tuple[FloatArray, FloatArray]:
        """sup |M|^2 <= int rho / pi^2 * int |mu|^2 kernel^2 / rho, over theta^2."""
        base = self.base
        s = grid(base.low, base.mid, STEP)
        rho = [Fraction(float(np.exp(float(base.lean * (base.low - x))))) for x in s[:-1]]
        total = sum((q * (b - a) for q, (a, b) in zip(rho, pairwise(s), strict=True)), Fraction(0))
        pi = ball(1).pi()
        factors = [ball(total / q / base.share**2) / to_power(pi, 2) for q in rho]
        return self._weights([*s], factors), self._between(s)

    def _high(self) -> tuple[FloatArray, FloatArray]:
        """int H^2 = int |mu|^2 kernel^2 / pi above s0 (Parseval), over 2 (e - r) (1 - theta)^2."""
        base = self.base
        part = ball(1).pi() * ball(2 * (base.error - base.radius) * (1 - base.share) ** 2)
        s = grid(base.mid, base.last, STEP)
        far = [base.last * Fraction(5, 4) ** k for k in range(_TAIL_CELLS)]
        law = MAGNITUDES[base.law]
        inside = law.below(ball(base.cut))
        near = ups(law.below(ball(base.cut / x)) / inside for x in far)
        beyond = (self._chance[None, :] + near[:, None]) / 2 * (1 + MARGIN)
        ends: list[Fraction | None] = [*s, *far[1:], None]
        weights = self._weights(ends, [1 / part] * (len(ends) - 1))
        return weights, np.concatenate([self._between(s), beyond])

    @cached_property
    def _noise(self) -> tuple[FloatArray, FloatArray]:
        parts = [self._high()] + ([self._middle()] if self.base.mid > self.base.low else [])
        return np.concatenate([p[0] for p in parts]), np.concatenate([p[1] for p in parts])

    def noise(self, count: int) -> FloatArray:
        """N_i for `count` items, by rate."""
        weights, bases = self._noise
        return (weights @ power(bases, count)) * (1 + MARGIN) + TINY
