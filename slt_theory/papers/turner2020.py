"""Turner, Meka, Rigollet 2020: signs for Gaussian vectors."""

from __future__ import annotations

import math
from functools import partial

import numpy as np

from slt_theory.laws import Normal
from slt_theory.streams import Purpose, stream_id
from slt_theory.theorems.checks import EXACT, Check, Outcome, Power, all_of, mutant
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
from slt_theory.theorems.partitions import of_order, signed_sums, together

PAPER = Paper(
    key="turner2020",
    authors="Paxton Turner, Raghu Meka, Philippe Rigollet",
    title="Balancing Gaussian vectors in high dimension",
    venue="COLT 2020, PMLR 125, 3455-3486",
    year=2020,
    arxiv="1910.13972",
)

_BITS = 24


def discrepancy_order(seed: int, halved: bool = True) -> Outcome:
    """min over signs of max_j |sum_i s_i X_ij| against sqrt(n) 2^(-n/m), all signs, m = 2, 3.

    A factor of four on either side; `halved` False puts 2^-n in place of 2^(-n/m).
    """
    law, trials = Normal(bits=_BITS), 60
    outcomes: list[Outcome] = []
    for n, m in ((10, 2), (14, 2), (12, 3)):
        scale = math.sqrt(n) * 2.0 ** (_BITS - n / (m if halved else 1))
        found = []
        for trial in range(trials):
            stream = stream_id(Purpose.TESTS, 10_000 * n + 100 * m + trial)
            rows = law.sample(seed, stream, 0, n * m).reshape(n, m)
            found.append(int(np.abs(signed_sums(rows)).max(axis=1).min()))
        words = f"n = {n}, m = {m}, at most 4 times the order"
        outcomes += of_order(found, scale, (0.7, words), (0.6, "above a quarter"))
    return together(*outcomes)


def pairwise(seed: int, limit: float = 1.0) -> Outcome:
    """The algorithmic rate e^(-c log^2(n)/m) lies above the optimum sqrt(n) 2^(-n/m).

    log2 of the ratio is positive from n = 64 on for m = 1, 2 at c = 1; decided by the integers
    n - log2(n)/2 and log2(n)^2, both exact at powers of two. `limit` scales the optimum's n.
    """
    failures, cases = [], 0
    for power in (6, 8, 10, 12):
        for m in (1, 2):
            n = 1 << power
            cases += 1
            # sqrt(n) 2^(-n/m) < 2^(-log2(n)^2/m), times 2m: 2 power^2 < 2 n - m power.
            if not 2 * power**2 < 2 * n * limit - m * power:
                failures.append(f"n = 2^{power}, m = {m}")
    return all_of(failures, cases, "sqrt(n) 2^(-n/m) below 2^(-log2(n)^2/m)")


ENTRIES = (
    Theorem(
        id="turner2020-discrepancy",
        title="Signs of n Gaussian vectors in R^m: discrepancy of order sqrt(n) 2^(-n/m)",
        kind="theorem",
        source=Source(PAPER, "abstract, first result", "proceedings", "abstract"),
        statement=Statement(
            "X_1..X_n iid N(0, I_m), m growing slower than n",
            (parameter("1 <= m <= n", "m_over_n", lambda v: 0 < v <= 1),),
            "With high probability min over signs of ||sum s_i X_i||_inf is Theta(sqrt(n) "
            "2^(-n/m)). So in m dimensions m log2(1/eps) numbers are the right order: linear "
            "in m.",
        ),
        quantifiers=Quantifiers("fixed", None, "Theta(sqrt(n) 2^(-n/m))", "0"),
        assumptions=(POSITIVE, parameter("m >= 1", "m", lambda v: v >= 1)),
        constants=(Constant("C", None, "unnamed"),),
        bound=Formula(
            "m*log(C*sqrt(n)/eps)/log(2)",
            lambda eps, m, n, C: m * math.log2(C * math.sqrt(n) / eps),
        ),
        unit="vectors; n solves n = this",
        not_claimed=("m fixed: the abstract asks that m grows", "targets other than 0"),
        known_issues=(KnownIssue("the check has m = 2 and 3, where the order already shows"),),
        checks=(
            Check("order", "exact optima over all signs", discrepancy_order),
            mutant(
                "dimension costs nothing",
                "2^-n in place of 2^(-n/m)",
                partial(discrepancy_order, halved=False),
                power=Power(100, 100),
            ),
        ),
    ),
    Theorem(
        id="turner2020-algorithm",
        title="Signs that are found: exp(-c log(n)^2/m) in polynomial time",
        kind="theorem",
        source=Source(PAPER, "abstract, second result", "proceedings", "abstract"),
        statement=Statement(
            "Random vectors in R^m with iid entries of Lipschitz density",
            (
                parameter(
                    "m = O(sqrt(log n)): m^2 <= C log n",
                    "m_squared_over_log_n",
                    lambda v: v <= 1,
                ),
            ),
            "A randomised polynomial-time algorithm finds signs of discrepancy "
            "exp(-Omega(log(n)^2/m)) with high probability.",
        ),
        quantifiers=Quantifiers("fixed", None, "exp(-Omega(log(n)^2/m))", "0"),
        assumptions=(POSITIVE,),
        constants=(Constant("c", None, "unnamed"),),
        bound=Formula(
            "exp(sqrt(m*log(1/eps)/c))",
            lambda eps, m, c: math.exp(math.sqrt(m * math.log(1 / eps) / c)),
        ),
        unit="vectors with which the algorithm reaches eps",
        uses=("turner2020-discrepancy",),
        checks=(
            Check("gap", "the optimum lies below the algorithm's rate, exact", pairwise),
            mutant(
                "no gap",
                "an optimum of 2^(-n/32m) is as large",
                partial(pairwise, limit=1 / 32),
                power=EXACT,
            ),
        ),
    ),
)
