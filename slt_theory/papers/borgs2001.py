"""Borgs, Chayes, Pittel 2001: perfect partitions of random integers."""

from __future__ import annotations

import math
from fractions import Fraction
from functools import partial

import numpy as np

from slt_theory.theorems.checks import EXACT, Check, Outcome, Power, all_of, mutant, share
from slt_theory.theorems.common import integers, parameter
from slt_theory.theorems.conditions import Statement
from slt_theory.theorems.entry import (
    Constant,
    Formula,
    Paper,
    Quantifiers,
    Source,
    Theorem,
)
from slt_theory.theorems.partitions import of_order, reached, smallest_discrepancy, together

PAPER = Paper(
    key="borgs2001",
    authors="Christian Borgs, Jennifer Chayes, Boris Pittel",
    title="Phase transition and finite-size scaling for the integer partitioning problem",
    venue="Random Structures and Algorithms 19(3-4), 247-288",
    year=2001,
    link="doi:10.1002/rsa.10004",
)


def expected_partitions(seed: int, centred: bool = False) -> Outcome:
    """E Z at z = 0, 1, 2 and M/2 by exact convolution, against the formula, within 10 %.

    `centred` takes the variance of X for c_M, about 1/12, in place of its second moment.
    """
    failures, cases = [], 0
    for largest, n in ((8, 12), (16, 16), (32, 20)):
        # Counts of outcomes of sum s_i X_i with X_i in 1..M: integers, exact.
        step = np.array([1] * largest + [0] + [1] * largest, dtype=object)
        counts = np.array([1], dtype=object)
        for _ in range(n):
            counts = np.convolve(counts, step)
        c = 1 / 3 + 1 / (2 * largest) + 1 / (6 * largest**2)
        c -= (1 + 1 / largest) ** 2 / 4 if centred else 0
        formula = 2.0 ** (n + 1) / (largest * math.sqrt(2 * math.pi * n * c))
        for z in (0, 1, 2, largest // 2):
            both = int(counts[n * largest + z]) * (2 if z else 1)
            ratio = Fraction(both, largest**n) / Fraction(formula / (1 if z else 2))
            cases += 1
            if not Fraction(9, 10) < ratio < Fraction(11, 10):
                failures.append(f"M = {largest}, n = {n}, z = {z}: ratio {float(ratio):.3f}")
    return all_of(failures, cases, "expected number of sign vectors, within 10 %")


def _perfect(seed: int, stream: int, n: int, largest: int) -> bool:
    """Decide whether n integers have signs of sum 0 or 1: half the total is a subset sum."""
    items = integers(seed, stream, n, 1, largest)
    bits, _ = reached(items.tolist())
    return bool(bits >> (int(items.sum()) // 2) & 1)


def limit_probability(scale: float) -> float:
    """p = 1 - (exp(-rho) + exp(-2 rho))/2 at rho = sqrt(3/(2 pi)) 2^-scale.

    Given an even total, pairs of sign vectors of sum 0 are Poisson with mean rho in the limit;
    given an odd one, those of sum 1 with mean 2 rho.

    Examples
    --------
    >>> [round(limit_probability(scale), 3) for scale in (-3, 0, 3)]
    [0.998, 0.624, 0.121]
    """
    rho = math.sqrt(3 / (2 * math.pi)) * 2.0**-scale
    return 1 - (math.exp(-rho) + math.exp(-2 * rho)) / 2


def window(seed: int, root: float = 0.5) -> Outcome:
    """Perfect partitions at M = 2^(n + scale) n^(-root), n = 14, inside and beside the window."""
    n, trials, outcomes = 14, 150, []
    for scale in (-3, -1, 1, 3):
        largest = round(2.0 ** (n + scale) * n**-root)
        hits = sum(_perfect(seed, 1000 * (scale + 4) + t, n, largest) for t in range(trials))
        limit = limit_probability(scale)
        outcomes += [
            share(hits, trials, max(0.0, limit - 0.2), f"scale {scale}, limit {limit:.3f}"),
            share(trials - hits, trials, max(0.0, 0.8 - limit), "none"),
        ]
    return together(*outcomes)


def hard_side(seed: int, power: float = 1.0) -> Outcome:
    """The smallest discrepancy at M = 2^(n + scale)/sqrt(n) is about 2^(power scale), n = 14."""
    n, trials = 14, 150
    outcomes: list[Outcome] = []
    for scale in (4, 8):
        largest = round(2.0 ** (n + scale) / math.sqrt(n))
        found = [
            smallest_discrepancy(integers(seed, 1000 * scale + t, n, 1, largest).tolist())
            for t in range(trials)
        ]
        words = f"scale {scale}, at most 4 2^({power:g} scale)"
        order = 2 ** (power * scale)
        outcomes += of_order(found, order, (0.7, words), (0.55, "above a quarter of it"))
    return together(*outcomes)


ENTRIES = (
    Theorem(
        id="borgs2001-partition",
        title="Integer partitioning: the expected number of solutions",
        kind="theorem",
        source=Source(PAPER, "as used by Kumar and Natale 2025", "journal", "recalled-mid"),
        statement=Statement(
            "X_i iid uniform on the integers 1..M, Z the number of sign vectors with |sum "
            "s_i X_i| = z, z of smaller order than M sqrt(n)",
            (parameter("M >= 1", "M", lambda v: v >= 1),),
            "E Z is about 2^(n+1) / (M sqrt(2 pi n c_M)), c_M = 1/3 + 1/(2M) + 1/(6M^2) "
            "and half of it at z = 0; twice as much given that the total has the parity of z. "
            "Solutions appear at log2(M)/n = 1.",
        ),
        quantifiers=Quantifiers("fixed", None, "0: exact", "z of smaller order than M sqrt(n)"),
        assumptions=(),
        constants=(Constant("c_M", "1/3 + 1/(2M) + 1/(6M^2)", "stated", "E X^2 / M^2"),),
        bound=Formula("log(M)/log(2)", lambda M: math.log2(M)),
        unit="numbers, to first order",
        checks=(
            Check("first moment", "exact convolution against the formula", expected_partitions),
            mutant(
                "variance",
                "c_M the variance of X/M, about 1/12",
                partial(expected_partitions, centred=True),
                power=EXACT,
            ),
        ),
    ),
    Theorem(
        id="borgs2001-window",
        title="Perfect partitions: a window of width 1/n around 1 - log2(n)/(2n)",
        kind="theorem",
        source=Source(PAPER, "abstract; p(scale) derived here", "journal", "abstract"),
        statement=Statement(
            "X_i iid uniform on the integers 1..M, log2(M)/n = 1 - log2(n)/(2n) + scale/n",
            (parameter("M >= 1", "M", lambda v: v >= 1),),
            "The probability of a perfect partition (sum 0 or 1) tends to 1 as scale -> -infinity, "
            "to 0 as scale -> infinity, and to an explicit p(scale) in (0, 1) between; the "
            "derivative of the entropy jumps at log2(M)/n = 1.",
        ),
        quantifiers=Quantifiers("fixed", None, "0: exact", "0 or 1"),
        assumptions=(),
        constants=(
            Constant("p(scale)", "1 - (exp(-rho) + exp(-2 rho))/2", "derived", "Poisson limit"),
        ),
        bound=Formula("log(M*sqrt(n))/log(2)", lambda M, n: math.log2(M * math.sqrt(n))),
        unit="numbers at the middle of the window; n solves n = this",
        uses=("borgs2001-partition",),
        checks=(
            Check("n = 14", "exact sums, 150 samples at four scales, p within 0.2", window),
            mutant(
                "no root",
                "M = 2^(n + scale), without sqrt(n)",
                partial(window, root=0.0),
                power=Power(100, 100),
            ),
        ),
    ),
    Theorem(
        id="borgs2001-discrepancy",
        title="Beyond the window the best partition is unique, of discrepancy about 2^scale",
        kind="theorem",
        source=Source(PAPER, "abstract", "journal", "abstract"),
        statement=Statement(
            "As borgs2001-window, scale -> infinity",
            (parameter("scale > 0", "scale", lambda v: v > 0),),
            "With high probability the best partition is unique and its discrepancy is "
            "Theta(2^scale); inside the window it is bounded.",
        ),
        quantifiers=Quantifiers("fixed", None, "Theta(2^scale)", "0"),
        assumptions=(),
        constants=(
            Constant("1", "1", "derived", "the median is ln 2 sqrt(2 pi/3) 2^scale = 2^scale"),
        ),
        bound=None,
        uses=("borgs2001-window",),
        checks=(
            Check("n = 14", "exact optima over all signs at scales 4 and 8", hard_side),
            mutant("exponent", "2^(scale/2)", partial(hard_side, power=0.5), power=Power(100, 100)),
        ),
    ),
)
