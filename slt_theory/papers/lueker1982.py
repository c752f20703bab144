"""Lueker 1982: how far the best subset falls behind the linear relaxation of a knapsack."""

from __future__ import annotations

import math
from fractions import Fraction
from functools import partial

from slt_theory.theorems.checks import Check, Outcome, Power, mutant, share
from slt_theory.theorems.common import all_sums, integers, relation
from slt_theory.theorems.conditions import Statement
from slt_theory.theorems.entry import Constant, Formula, Paper, Quantifiers, Source, Theorem
from slt_theory.theorems.partitions import together

PAPER = Paper(
    key="lueker1982",
    authors="George S. Lueker",
    title="On the average difference between the solutions to linear and integer knapsack problems",
    venue="Applied Probability - Computer Science: The Interface, vol. I, Birkhauser, 489-504",
    year=1982,
    link="doi:10.1007/978-1-4612-5791-2_22",
)

_ONE = 1 << 12
_CAPACITY = relation(
    "a capacity proportional to n", ("capacity", "n"), lambda capacity, n: 0 < capacity < n / 2
)
"""At n/2 all items fit, on average, where weights are uniform."""


def relaxation_gap(weights: list[int], profits: list[int], capacity: int) -> Fraction:
    """Value of the linear relaxation minus the best subset's, exactly.

    Examples
    --------
    >>> relaxation_gap([2, 3], [4, 3], 4)
    Fraction(2, 1)
    """
    loads, values = all_sums(weights), all_sums(profits)
    best = int(values[loads <= capacity].max())
    left, relaxed = capacity, Fraction(0)
    ratios = [Fraction(p, w) for w, p in zip(weights, profits, strict=True)]
    for k in sorted(range(len(weights)), key=lambda k: ratios[k], reverse=True):
        taken = min(left, weights[k])
        left, relaxed = left - taken, relaxed + taken * ratios[k]
    return relaxed - best


def gap_order(seed: int, power: float = 1.0) -> Outcome:
    """The gap between 1/(8n) and log(n)^2/n^power; n = 8 and 14, capacity n/4, exact optima."""
    outcomes, trials = [], 80
    for n in (8, 14):
        gaps = []
        for trial in range(trials):
            draws = integers(seed, 1000 * n + trial, 2 * n, 1, _ONE).tolist()
            gaps.append(relaxation_gap(draws[:n], draws[n:], n * _ONE // 4))
        most = Fraction(_ONE) * Fraction(math.log(n) ** 2 / n**power)
        small = sum(gap <= most for gap in gaps)
        large = sum(8 * n * gap >= _ONE for gap in gaps)
        outcomes += [
            share(small, trials, 0.85, f"n = {n}, gap at most log(n)^2/n^{power:g}"),
            share(large, trials, 0.7, "at least 1/(8n)"),
        ]
    return together(*outcomes)


ENTRIES = (
    Theorem(
        id="lueker1982-knapsack",
        title="The best subset falls behind the linear relaxation by between 1/n and log(n)^2/n",
        kind="theorem",
        source=Source(PAPER, "abstract", "technical report", "abstract"),
        statement=Statement(
            "Knapsacks of n items, weights and profits iid from a density on [0, 1]",
            (_CAPACITY,),
            "The expected difference between the values of the linear and of the integer problem "
            "is O(log(n)^2/n) and Omega(1/n). Its upper half is a second-moment argument for "
            "subset sums, the first of the kind.",
        ),
        quantifiers=Quantifiers("fixed", None, "the difference of the values", "one capacity"),
        assumptions=(),
        constants=(Constant("C", None, "unnamed"),),
        bound=Formula("C*log(n)**2/n", lambda n, C: C * math.log(n) ** 2 / n),
        unit="expected difference of the values",
        not_claimed=("exponentially small errors: that is lueker1998-rss",),
        checks=(
            Check("order", "exact optima and relaxations, n = 8 and 14", gap_order),
            mutant(
                "square",
                "at most log(n)^2/n^2",
                partial(gap_order, power=2.0),
                power=Power(100, 100),
            ),
        ),
    ),
)
