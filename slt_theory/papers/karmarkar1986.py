"""Karmarkar, Karp, Lueker, Odlyzko 1986: the best partition of random numbers."""

from __future__ import annotations

import math
from functools import partial

from slt_theory.theorems.checks import Check, Outcome, Power, mutant
from slt_theory.theorems.common import POSITIVE, parameter
from slt_theory.theorems.conditions import Statement
from slt_theory.theorems.entry import (
    Constant,
    Formula,
    Paper,
    Quantifiers,
    Source,
    Theorem,
)
from slt_theory.theorems.partitions import of_order, smallest_discrepancy, together, wide_integers

PAPER = Paper(
    key="karmarkar1986",
    authors="Narendra Karmarkar, Richard M. Karp, George S. Lueker, Andrew M. Odlyzko",
    title="Probabilistic analysis of optimum partitioning",
    venue="Journal of Applied Probability 23, 626-645",
    year=1986,
    link="doi:10.2307/3214002",
)

_BITS = 40


def median_order(seed: int, rate: float = 1.0) -> Outcome:
    """Half of the samples lie below sqrt(n) 2^(-rate n), at n = 8, 12, 14: neither few nor all.

    The first moment gives the median: sums are locally Poisson with 2^(n-1) pairs of signs and
    density 1/sqrt(2 pi n/3) at 0, so |sum| has the median ln 2 sqrt(2 pi / 12) sqrt(n) 2^(1-n),
    about 1.0 sqrt(n) 2^-n; a factor of four on either side is a clear majority.
    """
    outcomes: list[Outcome] = []
    for n in (8, 12, 14):
        trials = 100
        scale = math.sqrt(n) * 2.0 ** (_BITS - rate * n)
        found = [
            smallest_discrepancy(wide_integers(seed, 1000 * n + t, n, _BITS)) for t in range(trials)
        ]
        words = f"n = {n}, at most 4 sqrt(n) 2^(-{rate:g} n)", f"n = {n}, above a quarter of it"
        outcomes += of_order(found, scale, (0.7, words[0]), (0.6, words[1]))
    return together(*outcomes)


ENTRIES = (
    Theorem(
        id="karmarkar1986-median",
        title="The best partition of n random numbers differs by about sqrt(n) 2^-n",
        kind="theorem",
        source=Source(PAPER, "abstract; the order sqrt(n) 2^-n recalled", "journal", "abstract"),
        statement=Statement(
            "X_1..X_n iid with a density of a large class, U[0,1] among them",
            (parameter("n >= 2", "n", lambda v: v >= 2),),
            "The median of min over signs of |sum s_i X_i| is exponentially small, of order "
            "sqrt(n) 2^-n.",
        ),
        quantifiers=Quantifiers("fixed", None, "of order sqrt(n) 2^-n, median", "0"),
        assumptions=(POSITIVE,),
        constants=(Constant("C", None, "unnamed"),),
        bound=Formula(
            "(log(C/eps) + log(log(C/eps)/log(2))/2)/log(2)",
            lambda eps, C: (math.log(C / eps) + math.log(math.log(C / eps, 2)) / 2) / math.log(2),
        ),
        unit="numbers for a median error eps, to two orders",
        not_claimed=("all targets at once", "a subset that can be found quickly"),
        checks=(
            Check("median", "exact optima over all signs, n = 8, 12, 14", median_order),
            mutant(
                "exponent",
                "sqrt(n) 2^(-n/2) in place of sqrt(n) 2^-n",
                partial(median_order, rate=0.5),
                power=Power(100, 100),
            ),
        ),
    ),
)
