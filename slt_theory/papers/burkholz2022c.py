"""Burkholz et al. 2022: universal tickets."""

from __future__ import annotations

import math
from fractions import Fraction

from slt_theory.balls import to_power
from slt_theory.theorems.checks import Check, Outcome, all_of
from slt_theory.theorems.common import POSITIVE, parameter
from slt_theory.theorems.entry import (
    Anchor,
    Constant,
    Formula,
    KnownIssue,
    Paper,
    Quantifiers,
    Source,
    Theorem,
)

PAPER = Paper(
    key="burkholz2022c",
    authors="Rebekka Burkholz, Nilanjana Laha, Rajarshi Mukherjee, Alkis Gotovos",
    title="On the existence of universal lottery tickets",
    venue="ICLR 2022",
    year=2022,
    arxiv="2111.11146",
)


def interpolation(seed: int) -> Outcome:
    """Piecewise-linear interpolation of x^2 and x^3: sup error against (h^2/8) sup|f''|, exact."""
    failures, cases = [], 0
    for knots in (2, 5, 10, 21, 40):
        h = Fraction(1, knots - 1)
        for i in range(knots - 1):
            a, b = i * h, (i + 1) * h
            cases += 2
            # x^2 minus its chord is (x - a)(x - b): largest at the middle, h^2/4 = (h^2/8) 2.
            if (b - a) ** 2 / 4 != h * h / 8 * 2:
                failures.append(f"x^2 with {knots} knots")
            # x^3 minus its chord is (x - a)(x - b)(x + a + b) and f'' <= 6 b on [a, b].
            steps = [a + (b - a) * Fraction(j, 32) for j in range(33)]
            if max(abs((x - a) * (x - b) * (x + a + b)) for x in steps) > h * h / 8 * 6 * b:
                failures.append(f"x^3 with {knots} knots")
    return all_of(failures, cases, "(h^2/8) sup|f''|, with equality for x^2")


def power_chain_bound() -> Fraction:
    """Upper bound of the error of ((1+x)/2)^p, p <= 4, by 10 and 40 knots, with exact weights.

    log((1+x)/2) has |f''| <= 1 on [0,1], step 1/9; p times it enters exp, which is 1-Lipschitz on
    (-inf, 0]; exp has |f''| <= 1 and step (4 log 2 + 0.07)/39 < 0.0729.
    """
    log_error = Fraction(1, 9) ** 2 / 8
    exp_error = Fraction(729, 10_000) ** 2 / 8
    return 4 * log_error + exp_error


def chain(seed: int) -> Outcome:
    """The chain log -> linear -> exp with 10 and 40 knots, evaluated by balls on 200 points."""
    from flint import arb

    low = -Fraction(285, 100)
    step = -low / 39
    bound = power_chain_bound()

    def ball(x: Fraction) -> arb:
        return arb(x.numerator) / x.denominator

    def log_line(x: Fraction) -> arb:
        i = min(int(x * 9), 8)
        a, b = Fraction(i, 9), Fraction(i + 1, 9)
        left, right = ball((1 + a) / 2).log(), ball((1 + b) / 2).log()
        return left + (right - left) * ball((x - a) * 9)

    def exp_line(y: arb) -> arb:
        i = max(0, min(38, int((Fraction(float(y.mid())) - low) / step)))
        a = low + i * step
        left, right = ball(a).exp(), ball(a + step).exp()
        return left + (right - left) * (y - ball(a)) / ball(step)

    failures, cases = [], 0
    for p in (1, 2, 3, 4):
        for j in range(0, 201, 4):
            x = Fraction(j, 200)
            cases += 1
            error = abs(exp_line(p * log_line(x)) - to_power(ball((1 + x) / 2), p))
            if not bool(error <= ball(bound)):
                failures.append(f"p = {p}, x = {x}")
    return all_of(failures, cases, f"error of ((1+x)/2)^p at most {float(bound):.4g}")


ENTRIES = (
    Theorem(
        id="burkholz2022c-universal",
        title="One ticket for a family of functions: powers, polynomials, Fourier bases",
        kind="theorem",
        source=Source(PAPER, "main theorems", "arXiv", "recalled-mid"),
        statement="A strongly universal ticket b for a family has, for every f of the family, a "
        "linear readout W with sup_x |W b(x) - f(x)| <= eps. Polynomials of bounded degree "
        "prod_j x_j^{r_j} = exp(sum_j r_j log x_j) and Fourier bases have one inside a random "
        "network, with a number of kept parameters of order k log(1/eps) / sqrt(eps) for k basis "
        "functions.",
        quantifiers=Quantifiers("fixed", "all", "eps", "x in [0,1]^d"),
        assumptions=(POSITIVE, parameter("inputs in [0,1]", "input_bound", lambda v: v <= 1)),
        constants=(Constant("C", None, "unnamed"),),
        bound=Formula(
            "C*k*log(1/eps)/sqrt(eps)",
            lambda eps, k, C: C * k * math.log(1 / eps) / math.sqrt(eps),
        ),
        unit="parameters kept, for k basis functions",
        known_issues=(
            KnownIssue("the base function is (1+x)/2, not x, so that the logarithm stays finite"),
        ),
        not_claimed=("targets outside the family", "that a search finds the ticket"),
        uses=("burkholz2022c-piecewise-linear",),
        anchors=(
            Anchor(
                "reported errors 6.0e-4, 5.8e-4, 9.1e-4, 1.1e-3 lie below the bound of the chain",
                True,
                lambda: power_chain_bound() >= Fraction(11, 10_000),
            ),
        ),
        checks=(Check("powers", "((1+x)/2)^p for p = 1..4 through log, linear, exp", chain),),
    ),
    Theorem(
        id="burkholz2022c-piecewise-linear",
        title="Piecewise-linear interpolation with N knots",
        kind="lemma",
        source=Source(PAPER, "used throughout; textbook", "arXiv", "derived"),
        statement="A univariate f with |f''| <= M on an interval of length D, interpolated "
        "linearly "
        "at N equidistant knots, has sup error at most (D/(N-1))^2 M / 8.",
        quantifiers=Quantifiers(None, None, "(h^2/8) sup|f''|", "an interval"),
        assumptions=(parameter("at least two knots", "N", lambda v: v >= 2),),
        constants=(Constant("1/8", "1/8", "derived", "sharp for parabolas"),),
        bound=Formula("1 + sqrt(M/(8*eps))", lambda eps, M: 1 + math.sqrt(M / (8 * eps))),
        unit="knots on an interval of length 1",
        proof="piecewise-linear-error",
        checks=(Check("polynomials", "exact sup errors of x^2 and x^3", interpolation),),
    ),
)
