"""Borst, Dadush, Huiberts, Tiwari 2022: integer programs with Gaussian data."""

from __future__ import annotations

import math
from fractions import Fraction
from functools import partial

import numpy as np
from numpy.typing import NDArray

from slt_theory.laws import Normal
from slt_theory.streams import Purpose, stream_id
from slt_theory.theorems.checks import Check, Outcome, Power, mutant, share
from slt_theory.theorems.common import all_sums, parameter, relation
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
from slt_theory.theorems.partitions import together

PAPER = Paper(
    key="borst2022",
    authors="Sander Borst, Daniel Dadush, Sophie Huiberts, Samarth Tiwari",
    title="On the integrality gap of binary integer programs with Gaussian data",
    venue="Mathematical Programming; IPCO 2021",
    year=2022,
    arxiv="2012.08346",
)

_BITS = 16


def relaxation(values: NDArray[np.int64], weights: NDArray[np.int64], rhs: int) -> Fraction:
    """max c x over 0 <= x <= 1 with a x <= rhs, by its dual: u rhs + sum (c_i - u a_i)+, u >= 0.

    The dual is convex and piecewise linear, so its minimum is at 0 or at a kink c_i / a_i.
    """
    kinks = [Fraction(int(c), int(a)) for c, a in zip(values, weights, strict=True) if a != 0]
    return min(
        sum(
            (max(Fraction(0), int(c) - u * int(a)) for c, a in zip(values, weights, strict=True)),
            u * rhs,
        )
        for u in [Fraction(0), *(u for u in kinks if u > 0)]
    )


def gap(seed: int, exponential: bool = False) -> Outcome:
    """The gap of max c x, a x <= -n/10, x in {0,1}^n against log2(n)^2/n, n = 8, 14, all subsets.

    `exponential` puts 2^-n in its place.
    """
    law, outcomes, trials = Normal(bits=_BITS), [], 80
    for n in (8, 14):
        small, seen = 0, 0
        most = 2.0**-n if exponential else math.log2(n) ** 2 / n
        for trial in range(trials):
            stream = stream_id(Purpose.TESTS, 1000 * n + trial)
            values, weights = law.sample(seed, stream, 0, 2 * n).reshape(2, n)
            rhs = -(n << _BITS) // 10
            allowed = all_sums(weights) <= rhs
            best = int(all_sums(values)[allowed].max(initial=-(n << (_BITS + 3))))
            missing = relaxation(values, weights, rhs) - best
            small += missing <= Fraction(most * 2**_BITS)
            seen += missing >= 0
        outcomes += [
            share(small, trials, 0.7, f"n = {n}, gap at most {most:.3g}"),
            share(seen, trials, 0.85, "never negative"),
        ]
    return together(*outcomes)


ENTRIES = (
    Theorem(
        id="borst2022-gaussian-gap",
        title="Gaussian integer programs are within poly(m) log(n)^2/n of their relaxation",
        kind="theorem",
        source=Source(PAPER, "abstract", "arXiv", "abstract"),
        statement=Statement(
            "max c x over x in {0,1}^n with A x <= rhs, A (m x n) and c iid N(0,1), the negative "
            "part of rhs not too large",
            (
                relation(
                    "||negative part of rhs||_2 <= n/10",
                    ("rhs_negative", "n"),
                    lambda size, n: size <= n / 10,
                ),
                parameter("m >= 1", "m", lambda v: v >= 1),
            ),
            "With probability at least 1 - 2/n^7 - 2^(-poly(m)) the optimum lies within "
            "poly(m) log(n)^2/n of the linear relaxation. Fractional coordinates are rounded by a "
            "subset sum in R^m of columns of almost no cost.",
        ),
        quantifiers=Quantifiers("fixed", "fixed", "poly(m) log(n)^2/n", "one program"),
        assumptions=(),
        constants=(Constant("poly(m)", None, "unnamed"),),
        bound=Formula("C*log(n)**2/n", lambda n, C: C * math.log(n) ** 2 / n),
        unit="gap of one program",
        not_claimed=("m = 1 with an explicit constant: the check takes 1/ln(2)^2",),
        known_issues=(KnownIssue("the check has one constraint and rhs = -n/10"),),
        uses=("lueker1998-rss",),
        checks=(
            Check("one constraint", "exact optimum and exact relaxation, n = 8 and 14", gap),
            mutant(
                "exponential",
                "a gap of 2^-n",
                partial(gap, exponential=True),
                power=Power(100, 100),
            ),
        ),
    ),
)
