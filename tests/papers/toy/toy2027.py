"""Toy 2027, a paper for the tests: gadget pairs, offered more numbers than are needed."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from slt_theory.rationals import whole_number
from slt_theory.theorems.checks import SumsCheck
from slt_theory.theorems.common import POSITIVE
from slt_theory.theorems.entry import Constant, Formula, Paper, Quantifiers, Source, Theorem
from slt_theory.tickets.building.construction import OfNetworks
from slt_theory.tickets.building.options import whole

if TYPE_CHECKING:
    from slt_theory.tickets.building.request import Request
    from slt_theory.tickets.ticket import Ticket

PAPER = Paper(
    key="toy2027",
    authors="A. Toy",
    title="Tickets with room to spare",
    venue="the tests",
    year=2027,
    arxiv="2701.00000",
)

ENTRIES = (
    Theorem(
        id="toy2027-spare",
        title="Gadget pairs with room to spare",
        kind="theorem",
        source=Source(PAPER, "Theorem 1", "v1", "read"),
        statement="A random network of twice the depth and n = t C log(1/eps) neurons an input "
        "contains every target.",
        quantifiers=Quantifiers("all", "all", "eps", "weights in [-1, 1]"),
        assumptions=(POSITIVE,),
        constants=(Constant("C", None, "unnamed"),),
        bound=Formula("C*log(1/eps)", lambda eps, C: C * math.log(1 / eps)),
        law="relu(uniform)*uniform",
        checks=(SumsCheck("eps 1/5", "all of [-1, 1]", "1/5", 0.1, trials=200),),
    ),
)


@dataclass(frozen=True)
class SparePairs(OfNetworks):
    """Gadget pairs with t = times as many numbers a sum as are expected to suffice."""

    theorem: ClassVar[str] = "toy2027-spare"

    times: int = whole("Factor of the numbers that suffice.", most=4, default=2)

    def plan(self, request: Request) -> int:
        """Return the smallest sufficient n, times t."""
        from slt_theory.tickets.building import pairs

        return whole_number("times", self.times) * pairs.sufficient_n(request)

    def build(self, request: Request) -> Ticket:
        """Solve every half-sum."""
        from slt_theory.tickets.building import pairs

        return pairs.build(request.with_n(request.n or self.plan(request)), self.theorem)


CONSTRUCTIONS = (SparePairs,)
