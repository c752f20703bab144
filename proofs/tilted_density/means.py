"""Steps on means over one item and over n, and on the majorants that localise them."""

from __future__ import annotations

import random
from fractions import Fraction
from typing import Any

import numpy as np

from slt_theory.balls import precision, to_power
from slt_theory.certified.fourier_certificate import TiltedCell, tilted_certificates
from slt_theory.certified.fourier_gauss import BITS, nodes
from slt_theory.certified.fourier_items import TiltedItem, points
from slt_theory.certified.fourier_majorant import majorises
from slt_theory.certified.fourier_means import TiltedMeans
from slt_theory.certified.fourier_parameters import Plan, Tilt

from ..kit import ProofStep, step
from ..kit.algebra import identity, nonnegative
from ..kit.balls import ball, integral
from .example import example

__all__ = ["mean_steps"]


def _damped(plan: Plan, tilt: Any, rate: Fraction, x: Any) -> Any:
    """e^(-tv) of an item x, from the square modulus of its transform at s_*."""
    star = ball(plan.star)
    ratio = ((tilt * x).cosh() + (star * x).cos()) / (1 + (tilt * x).cosh())
    return (ratio.log() * (4 * ball(rate) / to_power(star, 2))).exp()


def _direct(item: TiltedItem, s: Fraction | None, rate: Fraction, omega: Any) -> tuple[Any, Any]:
    """Real and imaginary part of I(t, s, omega), by quadrature; s = None: without 1 - cos."""
    tilt = ball(item.cell.tilt)

    def part(odd: bool) -> Any:
        def density(x: Any, _: Any) -> Any:
            weight = _damped(item.plan, tilt, rate, x)
            u = x / (1 + (-tilt * x).exp())
            spread = 1 / (1 + (tilt * x).cosh())
            factor = 1 if s is None else 1 - spread * (1 - (ball(s) * x).cos())
            turn = (omega * u).sin() if odd else (omega * u).cos()
            return weight * (ball(item.cell.push) * u).exp() * turn * factor / 2

        return integral(density, Fraction(-1), Fraction(1))

    return part(False), part(True)


def _items(mean: Fraction) -> bool:
    """Means of the program against quadrature by balls, within its stated error."""

    plan, cell, _ = example()
    with precision(BITS):
        item = TiltedItem(plan, cell)
        rows: list[tuple[Fraction | None, Any]] = [(None, item.plain)]
        for s in (Fraction(3), Fraction(25)):
            angle = [(ball(s) * x).cos() for x, _ in points(plan.last)]
            wave = np.array([float(c.mid()) for c in angle]) * item.spread
            rows.append((s, item.far + item.mean(wave[None, :])[0]))
        for place, table in rows:
            for i, rate in enumerate(plan.rates):
                for k, omega in enumerate(item.omegas):
                    exact = _direct(item, place, rate, omega)
                    room = ball(Fraction(float(item.error[i, 0])))
                    pair = (table[i, k].real, table[i, k].imag)
                    for found, true in zip(pair, exact, strict=True):
                        if not bool(abs(ball(Fraction(float(found)) * mean) - true) <= room):
                            return False
    return True


def _parts_twice(apart: Fraction) -> bool:
    """|I - its limit| <= D1/s + D2/s^2 at frequencies where it is nearly reached."""

    plan, cell, _ = example()
    with precision(BITS):
        item = TiltedItem(plan, cell)
        first, second = item.variation()
        for s in (Fraction(33), Fraction(221, 4)):
            for i, rate in enumerate(plan.rates):
                for k, omega in enumerate(item.omegas):
                    near = _direct(item, s, rate, omega)
                    limit = item.far[i, k]
                    real = near[0] - ball(Fraction(float(limit.real)))
                    imaginary = near[1] - ball(Fraction(float(limit.imag)))
                    bound = Fraction(float(first[i, k])) / s + Fraction(float(second[i, k])) / s**2
                    size = (to_power(real, 2) + to_power(imaginary, 2)).sqrt()
                    if not bool(size <= ball(bound * apart)):
                        return False
    return True


def _slopes() -> bool:
    """h = log 2pq - tv + (mu + i omega) u: slopes of its parts; phi'' = (h'^2 + h'') phi.

    With P = p, P' = tilt p q: u' = p + x tilt p q and u'' = 2 tilt p q + x tilt^2 p q (q - p);
    pq (q - p) <= 1/10 as its square is p^2 q^2 (1 - 4 p q), and (log 2pq)' = -tilt tanh(tilt x/2).
    """
    from sympy import Function, Rational, diff, exp, symbols

    x, a, z, p = symbols("x a z p")
    h = Function("h")(x)
    chance = 1 / (1 + exp(-a * x))
    e = symbols("e")
    slope = diff(x * chance, x).subs(exp(-a * x), e)
    q = e / (1 + e)
    bend = diff(x * chance, x, 2).subs(exp(-a * x), e)
    stated = 2 * a * (1 - q) * q + x * a**2 * q * (1 - q) * (q - (1 - q))
    curve = diff(diff(exp(h), x), x) - exp(h) * (diff(h, x) ** 2 + diff(h, x, 2))
    return (
        identity(slope, (1 - q) + x * a * q * (1 - q))
        and identity(bend, stated)
        and curve.expand() == 0
        and nonnegative(Rational(1, 100) - z**2 * (1 - 4 * z), z, 0, Rational(1, 4))
        and identity((p * (1 - p) * (1 - 2 * p)) ** 2, (p * (1 - p)) ** 2 * (1 - 4 * p * (1 - p)))
    )


def _panel() -> bool:
    """1 - 2pq + 2pq C <= (1 + C)/2 for 2pq <= 1/2 and C >= 1."""
    from sympy import Rational, symbols

    w, c = symbols("w c")  # w = 2pq, C = 1 + c
    spare = (2 + c) / 2 - (1 - w + w * (1 + c))
    return identity(spare, c * (Rational(1, 2) - w))


def _localised() -> bool:
    """One item: E[f(A) e^(-tV)] by quadrature of f(u) e^(-tv); the program is above, closely."""

    plan, cell, _ = example(1)
    with precision(BITS):
        means = TiltedMeans(plan, cell)
        found = means.chances()
        for i, rate in enumerate(plan.rates):
            value = ball(0)
            for k, (c, omega) in enumerate(zip(cell.waves, means.item.omegas, strict=True)):
                real, imaginary = _direct(means.item, None, rate, omega)
                turn = omega * ball(cell.start)
                scale = (-ball(cell.push) * ball(cell.start)).exp() * (1 if k == 0 else 2)
                part = real * turn.cos() + imaginary * turn.sin()
                value += scale * ball(Fraction(c.real)) * part
            above = ball(Fraction(float(found[i])))
            if not (bool(above >= value) and bool(above <= value + ball("1e-9"))):
                return False
    return True


def _noise() -> bool:
    """One item: E[f(A) e^(-tV) N] by quadrature over s up to `last`; the program is above."""

    plan, cell, _ = example(1)
    pi, total, rate = ball(1).pi(), ball(0), plan.rates[1]
    leaned = (1 - (-ball(plan.lean * (plan.mid - plan.low))).exp()) / ball(plan.lean)
    middle = leaned / to_power(pi * ball(plan.share), 2)
    part = 1 / (2 * pi * ball((plan.error - plan.radius) * (1 - plan.share) ** 2))
    with precision(BITS):
        means = TiltedMeans(plan, cell)
        found = ball(Fraction(float(means.noise()[1])))
        energy = pi / ball(2 * plan.radius) - means._energy(plan.last)
    for start, stop, points_ in ((plan.low, plan.mid, 10), (plan.mid, plan.last, 30)):
        for t, w in nodes(points_):
            s = ball((start + stop) / 2) + ball((stop - start) / 2) * t
            weight = w * ball((stop - start) / 2)
            weight *= to_power((ball(plan.radius) * s).sinc(), 2)
            lean = middle * (ball(plan.lean) * (s - ball(plan.low))).exp()
            mean = _localised_mean(plan, cell, s, rate)
            total += weight * mean * (lean if stop == plan.mid else part)
    total += energy * _localised_mean(plan, cell, None, rate) * part
    return bool(found >= total * ball("0.99")) and bool(found <= total * ball("1.3"))


def _localised_mean(plan: Plan, cell: Tilt, s: Any, rate: Fraction) -> Any:
    """E[f(u) e^(-tv) (1 - 2pq(1 - cos sX))] by quadrature; s = None: the limit, 1 - 2pq."""
    tilt = ball(cell.tilt)

    def density(x: Any, _: Any) -> Any:
        weight = _damped(plan, tilt, rate, x)
        a = x / (1 + (-tilt * x).exp()) - ball(cell.start)
        spread = 1 / (1 + (tilt * x).cosh())
        turn = 2 * ball(1).pi() / ball(plan.period)
        waves = [
            2 * ball(Fraction(c.real)) * (turn * k * a).cos() for k, c in enumerate(cell.waves)
        ]
        series = sum(waves[1:], waves[0] / 2)
        wave = 1 - spread * (1 - (0 if s is None else (s * x).cos()))
        return (ball(cell.push) * a).exp() * series * weight * wave / 2

    return integral(density, Fraction(-1), Fraction(1))


def _majorant() -> bool:
    """The shipped majorants at random points, by balls."""

    one = tilted_certificates()[0]
    source, period = random.Random(3), one.plan.period
    for cell, after in zip(one.cells[:3], one.cells[1:4], strict=True):
        width = TiltedCell(one.plan, cell, after).width
        waves = cell.waves
        with precision(BITS):
            if not majorises(waves, cell.push, width, period):
                return False
            if majorises(waves, cell.push, width * 3 / 2, period):
                return False
        for _ in range(40):
            inside = source.random() < 0.5
            a = Fraction(source.random()) * (Fraction(width) if inside else period)
            value = ball(Fraction(waves[0].real))
            for k, c in enumerate(waves[1:], 1):
                turn = 2 * ball(1).pi() * ball(k * a / period)
                part = ball(Fraction(c.real)) * turn.cos() - ball(Fraction(c.imag)) * turn.sin()
                value += 2 * part
            goal = (-ball(cell.push * a)).exp() if inside else ball(0)
            if not bool(value >= goal):
                return False
    return True


def mean_steps(mean: Fraction, apart: Fraction) -> tuple[ProofStep, ...]:
    """Means over one item and over n."""
    return (
        step("means of one item against quadrature", "spot", lambda: _items(mean)),
        step(
            r"slopes of $h = \log 2pq - tv + (\mu + i\omega)u$; $(e^h)'' = (h'^2 + h'')e^h$",
            "identity",
            _slopes,
            r"so $|h'| \le |\lambda| + t \max|v''| + |\mu + i\omega|(1 + |\lambda|/4)$, as v' "
            "is 0 at 0",
            rules=("triangle",),
        ),
        step(
            r"$|I - \lim I| \le D_1/s + D_2/s^2$: two integrations by parts; beside quadrature",
            "spot",
            lambda: _parts_twice(apart),
        ),
        step(
            r"$|1 - 2pq(1 - \cos zx)| \le (1 + \cosh \tau)/2$: the integrand over s is "
            "analytic and bounded",
            "identity",
            _panel,
            rules=("triangle",),
        ),
        step("one item: the localised mean against quadrature", "spot", _localised),
        step("one item: the localised noise against quadrature", "spot", _noise),
        step(
            r"$T(a) \ge e^{-\mu a}$ on the cell and $\ge 0$ everywhere, so $e^{\mu(A - y)}"
            r"T(A - y) \ge 1$ in the cell: the program's test beside random points",
            "spot",
            _majorant,
        ),
    )
