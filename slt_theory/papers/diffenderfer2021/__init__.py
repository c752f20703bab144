"""Diffenderfer, Kailkhura 2021: random binary networks."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from math import comb, isqrt
from typing import TYPE_CHECKING, ClassVar

from slt_theory.theorems.checks import Check, Outcome, all_of
from slt_theory.theorems.common import POSITIVE, SPECTRAL, integers, parameter
from slt_theory.theorems.conditions import Statement
from slt_theory.theorems.entry import (
    Constant,
    Formula,
    Paper,
    Quantifiers,
    Source,
    Theorem,
)
from slt_theory.tickets.building.construction import OfNetworks

if TYPE_CHECKING:
    from slt_theory.tickets.building.request import Request
    from slt_theory.tickets.ticket import Ticket


PAPER = Paper(
    key="diffenderfer2021",
    authors="James Diffenderfer, Bhavya Kailkhura",
    title="Multi-prize lottery ticket hypothesis: finding accurate binary neural networks by "
    "pruning a randomly weighted network",
    venue="ICLR 2021",
    year=2021,
    arxiv="2103.09377",
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


ENTRIES = (
    Theorem(
        id="diffenderfer2021-binary",
        title="Random signs: width l n^(3/2)/eps",
        kind="theorem",
        source=Source(
            PAPER,
            "Theorem 2, from memory; Kumar and Natale 2025 quote log(l d/eps) in its second term",
            "arXiv",
            "recalled-mid",
        ),
        statement=Statement(
            "Target: l layers of width n, bounded inputs",
            (SPECTRAL, _MAX_NORM),
            "A source of depth 2l with random weights +1 or -1 (one positive gain a layer) "
            "and width C (l n^(3/2)/eps + l n log(l n/delta)) contains with probability at "
            "least 1 - delta a binary subnetwork with sup error eps.",
        ),
        quantifiers=Quantifiers("fixed", "fixed", "eps", "weights within 1/sqrt(n)"),
        assumptions=(POSITIVE,),
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
)


@dataclass(frozen=True)
class UnaryCode(OfNetworks):
    """Random signs of one scale, a weight in unary: w is the sum of |w| / g products +-g.

    Theorem 2: a binary network whose widths grow as 1/eps contains every target, up to eps.
    """

    theorem: ClassVar[str] = "diffenderfer2021-binary"

    def plan(self, request: Request) -> int:
        """Return the smallest n whose chance of too few signs in any half-sum is at most 1 %."""
        from slt_theory.papers.diffenderfer2021.construction import signs_needed

        return signs_needed(request)

    def build(self, request: Request) -> Ticket:
        """Count signs: nothing is searched."""
        from slt_theory.papers.diffenderfer2021.construction import build

        return build(request, self.theorem)


CONSTRUCTIONS = (UnaryCode,)
