"""Gamarnik and Kizildag 2021: why near-optimal partitions are hard to find."""

from __future__ import annotations

import math
from functools import partial

import numpy as np

from slt_theory.theorems.checks import Check, Outcome, Power, mutant, share
from slt_theory.theorems.common import POSITIVE, parameter
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
    signed_sums,
    smallest_discrepancy,
    together,
    wide_integers,
)

PAPER = Paper(
    key="gamarnik2021",
    authors="David Gamarnik, Eren C. Kızıldağ",
    title="Algorithmic obstructions in the random number partitioning problem",
    venue="arXiv; in part at ISIT 2022, 778-783",
    year=2021,
    arxiv="2103.01369",
)

_BITS = 48


def found_and_best(seed: int, factor: int = 4) -> Outcome:
    """Differencing ends more than `factor` above the optimum at n = 16, and never below it."""
    trials, n = 80, 16
    pairs = []
    for trial in range(trials):
        items = wide_integers(seed, trial, n, _BITS)
        pairs.append((smallest_discrepancy(items), differencing(items)))
    far = sum(left > factor * best for best, left in pairs)
    never = sum(left >= best for best, left in pairs)
    return together(
        share(far, trials, 0.5, f"n = {n}, more than {factor} times the optimum"),
        share(never, trials, 0.9, "never below the optimum"),
    )


def close_pairs(items: list[int], energy: int, distance: int) -> bool:
    """Decide whether two signs of |sum| <= energy differ in 1 .. distance places, up to sign."""
    sums = signed_sums(items)
    near = np.flatnonzero(np.abs(sums) <= energy)
    if near.size < 2:
        return False
    # Bit k of the place says the sign of item k + 1 (the first is fixed at +).
    bits = (near[:, None] >> np.arange(len(items) - 1)) & 1
    apart = (bits[:, None, :] != bits[None, :, :]).sum(axis=2)
    apart = np.minimum(apart, len(items) - apart)
    return bool(((apart > 0) & (apart <= distance)).any())


def overlap_gap(seed: int, exponent: float = 0.9) -> Outcome:
    """No two solutions of |sum| <= 2^(-exponent n) differ in one to three places, n = 16.

    First moment at exponent 0.9: 2^15 (16 + 120 + 560) pairs, each with probability about
    2^(-1.8 n) (2/pi), which is below 0.04.
    """
    trials, n = 60, 16
    energy = round(2 ** (_BITS - exponent * n))
    without = sum(
        not close_pairs(wide_integers(seed, t, n, _BITS), energy, 3) for t in range(trials)
    )
    return share(without, trials, 0.75, f"n = {n}, energy 2^(-{exponent:g} n), no close pair")


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
            KnownIssue("the checks draw uniform numbers; the theorem is for normal ones"),
        ),
        uses=("karmarkar1986-median", "yakir1996-differencing"),
        checks=(
            Check("beside the optimum", "differencing and all signs, exact", found_and_best),
            mutant(
                "found is best",
                "differencing ends 2^16 above the optimum already at n = 16",
                partial(found_and_best, factor=1 << 16),
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
            "overlap gap property; for m-tuples at every constant c). Hence stable algorithms "
            "fail below 2^(-omega(n log(n)^(-1/5))), and local Markov chains mix slowly.",
        ),
        quantifiers=Quantifiers("fixed", None, "2^(-c n)", "0"),
        assumptions=(POSITIVE,),
        constants=(Constant("c", None, "unnamed"),),
        bound=None,
        not_claimed=("hardness for all algorithms", "energies 2^(-o(n)): no gap there"),
        known_issues=(
            KnownIssue("the checks draw uniform numbers; the theorem is for normal ones"),
        ),
        uses=("gamarnik2021-gap",),
        checks=(
            Check("pairs", "all near-optimal pairs at energy 2^(-0.9 n)", overlap_gap),
            mutant(
                "no exponent",
                "the gap at energy 2^(-n/3), above the threshold of pairs",
                partial(overlap_gap, exponent=1 / 3),
                power=Power(100, 100),
            ),
        ),
    ),
)
