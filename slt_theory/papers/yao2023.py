"""Yao et al. 2023: spiking networks."""

from __future__ import annotations

import math
from fractions import Fraction

from slt_theory.balls import to_power
from slt_theory.theorems.checks import Check, Outcome, all_of
from slt_theory.theorems.common import POSITIVE, parameter
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
    key="yao2023",
    authors="Man Yao, Yuhong Chou, Guangshe Zhao, Xiawu Zheng, Yonghong Tian, Bo Xu, Guoqi Li",
    title="Probabilistic modeling: proving the lottery ticket hypothesis in spiking neural network",
    venue="arXiv",
    year=2023,
    arxiv="2305.12148",
)


def spiking(seed: int) -> Outcome:
    """(1 - C_th eps/N)^k <= delta/N at k = ceil(N/(C_th eps) log(N/delta)), by balls."""
    from flint import arb

    failures, cases = [], 0
    for inputs in (4, 64):
        for threshold in (Fraction(1, 10), Fraction(1, 2), Fraction(9, 10)):
            for eps, delta in (
                (Fraction(1, 10), Fraction(1, 10)),
                (Fraction(1, 100), Fraction(1, 1000)),
            ):
                cases += 1
                hit = (1 - threshold) / 2 * eps / inputs
                k = math.ceil(1 / hit * Fraction(math.log(inputs / delta))) + 1
                miss = to_power(1 - arb(hit.numerator) / hit.denominator, k)
                if not bool(miss * inputs * delta.denominator <= delta.numerator):
                    failures.append(f"N = {inputs}, u_th = {threshold}")
    return all_of(failures, cases, "one spiking neuron a weight, union bound over N weights")


ENTRIES = (
    Theorem(
        id="yao2023-spiking",
        title="Spiking networks: one lucky neuron a weight",
        kind="theorem",
        source=Source(PAPER, "the layer theorem", "arXiv", "read"),
        statement=Statement(
            "An N x N target layer of leaky integrate-and-fire neurons; k >= N "
            "ceil(N/(C_th eps) log(N/delta)) hidden neurons, C_th = (1 - u_th)/2",
            (
                parameter(
                    "the largest weight is at most 1/sqrt(N)", "max_norm_scaled", lambda v: v <= 1
                ),
                parameter("0 < u_th < 1", "u_th", lambda v: 0 < v < 1),
            ),
            "A random layer contains with probability at least 1 - delta a ticket within eps.",
        ),
        quantifiers=Quantifiers("fixed", "fixed", "eps", "weights within 1/sqrt(N)"),
        assumptions=(POSITIVE,),
        constants=(Constant("C_th", "(1 - u_th)/2", "stated", ""),),
        bound=Formula(
            "N*ceiling(2*N/((1 - u_th)*eps)*log(N/delta))",
            lambda eps, delta, N, u_th: (
                N * math.ceil(2 * N / ((1 - u_th) * eps) * math.log(N / delta))
            ),
        ),
        unit="hidden neurons of one layer",
        not_claimed=("logarithmic width: this is the argument of malach2020-weights",),
        checks=(Check("one layer", "the union bound over N weights, by balls", spiking),),
    ),
)
