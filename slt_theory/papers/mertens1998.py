"""Mertens 1998: where perfect partitions vanish, by the physics of random energies."""

from __future__ import annotations

import math
from fractions import Fraction
from functools import partial

from slt_theory.theorems.checks import EXACT, Check, Outcome, all_of, mutant
from slt_theory.theorems.common import parameter
from slt_theory.theorems.conditions import Statement
from slt_theory.theorems.entry import Constant, Formula, Paper, Quantifiers, Source, Theorem

PAPER = Paper(
    key="mertens1998",
    authors="Stephan Mertens",
    title="Phase transition in the number partitioning problem",
    venue="Physical Review Letters 81(20), 4281-4284",
    year=1998,
    link="doi:10.1103/PhysRevLett.81.4281",
)

_SLOT = 128
"""Bits for one coefficient; the largest, (2M)^n, needs 107."""


def threshold_bits(n: int, root: float = 0.5) -> float:
    """log2 M at the transition: n - root log2(pi n / 6)."""
    return n - root * math.log2(math.pi * n / 6)


def one_solution(seed: int, root: float = 0.5) -> Outcome:
    """At the threshold one sign vector of the right parity is expected, by exact convolution.

    E of the number with sum 0 or 1 in absolute value, averaged over parities, in [0.8, 1.25] is
    decided in rationals; log2 M is rounded to an integer M.
    """
    failures, cases = [], 0
    for n in (6, 8, 10):
        largest = round(2 ** threshold_bits(n, root))
        # Counts of the sums of n numbers of -M..M without 0: a polynomial power, in integers.
        step = (1 << (_SLOT * (2 * largest + 1))) // ((1 << _SLOT) - 1) - (1 << (_SLOT * largest))
        counts, at = step**n, n * largest
        zero, one = (counts >> (_SLOT * (at + k)) & ((1 << _SLOT) - 1) for k in (0, 1))
        expected = Fraction(zero + one, largest**n)
        cases += 1
        if not Fraction(4, 5) < expected < Fraction(5, 4):
            failures.append(f"n = {n}, M = {largest}: {float(expected):.2f}")
    return all_of(failures, cases, "about one sign vector expected at the threshold")


ENTRIES = (
    Theorem(
        id="mertens1998-threshold",
        title="Perfect partitions vanish at log2 M = n - log2(pi n/6)/2",
        kind="conjecture",
        source=Source(PAPER, "the critical line; recalled", "journal", "recalled-high"),
        statement=Statement(
            "X_i iid uniform on the integers 1..M",
            (parameter("M >= 1", "M", lambda v: v >= 1),),
            "With kappa = log2(M)/n, perfect partitions abound below kappa_c = 1 - "
            "log2(pi n/6)/(2n) and vanish above it (heuristic; the theorem is borgs2001-window).",
        ),
        quantifiers=Quantifiers("fixed", None, "0: exact", "0 or 1"),
        assumptions=(),
        constants=(Constant("pi/6", "pi/6", "stated", "the check is a first moment"),),
        bound=Formula(
            "log(M*sqrt(pi*n/6))/log(2)",
            lambda M, n: math.log2(M * math.sqrt(math.pi * n / 6)),
        ),
        unit="numbers; n solves n = this",
        not_claimed=("a proof",),
        checks=(
            Check("one solution", "the first moment at the threshold, exact", one_solution),
            mutant(
                "no correction",
                "kappa_c = 1 without the term in log2(n)",
                partial(one_solution, root=0.0),
                power=EXACT,
            ),
        ),
    ),
)
