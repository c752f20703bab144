"""Tilted random subset sums: smoothed densities with a tilt for each mean (uniform items)."""

from __future__ import annotations

import random
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np

from slt_theory.balls import to_power, up
from slt_theory.certified.base_parameters import HALF_TURN
from slt_theory.certified.exact import ONE
from slt_theory.certified.fourier_certificate import (
    TiltedCell,
    TiltedCertificate,
    tilted_certificates,
    tilted_failure,
    total,
)
from slt_theory.certified.fourier_floor import POINTS, TiltedFloor, bends, tilted_log
from slt_theory.certified.fourier_gauss import BITS, nodes
from slt_theory.certified.fourier_items import TiltedItem, points
from slt_theory.certified.fourier_majorant import majorises
from slt_theory.certified.fourier_means import TiltedMeans
from slt_theory.certified.fourier_parameters import Plan, Tilt

from .kit import Proof, ProofStep, step
from .kit.algebra import identity, nonnegative
from .kit.balls import ball, integral

Claim = tuple[Fraction, Fraction, Fraction, int]

CLAIMS: tuple[Claim, ...] = (
    (Fraction(1, 100), Fraction(1), Fraction(1, 100), 33),
    (Fraction(1, 1000), Fraction(1), Fraction(1, 1000), 44),
    (Fraction(1, 50), Fraction(1, 2), Fraction(1, 100), 30),
)
ROW = 0
"""The certificate that the proof checks itself; the long tests check all."""

UNSAFE = (
    {"half_turn": Fraction(63, 20), "row": None},
    {"quarter": Fraction(1, 5), "row": None},
    {"floor": Fraction(11, 10), "row": None},
    {"mean": Fraction(99, 100), "row": None},
    {"apart": Fraction(1, 8), "row": None},
    {"claims": ((Fraction(1, 100), Fraction(1), Fraction(1, 100), 31),), "row": None},
    {"weight": Fraction(99, 100)},
)

TILT, NEXT = Fraction(-3, 4), Fraction(-1)


def example(count: int = 6) -> tuple[Plan, Tilt, Tilt]:
    """A cell that is quick to compute."""
    plan = Plan(
        count=count,
        error=Fraction(1, 5),
        half_width=Fraction(1, 2),
        radius=Fraction(1, 10),
        star=Fraction(7, 5),
        low=Fraction(12, 5),
        mid=Fraction(3),
        last=Fraction(30),
        share=Fraction(1, 3),
        lean=Fraction(1, 5),
        spread=Fraction(count),
        period=Fraction(8),
        rates=(Fraction(0), Fraction(1), Fraction(5)),
    )
    waves = (0.625 + 0j, 0.375 + 0j, 0.125 + 0j)
    cell = Tilt(TILT, Fraction(-1, 4), Fraction(1, 2), waves, (0.0,) * 6)
    return plan, cell, Tilt(NEXT, Fraction(1, 3), Fraction(0), (1 + 0j,), (0.0,) * 6)


def _coin() -> bool:
    """q + p e^(isx) with p = E/(E + 1/E), E = e^(tilt x/2), F = e^(isx/2), and its modulus."""
    from sympy import symbols

    e, f, p, c, t = symbols("E F p C T")
    chance = e / (e + 1 / e)
    turned = identity(1 - chance + chance * f**2, f * (e * f + 1 / (e * f)) / (e + 1 / e))
    square = (1 - p + p * c) ** 2 + p**2 * (1 - c**2)
    # cosh(tilt x) = (E^2 + E^-2)/2, and p = (1 + T)/2 for T = tanh(tilt x/2).
    spread = 2 * chance * (1 - chance) - 1 / (1 + (e**2 + e**-2) / 2)
    half = (1 + t) / 2 - 1 / 2
    return (
        turned
        and identity(square, 1 - 2 * p * (1 - p) * (1 - c))
        and identity(spread, 0)
        and identity(2 * half, t)
    )


def _parts() -> bool:
    """cosh(a + ib) = cosh a cos b + i sinh a sin b: its square modulus, and its argument's tangent.

    With cosh^2 = 1 + sinh^2 and sin^2 = 1 - cos^2: modulus^2 = (cosh 2a + cos 2b)/2 >= cos^2 b.
    """
    from sympy import symbols

    sinh, cos, cosh, sin = symbols("S c C s")
    square = (1 + sinh**2) * cos**2 + sinh**2 * (1 - cos**2)
    doubled = ((1 + 2 * sinh**2) + (2 * cos**2 - 1)) / 2
    return (
        identity(square, doubled)
        and identity(square - cos**2, sinh**2)
        and identity((sinh * sin) / (cosh * cos), (sinh / cosh) * (sin / cos))
    )


def _half_turn(half_turn: Fraction) -> bool:
    """s x/2 < pi/2, so the cosine is positive and the argument continuous; s r < pi: kernel > 0."""
    return bool(ball(half_turn) < ball(1).pi()) and half_turn >= HALF_TURN


def _bend() -> bool:
    """|l_s''| <= (tilt^2 + s^2)/(4 cos^2(s/2)) + tilt^2/4 + (s/2)(|tilt| + tilt^2/5).

    (log cosh ax)'' = a^2 sech^2 ax; (x tanh bx)'' = 2b sech^2 - 2 b^2 x sech^2 tanh, b = tilt/2;
    sech^2 tanh = T (1 - T^2) <= 2/5 for T in [0, 1]. And the program's bound beside differences.
    """
    from sympy import Rational, cosh, diff, log, sinh, symbols, tanh

    x, b, t, c = symbols("x b T C")
    bent = diff(log(cosh(b * x)), x, 2).subs(sinh(b * x), t * cosh(b * x)).subs(cosh(b * x), c)
    first = identity(bent, b**2 * (1 - t**2))
    second = identity(
        diff(x * tanh(b * x), x, 2).subs(tanh(b * x), t).expand(),
        2 * b * (1 - t**2) - 2 * b**2 * x * t * (1 - t**2),
    )
    small = nonnegative(Rational(2, 5) - t * (1 - t**2), t, 0, 1)
    step_, worst = Fraction(1, 500), 0.0
    for tilt in (Fraction(0), Fraction(-2), Fraction(-7, 2)):
        for s in (Fraction(1), Fraction(12, 5)):
            rows = [tilted_log(ball(s), ball(k * step_), ball(tilt)) for k in range(501)]
            most = bends(ball(s), ball(tilt))
            for part in (0, 1):
                for k in range(1, 500):
                    second_difference = rows[k + 1][part] + rows[k - 1][part] - 2 * rows[k][part]
                    share = abs(second_difference) / ball(step_**2) / most
                    worst = max(worst, up(share))
    return first and second and small and worst <= 1


def _chord() -> bool:
    """h^2/8 - t (1 - t) h^2/2 >= 0 for t in [0, 1]."""
    from sympy import Rational, symbols

    t = symbols("t")
    return nonnegative(Rational(1, 8) - t * (1 - t) / 2, t, 0, 1)


def _hoeffding() -> bool:
    """log(q + p e^-y) + p y, y = tau x, is 0 with its slope at 0; its bend is PQ, P + Q = 1."""
    from sympy import Rational, diff, exp, log, symbols

    p, y, e, big = symbols("p y e P")
    value = log((1 - p) + p * exp(-y)) + p * y
    second = diff(value, y, 2).subs(exp(-y), e)
    tilted = p * e / (1 - p + p * e)
    return (
        identity(second, tilted * (1 - tilted))
        and identity(diff(value, y).subs(y, 0), 0)
        and nonnegative(Rational(1, 4) - big * (1 - big), big, 0, 1)
    )


def _gauss() -> bool:
    from flint import ctx

    with ctx.workprec(BITS):
        return _exact_points()


def _exact_points() -> bool:
    """Points and weights are exact for even powers below twice their number, and not there."""
    for count in (6, POINTS):
        rows = nodes(count)
        for degree in (0, 2, 2 * count - 2):
            total = sum((w * to_power(x, degree) for x, w in rows), ball(0))
            if not bool(abs(total - ball(Fraction(2, degree + 1))) < ball(Fraction(1, 10**20))):
                return False
        miss = sum((w * to_power(x, 2 * count) for x, w in rows), ball(0))
        if not bool(miss < ball(Fraction(2, 2 * count + 1))):
            return False
    return True


def _chebyshev() -> bool:
    """sum over k >= m of 4 * 2 M rho^-k = 8 M rho^-m / (1 - 1/rho)."""
    from sympy import symbols

    a, first = symbols("a T")  # a = 1/rho; the tail T satisfies T = first + a T
    return identity(8 * first / (1 - a), 8 * first + a * (8 * first / (1 - a)))


def _sample(source: random.Random, plan: Plan, cell: TiltedCell) -> tuple[Any, ...] | None:
    """Random items with A in the cell: their V, A and L at a place of the window."""
    size = Fraction(source.randint(300, 999), 1000)
    sizes = {"any": None, "equal": [size] * 9, "two": [Fraction(0)] * 5 + [Fraction(999, 1000)] * 4}
    kind = sizes[source.choice(list(sizes))]
    items = [
        source.choice((-1, 1)) * (source.choice(kind) if kind else Fraction(source.random()))
        for _ in range(plan.count)
    ]
    tilt = ball(cell.cell.tilt)
    chances = [1 / (1 + (-tilt * ball(x)).exp()) for x in items]
    mean = sum((p * ball(x) for p, x in zip(chances, items, strict=True)), ball(0))
    star = ball(plan.star)
    logs = [tilted_log(star, abs(ball(x)), tilt)[0] for x in items]
    v = sum((-8 * log / to_power(star, 2) for log in logs), ball(0))
    at = np.searchsorted(cell.floor.edges, float((v / plan.count).mid())) - 1
    if not bool(mean >= ball(cell.cell.start)) or float(mean.mid()) > cell.stops[at]:
        return None
    y = ball(plan.reach * Fraction(source.choice((-999, 0, 999)), 1000))

    def wave(s: Any, _: Any) -> Any:
        product = (ball(plan.radius) * s).sinc()
        angle = -(s * y)
        real, imaginary = product * angle.cos(), product * angle.sin()
        for p, x in zip(chances, items, strict=True):
            c, d = 1 - p + p * (s * ball(x)).cos(), p * (s * ball(x)).sin()
            real, imaginary = real * c - imaginary * d, real * d + imaginary * c
        return real

    return at, integral(wave, Fraction(0), plan.low) / ball(1).pi()


def _floor(floor: Fraction) -> bool:
    """Random samples: L by quadrature is at least the tabled bound of their V."""
    from flint import ctx

    plan, one, after = example(20)
    with ctx.workprec(BITS):
        cell = TiltedCell(plan, one, after)
        least = cell.floor.low(one.start, cell.stops)
    source, met, close = random.Random(5), 0, False
    for _ in range(400):
        found = _sample(source, plan, cell)
        if found is None:
            continue
        at, value = found
        met += 1
        bound = ball(Fraction(float(least[at]))) * ball(floor)
        if not bool(value >= bound):
            return False
        close |= bool(value <= bound * ball(Fraction(11, 10)))
    return met >= 20 and close


def _statistics() -> bool:
    """Samples of equal items, also where v falls again before 1: V / n is in a cell of the table.

    Below tilt -2.12 the greatest v is inside (0, 1), as s_* cot(s_* x/2) < tilt tanh(tilt x/2) at 1
    for s_* = 7/5; it is then above v(1).
    """
    from flint import ctx

    plan, one, _ = example()
    star, inside = ball(plan.star), 0
    for tilt in (Fraction(0), one.tilt, Fraction(-12, 5), Fraction(-3), Fraction(-4)):
        with ctx.workprec(BITS):
            edges = TiltedFloor(plan, tilt).edges
        places = [ball(Fraction(k, 9973)) for k in range(5000, 9974)]
        logs = [tilted_log(star, x, ball(tilt))[0] for x in places]
        values = [-8 * log / to_power(star, 2) for log in logs]
        if edges[0] != 0 or not np.all(np.diff(edges) > 0):
            return False
        if not all(bool(v <= ball(Fraction(float(edges[-1])))) for v in values):
            return False
        inside += any(bool(v > values[-1]) for v in values)
    return inside == 3


def _assembly() -> bool:
    """g is below the Gauss sum of the least favourable wave, frequency by frequency.

    At a place and a frequency, the phase is the end with the lesser cosine, and the modulus is the
    least where that cosine is positive, the greatest where it is negative. One place in 100 of the
    range is tried. The other order of the moduli would be above this sum in most cells.
    """
    from flint import ctx

    plan, one, after = example(20)
    with ctx.workprec(BITS):
        cell = TiltedCell(plan, one, after)
        found = cell.floor.low(one.start, cell.stops)
        parts = cell.floor._bounds
    rows = [((1 + x) * ball(plan.low) / 2, w * ball(plan.low) / 2) for x, w in nodes(POINTS)]
    s = np.array([float(place.mid()) for place, _ in rows])[:, None]
    kernel = [w * (ball(plan.radius) * place).sinc() / ball(1).pi() for place, w in rows]
    weight = np.array([float(k.mid()) for k in kernel])[:, None]
    least, reach = np.full(len(found), np.inf), float(plan.reach)
    for share in np.linspace(0, 1, 101):
        place = float(one.start) - reach + share * (cell.stops - float(one.start) + 2 * reach)
        turn = np.minimum(np.cos(parts[:, 2] + s * place), np.cos(parts[:, 3] + s * place))
        modulus = np.exp(np.where(turn >= 0, parts[:, 0], parts[:, 1]))
        least = np.minimum(least, (weight * modulus * turn).sum(axis=0))
    return bool(np.all(found <= np.maximum(0, least))) and bool(np.any(found >= least * 0.99))


def _direct(item: TiltedItem, s: Fraction | None, rate: Fraction, omega: Any) -> tuple[Any, Any]:
    """Real and imaginary part of I(t, s, omega), by quadrature; s = None: without 1 - cos."""
    star, tilt = ball(item.plan.star), ball(item.cell.tilt)

    def part(odd: bool) -> Any:
        def density(x: Any, _: Any) -> Any:
            ratio = ((tilt * x).cosh() + (star * x).cos()) / (1 + (tilt * x).cosh())
            weight = (ratio.log() * (4 * ball(rate) / to_power(star, 2))).exp()
            u = x / (1 + (-tilt * x).exp())
            spread = 1 / (1 + (tilt * x).cosh())
            factor = 1 if s is None else 1 - spread * (1 - (ball(s) * x).cos())
            turn = (omega * u).sin() if odd else (omega * u).cos()
            return weight * (ball(item.cell.push) * u).exp() * turn * factor / 2

        return integral(density, Fraction(-1), Fraction(1))

    return part(False), part(True)


def _items(mean: Fraction) -> bool:
    """Means of the program against quadrature by balls, within its stated error."""
    from flint import ctx

    plan, cell, _ = example()
    with ctx.workprec(BITS):
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
    from flint import ctx

    plan, cell, _ = example()
    with ctx.workprec(BITS):
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
    from flint import ctx

    plan, cell, _ = example(1)
    with ctx.workprec(BITS):
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
    from flint import ctx

    plan, cell, _ = example(1)
    pi, total, rate = ball(1).pi(), ball(0), plan.rates[1]
    leaned = (1 - (-ball(plan.lean * (plan.mid - plan.low))).exp()) / ball(plan.lean)
    middle = leaned / to_power(pi * ball(plan.share), 2)
    part = 1 / (2 * pi * ball((plan.error - plan.radius) * (1 - plan.share) ** 2))
    with ctx.workprec(BITS):
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
    star, tilt = ball(plan.star), ball(cell.tilt)

    def density(x: Any, _: Any) -> Any:
        ratio = ((tilt * x).cosh() + (star * x).cos()) / (1 + (tilt * x).cosh())
        weight = (ratio.log() * (4 * ball(rate) / to_power(star, 2))).exp()
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
    from flint import ctx

    one = tilted_certificates()[0]
    source, period = random.Random(3), one.plan.period
    for cell, after in zip(one.cells[:3], one.cells[1:4], strict=True):
        width = TiltedCell(one.plan, cell, after).width
        waves = cell.waves
        with ctx.workprec(BITS):
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


def _stops() -> bool:
    """Random samples of a cell, with B at most b: A is at most the tabled stop of their V."""
    from flint import ctx

    plan, one, after = example(8)
    plan = replace(plan, spread=Fraction(3))
    with ctx.workprec(BITS):
        cell = TiltedCell(plan, one, after)
    source, met, star = random.Random(9), 0, ball(plan.star)
    for _ in range(400):
        items = [Fraction(source.randint(-999, 999), 1000) for _ in range(plan.count)]
        means = [
            sum((ball(x) / (1 + (-ball(t * x)).exp()) for x in items), ball(0))
            for t in (one.tilt, after.tilt)
        ]
        if sum(x * x for x in items) > plan.spread or not bool(means[1] < ball(after.start)):
            continue
        logs = [tilted_log(star, abs(ball(x)), ball(one.tilt))[0] for x in items]
        v = sum((-8 * log / to_power(star, 2) for log in logs), ball(0)) / plan.count
        at = int(np.searchsorted(cell.floor.edges, float(v.mid()))) - 1
        if not bool(means[0] <= ball(Fraction(float(cell.stops[at])))):
            return False
        met += 1
    return met >= 40


def _nested(quarter: Fraction) -> bool:
    """dA/dtilt = x^2 p q <= B/4; so A falls by at most (tilt - next) B/4. And random samples."""
    from sympy import Rational, symbols

    p = symbols("p")
    if not nonnegative(Rational(quarter.numerator, quarter.denominator) - p * (1 - p), p, 0, 1):
        return False
    source = random.Random(2)
    tilts = [Fraction(-k, 4) for k in range(8)]
    starts = [Fraction(-k, 20) if k else Fraction(0) for k in range(8)]
    for _ in range(200):
        items = [Fraction(source.randint(-9, 9), 10) for _ in range(5)]
        if sum(items) < 0:
            items = [-x for x in items]
        means = [sum((ball(x) / (1 + (-ball(t * x)).exp()) for x in items), ball(0)) for t in tilts]
        squares = sum(x * x for x in items)
        kept = [bool(m >= ball(y - Fraction(1, 10**9))) for m, y in zip(means, starts, strict=True)]
        last = next((j for j in range(8) if not kept[j]), 8) - 1
        if last < 0:
            return False
        if last < 7:
            room = (tilts[last] - tilts[last + 1]) * squares * quarter
            if not bool(means[last] <= ball(starts[last + 1] + room)):
                return False
    return True


def _squares() -> bool:
    """E exp(t U^2) in closed form against quadrature, and the Chernoff bound of a certificate."""
    for t in (Fraction(1, 2), Fraction(2)):
        closed = (ball(1).pi() / ball(t)).sqrt() * ball(t).sqrt().erfi() / 2
        if not bool(abs(closed - _mean_square_exponential(t)) < ball(Fraction(1, 10**12))):
            return False
    one = tilted_certificates()[0]
    mean = to_power(_mean_square_exponential(one.squares), one.plan.count)
    direct = mean / ball(one.squares * one.plan.spread).exp()
    return bool(ball(Fraction(one.beyond())) >= direct * (1 - ball("1e-12")))


def _mean_square_exponential(t: Fraction) -> Any:
    """E exp(t U^2) by quadrature."""

    def density(x: Any, _: Any) -> Any:
        return (ball(t) * x * x).exp()

    return integral(density, Fraction(0), Fraction(1))


def _row(row: int | None, weight: Fraction) -> bool:
    """A shipped certificate, computed anew; its weights are multiplied by `weight`."""
    if row is None:
        return True
    one: TiltedCertificate = tilted_certificates()[row]
    if weight == 1:
        return one.check()
    cell = one.cells[0]
    moved = replace(cell, weights=tuple(w * float(weight) for w in cell.weights))
    return TiltedCell(one.plan, moved, one.cells[1]).failure() < 1


def _claims(claims: tuple[Claim, ...]) -> bool:
    for eps, half_width, delta, n in claims:
        rows = tilted_failure("uniform", eps, half_width)
        if len(rows) <= n or rows[n] > int(delta * ONE):
            return False
    return True


def _even() -> bool:
    """P(missed) <= 2 P(missed, A_0 >= 0): the negatives of the items have the same law."""
    from sympy import symbols

    squares, tail, first, second = symbols("s t c d")
    halves = (tail + first + second) + (tail + first + second)
    found = Fraction(total(0.125, 0.0625, [0.03125, 0.25]))
    least = Fraction(1, 8) + 2 * Fraction(1, 16) + 2 * (Fraction(1, 32) + Fraction(1, 4))
    return identity(squares + halves, squares + 2 * tail + 2 * (first + second)) and found >= least


def _listed(claims: tuple[Claim, ...]) -> str:
    return ", ".join(f"[-{w}, {w}] ({float(e):g}, {float(d):g}): {n}" for e, w, d, n in claims)


def _transform_steps(half_turn: Fraction) -> tuple[ProofStep, ...]:
    """The transform and its logarithms."""
    return (
        step(
            r"$q + p e^{isx} = e^{isx/2} \cosh((\lambda + is)x/2) / \cosh(\lambda x/2)$, its "
            r"square modulus is $1 - 2pq(1 - \cos sx)$, $2pq = 1/(1 + \cosh \lambda x)$",
            "identity",
            _coin,
            "items are in or out independently; the phase of the mean is taken out",
            rules=("independence",),
        ),
        step(
            r"$|\cosh(a + ib)|^2 = (\cosh 2a + \cos 2b)/2 \ge \cos^2 b$, its argument is "
            r"$\arctan(\tanh a \tan b)$ for $|b| < \pi/2$",
            "identity",
            _parts,
            "the real part is positive, so this branch is the continuous one with 0 at s = 0",
        ),
        step(
            r"angles $s_1 x$ and $s_1 r$ stay below $\pi$: every factor has a logarithm, the "
            "kernel is positive where L is bounded",
            "enclosure",
            lambda: _half_turn(half_turn),
            "this is needed at tilt 0, too",
        ),
        step(
            r"second derivatives of $\ell_s$ on [-1, 1]",
            "polynomial",
            _bend,
            "closed forms by derivatives, the bound beside second differences",
        ),
    )


def _sum_steps(floor: Fraction) -> tuple[ProofStep, ...]:
    """Tangents, Gauss sums over s, and g."""
    return (
        step(
            "a chord of a curve with |f''| ≤ D errs by at most D h²/8, so a line below the "
            "points less that lies below the curve, and the sum over items below n times it",
            "polynomial",
            _chord,
            rules=("taylor", "linearity"),
        ),
        step(
            r"$|q + p e^{izx}| |e^{-izpx}| \le e^{\tau^2 x^2/8}$ for $|\Im z| \le \tau$",
            "polynomial",
            _hoeffding,
            rules=("taylor",),
        ),
        step("Gauss points and weights are exact up to degree 2N - 1", "spot", _gauss),
        step(
            r"Gauss sums err by at most $8 M \rho^{-2N}/(1 - 1/\rho)$",
            "rule",
            _chebyshev,
            "the coefficients of higher degree, each with an integral and a quadrature of at "
            "most 2",
            rules=("gauss",),
        ),
        step(
            r"the cells of V/n end above the greatest v, which a tilt may place inside (0, 1)",
            "spot",
            _statistics,
            "the greatest value at the points, and the chord's error above it",
        ),
        step(
            "g is below every sum of the least moduli where the cosine is positive, of the "
            "greatest where it is negative",
            "spot",
            _assembly,
        ),
        step(
            "samples: L by quadrature is above the tabled g",
            "spot",
            lambda: _floor(floor),
        ),
    )


def _mean_steps(mean: Fraction, apart: Fraction) -> tuple[ProofStep, ...]:
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


def _cell_steps(
    quarter: Fraction, weight: Fraction, claims: tuple[Claim, ...], row: int | None
) -> tuple[ProofStep, ...]:
    """Cells of samples and the certificates."""
    return (
        step(
            r"$A_\lambda$ rises in $\lambda$ at a rate of at most $\sum x^2/4$; with the "
            r"last j such that $A_{\lambda_i} \ge y_i$ up to j, "
            r"$y_j \le A_{\lambda_j} \le y_{j+1} + "
            r"(\lambda_j - \lambda_{j+1}) B/4$",
            "polynomial",
            lambda: _nested(quarter),
        ),
        step(
            r"P(missed) $\le$ P(B > b) + 2 P($A_{\lambda_J} \ge y_J$) + 2 $\sum_j$ P(missed, "
            "cell j)",
            "rule",
            _even,
            "X and -X have one law, the window is symmetric",
            rules=("union",),
        ),
        step("random samples of a cell end before the tabled stops", "spot", _stops),
        step("P(B > b) by Chernoff's bound", "spot", _squares),
        step(
            f"certificate {row}, computed anew with directed rounding"
            if row is not None
            else "no certificate is computed anew",
            "enclosure",
            lambda: _row(row, weight),
            "a search found parameters and weights; the bounds rest on this check alone, and "
            "those of the other certificates on the same check in the long tests",
        ),
        step(f"the stored bounds give {_listed(claims)}", "enclosure", lambda: _claims(claims)),
    )


def build(
    *,
    half_turn: Fraction = HALF_TURN,
    quarter: Fraction = Fraction(1, 4),
    floor: Fraction = Fraction(1),
    mean: Fraction = Fraction(1),
    apart: Fraction = Fraction(1),
    weight: Fraction = Fraction(1),
    claims: tuple[Claim, ...] = CLAIMS,
    row: int | None = ROW,
) -> Proof:
    """The proof.

    `half_turn` bounds the angles, `quarter` bounds p q, `floor` multiplies g, `mean` the program's
    means, `apart` their distance from the limit, `weight` the weights of the first cell.
    """
    return Proof(
        "tilted-density",
        "Smoothed densities of tilted random subset sums",
        r"Let $\lambda \le 0$, $p_i = 1/(1 + e^{-\lambda x_i})$, $\mu$ the law of the sum when "
        r"item i is in with probability $p_i$, $A_\lambda = \sum p_i x_i$, $F = \mu * \frac{1}{2r}"
        r"1_{[-r,r]} = L + M + H$. If $L \ge g > 0$ on $[-w - (\varepsilon - r), w + (\varepsilon "
        r"- r)]$ and some target has no sum within $\varepsilon$, then $g^2 \le N$ as for fair "
        r"coins. Tilts $0 = \lambda_0 > .. > \lambda_J$ with starts $y_0 = 0, ..$ part the samples "
        r"with $A_0 \ge 0$; in each cell g depends on one statistic V, and means of $f(A) "
        r"e^{-tV} N$ are n-th powers of integrals over one item, summed over the frequencies of a "
        rf"majorant f of the cell. Certified n for uniform items: {_listed(claims)}.",
        (
            *_transform_steps(half_turn),
            *_sum_steps(floor),
            *_mean_steps(mean, apart),
            *_cell_steps(quarter, weight, claims, row),
        ),
        ("smoothed-density",),
    )
