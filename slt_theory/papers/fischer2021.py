"""Fischer, Gadhikar, Burkholz 2021: strong lottery tickets with non-zero biases."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from slt_theory.lattice import WEIGHT_BITS
from slt_theory.laws import Law, Normal, Uniform
from slt_theory.theorems.checks import Check, Outcome, SumsCheck, all_of
from slt_theory.theorems.common import POSITIVE, integers, parameter
from slt_theory.theorems.entry import Constant, Formula, Paper, Quantifiers, Source, Theorem
from slt_theory.theorems.networks import Layout, two_layer
from slt_theory.tickets.building.construction import OfNetworks
from slt_theory.tickets.building.options import choice

if TYPE_CHECKING:
    from slt_theory.tickets.building.request import Request
    from slt_theory.tickets.ticket import Ticket


PAPER = Paper(
    key="fischer2021",
    authors="Jonas Fischer, Advait Gadhikar, Rebekka Burkholz",
    title="Lottery tickets with nonzero biases",
    venue="arXiv",
    year=2021,
    arxiv="2110.11150",
)


def homogeneity(seed: int) -> Outcome:
    """f(x; s_l W_l, s_1..s_l b_l) = s_1..s_L f(x; W, b) for ReLU, in integers."""
    failures, cases = [], 40
    for case in range(cases):
        draws = integers(seed, case, 60, -9, 9)
        w1, b1 = draws[:12].reshape(4, 3), draws[12:16]
        w2, b2 = draws[16:24].reshape(2, 4), draws[24:26]
        x = draws[26:29]
        s1, s2 = int(abs(draws[30])) + 1, int(abs(draws[31])) + 1
        plain = w2 @ np.maximum(w1 @ x + b1, 0) + b2
        scaled = s2 * w2 @ np.maximum(s1 * (w1 @ x) + s1 * b1, 0) + s1 * s2 * b2
        if not np.array_equal(scaled, s1 * s2 * plain):
            failures.append(f"case {case}")
    return all_of(failures, cases, "scaled weights and biases scale the network")


ENTRIES = (
    Theorem(
        id="fischer2021-biases",
        title="Existence of tickets with biases, up to an output scale",
        kind="theorem",
        source=Source(PAPER, "main theorem", "arXiv v2", "recalled-mid"),
        statement="Weights of layer l iid U[-s_l, s_l] or N(0, s_l^2) and biases on the scale of "
        "s_1 ... s_l. If the random network of depth 2L has n_l >= C d_l log(d_l L / min(eps, "
        "delta)) neurons in a layer, then with probability at least 1 - delta it contains an "
        "eps-ticket of a target with biases, up to the output scale 1 / (s_1 ... s_L). A target "
        "bias is a subset sum of products u_k b_k of neurons whose in-weights are pruned.",
        quantifiers=Quantifiers("fixed", "fixed", "eps, up to a scale", "weights in [-1, 1]"),
        assumptions=(
            POSITIVE,
            parameter("biases have the scale s_1 ... s_l", "bias_scale", lambda v: v > 0),
        ),
        constants=(Constant("C", None, "unnamed"),),
        bound=Formula(
            "C*d_in*log(d_in*l/Min(eps, delta))",
            lambda eps, delta, d_in, l, C: C * d_in * math.log(d_in * l / min(eps, delta)),  # noqa: E741
        ),
        unit="neurons of one layer",
        not_claimed=("one random network for all targets",),
        uses=("pensia2020-two-layer",),
        construction=Layout(
            "relu(uniform)*uniform", 2, two_layer, note="plus n bias neurons a layer"
        ),
        checks=(
            Check("homogeneity", "scaling of weights and biases scales the network", homogeneity),
            SumsCheck(
                "bias",
                "all biases of [-1,1] from products u b with b > 0, at our certified n of U*U",
                "1/10",
                0.1,
                n=34,
                law="uniform[0,1]*uniform",
                trials=600,
            ),
        ),
    ),
)


@dataclass(frozen=True)
class RandomBiases(OfNetworks):
    """Targets with biases in a source whose weights and biases are random, all of one law.

    As in Pensia et al. two random layers stand for one; a constant input carries the biases.
    """

    theorem: ClassVar[str] = "fischer2021-biases"
    typical: ClassVar[tuple[dict[str, Any], ...]] = ({"law": "normal"},)

    law: Literal["uniform", "normal"] = choice("Law of every weight and bias.", "uniform", "normal")

    def pair_law(self) -> Law:
        """Return the law of weights and biases."""
        return Normal(WEIGHT_BITS) if self.law == "normal" else Uniform(bits=WEIGHT_BITS)

    def plan(self, request: Request) -> int:
        """Return the smallest n with an estimated chance of any failure of at most 1 %."""
        from slt_theory.tickets.building import pairs

        return pairs.sufficient_n(request, self.pair_law())

    def build(self, request: Request) -> Ticket:
        """Solve every half-sum of every gadget pair."""
        from slt_theory.tickets.building import pairs

        return pairs.build(request, self.theorem, law=self.pair_law())


CONSTRUCTIONS = (RandomBiases,)
