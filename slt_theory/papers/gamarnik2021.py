"""Gamarnik and Kizildag 2021: why near-optimal partitions are hard to find."""

from __future__ import annotations

import math
from functools import partial

import numpy as np
from numpy.typing import NDArray

from slt_theory.laws import Normal
from slt_theory.streams import Purpose, stream_id
from slt_theory.theorems.checks import Check, Outcome, Power, mutant, share
from slt_theory.theorems.common import POSITIVE, parameter, sizes
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
from slt_theory.theorems.partitions import (
    differencing,
    of_order,
    signed_sums,
    smallest_discrepancy,
    together,
)

PAPER = Paper(
    key="gamarnik2021",
    authors="David Gamarnik, Eren C. Kızıldağ",
    title="Algorithmic obstructions in the random number partitioning problem",
    venue="arXiv; in part at ISIT 2022, 778-783",
    year=2021,
    arxiv="2103.01369",
)

_BITS = 44


def _normal(seed: int, stream: int, n: int) -> NDArray[np.int64]:
    """n independent N(0,1), as multiples of 2^-44."""
    drawn = Normal(bits=_BITS).sample(seed, stream_id(Purpose.TESTS, stream), 0, n)
    return np.asarray(drawn)


def found_and_best(seed: int, exponential: bool = False) -> Outcome:
    """The optimum is of the order sqrt(n) 2^-n, what differencing finds lies at n^(-0.7 ln n).

    The optimum over all signs at n = 16; its median is ln 2 sqrt(2 pi) = 1.74 times the order. What
    is found at n = 16, 64, 128 lies between n^(-1.1 ln n) and n^(-0.4 ln n); `exponential` claims
    that it is of the order of the optimum, at most 4 sqrt(n) 2^-n.
    """
    trials, outcomes = 100, list[Outcome]()
    drawn = [_normal(seed, trial, 16) for trial in range(trials)]
    words = "n = 16, optimum at most 4 sqrt(n) 2^-n", "above a quarter of it"
    best = [smallest_discrepancy(row) for row in drawn]
    outcomes += of_order(best, 4 * 2.0 ** (_BITS - 16), (0.5, words[0]), (0.6, words[1]))
    for n in (16, 64, 128):
        rate = math.log2(n) * math.log(n)
        low, high = (
            (-n - 2, 2 - n + math.log2(n) / 2) if exponential else (-1.1 * rate, -0.4 * rate)
        )
        left = [differencing(_normal(seed, 1000 * n + t, n).tolist()) for t in range(trials)]
        inside = sum(low <= math.log2(max(1, value)) - _BITS <= high for value in left)
        outcomes.append(
            share(inside, trials, 0.6, f"n = {n}, found log2 in [{low:.0f}, {high:.0f}]")
        )
    return together(*outcomes)


def solutions(items: NDArray[np.int64], energy: int, distance: int) -> tuple[int, bool]:
    """Number of signs with |sum| <= energy, up to a flip of all, and True if two of them are close.

    Close: they differ in 1 .. distance places, or in all but so many.
    """
    near = np.flatnonzero(np.abs(signed_sums(items)) <= energy)
    # Bit k of the place says the sign of item k + 1 (the first is fixed at +).
    apart = sizes(len(items) - 1)[near[:, None] ^ near[None, :]]
    apart = np.minimum(apart, len(items) - apart)
    return near.size, bool(((apart > 0) & (apart <= distance)).any())


def overlap_gap(seed: int, exponent: float = 0.7) -> Outcome:
    """Of the solutions of |sum| <= 2^(-exponent n) no two differ in one or two places, n = 20.

    At exponent 0.7 about 2^19 2^(1 - 14) / sqrt(2 pi n) = 5.7 solutions are expected, so that two
    exist in nearly every sample, and 2^19 (20 + 190) close pairs have 2^(1 - 28) / (pi sqrt(j (n -
    j))) chances each for j = 1, 2, together below 0.05.
    """
    trials, n = 40, 20
    energy = round(2 ** (_BITS - exponent * n))
    found = [solutions(_normal(seed, trial, n), energy, 2) for trial in range(trials)]
    several, without = sum(count >= 2 for count, _ in found), sum(not close for _, close in found)
    return together(
        share(several, trials, 0.6, f"n = {n}, energy 2^(-{exponent:g} n), two solutions or more"),
        share(without, trials, 0.6, "no close pair"),
    )


ENTRIES = (
    Theorem(
        id="gamarnik2021-gap",
        title="What exists and what is found: sqrt(n) 2^-n against 2^(-Theta(log(n)^2))",
        kind="theorem",
        source=Source(PAPER, "abstract", "arXiv v3", "abstract"),
        statement=Statement(
            "X ~ N(0, I_n)",
            (parameter("n >= 2", "n", lambda v: v >= 2),),
            "With high probability the optimal partition has value Theta(sqrt(n) 2^-n), while the "
            "best known polynomial-time algorithm reaches 2^(-Theta(log(n)^2)).",
        ),
        quantifiers=Quantifiers("fixed", None, "2^(-Theta(log(n)^2)) when found", "0"),
        assumptions=(POSITIVE,),
        constants=(Constant("c", None, "unnamed"),),
        bound=Formula(
            "exp(sqrt(log(1/eps)/c))", lambda eps, c: math.exp(math.sqrt(math.log(1 / eps) / c))
        ),
        unit="numbers with which a known algorithm reaches eps",
        known_issues=(
            KnownIssue("the check takes differencing for the algorithm, and one rate for Theta"),
        ),
        uses=("karmarkar1986-median", "yakir1996-differencing"),
        checks=(
            Check("beside the optimum", "differencing and all signs, exact", found_and_best),
            mutant(
                "found is best",
                "sqrt(n) 2^-n in place of 2^(-Theta(log(n)^2)) for what is found",
                partial(found_and_best, exponential=True),
                power=Power(100, 100),
            ),
        ),
    ),
    Theorem(
        id="gamarnik2021-overlap-gap",
        title="Near-optimal partitions are far from one another",
        kind="theorem",
        source=Source(PAPER, "abstract; the pairs' form recalled", "arXiv v3", "abstract"),
        statement=Statement(
            "X ~ N(0, I_n), solutions are signs with |sum s_i X_i| <= 2^(-c n)",
            (parameter("c > 1/2 (pairs)", "c", lambda v: v > 0.5),),
            "With high probability the overlaps of two solutions avoid an interval below 1 (the "
            "overlap gap property; for m-tuples, m constant, at every constant c). Hence stable "
            "algorithms fail below 2^(-omega(n log(n)^(-1/5))), and a natural Markov chain fails "
            "to find near-optimal solutions.",
        ),
        quantifiers=Quantifiers("fixed", None, "2^(-c n)", "0"),
        assumptions=(POSITIVE,),
        constants=(Constant("c", None, "unnamed"),),
        bound=None,
        not_claimed=(
            "hardness for all algorithms",
            "a gap at energies 2^(-o(n)) for m constant, where there is none; with m growing the "
            "paper has one up to 2^(-omega(sqrt(n log n)))",
        ),
        uses=("gamarnik2021-gap",),
        checks=(
            Check("pairs", "all near-optimal pairs at energy 2^(-0.7 n)", overlap_gap),
            mutant(
                "no exponent",
                "the gap at energy 2^(-n/3), above the threshold of pairs",
                partial(overlap_gap, exponent=1 / 3),
                power=Power(100, 100),
            ),
        ),
    ),
)
