"""Sreenivasan, Rajput, Sohn, Papailiopoulos 2022: random signs, powers of two by depth."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, ClassVar

from slt_theory.theorems.checks import Check, Outcome, all_of
from slt_theory.theorems.common import POSITIVE, SPECTRAL, integers
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

if TYPE_CHECKING:
    from slt_theory.tickets.building.request import Request
    from slt_theory.tickets.ticket import Ticket


PAPER = Paper(
    key="sreenivasan2022",
    authors="Kartik Sreenivasan, Shashank Rajput, Jy-yong Sohn, Dimitris Papailiopoulos",
    title="Finding nearly everything within random binary networks",
    venue="AISTATS 2022",
    year=2022,
    arxiv="2110.08996",
)


def doubling(seed: int) -> Outcome:
    """Pruning a chain of doubling units (two equal paths of weight 1) writes any w in binary."""
    bits = 8
    failures, cases = [], 0
    for k in range(1 << bits):
        # Unit j carries relu of twice unit j - 1; bit j of k says whether it is read out.
        unit, value = 1, 0
        for j in range(bits):
            value += unit if k >> j & 1 else 0
            unit = max(unit, 0) + max(unit, 0)
        cases += 1
        if value != k:
            failures.append(f"k = {k}")
    worst = max(
        abs(Fraction(int(w), 10**6) - Fraction(round(Fraction(int(w), 10**6) * 2**bits), 2**bits))
        for w in integers(seed, 1, 500, 0, 10**6)
    )
    if worst > Fraction(1, 2 ** (bits + 1)):
        failures.append("rounding to bits")
    return all_of(
        failures, cases + 1, f"all weights k / 2^{bits} exactly, others within half a bit"
    )


ENTRIES = (
    Theorem(
        id="sreenivasan2022-binary",
        title="Random signs at logarithmic depth and width",
        kind="theorem",
        source=Source(
            PAPER,
            "main theorem; widths as quoted by Kumar and Natale 2025",
            "arXiv",
            "recalled-mid",
        ),
        statement=Statement(
            "Target: depth l, width d",
            (SPECTRAL,),
            "A random network of signs with depth C l log(d l/eps) and width C d log^2(d "
            "l/(eps delta)), only the last layer scaled, contains an eps-ticket with "
            "probability at least 1 - delta.",
        ),
        quantifiers=Quantifiers("fixed", "fixed", "eps", "weights in [-1, 1]"),
        assumptions=(POSITIVE,),
        constants=(Constant("C", None, "unnamed"),),
        bound=Formula(
            "C*d*log(d*l/(eps*delta))**2",
            lambda eps, delta, d, l, C: C * d * math.log(d * l / (eps * delta)) ** 2,  # noqa: E741
        ),
        unit="hidden neurons of one layer, at depth C l log(d l/eps)",
        known_issues=(KnownIssue("the dependence on delta is recalled, not read"),),
        checks=(Check("binary code", "doubling units write weights in binary", doubling),),
    ),
)


@dataclass(frozen=True)
class BinaryCode(OfNetworks):
    """Random signs, a weight in binary: a chain of layers doubles its inputs, bit by bit.

    A random binary network deeper by a factor O(log(1/eps)) and wider by O(log^2) contains every
    target, up to eps.
    """

    theorem: ClassVar[str] = "sreenivasan2022-binary"

    def plan(self, request: Request) -> int:
        """Return the copies of a neuron that lose one with an estimated chance of at most 1 %."""
        from slt_theory.papers.sreenivasan2022.copies import sufficient_n

        return sufficient_n(request)

    def build(self, request: Request) -> Ticket:
        """Follow the links that are +1 through every chain: nothing is searched."""
        from slt_theory.papers.sreenivasan2022.construction import build

        return build(request, self.theorem)


CONSTRUCTIONS = (BinaryCode,)
