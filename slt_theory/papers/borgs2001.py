"""Borgs, Chayes, Pittel 2001: perfect partitions of random integers."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np

from slt_theory.theorems.checks import Check, Outcome, all_of
from slt_theory.theorems.common import all_sums, integers, parameter
from slt_theory.theorems.conditions import Statement
from slt_theory.theorems.entry import (
    Constant,
    Formula,
    Paper,
    Quantifiers,
    Source,
    Theorem,
)

PAPER = Paper(
    key="borgs2001",
    authors="Christian Borgs, Jennifer Chayes, Boris Pittel",
    title="Phase transition and finite-size scaling for the integer partitioning problem",
    venue="Random Structures and Algorithms 19(3-4), 247-288",
    year=2001,
    link="doi:10.1002/rsa.10004",
)


def expected_partitions(seed: int) -> Outcome:
    """E Z = 2^n P(X_1 s_1 + ... = z) by exact convolution, against rho_n at z of even parity."""
    failures, cases = [], 0
    for largest, n in ((8, 12), (16, 16), (32, 20)):
        # Counts of outcomes of sum s_i X_i with X_i in 1..M: integers, exact.
        step = np.array([1] * largest + [0] + [1] * largest, dtype=object)
        counts = np.array([1], dtype=object)
        for _ in range(n):
            counts = np.convolve(counts, step)
        centre = n * largest
        half = sum(int(c) for c in counts[centre - 1 : centre + 1])
        exact = Fraction(half, 2 * largest**n)
        c = 1 / 3 + 1 / (2 * largest) + 1 / (6 * largest**2)
        rho = 2.0**n / (largest * math.sqrt(2 * math.pi * n * c))
        cases += 1
        if not Fraction(9, 10) < exact / Fraction(rho) < Fraction(11, 10):
            failures.append(f"M = {largest}, n = {n}: ratio {float(exact) / rho:.3f}")
    return all_of(
        failures, cases, "expected number of perfect partitions against rho_n, within 10 %"
    )


def partition(seed: int) -> Outcome:
    """Sums equal to t are in bijection with signs whose signed sum is total - 2 t."""
    failures, cases = [], 0
    for case in range(12):
        items = integers(seed, case, 9, -12, 12)
        sums = all_sums(items)
        total = int(items.sum())
        signs = 1 - 2 * ((np.arange(1 << 9)[:, None] >> np.arange(9)) & 1)
        signed = signs @ items
        for t in range(-20, 21):
            cases += 1
            if np.count_nonzero(sums == t) != np.count_nonzero(signed == total - 2 * t):
                failures.append(f"case {case}, t = {t}")
    return all_of(failures, cases, "subset sums t <=> signed sums total - 2 t, counted")


ENTRIES = (
    Theorem(
        id="borgs2001-partition",
        title="Integer partitioning: the expected number of solutions",
        kind="theorem",
        source=Source(PAPER, "as used by Kumar and Natale 2025", "journal", "recalled-mid"),
        statement=Statement(
            "X_i iid uniform on the integers 1..M, Z the number of sign vectors with |sum "
            "s_i X_i| = z for a z of the right parity",
            (parameter("M >= 1", "M", lambda v: v >= 1),),
            "E Z is about 2^(n+1) / (M sqrt(2 pi n c_M)), c_M = 1/3 + 1/(2M) + 1/(6M^2) "
            "(half of it at z = 0, averaged over parities); solutions appear at log2(M)/n "
            "= 1.",
        ),
        quantifiers=Quantifiers("fixed", None, "0: exact", "z of order M sqrt(n)"),
        assumptions=(),
        constants=(Constant("c_M", "1/3 + 1/(2M) + 1/(6M^2)", "stated", "E X^2 / M^2"),),
        bound=Formula("log(M)/log(2)", lambda M: math.log2(M)),
        unit="numbers, to first order",
        checks=(
            Check("first moment", "exact convolution against the formula", expected_partitions),
        ),
    ),
)
