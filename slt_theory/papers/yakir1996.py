"""Yakir 1996: what differencing leaves of random numbers."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

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
from slt_theory.theorems.partitions import differencing, together, wide_integers

PAPER = Paper(
    key="yakir1996",
    authors="Benjamin Yakir",
    title="The differencing algorithm LDM for partitioning: a proof of a conjecture of Karmarkar "
    "and Karp",
    venue="Mathematics of Operations Research 21(1), 85-99",
    year=1996,
    link="doi:10.1287/moor.21.1.85",
)

_BITS = 192


def _quasi_polynomial(n: int) -> tuple[float, float]:
    """log2 of n^(-0.55 ln n) and n^(-1.1 ln n): bounds around the rate n^(-0.72 ln n)."""
    return -0.55 * math.log2(n) * math.log(n), -1.1 * math.log2(n) * math.log(n)


def _polynomial(n: int) -> tuple[float, float]:
    """log2 of n^-2 and n^-3.6, which hold most samples of n = 32: no rate of the method."""
    return -2 * math.log2(n), -3.6 * math.log2(n)


def left_over(
    seed: int, between: Callable[[int], tuple[float, float]] = _quasi_polynomial
) -> Outcome:
    """Decide whether nine of ten differences lie between two rates, at n = 32, 128, 512."""
    outcomes, trials = [], 80
    for n in (32, 128, 512):
        high, low = between(n)
        logs = [
            math.log2(max(1, differencing(wide_integers(seed, 1000 * n + t, n, _BITS)))) - _BITS
            for t in range(trials)
        ]
        inside = sum(low <= value <= high for value in logs)
        outcomes.append(share(inside, trials, 0.8, f"n = {n}, log2 in [{low:.0f}, {high:.0f}]"))
    return together(*outcomes)


ENTRIES = (
    Theorem(
        id="yakir1996-differencing",
        title="Differencing leaves n^(-Theta(log n)), far above the optimum",
        kind="theorem",
        source=Source(PAPER, "title; the rate is recalled", "journal", "recalled-high"),
        statement=Statement(
            "X_1..X_n iid U[0,1]; the method replaces the two largest numbers by their difference "
            "until one is left",
            (parameter("n >= 2", "n", lambda v: v >= 2),),
            "The expected last number is n^(-Theta(log n)).",
        ),
        quantifiers=Quantifiers("fixed", None, "n^(-Theta(log n))", "0"),
        assumptions=(POSITIVE,),
        constants=(
            Constant("c", None, "unnamed", "physics gives 1/(2 ln 2) = 0.72 for the natural log"),
        ),
        bound=Formula(
            "exp(sqrt(log(1/eps)/c))", lambda eps, c: math.exp(math.sqrt(math.log(1 / eps) / c))
        ),
        unit="numbers with which differencing reaches an error eps",
        known_issues=(
            KnownIssue("the check counts samples, the theorem an expectation; a power of n fails"),
        ),
        uses=("karmarkar1986-median",),
        checks=(
            Check("rate", "the last number at n = 32, 128, 512, 192-bit integers", left_over),
            mutant(
                "power of n",
                "between n^-3.6 and n^-2 in place of n^(-Theta(log n))",
                partial(left_over, between=_polynomial),
                power=Power(100, 100),
            ),
        ),
    ),
)
