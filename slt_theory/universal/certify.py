"""Rigorous sup error of a piecewise-linear function, and of a chain of them.

On a cell [a, b] without kinks the error g = line - f has g'' = -f''; interpolating g linearly
between its exact end values is off by at most ``(b - a)^2 / 8 sup|f''|`` (proof
``piecewise-linear-error``). Ends are evaluated in balls, so the largest end value plus that
remainder bounds the error on all of the cell, and the largest end value alone is reached.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Any

from slt_theory.balls import to_power
from slt_theory.universal.balls import ball, down, hull, up
from slt_theory.universal.functions import Function
from slt_theory.universal.piecewise import PiecewiseLinear

__all__ = ["Cells", "Errors", "cells", "chain_errors", "deviation", "sup_error"]

_PER_PIECE = 24
# Beyond, exp tells nothing and leaves the range of floats.
_FAR = 64.0


@dataclass(frozen=True)
class Errors:
    """A sup error from both sides.

    Attributes
    ----------
    bound : float
        No point has a larger error.
    found : float
        Some point has at least this error.
    """

    bound: float
    found: float


@dataclass(frozen=True)
class Cells:
    """A domain cut into cells, kinks among the cuts.

    Attributes
    ----------
    x, line, f : list of balls
        Cuts, and both functions there.
    remainder : list of balls
        A cell each: ``(b - a)^2 / 8 sup|f''|``.
    """

    x: list[Any]
    line: list[Any]
    f: list[Any]
    remainder: list[Any]


def cells(line: PiecewiseLinear, function: Function, *, per_piece: int = _PER_PIECE) -> Cells:
    """Cut every piece into equal cells and evaluate."""
    x, values = [], []
    for a, b, fa, fb in zip(
        line.points, line.points[1:], line.values, line.values[1:], strict=False
    ):
        for k in range(per_piece):
            share = Fraction(k, per_piece)
            x.append(ball(a + (b - a) * share))
            values.append(ball(fa + (fb - fa) * share))
    x.append(ball(line.points[-1]))
    values.append(ball(line.values[-1]))
    f = [function(point) for point in x]
    remainder = []
    for a, b in pairwise(x):
        curvature = ball(Fraction(function.second_derivative_bound(hull(a, b))))
        remainder.append(to_power(b - a, 2) * curvature / 8)
    return Cells(x, values, f, remainder)


def sup_error(line: PiecewiseLinear, function: Function) -> Errors:
    """Sup of ``|line - f|`` over the domain of `line`."""
    at = cells(line, function)
    gaps = [abs(v - f) for v, f in zip(at.line, at.f, strict=True)]
    bounds = [
        max(up(a), up(b)) + up(r) for a, b, r in zip(gaps, gaps[1:], at.remainder, strict=False)
    ]
    return Errors(_up_sum(max(bounds)), max(max(down(g) for g in gaps), 0.0))


def _up_sum(value: float) -> float:
    """Above the exact sum of two floats whose float sum is given."""
    return value * (1 + 2.0**-52)


def deviation(at: Cells, weight: Fraction, exact: int) -> tuple[float, float]:
    """Bounds (below, above) of ``weight relu(line) - exact f`` where ``f >= 0``, both >= 0.

    A clipped negative line only comes nearer: ``-exact f`` lies between ``weight line - exact f``
    and 0.
    """
    w = ball(weight)
    gaps = [w * v - exact * f for v, f in zip(at.line, at.f, strict=True)]
    below = above = 0.0
    for a, b, r in zip(gaps, gaps[1:], at.remainder, strict=False):
        room = up(exact * r)
        below = max(below, _up_sum(max(up(-a), up(-b)) + room))
        above = max(above, _up_sum(max(up(a), up(b)) + room))
    return below, above


def chain_errors(line: PiecewiseLinear, function: Function, below: float, above: float) -> float:
    """Upper bound of ``|line(z') - exp(-z)|`` over ``z' - above <= z <= z' + below``.

    ``function`` is exp(-z); with z' in the cell [a, b] the second part of
    ``|line(z') - exp(-z')| + |exp(-z') - exp(-z)|`` is at most
    ``exp(-a) max(exp(above) - 1, 1 - exp(-below))``.
    """
    if max(below, above) > _FAR:
        return math.inf
    at = cells(line, function)
    shift = max(
        up(ball(Fraction(above)).expm1()),
        up(-(-ball(Fraction(below))).expm1()),
    )
    worst = 0.0
    gaps = [abs(v - f) for v, f in zip(at.line, at.f, strict=True)]
    for a, b, r, f in zip(gaps, gaps[1:], at.remainder, at.f, strict=False):
        fade = up(f * ball(Fraction(shift)))
        worst = max(worst, _up_sum(_up_sum(max(up(a), up(b)) + up(r)) + fade))
    return worst
