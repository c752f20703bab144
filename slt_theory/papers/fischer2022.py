"""Fischer and Burkholz 2022: planted tickets, which a search should find."""

from __future__ import annotations

from functools import partial

import numpy as np

from slt_theory.theorems.checks import Check, Outcome, Power, mutant, share
from slt_theory.theorems.common import all_sums, integers, parameter
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


def planted(seed: int, bits: int = 26) -> Outcome:
    """A planted subset of 4 of 12 numbers of `bits` bits is the only solution, and not the largest.

    Exact, all subsets; keeping the four numbers of largest size, as pruning by magnitude does,
    gives another sum. Few bits make many solutions.
    """
    trials, only, found, n = 80, 0, 0, 12
    for trial in range(trials):
        high = (1 << (bits - 1)) - 1
        items = integers(seed, trial, n, -high, high)
        target = int(items[:4].sum())
        only += int(np.count_nonzero(all_sums(items) == target)) == 1
        largest = np.argsort(-np.abs(items))[:4]
        found += int(items[largest].sum()) == target
    return together(
        share(only, trials, 0.8, f"the planted subset is the only one, {bits} bits"),
        share(trials - found, trials, 0.8, "the largest four have another sum"),
    )


ENTRIES = (
    Theorem(
        id="fischer2022-planted",
        title="Planted sparse tickets exist by construction; not finding them is algorithmic",
        kind="identity",
        source=Source(PAPER, "abstract", "arXiv", "abstract"),
        statement=Statement(
            "A target of k parameters is hidden in a random network by overwriting k weights",
            (parameter("1 <= k <= n", "k_over_n", lambda v: 0 < v <= 1),),
            "The planted ticket has error 0 and density k/n, whatever a search finds: failures to "
            "find tickets as sparse are limits of the algorithms, not of existence.",
        ),
        quantifiers=Quantifiers("fixed", "fixed", "0: exact", "the planted target"),
        assumptions=(),
        constants=(Constant("1", "1", "stated", "k weights for k parameters"),),
        bound=Formula("k/n", lambda k, n: k / n),
        unit="density of the planted ticket",
        not_claimed=("existence in a network that is only random",),
        uses=("gamarnik2021-gap",),
        checks=(
            Check("sums", "a planted subset among all 2^12", planted),
            mutant(
                "few bits",
                "unique among numbers of 8 bits",
                partial(planted, bits=8),
                power=Power(100, 100),
            ),
        ),
    ),
)
