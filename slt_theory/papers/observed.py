"""Observed orders, as conjectures with their evidence: measured and fitted, not proved."""

from __future__ import annotations

import math

from slt_theory.theorems.checks import Check
from slt_theory.theorems.common import OWN, POSITIVE, parameter
from slt_theory.theorems.conditions import Statement
from slt_theory.theorems.entry import (
    Constant,
    Formula,
    KnownIssue,
    Quantifiers,
    Source,
    Theorem,
)

ENTRIES = (
    Theorem(
        id="slt-observed-order",
        title="The median best error of n uniform numbers is about c n^1.5 2^-n",
        kind="conjecture",
        source=Source(OWN, "measured; slt check slt-observed-order", "this version", "derived"),
        statement="The median over samples of the smallest eps at which all of [-1/2,1/2] is "
        "reached "
        "is c n^(3/2) 2^-n with c near 1/3; so n is about log2(1/eps) + 1.5 log2(n) - 1.6.",
        quantifiers=Quantifiers("all", None, "eps", "[-1/2, 1/2]"),
        assumptions=(POSITIVE,),
        constants=(
            Constant("c", "about 1/3", "fitted", "see the check; exponents fitted as well"),
            Constant("0.315", "(ln 2/2) sqrt(pi/6) exp(0.2275)", "derived", "heuristic, see below"),
        ),
        bound=Formula(
            "log(1/eps)/log(2) + Rational(3, 2)*log(n)/log(2)",
            lambda eps, n: math.log2(1 / eps) + 1.5 * math.log2(n),
        ),
        claims="necessary",
        not_claimed=("a proof",),
        known_issues=(
            KnownIssue(
                "a heuristic for c: given the drawn numbers, sums near m standard deviations are "
                "locally Poisson of density 2^n exp(-m^2/2)/sqrt(2 pi n/12), m ~ N(0, 1) the place "
                "of the window; the widest of about 2^n gaps is n ln 2 over the density, eps half "
                "of it, and the median of m^2 is 0.455: c = (ln 2/2) sqrt(pi/6) e^0.2275 = 0.315"
            ),
        ),
        checks=(Check("fit", "medians at n = 8..15 against c n^1.5 2^-n", "observed_order"),),
    ),
    Theorem(
        id="slt-failure-rate",
        title="Failures all but halve with every further number",
        kind="conjecture",
        source=Source(OWN, "measured; slt check slt-failure-rate", "this version", "derived"),
        statement="At fixed eps the probability that n uniform numbers miss a target of [-1/2,1/2] "
        "decays as 2^-n up to polynomial factors; it cannot decay faster, since all numbers have "
        "one sign with probability 2 * 2^-n.",
        quantifiers=Quantifiers("all", None, "eps", "[-1/2, 1/2]"),
        assumptions=(POSITIVE,),
        constants=(Constant("2", "about 2", "fitted", "rate a number"),),
        bound=Formula("log(1/delta)/log(2)", lambda delta: math.log2(1 / delta)),
        claims="necessary",
        not_claimed=("a proof of the upper half",),
        checks=(Check("rate", "failures at eps = 1/20 against the floor", "failure_rate"),),
    ),
    Theorem(
        id="slt-sparse-scaling",
        title="A random mask of density p costs the factor 1/p",
        kind="conjecture",
        source=Source(OWN, "measured; slt check slt-sparse-scaling", "this version", "derived"),
        statement=Statement(
            "Each number is U[-1,1] times an independent Bernoulli(p)",
            (parameter("0 < p <= 1", "p", lambda v: 0 < v <= 1),),
            "The number of them that reach a random target with probability 0.9, times p, "
            "is constant in p up to a factor of about 1.3, also as p -> 1.",
        ),
        quantifiers=Quantifiers("fixed", None, "eps", "[-1, 1]"),
        assumptions=(POSITIVE,),
        constants=(Constant("1.35", "1.35", "fitted", "largest ratio over the grid"),),
        bound=Formula("C*log(1/eps)/p", lambda eps, p, C: C * math.log(1 / eps) / p),
        not_claimed=("a proof",),
        uses=("gadhikar2023-subset-sum",),
        checks=(Check("n_90 p", "over p = 0.2 ... 0.9999 at eps = 0.01", "sparse_scaling"),),
    ),
    Theorem(
        id="slt-frozen-scaling",
        title="Locking costs q/f^2 on top of 1/f",
        kind="conjecture",
        source=Source(OWN, "measured; slt check slt-frozen-scaling", "this version", "derived"),
        statement="With free share f and locked share q the number that reaches a random target of "
        "[-1,1] with probability 0.9 is about a/f + b q/f^2 with b > 0.",
        quantifiers=Quantifiers("fixed", None, "eps", "[-1, 1]"),
        assumptions=(POSITIVE, parameter("0 < f <= 1", "f", lambda v: 0 < v <= 1)),
        constants=(
            Constant("a", None, "fitted", "see the check"),
            Constant("b", None, "fitted", "see the check; its interval excludes 0"),
        ),
        bound=Formula("C/f + K*q/f**2", lambda f, q, C, K: C / f + K * q / f**2),
        not_claimed=("a proof of the constants",),
        uses=("otsuka2024-locked-subset-sum",),
        checks=(Check("fit", "n_90 over a grid of f and q at eps = 0.01", "frozen_scaling"),),
    ),
)
