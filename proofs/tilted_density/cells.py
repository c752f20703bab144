"""Steps on the cells that part the samples, and on the shipped certificates."""

from __future__ import annotations

import random
from dataclasses import replace
from fractions import Fraction
from typing import Any

from slt_theory.balls import precision, to_power
from slt_theory.certified.exact import ONE
from slt_theory.certified.fourier_certificate import (
    TiltedCell,
    TiltedCertificate,
    tilted_certificates,
    tilted_failure,
    total,
)
from slt_theory.certified.fourier_gauss import BITS

from ..kit import ProofStep, step
from ..kit.algebra import identity, nonnegative
from ..kit.balls import ball, integral
from .example import example, row_of, tilted_mean

__all__ = ["Claim", "cell_steps", "listed"]

Claim = tuple[Fraction, Fraction, Fraction, int]
"""Error, half width of the targets, failure, and the number that suffices."""


def _stops() -> bool:
    """Random samples of a cell, with B at most b: A is at most the tabled stop of their V."""

    plan, one, after = example(8)
    plan = replace(plan, spread=Fraction(3))
    with precision(BITS):
        cell = TiltedCell(plan, one, after)
    source, met = random.Random(9), 0
    for _ in range(400):
        items = [Fraction(source.randint(-999, 999), 1000) for _ in range(plan.count)]
        means = [tilted_mean(items, t) for t in (one.tilt, after.tilt)]
        if sum(x * x for x in items) > plan.spread or not bool(means[1] < ball(after.start)):
            continue
        if not bool(means[0] <= ball(Fraction(float(cell.stops[row_of(cell, items)])))):
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
        means = [tilted_mean(items, t) for t in tilts]
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


def listed(claims: tuple[Claim, ...]) -> str:
    """Claims as words: targets, (error, failure): the number."""
    return ", ".join(f"[-{w}, {w}] ({float(e):g}, {float(d):g}): {n}" for e, w, d, n in claims)


def cell_steps(
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
        step(f"the stored bounds give {listed(claims)}", "enclosure", lambda: _claims(claims)),
    )
