"""Quantised weights: Borgs et al. 2001; Kumar and Natale 2025 and 2026."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np

from slt_theory.statistics import Verdict
from slt_theory.theorems.checks import Check, Outcome, SumsCheck, all_of
from slt_theory.theorems.common import POSITIVE, all_sums, integers, parameter
from slt_theory.theorems.entry import (
    Constant,
    Formula,
    KnownIssue,
    Paper,
    Quantifiers,
    Source,
    Theorem,
)

BORGS = Paper(
    key="borgs2001",
    authors="Christian Borgs, Jennifer Chayes, Boris Pittel",
    title="Phase transition and finite-size scaling for the integer partitioning problem",
    venue="Random Structures and Algorithms 19(3-4), 247-288",
    year=2001,
    link="doi:10.1002/rsa.10004",
)
QUANTISED = Paper(
    key="kumar2025",
    authors="Aakash Kumar, Emanuele Natale",
    title="Quantization vs pruning: insights from the strong lottery ticket hypothesis",
    venue="arXiv",
    year=2025,
    arxiv="2508.11020",
)
UNIFIED = Paper(
    key="kumar2026",
    authors="Aakash Kumar, Emanuele Natale",
    title="A unified framework for quantized and continuous strong lottery tickets",
    venue="arXiv",
    year=2026,
    arxiv="2607.03860",
)

_QUANTISED = parameter("weights are multiples of the resolution", "quantised", bool)


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


def product_set(seed: int) -> Outcome:
    """Share of the integers 1..K^2 that are products of two integers up to K."""
    shares = []
    for largest in (8, 16, 32, 64):
        side = np.arange(1, largest + 1)
        shares.append(Fraction(np.unique(np.outer(side, side)).size, largest**2))
    text = "share of 1..K^2 that are products, K = 8, 16, 32, 64: " + ", ".join(
        f"{float(s):.2f}" for s in shares
    )
    full = all(s == 1 for s in shares)
    numbers = {"shares": [float(s) for s in shares]}
    return Outcome(Verdict.CONSISTENT if full else Verdict.VIOLATED, text, numbers)


ENTRIES = (
    Theorem(
        id="borgs2001-partition",
        title="Integer partitioning: the expected number of solutions",
        kind="theorem",
        source=Source(BORGS, "as used by Kumar and Natale 2025", "journal", "recalled-mid"),
        statement="X_i iid uniform on 1..M, Z the number of sign vectors with |sum s_i X_i| = z "
        "for a z of the right parity. E Z is about 2^(n+1) / (M sqrt(2 pi n c_M)), "
        "c_M = 1/3 + 1/(2M) + 1/(6M^2) (half of it at z = 0, averaged over parities); solutions "
        "appear at log2(M)/n = 1.",
        quantifiers=Quantifiers("fixed", None, "0: exact", "z of order M sqrt(n)"),
        assumptions=(parameter("integers 1..M", "M", lambda v: v >= 1),),
        constants=(Constant("c_M", "1/3 + 1/(2M) + 1/(6M^2)", "stated", "E X^2 / M^2"),),
        bound=Formula("log(M)/log(2)", lambda M: math.log2(M)),
        unit="numbers, to first order",
        checks=(
            Check("first moment", "exact convolution against the formula", expected_partitions),
        ),
    ),
    Theorem(
        id="kumar2025-partition",
        title="Subset sum and number partitioning are the same problem",
        kind="identity",
        source=Source(QUANTISED, "Lemma 2", "arXiv", "read"),
        statement="A subset of X_1..X_n sums to t if and only if signs give the signed sum "
        "X_1 + ... + X_n - 2t, one to one.",
        quantifiers=Quantifiers("all", None, "0: exact", "integers"),
        assumptions=(parameter("integer numbers and targets", "quantised", bool),),
        constants=(),
        bound=None,
        proof="partition-subset-sum",
        checks=(Check("counting", "both sides counted over all targets", partition),),
    ),
    Theorem(
        id="kumar2025-quantised",
        title="Quantised targets are represented exactly",
        kind="theorem",
        source=Source(
            QUANTISED, "Theorem 1; Lemma 5, step 2; probability recalled", "arXiv", "read"
        ),
        statement="Weights uniform on S = {-1, ..., -r, r, ..., 1}, without 0, r = 2^-k. A source "
        "of depth 2l and width C d log2(1/r) represents exactly, with probability at least "
        "1 - N O(1/polylog(1/r)), a target with N weights on the lattice of r^2 or coarser "
        "(activations re-quantised in every layer).",
        quantifiers=Quantifiers(
            "all", "fixed", "0: exact", "multiples of the resolution in [-1,1]"
        ),
        assumptions=(_QUANTISED, parameter("M >= 1", "M", lambda v: v >= 1)),
        constants=(Constant("C", None, "unnamed"),),
        bound=Formula("C*log(M)/log(2)", lambda M, C: C * math.log2(M)),
        unit="numbers offered to one target; M = 1/r",
        known_issues=(
            KnownIssue(
                "a gap in the proof: it samples products ab and resamples to the uniform law on an "
                "integer interval, but {ab : a, b in S} misses most multiples of r^2, so it cannot "
                "contain that law; measured thresholds still agree with the conclusion",
                shown_by="product set",
                proof="gap-quantised-products",
            ),
            KnownIssue("the failure probability is only inverse-polynomial in log(1/r)"),
            KnownIssue(
                "the paper's form of depth l + 1 (its Theorem 2) samples products in its first two "
                "layers only, so only these have the gap"
            ),
            KnownIssue(
                "the checks draw from -M..M with 0: a draw of 0 serves nothing, so success is no "
                "more frequent than without it"
            ),
        ),
        uses=("borgs2001-partition", "kumar2025-partition"),
        checks=(
            SumsCheck(
                "uniform integers",
                "every integer of [-32, 32] exactly from 24 integers of -32..32",
                "1/2",
                0.1,
                n=24,
                law="integers[32]",
                lo="-32",
                hi="32",
            ),
            SumsCheck(
                "products",
                "every integer of [-64, 64] exactly from 30 products of integers of -8..8",
                "1/2",
                0.1,
                n=30,
                law="integers[8]*integers[8]",
                lo="-64",
                hi="64",
            ),
            Check(
                "product set",
                "products of two lattice numbers contain a uniform law on an integer interval",
                product_set,
                label="gap-read",
            ),
        ),
    ),
    Theorem(
        id="kumar2025-lower-bound",
        title="Quantised targets need d^2 log(1/r) parameters",
        kind="lower-bound",
        source=Source(QUANTISED, "Theorem 3", "arXiv", "read"),
        statement="A network that contains every W in S^(d x d) with probability at least p has at "
        "least d^2 log2(2M + 1) + log2 p parameters, M = 1/r.",
        quantifiers=Quantifiers("fixed", "fixed", "0: exact", "all matrices over S"),
        assumptions=(_QUANTISED, parameter("0 < p <= 1", "p", lambda v: 0 < v <= 1)),
        constants=(Constant("1", "1", "stated", "counting"),),
        bound=Formula(
            "d**2*log(2*M + 1)/log(2) + log(p)/log(2)",
            lambda d, M, p: d**2 * math.log2(2 * M + 1) + math.log2(p),
        ),
        claims="necessary",
        unit="parameters of the source",
        proof="counting-bound",
        checks=(
            Check(
                "d = 1",
                "no sample hits all integers of [-M, M] with fewer than log2(2M + 1) numbers",
                "never_below_lattice_counting",
            ),
        ),
    ),
    Theorem(
        id="kumar2026-unified",
        title="One bound from exact integers to real numbers",
        kind="theorem",
        source=Source(UNIFIED, "Theorem 2, as its reviews quote it", "arXiv", "review"),
        statement="X_i iid uniform on -M..M, tolerance Delta. With probability at least "
        "1 - 2 exp(-(n - C log((M+1)/(Delta+1)))^2 / (kappa n)) every integer z of the range has a "
        "subset sum within Delta. Delta = 0 is the quantised case, M -> infinity the continuous.",
        quantifiers=Quantifiers("all", None, "Delta", "integers of [-M, M]"),
        assumptions=(POSITIVE, _QUANTISED),
        constants=(Constant("C", None, "unnamed"), Constant("kappa", None, "unnamed")),
        bound=Formula(
            "C*log((M + 1)/(Delta + 1))", lambda M, Delta, C: C * math.log((M + 1) / (Delta + 1))
        ),
        unit="numbers, to first order",
        uses=("dacunha2023-rss",),
        checks=(
            SumsCheck(
                "tolerance 2",
                "every integer of [-64, 64] within 2, from 22 integers of -64..64",
                "5/2",
                0.1,
                n=22,
                law="integers[64]",
                lo="-64",
                hi="64",
            ),
            SumsCheck(
                "exact",
                "every integer of [-64, 64] exactly, from 26 integers",
                "1/2",
                0.1,
                n=26,
                law="integers[64]",
                lo="-64",
                hi="64",
            ),
        ),
    ),
)
