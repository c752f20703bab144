"""Convolutions and symmetry: da Cunha et al. 2022 and 2023; Ferbach et al. 2023."""

from __future__ import annotations

import math
from itertools import permutations, product

import numpy as np

from slt_theory.theorems.checks import Check, Outcome, SumsCheck, all_of
from slt_theory.theorems.common import POSITIVE, integers, parameter
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

CNN = Paper(
    key="dacunha2022",
    authors="Arthur da Cunha, Emanuele Natale, Laurent Viennot",
    title="Proving the lottery ticket hypothesis for convolutional neural networks",
    venue="ICLR 2022 (also listed as 'Proving the strong lottery ticket hypothesis for "
    "convolutional neural networks')",
    year=2022,
    link="openreview:Vjki79-619-",
)
STRUCTURED = Paper(
    key="dacunha2023b",
    authors="Arthur da Cunha, Francesco d'Amore, Emanuele Natale",
    title="Polynomially over-parameterized convolutional neural networks contain structured "
    "strong winning lottery tickets",
    venue="NeurIPS 2023",
    year=2023,
    arxiv="2311.09858",
)
EQUIVARIANT = Paper(
    key="ferbach2023",
    authors="Damien Ferbach, Christos Tsirigotis, Gauthier Gidel, Avishek Joey Bose",
    title="A general framework for proving the equivariant strong lottery ticket hypothesis",
    venue="ICLR 2023",
    year=2023,
    arxiv="2206.04270",
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
        id="dacunha2022-cnn",
        title="Convolutional networks: logarithmic overparameterisation, non-negative images",
        kind="theorem",
        source=Source(CNN, "Theorems 1.1 and 3.1", "OpenReview", "recalled-mid"),
        statement="f(X) = K_l * relu(... relu(K_1 * X)) with ||K_i||_1 <= 1. A random network "
        "of 2l "
        "layers, entries iid U[-1,1], layer 2i - 1 of shape 1 x 1 x c_{i-1} x 2 n_i c_{i-1}, layer "
        "2i of shape d_i x d_i x 2 n_i c_{i-1} x c_i, "
        "n_i >= C log(c_{i-1} c_i d_i^2 l / min(eps, delta)), contains with probability at least "
        "1 - delta, for every such f, a ticket with max error eps over X in [0,1]^(D x D x c_0).",
        quantifiers=Quantifiers("all", "all", "eps, max norm", "filter entries in [-1, 1]"),
        assumptions=(POSITIVE, _L1, _NON_NEGATIVE),
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
        source=Source(CNN, "experiments", "authors' code", "code"),
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
            CNN, "the norm inequality of the appendix; textbook", "OpenReview", "derived"
        ),
        statement="max |K * X| <= ||K||_1 max |X| for every padding with zeros and every stride, "
        "with ||K||_1 the sum over one output channel's filter.",
        quantifiers=Quantifiers(None, None, "none", "none"),
        assumptions=(parameter("stride >= 1", "stride", lambda v: v >= 1),),
        constants=(),
        bound=None,
        proof="young-convolution",
        checks=(Check("integers", "random kernels and images", young),),
    ),
    Theorem(
        id="dacunha2023b-structured",
        title="Removing whole filters: polynomial overparameterisation",
        kind="theorem",
        source=Source(STRUCTURED, "main theorem; abstract read", "arXiv", "recalled-low"),
        statement="A random CNN of 2l layers with N(0,1) kernels and "
        "n_i >= C s_i^6.5 c_i^6 log^3(s_i c_i c_{i-1} l / eps) channels contains with probability "
        "at least 1 - eps, for every target with ||K_i||_1 <= 1, a structured ticket: blocks of "
        "channels in the 1 x 1 layers and whole filters after them, with max error eps.",
        quantifiers=Quantifiers("all", "all", "eps, max norm", "kernels with ||K||_1 <= 1"),
        assumptions=(POSITIVE, _L1),
        constants=(
            Constant("C", None, "unnamed"),
            Constant("13", "13", "stated", "exponent of the filter's side: 12 or 13, recalled"),
            Constant("6", "6", "stated", "exponent of the channels, recalled"),
        ),
        bound=Formula(
            "C*s**Rational(13, 2)*d_out**6*log(s*d_in*d_out*l/eps)**3",
            lambda eps, s, d_in, d_out, l, C: (  # noqa: E741
                C * s**6.5 * d_out**6 * math.log(s * d_in * d_out * l / eps) ** 3
            ),
        ),
        unit="channels",
        known_issues=(KnownIssue("exponents are uncertain; only the polynomial order was read"),),
        not_claimed=("that the exponents are necessary",),
        uses=("becchetti2022-fixed-size-vectors",),
        checks=(
            Check(
                "vectors Z X",
                "summands Z X with one normal factor a vector reach a random target of "
                "[-1/2,1/2]^2",
                "scaled_normal_vectors",
            ),
        ),
    ),
    Theorem(
        id="ferbach2023-equivariant",
        title="Equivariant networks: logarithmic overparameterisation in the basis",
        kind="theorem",
        source=Source(EQUIVARIANT, "Theorem 1", "arXiv", "recalled-mid"),
        statement="Target: G-equivariant layers in the basis kappa (x) B_i with coefficients "
        "at most "
        "1 and ||W_i|| <= 1. Source of depth 2l with iid U[-1,1] coefficients and width "
        "n_i >= C d_in log(d_in d_out max(|B|, ||B||) l / min(eps, delta)). With probability at "
        "least 1 - delta, for all targets, pruning equivariant coefficients gives error at most "
        "eps; the identity must belong to the basis of the odd layers.",
        quantifiers=Quantifiers("all", "all", "eps", "coefficients in [-1, 1]"),
        assumptions=(
            POSITIVE,
            parameter("the activation commutes with the group", "pointwise", bool),
            parameter("the identity is in the basis", "identity_in_basis", bool),
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
        source=Source(EQUIVARIANT, "the lower bound", "arXiv", "recalled-mid"),
        statement="To contain all such targets with probability at least 1/2 a network needs at "
        "least c d_in d_out |B| log(1/eps) effective parameters in a layer.",
        quantifiers=Quantifiers("fixed", "fixed", "eps", "all equivariant maps of norm at most 1"),
        assumptions=(POSITIVE, parameter("eps < 1/2", "eps", lambda v: v < 0.5)),
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
                "never_below_packing",
            ),
        ),
    ),
)
