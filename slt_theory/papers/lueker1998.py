"""Lueker 1998: logarithmically many random numbers have subset sums everywhere."""

from __future__ import annotations

import math

from slt_theory.theorems.checks import SumsCheck
from slt_theory.theorems.common import POSITIVE, parameter, targets_inside
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

PAPER = Paper(
    key="lueker1998",
    authors="George S. Lueker",
    title="Exponentially small bounds on the expected optimum of the partition and subset sum "
    "problems",
    venue="Random Structures and Algorithms 12(1), 51-62",
    year=1998,
    link="doi:10.1002/(SICI)1098-2418(199801)12:1<51::AID-RSA3>3.0.CO;2-S",
)

ENTRIES = (
    Theorem(
        id="lueker1998-rss",
        title="Random subset sum: O(log 1/eps) uniform numbers reach every target",
        kind="theorem",
        source=Source(
            PAPER,
            "Corollary 2.5 (also cited as Theorem 2.4), as re-stated by Natale et al. 2024",
            "journal",
            "recalled-high",
        ),
        statement="There is a universal C such that for X_1..X_n iid U[-1,1] and "
        "n >= C log(2 / min(eps, delta)), with probability at least 1 - delta every z in [-1,1] "
        "has a subset S with |z - sum_S X_i| <= eps.",
        quantifiers=Quantifiers("all", None, "eps", "[-1, 1]"),
        assumptions=(POSITIVE, targets_inside(1.0)),
        constants=(
            Constant("C", None, "unnamed", "the paper gives no value; ours is the certified n"),
        ),
        bound=Formula(
            "C*log(2/Min(eps, delta))", lambda eps, delta, C: C * math.log(2 / min(eps, delta))
        ),
        law="uniform",
        proof="kakeya-sweep",
        not_claimed=(
            "a value of C",
            "that C is the same for other laws: see lueker1998-mixture",
        ),
        known_issues=(
            KnownIssue(
                "the form with eps = delta was read as re-stated in a later paper; the form with "
                "separate eps and delta is recalled with high confidence"
            ),
            KnownIssue(
                "quoted elsewhere with window [-1/2,1/2], error 2 eps and probability "
                "1 - exp(-(n - C log2(1/eps))^2 / (4n)): a different statement"
            ),
        ),
        proof_uses=("slt-rss-explicit",),
        checks=(
            SumsCheck("eps 1/20", "all targets at our certified n", "1/20", 0.1),
            SumsCheck("eps 1/100", "all targets at our certified n", "1/100", 0.05),
        ),
    ),
    Theorem(
        id="lueker1998-mixture",
        title="Any law that contains a uniform part will do",
        kind="theorem",
        source=Source(
            PAPER,
            "Corollary 3.3, as used by Pensia et al., Natale et al. and Otsuka et al.",
            "journal",
            "read",
        ),
        statement=Statement(
            "The law of X_i is alpha U[-a,a] + (1 - alpha) Q with any law Q, even one with atoms",
            (
                parameter("0 < alpha <= 1", "alpha", lambda v: 0 < v <= 1),
                parameter("a > 0", "a", lambda v: v > 0),
            ),
            "The statement of lueker1998-rss holds with a constant C(alpha, a).",
        ),
        quantifiers=Quantifiers("all", None, "eps", "[-1, 1]"),
        assumptions=(POSITIVE, targets_inside(1.0)),
        constants=(Constant("C", None, "unnamed", "depends on alpha and a, about 2/alpha"),),
        bound=Formula(
            "C*log(2/Min(eps, delta))", lambda eps, delta, C: C * math.log(2 / min(eps, delta))
        ),
        law="normal",
        proof="mixture-rule",
        not_claimed=("how C depends on alpha and a",),
        known_issues=(
            KnownIssue(
                "Lueker's own corollary is stated for a slightly different problem (footnote 1 of "
                "Natale et al. 2024)"
            ),
        ),
        uses=("lueker1998-rss", "slt-uniform-components"),
        proof_uses=("slt-rss-explicit",),
        checks=(
            SumsCheck("normal", "all targets at our certified n", "1/20", 0.1, law="normal"),
            SumsCheck(
                "product", "all targets at our certified n", "1/20", 0.1, law="uniform*uniform"
            ),
            SumsCheck(
                "atom at 0",
                "all targets at our certified n, half of the numbers are 0",
                "1/20",
                0.1,
                law="bernoulli(0.5)*uniform",
            ),
        ),
    ),
)
