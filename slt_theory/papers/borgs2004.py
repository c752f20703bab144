"""Borgs, Chayes, Mertens, Pittel 2004: partitions into parts of given sizes."""

from __future__ import annotations

import math
from functools import partial

import numpy as np

from slt_theory.theorems.checks import Check, Outcome, Power, all_of, mutant, share
from slt_theory.theorems.common import integers, parameter, sizes
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
from slt_theory.theorems.partitions import signed_sums, together

PAPER = Paper(
    key="borgs2004",
    authors="Christian Borgs, Jennifer Chayes, Stephan Mertens, Boris Pittel",
    title="Phase diagram for the constrained integer partitioning problem",
    venue="Random Structures and Algorithms 24; first as Constrained integer partitions, LATIN "
    "2004, 59-68",
    year=2004,
    link="doi:10.1007/978-3-540-24698-5_10",
)


def _best(items: np.ndarray, plus: int) -> int:
    """min |sum s_i x_i| over sign vectors with exactly `plus` positive signs."""
    n = len(items)
    sums = signed_sums(items)
    # Bit k of the place is the sign of item k + 1; the first is +, and both flips count.
    negative = sizes(n - 1)
    sizes_up = n - negative
    chosen = (sizes_up == plus) | (negative == plus)
    return int(np.abs(sums[chosen]).min())


def perfect_or_hard(seed: int, entropy: bool = True) -> Outcome:
    """Halves of equal size, n = 14: perfect below log2 M = log2 C(n, n/2) - log2(n)/2, not above.

    `entropy` False puts 2^n in place of C(n, n/2) and the factor sqrt(2 pi n/12) of the variance
    of differences, which a partition into equal halves has.
    """
    n, trials, outcomes = 14, 150, []
    pairs = math.comb(n, n // 2) / math.sqrt(2 * math.pi * n / 12)
    middle = pairs if entropy else 2.0**n
    for scale, claimed in ((-3, 0.85), (4, 0.7)):
        largest = round(middle * 2.0**scale)
        hits = sum(
            _best(integers(seed, 100 * (scale + 9) + t, n, 1, largest), n // 2) <= 1
            for t in range(trials)
        )
        found = hits if scale < 0 else trials - hits
        word = "perfect" if scale < 0 else "not perfect"
        outcomes.append(share(found, trials, claimed, f"M = {largest}, {word}"))
    return together(*outcomes)


def sorted_phase(seed: int, bias: float = 0.6) -> Outcome:
    """At difference of sizes `bias` n the smallest numbers together are the optimum, n = 12."""
    n, failures, cases = 12, [], 40
    plus = round((1 + bias) * n / 2)
    for case in range(cases):
        items = np.sort(integers(seed, 500 + case, n, 1, 1 << 20))
        small = abs(int(items[:plus].sum()) - int(items[plus:].sum()))
        if _best(items, plus) != small:
            failures.append(f"case {case}")
    return all_of(failures, cases, f"n = {n}, {plus} numbers in one part: the smallest are best")


ENTRIES = (
    Theorem(
        id="borgs2004-phases",
        title="Parts of given sizes: a perfect and a hard phase",
        kind="theorem",
        source=Source(PAPER, "abstract; the line at equal sizes derived", "journal", "abstract"),
        statement=Statement(
            "X_i iid uniform on the integers 1..M, two parts whose sizes differ by s, b = |s|/n",
            (parameter("0 <= b < sqrt(2) - 1", "b", lambda v: 0 <= v < math.sqrt(2) - 1),),
            "With kappa = log2(M)/n there are a perfect phase, with exponentially many optima of "
            "discrepancy 0 or 1, and a hard phase of discrepancy M exp(-Theta(n)). At equal sizes "
            "the line is log2 C(n, n/2) - log2(2 pi n/12)/2, up to a bounded number of bits.",
        ),
        quantifiers=Quantifiers("fixed", None, "0 or 1: perfect", "0"),
        assumptions=(parameter("M >= 1", "M", lambda v: v >= 1),),
        constants=(Constant("pi/6", "pi/6", "derived", "variance n M^2/12 of a difference"),),
        bound=Formula(
            "log(M*n*pi/sqrt(12))/log(2)", lambda M, n: math.log2(M * n * math.pi / math.sqrt(12))
        ),
        unit="numbers at equal sizes, to two orders; n solves n = this",
        known_issues=(KnownIssue("the abstract leaves a small region of (kappa, b) open"),),
        uses=("borgs2001-window", "natale2024-fixed-size"),
        checks=(
            Check("equal sizes", "exact optima on both sides of the line, n = 14", perfect_or_hard),
            mutant(
                "sizes are free",
                "2^n in place of C(n, n/2) over its standard deviation",
                partial(perfect_or_hard, entropy=False),
                power=Power(100, 100),
            ),
        ),
    ),
    Theorem(
        id="borgs2004-sorted",
        title="Parts of very different sizes: the smallest numbers together are best",
        kind="theorem",
        source=Source(PAPER, "abstract; b > sqrt(2) - 1 derived", "journal", "abstract"),
        statement=Statement(
            "X_i iid uniform on the integers 1..M, two parts whose sizes differ by s, b = |s|/n",
            (parameter("b > sqrt(2) - 1", "b", lambda v: v > math.sqrt(2) - 1),),
            "With high probability the optimum is unique: the (n + |s|)/2 smallest numbers in one "
            "part. Its discrepancy is of order M n: about M n ((1 + b)^2/4 - 1/2).",
        ),
        quantifiers=Quantifiers("fixed", None, "of order M n", "0"),
        assumptions=(parameter("M >= 1", "M", lambda v: v >= 1),),
        constants=(
            Constant(
                "sqrt(2) - 1", "sqrt(2) - 1", "derived", "the sums balance at ((1+b)/2)^2 = 1/2"
            ),
        ),
        bound=Formula("M*n*((1 + b)**2/4 - 1/2)", lambda M, n, b: M * n * ((1 + b) ** 2 / 4 - 0.5)),
        unit="discrepancy of the optimum, negative outside the phase",
        uses=("borgs2004-phases",),
        checks=(
            Check("b = 2/3", "exact optima, n = 12, ten numbers in one part", sorted_phase),
            mutant(
                "any bias",
                "the same at equal sizes",
                partial(sorted_phase, bias=0.0),
                power=Power(100, 100),
            ),
        ),
    ),
)
