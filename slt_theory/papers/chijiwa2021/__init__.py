"""Chijiwa et al. 2021: weights drawn again and again."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, ClassVar

from slt_theory.balls import to_power
from slt_theory.rationals import whole_number
from slt_theory.theorems.checks import Check, Outcome, all_of
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
from slt_theory.tickets.building.construction import OfNetworks
from slt_theory.tickets.building.options import whole

if TYPE_CHECKING:
    from slt_theory.tickets.building.request import Request
    from slt_theory.tickets.ticket import Ticket


PAPER = Paper(
    key="chijiwa2021",
    authors="Daiki Chijiwa, Shin'ya Yamaguchi, Yasutoshi Ida, Kenji Umakoshi, Tomohiro Inoue",
    title="Pruning randomly initialized neural networks with iterative randomization",
    venue="NeurIPS 2021",
    year=2021,
    arxiv="2106.09269",
)


def redraws(seed: int) -> Outcome:
    """(1 - eps/2)^R <= delta after (2/eps) log(1/delta) redraws of one weight, by balls."""
    from flint import arb

    failures, cases = [], 0
    for eps in (Fraction(1, 10), Fraction(1, 1000)):
        for delta in (Fraction(1, 10), Fraction(1, 10**9)):
            cases += 1
            count = math.ceil(2 / eps * Fraction(math.log(1 / delta))) + 1
            miss = to_power(1 - arb(eps.numerator) / (2 * eps.denominator), count)
            if not bool(miss * delta.denominator <= delta.numerator):
                failures.append(f"eps = {eps}, delta = {delta}")
    return all_of(
        failures, cases, "one weight of two is within eps after (2/eps) log(1/delta) redraws"
    )


ENTRIES = (
    Theorem(
        id="chijiwa2021-redraws",
        title="Redrawing pruned weights replaces width",
        kind="theorem",
        source=Source(PAPER, "Theorem 4.1", "arXiv", "recalled-mid"),
        statement=Statement(
            "Target: l layers of width d",
            (
                parameter(
                    "the largest weight is at most 1/sqrt(width)",
                    "max_norm_scaled",
                    lambda v: v <= 1,
                ),
            ),
            "A source of 2l layers of twice the width, in which every weight may be drawn "
            "anew up to R times, contains with probability at least 1 - delta a ticket "
            "with sup error eps if R >= C (l^2 d^3 / eps^2) log(l d / delta).",
        ),
        quantifiers=Quantifiers("fixed", "fixed", "eps", "weights within 1/sqrt(d)"),
        assumptions=(POSITIVE,),
        constants=(Constant("C", None, "unnamed"),),
        bound=Formula(
            "C*l**2*d**3/eps**2*log(l*d/delta)",
            lambda eps, delta, l, d, C: C * l**2 * d**3 / eps**2 * math.log(l * d / delta),  # noqa: E741
        ),
        unit="redraws of one weight",
        uses=("malach2020-weights",),
        known_issues=(KnownIssue("like malach2020-weights, 1/eps^2 is sufficient, not necessary"),),
        checks=(Check("one weight", "geometric waiting time, by balls", redraws),),
    ),
)


@dataclass(frozen=True)
class Redraws(OfNetworks):
    """Two hidden neurons an input, every weight drawn up to R = redraws times (IteRand).

    Theorem 4.1: with O(l^2 d^3 / eps^2 log(l d / delta)) redraws a random network of twice the
    width and depth contains the target, up to eps, with probability at least 1 - delta.
    """

    theorem: ClassVar[str] = "chijiwa2021-redraws"
    scarce: ClassVar[str] = "redraws"

    redraws: int | None = whole(
        "Draws of every weight; default: enough with a chance of 99 %.", most=1 << 24
    )

    def plan(self, request: Request) -> int:
        """Return the smallest R whose expected number of failing weights is at most 1 %."""
        from slt_theory.papers.chijiwa2021.construction import redraws_needed

        return redraws_needed(request)

    def build(self, request: Request) -> Ticket:
        """Draw until a number fits."""
        from slt_theory.papers.chijiwa2021.construction import build

        asked = None if self.redraws is None else whole_number("redraws", self.redraws)
        return build(request, self.theorem, asked)


CONSTRUCTIONS = (Redraws,)
