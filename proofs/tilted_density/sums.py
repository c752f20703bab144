"""Steps on tangents, on Gauss sums over s, and on the floor g of the density."""

from __future__ import annotations

import random
from fractions import Fraction
from typing import Any

import numpy as np

from slt_theory.balls import precision, to_power
from slt_theory.certified.fourier_certificate import TiltedCell
from slt_theory.certified.fourier_floor import POINTS, TiltedFloor
from slt_theory.certified.fourier_gauss import BITS, nodes
from slt_theory.certified.fourier_parameters import Plan

from ..kit import ProofStep, step
from ..kit.algebra import identity, nonnegative
from ..kit.balls import ball, integral
from .example import chance, example, row_of, statistic, tilted_mean

__all__ = ["sum_steps"]


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

    with precision(BITS):
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
    """Random items with A in the cell: the row of their V and L at a place of the window."""
    size = Fraction(source.randint(300, 999), 1000)
    sizes = {"any": None, "equal": [size] * 9, "two": [Fraction(0)] * 5 + [Fraction(999, 1000)] * 4}
    kind = sizes[source.choice(list(sizes))]
    items = [
        source.choice((-1, 1)) * (source.choice(kind) if kind else Fraction(source.random()))
        for _ in range(plan.count)
    ]
    tilt = cell.cell.tilt
    mean = tilted_mean(items, tilt)
    at = row_of(cell, items)
    if not bool(mean >= ball(cell.cell.start)) or float(mean.mid()) > cell.stops[at]:
        return None
    chances = [chance(tilt, x) for x in items]
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

    plan, one, after = example(20)
    with precision(BITS):
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

    plan, one, _ = example()
    inside = 0
    for tilt in (Fraction(0), one.tilt, Fraction(-12, 5), Fraction(-3), Fraction(-4)):
        with precision(BITS):
            edges = TiltedFloor(plan, tilt).edges
        values = [statistic(plan, tilt, Fraction(k, 9973)) for k in range(5000, 9974)]
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

    plan, one, after = example(20)
    with precision(BITS):
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


def sum_steps(floor: Fraction) -> tuple[ProofStep, ...]:
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
