"""Burkholz 2022: one layer more than the target."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from slt_theory.theorems.checks import SumsCheck
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
from slt_theory.theorems.networks import Layout, one_more_layer
from slt_theory.tickets.building.construction import OfNetworks

if TYPE_CHECKING:
    from slt_theory.tickets.building.request import Request
    from slt_theory.tickets.ticket import Ticket


PAPER = Paper(
    key="burkholz2022",
    authors="Rebekka Burkholz",
    title="Most activation functions can win the lottery without excessive depth",
    venue="NeurIPS 2022",
    year=2022,
    arxiv="2205.02321",
)


ENTRIES = (
    Theorem(
        id="burkholz2022-depth",
        title="One extra layer is enough, for most activation functions",
        kind="theorem",
        source=Source(PAPER, "Theorem 2.5", "arXiv", "recalled-mid"),
        statement=Statement(
            "Target of depth L with N non-zero parameters, activation that is "
            "LeakyReLU-like near 0 or homogeneous for large arguments; source of depth L + "
            "1, parameters iid U[-1,1], with n_l >= C d_l log(1/min(eps_l, delta/rho)) "
            "neurons and rho = C N^(1+g) log(1/min(eps, delta))",
            (
                parameter("parameters at most 1", "max_norm", lambda v: v <= 1),
                parameter("g >= 0", "g", lambda v: v >= 0),
            ),
            "The source contains with probability at least 1 - delta a ticket with sup "
            "error eps; eps_l is the share of layer l.",
        ),
        quantifiers=Quantifiers("fixed", "fixed", "eps", "parameters in [-1, 1]"),
        assumptions=(POSITIVE,),
        constants=(
            Constant("C", None, "unnamed"),
            Constant("g", None, "unnamed", "any g >= 0"),
        ),
        bound=Formula(
            "C*d_out*log(1/Min(eps, delta/rho))",
            lambda eps, delta, d_out, rho, C: C * d_out * math.log(1 / min(eps, delta / rho)),
        ),
        unit="neurons of one layer",
        law="uniform",
        proof="width-composition",
        not_claimed=("one source for all targets", "sparsity"),
        known_issues=(
            KnownIssue(
                "every neuron is built about log(1/eps) times, so the parameter count carries "
                "log^2 where two layers a target layer carry log"
            ),
            KnownIssue(
                "the authors' experiments redraw a block until a solution is found and count the "
                "redraws as width, which inflates success"
            ),
        ),
        uses=("lueker1998-rss", "slt-network-recursion"),
        construction=Layout("uniform", 1, one_more_layer, copied=True),
        checks=(
            SumsCheck(
                "one weight",
                "all weights of [-1,1] from copies with single uniform weights",
                "1/20",
                0.1,
            ),
        ),
    ),
)


@dataclass(frozen=True)
class OneMoreLayer(OfNetworks):
    """Depth L + 1: a gadget pair makes copies of the first layer, single layers do the rest.

    A target of depth L and width n lies in a random network of depth L + 1, where each target
    neuron has O(log(n / min(eps, delta))) copies. Activations phi with
    phi(x) = m x + O(x^2) on one side of 0 are covered besides ReLU.
    """

    theorem: ClassVar[str] = "burkholz2022-depth"
    typical: ClassVar[tuple[dict[str, Any], ...]] = ({"signs": "needed"},)
    activations: ClassVar[tuple[str, ...] | None] = ("relu", "identity", "leaky_relu", "tanh")

    def plan(self, request: Request) -> int:
        """Return the copies of a neuron with an estimated chance of any failure of at most 1 %."""
        from slt_theory.papers.burkholz2022.construction import sufficient_n

        return sufficient_n(request)

    def build(self, request: Request) -> Ticket:
        """Find a plan of widths, then solve the pair and the single layers."""
        from slt_theory.papers.burkholz2022.construction import build

        return build(request, self.theorem)


CONSTRUCTIONS = (OneMoreLayer,)
