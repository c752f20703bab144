"""Ferbach, Tsirigotis, Gidel, Bose 2023: networks equivariant to a group."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import permutations, product
from typing import TYPE_CHECKING, ClassVar

from slt_theory.papers.pensia2020 import never_below_packing
from slt_theory.theorems.checks import Check, Outcome, SumsCheck, all_of
from slt_theory.theorems.common import POSITIVE, SPECTRAL, below, parameter
from slt_theory.theorems.conditions import Statement
from slt_theory.theorems.entry import (
    Anchor,
    Constant,
    Formula,
    Paper,
    Quantifiers,
    Source,
    Theorem,
)
from slt_theory.theorems.networks import Layout, two_layer
from slt_theory.tickets.building.construction import OfNetworks

if TYPE_CHECKING:
    from slt_theory.tickets.building.request import Request
    from slt_theory.tickets.ticket import Ticket


PAPER = Paper(
    key="ferbach2023",
    authors="Damien Ferbach, Christos Tsirigotis, Gauthier Gidel, Avishek Joey Bose",
    title="A general framework for proving the equivariant strong lottery ticket hypothesis",
    venue="ICLR 2023",
    year=2023,
    arxiv="2206.04270",
)


def bell(n: int) -> int:
    """Number of partitions of n elements.

    Examples
    --------
    >>> [bell(n) for n in range(6)]
    [1, 1, 2, 5, 15, 52]
    """
    row = [1]
    for _ in range(n):
        following = [row[-1]]
        for value in row:
            following.append(following[-1] + value)
        row = following
    return row[0]


def permutation_basis(seed: int) -> Outcome:
    """Equivariant linear maps between tensors of orders a, b: orbits of S_m, counted."""
    failures, cases = [], 0
    for m, order in ((3, 2), (4, 3), (4, 4), (5, 4)):
        orbits = {
            min(tuple(g[i] for i in index) for g in permutations(range(m)))
            for index in product(range(m), repeat=order)
        }
        cases += 1
        if len(orbits) != bell(order):
            failures.append(f"S_{m}, order {order}: {len(orbits)}")
    return all_of(failures, cases, "the basis of S_m-equivariant maps has Bell(a + b) elements")


ENTRIES = (
    Theorem(
        id="ferbach2023-equivariant",
        title="Equivariant networks: logarithmic overparameterisation in the basis",
        kind="theorem",
        source=Source(PAPER, "Theorem 1", "arXiv", "recalled-mid"),
        statement=Statement(
            "Target: G-equivariant layers in the basis kappa (x) B_i; source of depth 2l "
            "with iid U[-1,1] coefficients and width n_i >= C d_in log(d_in d_out max(|B|, "
            "||B||) l / min(eps, delta))",
            (
                SPECTRAL,
                parameter("coefficients at most 1", "max_norm", lambda v: v <= 1),
                parameter(
                    "the identity belongs to the basis of the odd layers", "identity_in_basis", bool
                ),
            ),
            "With probability at least 1 - delta, for all targets, pruning equivariant "
            "coefficients gives error at most eps.",
        ),
        quantifiers=Quantifiers("all", "all", "eps", "coefficients in [-1, 1]"),
        assumptions=(
            POSITIVE,
            parameter("the activation commutes with the group", "pointwise", bool),
        ),
        constants=(Constant("C", None, "unnamed"),),
        bound=Formula(
            "C*d_in*log(d_in*d_out*B*l/Min(eps, delta))",
            lambda eps, delta, d_in, d_out, B, l, C: (  # noqa: E741
                C * d_in * math.log(d_in * d_out * B * l / min(eps, delta))
            ),
        ),
        unit="hidden features of one layer",
        law="relu(uniform)*uniform",
        not_claimed=("pruning single weights: that breaks the symmetry",),
        uses=("pensia2020-two-layer",),
        anchors=(Anchor("15 basis elements between S_n-tensors of order 2", 15, lambda: bell(4)),),
        construction=Layout(
            "relu(uniform)*uniform", 2, two_layer, kinds=("dense", "conv"), note="B counted as taps"
        ),
        checks=(
            Check("basis of S_m", "sizes of equivariant bases by orbits", permutation_basis),
            SumsCheck(
                "one coefficient",
                "all coefficients in [-1,1] at our certified n",
                "1/10",
                0.1,
                law="relu(uniform)*uniform",
                trials=600,
            ),
        ),
    ),
    Theorem(
        id="ferbach2023-lower-bound",
        title="No pruning scheme does with fewer effective parameters",
        kind="lower-bound",
        source=Source(PAPER, "the lower bound", "arXiv", "recalled-mid"),
        statement=Statement(
            "The targets are those of ferbach2023-equivariant",
            (below("eps", 0.5, "eps < 1/2"),),
            "To contain them all with probability at least 1/2 a network needs at least c "
            "d_in d_out |B| log(1/eps) effective parameters in a layer.",
        ),
        quantifiers=Quantifiers("fixed", "fixed", "eps", "all equivariant maps of norm at most 1"),
        assumptions=(POSITIVE,),
        constants=(
            Constant(
                "c", None, "unnamed", "1 by packing, up to an additive 1 (pensia2020-lower-bound)"
            ),
        ),
        bound=Formula(
            "c*d_in*d_out*B*log(1/(2*eps))/log(2)",
            lambda eps, d_in, d_out, B, c: c * d_in * d_out * B * math.log2(1 / (2 * eps)),
        ),
        claims="necessary",
        unit="effective parameters of one layer",
        uses=("pensia2020-lower-bound",),
        checks=(
            Check(
                "one coefficient",
                "no sample reaches all of [-1,1] with fewer than log2(1/(2 eps)) - 1 numbers",
                never_below_packing,
            ),
        ),
    ),
)


@dataclass(frozen=True)
class TwoLayerEquivariant(OfNetworks):
    """Two equivariant random layers with a ReLU between for each equivariant layer of the target.

    Theorem 1: coefficients in a basis of the equivariant maps take the place of weights; the random
    network and the ticket are equivariant to the same group.
    """

    theorem: ClassVar[str] = "ferbach2023-equivariant"
    dimensions: ClassVar[tuple[int, ...]] = (3,)

    def plan(self, request: Request) -> int:
        """Return the smallest n with an estimated chance of any failure of at most 1 %."""
        from slt_theory.tickets.building import pairs

        return pairs.sufficient_n(request.needed())

    def build(self, request: Request) -> Ticket:
        """Solve the halves of every gadget pair that the signs of its inputs leave."""
        from slt_theory.tickets.building import pairs

        return pairs.build(request.needed(), self.theorem)


CONSTRUCTIONS = (TwoLayerEquivariant,)
