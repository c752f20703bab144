"""Pensia, Rajput, Nagle, Vishwakarma, Papailiopoulos 2020: logarithmic overparameterisation."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any, ClassVar

from slt_theory.lattice import WEIGHT_BITS
from slt_theory.laws import Law, Uniform
from slt_theory.theorems.checks import Check, Outcome, SumsCheck, all_of
from slt_theory.theorems.common import POSITIVE, SPECTRAL, below, parameter
from slt_theory.theorems.conditions import Statement
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
from slt_theory.theorems.networks import Layout, direct, parse_architecture, two_layer
from slt_theory.tickets.building.construction import OfNetworks
from slt_theory.tickets.building.options import flag

if TYPE_CHECKING:
    from slt_theory.tickets.building.request import Request
    from slt_theory.tickets.ticket import Ticket


PAPER = Paper(
    key="pensia2020",
    authors="Ankit Pensia, Shashank Rajput, Alliot Nagle, Harit Vishwakarma, Dimitris "
    "Papailiopoulos",
    title="Optimal lottery tickets via subset sum: logarithmic over-parameterization is sufficient",
    venue="NeurIPS 2020",
    year=2020,
    arxiv="2006.07990",
)

RELU = parameter("the target is a ReLU network", "activation", lambda v: v == "relu")


def direct_n(eps: float) -> int:
    """Numbers for one weight in the authors' code, c = 3."""
    return 3 * math.floor(math.log2(1 / eps) + 0.5)


def mixture_weight(seed: int) -> Outcome:
    """Half of (1/2) log(1/|z|) is at least ln(2)/4 on |z| <= 1/2, with equality at the ends."""
    import sympy as sp

    z = sp.symbols("z", positive=True)
    density = -sp.log(z) / 4
    failures = []
    if (density.subs(z, sp.Rational(1, 2)) - sp.log(2) / 4).equals(0) is not True:
        failures.append("the value at 1/2")
    if sp.diff(density, z).is_negative is not True:
        failures.append("the density does not fall")
    return all_of(failures, 2, "min over [-1/2, 1/2] of the density of v relu(u) is ln(2)/4")


def never_below_packing(seed: int) -> Outcome:
    """Every trial that reaches all of [-1,1] at eps has 2^n 2 eps >= 2."""
    from slt_theory.experiments.question import Question
    from slt_theory.experiments.trials import hitting_times

    eps, trials = Fraction(1, 100), 1000
    times = hitting_times(Question.of("uniform", eps, "all", -1, 1), trials=trials, seed=seed)
    below = [f"n = {t}" for t in times.tolist() if 2**t * 2 * eps < 2]
    return all_of(below, trials, f"2^n 2 eps >= 2, smallest n = {int(times.min())} at eps = {eps}")


ENTRIES = (
    Theorem(
        id="pensia2020-two-layer",
        title="A random ReLU network of twice the depth and logarithmically larger width contains "
        "every target network",
        kind="theorem",
        source=Source(PAPER, "Theorem 1", "arXiv", "recalled-high"),
        statement=Statement(
            "f(x) = W_l relu(W_{l-1} ... relu(W_1 x)) and g a random ReLU network of depth "
            "2l with entries iid U[-1,1] whose hidden layer 2i - 1 has n_i = C d_{i-1} "
            "log(d_{i-1} d_i l / min(eps, delta)) neurons",
            (SPECTRAL,),
            "With probability at least 1 - delta, every such f has masks with sup_{||x|| "
            "<= 1} ||f(x) - g_mask(x)|| < eps.",
        ),
        quantifiers=Quantifiers("all", "all", "eps", "weights in [-1, 1]"),
        assumptions=(POSITIVE, RELU),
        constants=(Constant("C", None, "unnamed"),),
        bound=Formula(
            "C*d_in*log(d_in*d_out*l/Min(eps, delta))",
            lambda eps, delta, d_in, d_out, l, C: (  # noqa: E741
                C * d_in * math.log(d_in * d_out * l / min(eps, delta))
            ),
        ),
        unit="hidden neurons of one layer; n counts random numbers offered to one target",
        law="relu(uniform)*uniform",
        proof="width-composition",
        not_claimed=(
            "biases (built here through a constant input)",
            "norms above 1 (met here by rescaling, positive homogeneity)",
            "sparsity: about half of the numbers offered to a sum are kept",
        ),
        uses=("lueker1998-mixture", "pensia2020-product-law", "slt-relu-gadget"),
        proof_uses=("slt-rss-explicit", "slt-network-recursion"),
        construction=Layout("relu(uniform)*uniform", 2, two_layer),
        checks=(
            SumsCheck(
                "one half-sum",
                "all weights in [-1,1] from v max(u, 0), at our certified n",
                "1/10",
                0.1,
                law="relu(uniform)*uniform",
                trials=600,
            ),
        ),
    ),
    Theorem(
        id="pensia2020-product-law",
        title="The ReLU-halved product of two uniforms contains a uniform law",
        kind="lemma",
        source=Source(PAPER, "Corollary 1, as corrected by Natale et al. 2024", "arXiv", "read"),
        statement="For independent U, V ~ U[-1,1] the law of V max(U, 0) is "
        "(ln 2 / 4) U[-1/2,1/2] + (1 - ln 2 / 4) Q, with an atom of mass 1/2 at 0 inside Q.",
        quantifiers=Quantifiers(None, None, "none: an identity of laws", "[-1/2, 1/2]"),
        assumptions=(parameter("half-width 1/2", "half_width", lambda v: v <= 0.5),),
        constants=(Constant("ln(2)/4", "log(2)/4", "derived", "the largest possible weight"),),
        bound=None,
        proof="uniform-components",
        known_issues=(
            KnownIssue(
                "the original mixes up notation and coefficients; the corrected form is used here"
            ),
        ),
        uses=("slt-uniform-components",),
        checks=(Check("density", "the smallest density on [-1/2, 1/2]", mixture_weight),),
    ),
    Theorem(
        id="pensia2020-lower-bound",
        title="No network prunes to all linear maps with fewer than d^2 log(1/eps) parameters",
        kind="lower-bound",
        source=Source(PAPER, "Theorem 2; explicit form as in Natale et al. 2024", "arXiv", "read"),
        statement=Statement(
            "The targets are x -> W x for all d x d matrices W",
            (SPECTRAL, below("eps", 0.5, "eps < 1/2")),
            "If for every W, with probability at least 1/2, some pruned version g' of a "
            "random network has sup_{||x|| <= 1} ||W x - g'(x)|| < eps, then the network "
            "has at least d^2 log2(1/(2 eps)) - 1 non-zero parameters.",
        ),
        quantifiers=Quantifiers("fixed", "fixed", "eps", "all linear maps of norm at most 1"),
        assumptions=(POSITIVE,),
        constants=(
            Constant("1/2", "1/2", "stated", "probability; any constant changes the -1 only"),
        ),
        bound=Formula(
            "d**2*log(1/(2*eps))/log(2) - 1",
            lambda eps, d: d**2 * math.log2(1 / (2 * eps)) - 1,
        ),
        claims="necessary",
        unit="parameters of the random network",
        proof="packing-bound",
        not_claimed=("optimality beyond constant depth: deeper networks may share parameters",),
        checks=(
            Check(
                "d = 1",
                "no sample reaches all of [-1,1] with fewer than log2(1/(2 eps)) - 1 numbers",
                never_below_packing,
            ),
        ),
    ),
    Theorem(
        id="pensia2020-direct",
        title="The paper's experiment: one uniform number per candidate, no ReLU gadget",
        kind="lemma",
        source=Source(PAPER, "Experiment 1", "authors' code", "code"),
        statement="Each weight is approximated by a subset sum of n numbers drawn uniformly from "
        "[min W, max W] over all layers. A simplification of the theorem: no source network "
        "computes these sums.",
        quantifiers=Quantifiers("fixed", "fixed", "eps", "[min W, max W]"),
        assumptions=(POSITIVE,),
        constants=(Constant("n", "3 * round(log2(1/eps))", "stated", "21 at eps = 0.01"),),
        bound=Formula(
            "3*floor(log(1/eps)/log(2) + Rational(1, 2))", lambda eps: float(direct_n(eps))
        ),
        law="uniform",
        not_claimed=(
            "that a random network contains the target",
            "a failure probability",
        ),
        known_issues=(
            KnownIssue("the published accuracy of 97.19 % was measured on the target itself"),
            KnownIssue(
                "the published run shares one vector of numbers along each row, though the theorem "
                "needs independent draws for each weight"
            ),
        ),
        construction=Layout("uniform", 1, direct, note="no network computes these sums"),
        anchors=(
            Anchor("n = 21 at eps = 0.01", 21, lambda: direct_n(0.01)),
            Anchor(
                "8,337,000 source weights for 784-500-10",
                8_337_000,
                lambda: direct(parse_architecture("784-500-10"), direct_n(0.01)).weights,
            ),
        ),
        checks=(
            SumsCheck(
                "n = 21",
                "a random weight of the trained network's range, at n = 21 and eps = 0.01",
                "1/100",
                0.01,
                n=21,
                law="uniform[-0.46423155,0.54070216]",
                targets="random",
                lo="-0.46423155",
                hi="0.54070216",
                trials=4000,
            ),
        ),
    ),
)


@dataclass(frozen=True)
class TwoLayer(OfNetworks):
    """Two random layers with a ReLU between for each layer of the target.

    Theorem 1: a random ReLU network of twice the depth whose hidden layers have
    O(d log(d l / min(eps, delta))) neurons contains every target with spectral norms at most 1, up
    to eps, with probability at least 1 - delta.
    """

    theorem: ClassVar[str] = "pensia2020-two-layer"
    typical: ClassVar[tuple[dict[str, Any], ...]] = ({}, {"signs": "needed"})

    def pair_law(self) -> Law:
        """Return U[-1, 1]."""
        return Uniform(bits=WEIGHT_BITS)

    def plan(self, request: Request) -> int:
        """Return the smallest n with an estimated chance of any failure of at most 1 %."""
        from slt_theory.tickets.building import pairs

        return pairs.sufficient_n(request, self.pair_law())

    def build(self, request: Request) -> Ticket:
        """Solve every half-sum of every gadget pair."""
        from slt_theory.tickets.building import pairs

        return pairs.build(request, self.theorem, law=self.pair_law())


@dataclass(frozen=True)
class DirectExperiment(OfNetworks):
    """Experiment 1: every weight a subset sum of n numbers from the range of all weights.

    No source network computes these sums. The authors' code shares one vector along each row.
    """

    theorem: ClassVar[str] = "pensia2020-direct"
    reach: ClassVar[float | None] = None
    largest_n: ClassVar[int] = 63  # items of one sum in the solver
    # Its sums are the weights: whatever comes between layers is the target's own.
    activations: ClassVar[tuple[str, ...] | None] = None

    shared: bool = flag("One vector of numbers for a whole row, as the authors' code has it.")

    def plan(self, request: Request) -> int:
        """Return the smallest n with an estimated chance of any failure of at most 1 %."""
        from slt_theory.tickets.building import direct

        return direct.sufficient_n(request, direct.range_of(request))

    def build(self, request: Request) -> Ticket:
        """Solve every sum on numbers of U[min, max]."""
        from slt_theory.tickets.building import direct

        return direct.build(request, self.theorem, direct.range_of(request), shared=self.shared)


CONSTRUCTIONS = (
    TwoLayer,
    DirectExperiment,
)
