"""Ye, Wu, Liu 2020: greedy selection of neurons of a trained layer."""

from __future__ import annotations

import math
from collections.abc import Callable
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
from slt_theory.theorems.partitions import together

PAPER = Paper(
    key="ye2020",
    authors="Mao Ye, Lemeng Wu, Qiang Liu",
    title="Greedy optimization provably wins the lottery: logarithmic number of winning tickets is "
    "enough",
    venue="NeurIPS 2020",
    year=2020,
    link="https://papers.neurips.cc/paper/2020/hash/be23c41621390a448779ee72409e5f49-Abstract.html",
)


_BITS = 30


def greedy_errors(outputs: NDArray[np.int64], steps: int) -> list[int]:
    """Squared distances to the mean of all rows after 0, 1, .. greedy steps u <- u + g (row - u).

    outputs: (neurons, inputs). A step takes the row and the g of [0, 1] that lower the distance
    most. In units of 2^-60: g and u are multiples of 2^-30.
    """
    rows = [[value << _BITS for value in row] for row in outputs.tolist()]
    mean = [sum(column) // len(rows) for column in zip(*rows, strict=True)]
    state, errors = rows[0], list[int]()
    for step in range(steps + 1):
        missing = [m - s for m, s in zip(mean, state, strict=True)]
        errors.append(sum(x * x for x in missing))
        if step == steps:
            return errors
        state = min(
            (_moved(state, row, missing) for row in rows),
            key=lambda moved: sum((m - x) ** 2 for m, x in zip(mean, moved, strict=True)),
        )
    return errors


def _moved(state: list[int], row: list[int], missing: list[int]) -> list[int]:
    """The point between a state and a row that is nearest to state + missing."""
    along = [r - s for r, s in zip(row, state, strict=True)]
    size = sum(x * x for x in along)
    dot = sum(x * y for x, y in zip(along, missing, strict=True))
    g = min(1 << _BITS, max(0, (dot << _BITS) // size)) if size else 0
    return [s + ((g * x) >> _BITS) for s, x in zip(state, along, strict=True)]


def _steady(k: int) -> float:
    return 0.7 * k


def _ever_faster(k: int) -> float:
    return k * k / 8


def exponential_decay(seed: int, bits: Callable[[int], float] = _steady) -> Outcome:
    """The squared error after k = 8, 16, 24 steps is at most 2^-bits(k) of that of one neuron.

    32 neurons, 6 inputs; about 1.3 bits a step are measured.
    """
    trials, outcomes = 20, []
    drawn = [integers(seed, trial, 32 * 6, -64, 64).reshape(32, 6) for trial in range(trials)]
    errors = [greedy_errors(outputs, 24) for outputs in drawn]
    for k in (8, 16, 24):
        hits = sum(one[k] << math.floor(bits(k)) <= one[0] for one in errors)
        outcomes.append(share(hits, trials, 0.6, f"{k} steps, {bits(k):.1f} bits"))
    return together(*outcomes)


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
            Check("rate", "squared error 2^(-0.7 k) after k = 8, 16, 24 steps", exponential_decay),
            mutant(
                "exponent",
                "2^(-k^2/8) in place of 2^(-c k)",
                partial(exponential_decay, bits=_ever_faster),
                power=Power(100, 100),
            ),
        ),
    ),
)
