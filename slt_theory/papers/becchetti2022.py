"""Becchetti et al. 2022: the multidimensional random subset sum problem."""

from __future__ import annotations

import math

from slt_theory.theorems.checks import SumsCheck
from slt_theory.theorems.common import POSITIVE, at_most, parameter, targets_inside
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
    key="becchetti2022",
    authors="Luca Becchetti, Arthur da Cunha, Andrea Clementi, Francesco d'Amore, Hicham Lesfari, "
    "Emanuele Natale, Luca Trevisan",
    title="On the multidimensional random subset sum problem",
    venue="arXiv",
    year=2022,
    arxiv="2207.13944",
)

_DIMENSION = parameter("d >= 1", "d", lambda d: d >= 1)

ENTRIES = (
    Theorem(
        id="becchetti2022-vectors",
        title="Random vectors: polynomially many in the dimension reach every target",
        kind="theorem",
        source=Source(
            PAPER, "Theorem 1; order read in the abstract, error recalled", "arXiv", "recalled-mid"
        ),
        statement="There is C such that for X_1..X_n iid N(0, I_d) and "
        "n >= C d^3 log(1/eps) (log(1/eps) + log d), with high probability every z in [-1,1]^d "
        "has a subset S with ||z - sum_S X_i||_inf <= 2 eps.",
        quantifiers=Quantifiers("all", None, "2 eps, sup-norm", "[-1, 1]^d"),
        assumptions=(POSITIVE, at_most("eps", 1.0), _DIMENSION, targets_inside(1.0)),
        constants=(Constant("C", None, "unnamed"),),
        bound=Formula(
            "C*d**3*log(1/eps)*(log(1/eps) + log(d))",
            lambda eps, d, C: C * d**3 * math.log(1 / eps) * (math.log(1 / eps) + math.log(d)),
        ),
        law="normal",
        asks={"dim": 2},
        not_claimed=("a value of C", "the probability beyond 'high'; recalled as 1 - eps"),
        known_issues=(
            KnownIssue(
                "the order d^3 is sufficient; that it is needed is not claimed. For one target and "
                "error e the expected number of hits reaches 1 at about n = d log2(1/(2 e)) + "
                "(d/2) log2(pi n), linear in d; for signed sums and target 0 the linear order is a "
                "theorem (Turner, Meka, Rigollet, arXiv:1910.13972: sqrt(n) 2^(-n/d))"
            ),
        ),
        uses=("becchetti2022-fixed-size-vectors",),
        checks=(
            SumsCheck(
                "d = 2",
                "a random target of [-1,1]^2 at n = 28, far below the bound with C = 1",
                "1/10",
                0.1,
                n=28,
                law="normal",
                targets="random",
                asks={"dim": 2},
                trials=300,
            ),
            SumsCheck(
                "d = 3",
                "a random target of [-1,1]^3 at n = 34, far below the bound with C = 1",
                "1/5",
                0.1,
                n=34,
                law="normal",
                targets="random",
                asks={"dim": 3},
                trials=200,
            ),
        ),
    ),
    Theorem(
        id="becchetti2022-fixed-size-vectors",
        title="One target by subsets of a fixed size, with constant probability",
        kind="lemma",
        source=Source(PAPER, "the key lemma; exponent of d in doubt", "arXiv", "recalled-low"),
        statement="For X_1..X_n iid N(0, I_d), a fixed z in [-1,1]^d and "
        "n >= 144 d^(3/2) (log(1/eps) + log d), with probability at least 1/3 a subset of size "
        "n / (6 sqrt(d)) has ||z - sum_S X_i||_inf <= eps.",
        quantifiers=Quantifiers("fixed", None, "eps, sup-norm", "[-1, 1]^d"),
        assumptions=(POSITIVE, at_most("eps", 1.0), _DIMENSION, targets_inside(1.0)),
        constants=(
            Constant("144", "144", "stated", "recalled; further terms in the bracket may exist"),
            Constant("6", "6", "stated", "recalled: subsets of size n / (6 sqrt(d))"),
            Constant("1/3", "1/3", "stated", "recalled"),
        ),
        bound=Formula(
            "144*d**Rational(3, 2)*(log(1/eps) + log(d))",
            lambda eps, d: 144 * d**1.5 * (math.log(1 / eps) + math.log(d)),
        ),
        law="normal",
        asks={"size": 55},
        not_claimed=("all targets at once: that takes a grid of targets and more numbers",),
        known_issues=(
            KnownIssue(
                "the recalled exponent 3/2 does not fit the paper's own theorem: a grid of "
                "(1/eps)^d targets takes about d log(1/eps) blocks, which gives d^(5/2), less "
                "than the d^3 of the abstract; an exponent 2 would fit. The check at d = 1 cannot "
                "tell"
            ),
        ),
        checks=(
            SumsCheck(
                "d = 1",
                "z = 1/2 with 55 of 330 numbers, eps = 1/8: probability at least 1/3",
                "1/8",
                2 / 3,
                n=330,
                law="normal",
                targets="fixed:1/2",
                asks={"size": 55},
                trials=24,
            ),
        ),
    ),
)
