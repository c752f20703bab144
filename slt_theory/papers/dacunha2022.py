"""Da Cunha, Natale, Viennot 2022: convolutional networks."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from slt_theory.lattice import WEIGHT_BITS
from slt_theory.laws import Uniform
from slt_theory.theorems.checks import Check, Outcome, SumsCheck, all_of
from slt_theory.theorems.common import POSITIVE, integers, parameter
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
from slt_theory.theorems.networks import ARCHITECTURES, Layout, two_layer
from slt_theory.tickets.building.construction import OfNetworks

if TYPE_CHECKING:
    from slt_theory.tickets.building.request import Request
    from slt_theory.tickets.ticket import Ticket


PAPER = Paper(
    key="dacunha2022",
    authors="Arthur da Cunha, Emanuele Natale, Laurent Viennot",
    title="Proving the lottery ticket hypothesis for convolutional neural networks",
    venue="ICLR 2022 (also listed as 'Proving the strong lottery ticket hypothesis for "
    "convolutional neural networks')",
    year=2022,
    link="openreview:Vjki79-619-",
)

_L1 = parameter("the l1 norm of every kernel tensor is at most 1", "l1_norm", lambda v: v <= 1)
_NON_NEGATIVE = parameter("inputs are non-negative", "input_low", lambda v: v >= 0)


def young(seed: int) -> Outcome:
    """max |K * X| <= ||K||_1 max |X|, zero padding, integers."""
    failures, cases = [], 40
    for case in range(cases):
        draws = integers(seed, case, 200, -9, 9)
        kernel, image = draws[:18].reshape(2, 3, 3), draws[18:90].reshape(2, 6, 6)
        padded = np.pad(image, ((0, 0), (1, 1), (1, 1)))
        windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(1, 2))
        out = np.einsum("cij,cxyij->xy", kernel, windows)
        if np.abs(out).max() > np.abs(kernel).sum() * np.abs(image).max():
            failures.append(f"case {case}")
    return all_of(failures, cases, "max |K * X| <= ||K||_1 max |X|")


ENTRIES = (
    Theorem(
        id="dacunha2022-cnn",
        title="Convolutional networks: logarithmic overparameterisation, non-negative images",
        kind="theorem",
        source=Source(PAPER, "Theorems 1.1 and 3.1", "OpenReview", "recalled-mid"),
        statement=Statement(
            "f(X) = K_l * relu(... relu(K_1 * X))",
            (_L1, _NON_NEGATIVE),
            "A random network of 2l layers, entries iid U[-1,1], layer 2i - 1 of shape 1 x "
            "1 x c_{i-1} x 2 n_i c_{i-1}, layer 2i of shape d_i x d_i x 2 n_i c_{i-1} x "
            "c_i, n_i >= C log(c_{i-1} c_i d_i^2 l / min(eps, delta)), contains with "
            "probability at least 1 - delta, for every such f, a ticket with max error eps "
            "over X in [0,1]^(D x D x c_0).",
        ),
        quantifiers=Quantifiers("all", "all", "eps, max norm", "filter entries in [-1, 1]"),
        assumptions=(POSITIVE,),
        constants=(Constant("C", None, "unnamed"),),
        bound=Formula(
            "2*C*d_in*log(d_in*d_out*s*l/Min(eps, delta))",
            lambda eps, delta, d_in, d_out, s, l, C: (  # noqa: E741
                2 * C * d_in * math.log(d_in * d_out * s * l / min(eps, delta))
            ),
        ),
        unit="hidden channels of one layer; s = d_i^2",
        law="relu(uniform)*uniform",
        not_claimed=("inputs of both signs: they need the second half of every gadget", "biases"),
        known_issues=(
            KnownIssue(
                "||K||_1 is read as the sum over the whole tensor; one output channel suffices"
            ),
            KnownIssue(
                "the published experiment draws U[-1,1] directly, not the theorem's products, and "
                "sums the solver's 0/1 variables unrounded: errors below any subset's were stored"
            ),
        ),
        uses=("lueker1998-mixture", "pensia2020-product-law", "dacunha2022-young"),
        construction=Layout(
            "relu(uniform)*uniform", 1, two_layer, kinds=("conv", "dense"), note="inputs >= 0"
        ),
        anchors=(
            Anchor(
                "LeNet5: 2,572 convolution parameters with their 22 biases",
                2572,
                lambda: sum(x.weights for x in ARCHITECTURES["lenet5-conv"]) + 6 + 16,
            ),
        ),
        checks=(
            SumsCheck(
                "one filter entry",
                "all entries in [-1,1] from products behind a non-negative channel",
                "1/10",
                0.1,
                law="relu(uniform)*uniform",
                trials=600,
            ),
        ),
    ),
    Theorem(
        id="dacunha2022-direct",
        title="The paper's experiment: one uniform number per candidate, no 1 x 1 layer",
        kind="lemma",
        source=Source(PAPER, "experiments", "authors' code", "code"),
        statement="Each convolution parameter is approximated by the best subset sum of n numbers "
        "drawn uniformly from [-1, 1], n = 5, 10, ..., 30. A simplification of the theorem: no "
        "source network computes these sums.",
        quantifiers=Quantifiers("fixed", "fixed", "eps", "filter entries in [-1, 1]"),
        assumptions=(POSITIVE,),
        constants=(),
        bound=None,
        law="uniform",
        not_claimed=("that a random network contains the target", "a failure probability"),
        known_issues=(
            KnownIssue(
                "the solver's 0/1 variables were summed unrounded: stored errors lie below any "
                "subset's"
            ),
        ),
        checks=(
            SumsCheck(
                "one filter entry",
                "all entries in [-1,1] from single uniform numbers",
                "1/20",
                0.1,
            ),
        ),
    ),
    Theorem(
        id="dacunha2022-young",
        title="Young's inequality for a convolution layer",
        kind="lemma",
        source=Source(
            PAPER, "the norm inequality of the appendix; textbook", "OpenReview", "derived"
        ),
        statement=Statement(
            "||K||_1 is the sum of absolute values over one output channel's filter",
            (parameter("stride >= 1", "stride", lambda v: v >= 1),),
            "max |K * X| <= ||K||_1 max |X| for every padding with zeros and every stride.",
        ),
        quantifiers=Quantifiers(None, None, "none", "none"),
        assumptions=(),
        constants=(),
        bound=None,
        proof="young-convolution",
        checks=(Check("integers", "random kernels and images", young),),
    ),
)


@dataclass(frozen=True)
class TwoLayerConv(OfNetworks):
    """A 1 x 1 convolution, a ReLU and a convolution for each convolution of the target.

    Theorem 3.1: a random CNN of twice the depth with O(log(1/eps)) times the channels contains
    every target CNN with kernels of l1 norm at most 1, for non-negative inputs.
    """

    theorem: ClassVar[str] = "dacunha2022-cnn"
    dimensions: ClassVar[tuple[int, ...]] = (4,)

    def plan(self, request: Request) -> int:
        """Return the smallest n with an estimated chance of any failure of at most 1 %."""
        from slt_theory.tickets.building import pairs

        return pairs.sufficient_n(request.needed())

    def build(self, request: Request) -> Ticket:
        """Solve the halves of every gadget pair that the signs of its inputs leave."""
        from slt_theory.tickets.building import pairs

        return pairs.build(request.needed(), self.theorem)


@dataclass(frozen=True)
class DirectConv(OfNetworks):
    """The experiment: every parameter of a convolution a subset sum of n numbers from U[-1, 1].

    No source network computes these sums.
    """

    theorem: ClassVar[str] = "dacunha2022-direct"
    reach: ClassVar[float | None] = None
    largest_n: ClassVar[int] = 63  # items of one sum in the solver
    dimensions: ClassVar[tuple[int, ...]] = (4,)

    def plan(self, request: Request) -> int:
        """Return the smallest n with an estimated chance of any failure of at most 1 %."""
        from slt_theory.tickets.building import direct

        return direct.sufficient_n(request, Uniform(bits=WEIGHT_BITS))

    def build(self, request: Request) -> Ticket:
        """Solve every sum on numbers of U[-1, 1]."""
        from slt_theory.tickets.building import direct

        return direct.build(request, self.theorem, Uniform(bits=WEIGHT_BITS))


CONSTRUCTIONS = (
    DirectConv,
    TwoLayerConv,
)
