"""For ReLU without assumptions no point can be left out."""

from __future__ import annotations

from fractions import Fraction
from functools import partial

from slt_theory.papers.trained.shared import (
    FULL,
    Check,
    Claim,
    Outcome,
    Scale,
    Source,
    all_of,
    mutant,
)
from slt_theory.papers.trained.tukan2022 import PAPER


def one_active(
    seed: int, size: Scale = FULL, *, count: int = 64, reach: Fraction = Fraction(1)
) -> Outcome:
    """Negative example: for ReLU each of n points is the only one active on some x.

    p_i = (c_i, s_i, 1) and x_j = (c_j, s_j, eps - 1), with rational points of the circle.

    So a weighted subset without p_j gives 0 on x_j, where the sum of all ReLU(p_i.x_j) is eps.
    Mutant: a larger reach, so that the inputs activate the neighbours.
    """
    turns = [Fraction(k, count) for k in range(count)]
    circle = [((1 - t * t) / (1 + t * t), 2 * t / (1 + t * t)) for t in turns]
    closest = max(a * c + b * d for i, (a, b) in enumerate(circle) for c, d in circle[:i])
    eps = reach * (1 - closest)
    failures = [
        f"x_{j} activates p_{i}"
        for j, (c, d) in enumerate(circle)
        for i, (a, b) in enumerate(circle)
        if (a * c + b * d - 1 + eps > 0) != (i == j)
    ]
    return all_of(failures, count**2, f"of {count} points in space, x_j activates p_j alone")


ENTRIES = (
    Claim(
        id="tukan2022-rectified",
        title="For ReLU without assumptions no point can be left out",
        family="with certificates",
        source=Source(PAPER, "why an assumption is needed; our example", "arXiv", "derived"),
        statement="There are n points in space and n inputs such that ReLU(p_i . x_j) > 0 for "
        "i = j only: a weighted subset without p_j is 0 where the sum is positive.",
        paper_scope="the paper makes a mild assumption on the weights, which was not recovered",
        test_scope="64 rational points on a circle, lifted",
        exact=True,
        checks=(
            Check("one active", "each input activates its own point", one_active),
            mutant(
                "wider",
                "inputs that reach their neighbours",
                partial(one_active, reach=Fraction(2)),
            ),
        ),
    ),
)
