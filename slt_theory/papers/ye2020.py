"""Ye, Wu, Liu 2020: greedy selection of neurons of a trained layer."""

from __future__ import annotations

import math
from fractions import Fraction
from functools import partial

import numpy as np
from numpy.typing import NDArray

from slt_theory.theorems.checks import Check, Outcome, Power, mutant, share
from slt_theory.theorems.common import POSITIVE, integers, parameter
from slt_theory.theorems.conditions import Statement
from slt_theory.theorems.entry import (
    Constant,
    Formula,
    KnownIssue,
    Paper,
    Quantifiers,
    Source,
    Theorem,
)

PAPER = Paper(
    key="ye2020",
    authors="Mao Ye, Lemeng Wu, Qiang Liu",
    title="Greedy optimization provably wins the lottery: logarithmic number of winning tickets is "
    "enough",
    venue="NeurIPS 2020",
    year=2020,
    link="https://papers.neurips.cc/paper/2020/hash/be23c41621390a448779ee72409e5f49-Abstract.html",
)


def greedy_error(outputs: NDArray[np.int64], steps: int) -> Fraction:
    """Squared distance to the mean of all rows after greedy steps u <- u + g (row - u), exact.

    outputs: (neurons, inputs). A step takes the row and the g = j/64, j = 0..64, that lower the
    distance most.
    """
    neurons, points = outputs.shape
    # In units of 1/neurons: the mean is the sum of rows.
    mean = [Fraction(int(v), neurons) for v in outputs.sum(axis=0)]
    state = [Fraction(int(v)) for v in outputs[0]]
    for _ in range(steps):
        best, chosen = None, state
        for row in outputs.tolist():
            direction = [Fraction(r) - s for r, s in zip(row, state, strict=True)]
            missing = [m - s for m, s in zip(mean, state, strict=True)]
            size = sum((d * d for d in direction), Fraction(0))
            if size == 0:
                continue
            along = (
                sum((d * m for d, m in zip(direction, missing, strict=True)), Fraction(0)) / size
            )
            g = Fraction(min(64, max(0, round(64 * along))), 64)
            moved = [s + g * d for s, d in zip(state, direction, strict=True)]
            error = sum(((m - x) ** 2 for m, x in zip(mean, moved, strict=True)), Fraction(0))
            if best is None or error < best:
                best, chosen = error, moved
        state = [Fraction(round(x * (1 << 30)), 1 << 30) for x in chosen]
    left = sum(((m - s) ** 2 for m, s in zip(mean, state, strict=True)), Fraction(0))
    return Fraction(left, points)


def exponential_decay(seed: int, base: int = 2) -> Outcome:
    """Squared error after 6 steps at most base^-6 of that of one neuron; 24 neurons, 3 inputs."""
    trials, hits, steps = 20, 0, 6
    for trial in range(trials):
        outputs = integers(seed, trial, 24 * 3, -64, 64).reshape(24, 3)
        first, last = greedy_error(outputs, 0), greedy_error(outputs, steps)
        hits += last * base**steps <= first
    return share(hits, trials, 0.6, f"squared error after {steps} neurons, rate {base}^-k")


ENTRIES = (
    Theorem(
        id="ye2020-greedy",
        title="Greedy selection: the error falls exponentially in the number of neurons kept",
        kind="theorem",
        source=Source(PAPER, "abstract", "proceedings", "abstract"),
        statement=Statement(
            "A network whose layers are averages over neurons, pruned by a greedy choice "
            "of neurons "
            "with free step sizes",
            (parameter("the target lies inside the hull of the neurons", "interior", bool),),
            "The discrepancy between the pruned and the full network decays exponentially in the "
            "size of the pruned one, under weak assumptions; so O(log(1/eps)) neurons do.",
        ),
        quantifiers=Quantifiers("fixed", "fixed", "eps", "one trained network"),
        assumptions=(POSITIVE,),
        constants=(Constant("C", None, "unnamed", "depends on the network"),),
        bound=Formula("C*log(1/eps)", lambda eps, C: C * math.log(1 / eps)),
        unit="neurons kept",
        not_claimed=("random networks: the full network is trained",),
        known_issues=(KnownIssue("the conditions of the abstract ('weak') were not read"),),
        checks=(
            Check("rate", "squared error at most 2^-k after k = 6 greedy steps", exponential_decay),
            mutant(
                "faster",
                "at most 64^-k",
                partial(exponential_decay, base=64),
                power=Power(100, 100),
            ),
        ),
    ),
)
