"""Random binary networks: Diffenderfer and Kailkhura 2021; Sreenivasan et al. 2022."""

from __future__ import annotations

import math
from fractions import Fraction
from math import comb, isqrt

from slt_theory.theorems.checks import Check, Outcome, all_of
from slt_theory.theorems.common import POSITIVE, SPECTRAL, integers, parameter
from slt_theory.theorems.entry import (
    Constant,
    Formula,
    KnownIssue,
    Paper,
    Quantifiers,
    Source,
    Theorem,
)

DIFFENDERFER = Paper(
    key="diffenderfer2021",
    authors="James Diffenderfer, Bhavya Kailkhura",
    title="Multi-prize lottery ticket hypothesis: finding accurate binary neural networks by "
    "pruning a randomly weighted network",
    venue="ICLR 2021",
    year=2021,
    arxiv="2103.09377",
)
SREENIVASAN = Paper(
    key="sreenivasan2022",
    authors="Kartik Sreenivasan, Shashank Rajput, Jy-yong Sohn, Dimitris Papailiopoulos",
    title="Finding nearly everything within random binary networks",
    venue="AISTATS 2022",
    year=2022,
    arxiv="2110.08996",
)

_MAX_NORM = parameter(
    "the largest weight is at most 1/sqrt(width)", "max_norm_scaled", lambda v: v <= 1
)


def unary_code(seed: int) -> Outcome:
    """|w| <= 1/sqrt(n) is m steps of size eps/(l n), m <= l sqrt(n)/eps + 1, up to half a step."""
    failures, cases = [], 0
    for n, depth, eps in ((4, 2, Fraction(1, 10)), (16, 3, Fraction(1, 100))):
        step = eps / (depth * n)
        most = math.ceil(depth * isqrt(n) / eps)
        for k in integers(seed, n, 200, -(10**6), 10**6):
            w = Fraction(int(k), 10**6 * isqrt(n))
            cases += 1
            steps = round(w / step)
            if abs(steps) > most or abs(w - steps * step) > step / 2:
                failures.append(f"w = {w}")
    return all_of(failures, cases, "unary code of a weight by steps of eps/(l n)")


def enough_signs(seed: int) -> Outcome:
    """4 (m + log(1/delta)) random signs hold m of one sign: exact binomial tails."""
    failures, cases = [], 0
    for m in (1, 10, 100):
        for delta in (Fraction(1, 10), Fraction(1, 10**6)):
            cases += 1
            k = math.ceil(4 * (m + math.log(1 / delta)))
            if Fraction(sum(comb(k, j) for j in range(m)), 2**k) > delta:
                failures.append(f"m = {m}, delta = {delta}")
    return all_of(failures, cases, "P(Bin(k, 1/2) < m) <= delta at k = 4 (m + log(1/delta))")


def doubling(seed: int) -> Outcome:
    """Pruning a chain of doubling units (two equal paths of weight 1) writes any w in binary."""
    bits = 8
    failures, cases = [], 0
    for k in range(1 << bits):
        # Unit j carries relu of twice unit j - 1; bit j of k says whether it is read out.
        unit, value = 1, 0
        for j in range(bits):
            value += unit if k >> j & 1 else 0
            unit = max(unit, 0) + max(unit, 0)
        cases += 1
        if value != k:
            failures.append(f"k = {k}")
    worst = max(
        abs(Fraction(int(w), 10**6) - Fraction(round(Fraction(int(w), 10**6) * 2**bits), 2**bits))
        for w in integers(seed, 1, 500, 0, 10**6)
    )
    if worst > Fraction(1, 2 ** (bits + 1)):
        failures.append("rounding to bits")
    return all_of(
        failures, cases + 1, f"all weights k / 2^{bits} exactly, others within half a bit"
    )


ENTRIES = (
    Theorem(
        id="diffenderfer2021-binary",
        title="Random signs: width l n^(3/2)/eps",
        kind="theorem",
        source=Source(
            DIFFENDERFER,
            "Theorem 2, from memory; Kumar and Natale 2025 quote log(l d/eps) in its second term",
            "arXiv",
            "recalled-mid",
        ),
        statement="Target: l layers of width n, ||W||_max <= 1/sqrt(n), ||W|| <= 1, bounded "
        "inputs. "
        "A source of depth 2l with random weights +1 or -1 (one positive gain a layer) and width "
        "C (l n^(3/2)/eps + l n log(l n/delta)) contains with probability at least 1 - delta a "
        "binary subnetwork with sup error eps.",
        quantifiers=Quantifiers("fixed", "fixed", "eps", "weights within 1/sqrt(n)"),
        assumptions=(POSITIVE, SPECTRAL, _MAX_NORM),
        constants=(Constant("C", None, "unnamed"),),
        bound=Formula(
            "C*(l*d**Rational(3, 2)/eps + l*d*log(l*d/delta))",
            lambda eps, delta, l, d, C: C * (l * d**1.5 / eps + l * d * math.log(l * d / delta)),  # noqa: E741
        ),
        unit="hidden neurons of one layer (d is the target's width)",
        not_claimed=("logarithmic dependence on eps: see sreenivasan2022-binary",),
        checks=(
            Check("unary code", "l sqrt(n)/eps steps write one weight", unary_code),
            Check("signs", "enough random signs of each kind", enough_signs),
        ),
    ),
    Theorem(
        id="sreenivasan2022-binary",
        title="Random signs at logarithmic depth and width",
        kind="theorem",
        source=Source(
            SREENIVASAN,
            "main theorem; widths as quoted by Kumar and Natale 2025",
            "arXiv",
            "recalled-mid",
        ),
        statement="Target: depth l, width d, ||W_i|| <= 1. A random network of signs with depth "
        "C l log(d l/eps) and width C d log^2(d l/(eps delta)), only the last layer scaled, "
        "contains an eps-ticket with probability at least 1 - delta.",
        quantifiers=Quantifiers("fixed", "fixed", "eps", "weights in [-1, 1]"),
        assumptions=(POSITIVE, SPECTRAL),
        constants=(Constant("C", None, "unnamed"),),
        bound=Formula(
            "C*d*log(d*l/(eps*delta))**2",
            lambda eps, delta, d, l, C: C * d * math.log(d * l / (eps * delta)) ** 2,  # noqa: E741
        ),
        unit="hidden neurons of one layer, at depth C l log(d l/eps)",
        known_issues=(KnownIssue("the dependence on delta is recalled, not read"),),
        checks=(Check("binary code", "doubling units write weights in binary", doubling),),
    ),
)
