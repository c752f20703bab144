"""Burkholz 2022: convolutional and residual networks."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from slt_theory.lattice import WEIGHT_BITS
from slt_theory.laws import Uniform
from slt_theory.theorems.checks import Check, Outcome, all_of
from slt_theory.theorems.common import POSITIVE, integers, parameter
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
    from slt_theory.tickets.building.depth import RandomSource
    from slt_theory.tickets.building.request import Request
    from slt_theory.tickets.ticket import Ticket


PAPER = Paper(
    key="burkholz2022b",
    authors="Rebekka Burkholz",
    title="Convolutional and residual networks provably contain lottery tickets",
    venue="ICML 2022, PMLR 162:2414-2433",
    year=2022,
    arxiv="2205.02343",
)


def residual_recursion(seed: int) -> Outcome:
    """y = x + W x: the error grows at most by 1 + ||W|| + eta, plus eta ||x||, in sup norm."""
    failures, cases = [], 60
    for case in range(cases):
        draws = integers(seed, case, 40, -20, 20)
        w, change = draws[:9].reshape(3, 3), draws[9:18].reshape(3, 3) % 4 - 2
        x, moved = draws[18:21], draws[18:21] + draws[21:24] % 5 - 2
        exact = x + w @ x
        ours = moved + (w + change) @ moved
        norm = int(np.abs(w).sum(axis=1).max())
        eta = int(np.abs(change).sum(axis=1).max())
        e = int(np.abs(moved - x).max())
        if np.abs(ours - exact).max() > (1 + norm + eta) * e + eta * np.abs(x).max():
            failures.append(f"case {case}")
    return all_of(failures, cases, "error of a residual block, sup norm, integers")


ENTRIES = (
    Theorem(
        id="burkholz2022b-conv-residual",
        title="Convolutional and residual networks contain tickets at depth L + 1",
        kind="theorem",
        source=Source(PAPER, "main theorems", "PMLR", "recalled-mid"),
        statement="As burkholz2022-depth with channels in place of neurons: filters of the target "
        "are subset sums over copies of each input channel, "
        "n_l >= C c_l log(1/min(eps_l, delta/rho)) channels; skip connections are carried by "
        "copies of the shortcut channels.",
        quantifiers=Quantifiers("fixed", "fixed", "eps", "filter entries in [-1, 1]"),
        assumptions=(
            POSITIVE,
            parameter("parameters at most 1", "max_norm", lambda v: v <= 1),
        ),
        constants=(Constant("C", None, "unnamed"),),
        bound=Formula(
            "C*d_out*log(1/Min(eps, delta/rho))",
            lambda eps, delta, d_out, rho, C: C * d_out * math.log(1 / min(eps, delta / rho)),
        ),
        unit="channels of one layer",
        law="uniform",
        known_issues=(
            KnownIssue(
                "the released code carries biases through a zero-padded kernel, so they are wrong "
                "on the image border; the theorem is not affected"
            ),
        ),
        uses=("burkholz2022-depth", "dacunha2022-young"),
        construction=Layout("uniform", 1, one_more_layer, kinds=("conv", "dense"), copied=True),
        checks=(
            Check("residual block", "the error recursion of a residual block", residual_recursion),
        ),
    ),
)


@dataclass(frozen=True)
class ConvResidual(OfNetworks):
    """Convolutional and residual targets in a random network with one layer more.

    Channels of the source are copies of the target's; a skip adds to its block copy by copy.
    """

    theorem: ClassVar[str] = "burkholz2022b-conv-residual"
    typical: ClassVar[tuple[dict[str, Any], ...]] = ({"signs": "needed"},)
    dimensions: ClassVar[tuple[int, ...]] = (4,)

    def plan(self, request: Request) -> int:
        """Return the copies of a neuron with an estimated chance of any failure of at most 1 %."""
        from slt_theory.tickets.building import depth

        return depth.sufficient_n(request, self._source())[1]

    def build(self, request: Request) -> Ticket:
        """Find a plan of widths, then solve the pair and the single layers."""
        from slt_theory.tickets.building import depth

        return depth.build(request, self.theorem, self._source())

    def _source(self) -> RandomSource:
        from slt_theory.tickets.building.depth import RandomSource

        return RandomSource(Uniform(bits=WEIGHT_BITS))


CONSTRUCTIONS = (ConvResidual,)
