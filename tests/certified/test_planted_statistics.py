"""What is certified by statistics cannot be wrong unnoticed: a second computation by plain sums.

The same computation passes for the source as it is and fails for every planted error.
"""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
from planted import Planted, fresh
from scipy.stats import binom

SHARE = 1e-12  # of the level, for one of at most 1000 cells


def below(k: int, level: Fraction) -> Fraction:
    """P(sum of k uniforms of [0, 1] < level), for a level below 1: the volume of a simplex."""
    return level**k / math.factorial(k)


def out_of_reach(n: int, level: Fraction) -> Fraction:
    """P(positive or negative items of n do not reach the level), by fair signs."""
    total = Fraction(0)
    for i in range(n + 1):
        g, h = below(i, level), below(n - i, level)
        total += math.comb(n, i) * (g + h - g * h)
    return total / 2**n


def bound_holds(c: Any) -> bool:
    """The bound at n = 19: reach exactly, and misses that would be too rare above it."""
    table = c.statistical_table
    profile = next(p for p in table.profiles() if p.plan.key == "uniform:0.01:1")
    k = 19 - profile.plan.first
    plan = replace(profile.plan, first=19, last=19)
    bound = Fraction(table.failure_bounds(plan, (profile.misses[k],))[0], table.PARTS)
    yet = float(bound - out_of_reach(19, Fraction(99, 100)))
    return yet > 0 and bool(binom.cdf(profile.misses[k], plan.trials, yet) <= SHARE * (1 + 1e-6))


def scales_hold(c: Any) -> bool:
    """Errors and windows of a row grow with the scale of the law."""
    wide = c.statistical_n("0.01", "0.01", law="3*uniform")
    return (
        c.statistical_n("0.03", "0.01", lo=-3, hi=3, law="3*uniform").n == 19
        and c.statistical_n("0.01", "0.01", law="1/2*uniform") is None
        and 3 * Fraction(wide.row.split(":")[1]) <= Fraction(1, 100)
    )


def chances(c: Any, key: str) -> tuple[int, list[float]]:
    """First n of a row, and its stored bounds."""
    profile = next(p for p in c.statistical_table.profiles() if p.plan.key == key)
    return profile.plan.first, [value / c.statistical_table.PARTS for value in profile.failure]


def masks_hold(c: Any) -> bool:
    """A mask of 1/2, by the sum over the number of items that are there."""
    found = c.statistical_n("0.01", "0.01", law="bernoulli(1/2)*uniform")
    first, rows = chances(c, found.row)
    total = 0.0
    for m in range(found.n + 1):
        value = 1.0 if m < first else rows[min(m - first, len(rows) - 1)]
        total += float(binom.pmf(m, found.n, 0.5)) * value
    return total <= 0.01 * (1 + 1e-9)


def blocks_hold(c: Any) -> bool:
    """For a small delta: some number of equal blocks fails together with probability <= delta."""
    found = c.statistical_n("0.001", "1e-12")
    first, rows = chances(c, found.row)
    return any(
        rows[min(found.n // b - first, len(rows) - 1)] ** b <= 1e-12 * (1 + 1e-9)
        for b in range(1, found.n // first + 1)
        if found.n % b == 0 and found.n // b >= first
    )


CHECKS = {
    "bound": bound_holds,
    "scales": scales_hold,
    "masks": masks_hold,
    "blocks": blocks_hold,
}

PLANTED = {
    "reach left out": ("bound", "statistical_table", "Fraction(reach, ONE) + yet", "yet"),
    "one side of the reach": (
        "bound",
        "statistical_table",
        "(ONE * (short + low) - short * low)",
        "(ONE * short)",
    ),
    "the level not shared": (
        "bound",
        "statistical_table",
        "2 * float(LEVEL / CELLS)",
        "2 * float(LEVEL)",
    ),
    "window not scaled": ("scales", "statistical", "plan.hi * scale < hi", "plan.hi < hi"),
    "error not scaled": ("scales", "statistical", "plan.eps * scale > error", "plan.eps > error"),
    "mask left out": (
        "masks",
        "statistical",
        "mix(list(rows), n, keep), ONE) ** blocks <= delta",
        "mix(list(rows), n, Fraction(1)), ONE) ** blocks <= delta",
    ),
    "blocks not counted": ("blocks", "statistical", "best = n * blocks, bound", "best = n, bound"),
}


@pytest.mark.parametrize("name", CHECKS)
def test_the_second_computation_agrees(name: str) -> None:
    with fresh() as (certified, _):
        assert CHECKS[name](certified)


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_error_is_caught(name: str) -> None:
    check, module, old, new = PLANTED[name]
    planted = Planted(module, old, new, shown=lambda _: 0.0, proof="")
    with fresh(planted) as (certified, _):
        try:
            held = CHECKS[check](certified)
        except (AttributeError, IndexError):
            held = False
        assert not held
