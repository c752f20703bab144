"""Fischer and Burkholz 2022: planted tickets, which a search should find."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slt_theory.theorems.checks import Check, Outcome, Power, mutant, share
from slt_theory.theorems.common import integers, relation
from slt_theory.theorems.conditions import Statement
from slt_theory.theorems.entry import Constant, Formula, Paper, Quantifiers, Source, Theorem
from slt_theory.theorems.partitions import together

PAPER = Paper(
    key="fischer2022",
    authors="Jonas Fischer, Rebekka Burkholz",
    title="Plant 'n' seek: can you find the winning ticket?",
    venue="ICLR 2022",
    year=2022,
    arxiv="2111.11153",
)


_INPUTS, _NEURONS, _POINTS = 3, 3, 40
_TICKET = (0, 1, 5, 9, 10)
"""Places of the planted weights: w_11, w_12, w_23 of the first layer, then u_1 and u_2."""


def outputs(weights: NDArray[np.int64], masks: NDArray[np.bool_], x: NDArray[np.int64]) -> Any:
    """u relu(W x) under each mask, exact: (masks, points); weights are W row by row, then u."""
    kept = weights * masks
    first = kept[:, : _INPUTS * _NEURONS].reshape(-1, _NEURONS, _INPUTS)
    hidden = np.maximum(first @ x.T, 0)
    return (kept[:, _INPUTS * _NEURONS :, None] * hidden).sum(axis=1)


def planted(seed: int, fewer: int = 0) -> Outcome:
    """A target of 5 weights planted in a random network of 12 is the smallest mask without error.

    All 2^12 masks at 40 random inputs, in integers. The five largest weights, which pruning by
    magnitude keeps, have an error. `fewer` claims that so many weights less do.
    """
    trials, least, missed = 60, 0, 0
    count = _NEURONS * (_INPUTS + 1)
    masks = (np.arange(1 << count)[:, None] >> np.arange(count)) & 1 == 1
    for trial in range(trials):
        weights = integers(seed, 3 * trial, count, -999, 999)
        # Planted weights are positive, so that both neurons of the target are on somewhere.
        weights[list(_TICKET)] = integers(seed, 3 * trial + 1, len(_TICKET), 1, 500)
        x = integers(seed, 3 * trial + 2, _POINTS * _INPUTS, -99, 99).reshape(_POINTS, _INPUTS)
        ticket = np.isin(np.arange(count), _TICKET)
        target = outputs(weights, ticket[None], x)
        exact = (outputs(weights, masks, x) == target).all(axis=1)
        least += bool(exact[masks.sum(axis=1) <= len(_TICKET) - fewer].any())
        largest = np.isin(np.arange(count), np.argsort(-np.abs(weights))[: len(_TICKET)])
        missed += not (outputs(weights, largest[None], x) == target).all()
    size = len(_TICKET) - fewer
    return together(
        share(least, trials, 0.8, f"{size} of {count} weights compute the target"),
        share(missed, trials, 0.8, "the largest five do not"),
    )


ENTRIES = (
    Theorem(
        id="fischer2022-planted",
        title="Planted sparse tickets exist by construction, whatever a search finds",
        kind="identity",
        source=Source(PAPER, "abstract", "arXiv", "abstract"),
        statement=Statement(
            "A target of k parameters is hidden in a random network by overwriting k weights",
            (relation("1 <= k <= n", ("k", "n"), lambda k, n: 1 <= k <= n),),
            "The planted ticket has error 0 and density k/n. Searches miss tickets as sparse in "
            "the paper's experiments; it concludes that their limits are likely of algorithmic "
            "rather than fundamental nature.",
        ),
        quantifiers=Quantifiers("fixed", "fixed", "0: exact", "the planted target"),
        assumptions=(),
        constants=(Constant("1", "1", "stated", "k weights for k parameters"),),
        bound=Formula("k/n", lambda k, n: k / n),
        unit="density of the planted ticket",
        not_claimed=("existence in a network that is only random",),
        uses=("gamarnik2021-gap",),
        checks=(
            Check("all masks", "a planted network of 5 weights among 12, all 2^12 masks", planted),
            mutant(
                "one weight less",
                "density (k - 1)/n",
                partial(planted, fewer=1),
                power=Power(100, 100),
            ),
        ),
    ),
)
