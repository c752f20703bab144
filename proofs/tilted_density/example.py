"""A small cell, and what the proof says of random items: chance, mean, statistic."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import Any

import numpy as np

from slt_theory.balls import to_power
from slt_theory.certified.fourier_certificate import TiltedCell
from slt_theory.certified.fourier_floor import tilted_log
from slt_theory.certified.fourier_parameters import Plan, Tilt

from ..kit.balls import ball

__all__ = ["chance", "example", "row_of", "statistic", "tilted_mean"]

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


def chance(tilt: Fraction, x: Fraction) -> Any:
    """p = 1/(1 + e^(-tilt x)), the chance of the item x."""
    return 1 / (1 + (-ball(tilt * x)).exp())


def tilted_mean(items: Iterable[Fraction], tilt: Fraction) -> Any:
    """A = sum p_i x_i."""
    return sum((chance(tilt, x) * ball(x) for x in items), ball(0))


def statistic(plan: Plan, tilt: Fraction, x: Fraction) -> Any:
    """v of one item, -8/s_*^2 times the logarithm of its modulus at s_*; V is their sum."""
    star = ball(plan.star)
    return -8 * tilted_log(star, abs(ball(x)), ball(tilt))[0] / to_power(star, 2)


def row_of(cell: TiltedCell, items: list[Fraction]) -> int:
    """The row of V/n in the table of a cell's floor."""
    v = sum((statistic(cell.plan, cell.cell.tilt, x) for x in items), ball(0)) / len(items)
    return int(np.searchsorted(cell.floor.edges, float(v.mid()))) - 1
