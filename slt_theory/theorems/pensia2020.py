"""Pensia, Rajput, Nagle, Vishwakarma, Papailiopoulos 2020: logarithmic overparameterisation."""

from __future__ import annotations

from slt_theory.theorems.entry import Assumption, Constant, Paper, Quantifiers, Source, Theorem

PENSIA = Paper(
    key="pensia2020",
    authors="Ankit Pensia, Shashank Rajput, Alliot Nagle, Harit Vishwakarma, Dimitris "
    "Papailiopoulos",
    title="Optimal lottery tickets via subset sum: logarithmic over-parameterization is sufficient",
    venue="NeurIPS 2020",
    year=2020,
    arxiv="2006.07990",
)

_POSITIVE = Assumption("0 < eps and 0 < delta < 1", lambda p: p["eps"] > 0 and 0 < p["delta"] < 1)

ENTRIES = (
    Theorem(
        id="pensia2020-two-layer",
        title="A random ReLU network of twice the depth and logarithmically larger width contains "
        "every target network",
        kind="theorem",
        source=Source(PENSIA, "Theorem 1", "arXiv", "recalled-high"),
        statement="Let f(x) = W_l relu(W_{l-1} ... relu(W_1 x)) with spectral norms ||W_i|| <= 1 "
        "and g a random ReLU network of depth 2l with entries iid U[-1,1] whose hidden layer "
        "2i - 1 has n_i = C d_{i-1} log(d_{i-1} d_i l / min(eps, delta)) neurons. With "
        "probability at least 1 - delta, every such f has masks with "
        "sup_{||x|| <= 1} ||f(x) - g_mask(x)|| < eps.",
        quantifiers=Quantifiers("all", "all", "eps", "weights in [-1, 1]"),
        assumptions=(
            _POSITIVE,
            Assumption(
                "the target is a ReLU network", lambda p: p.get("activation", "relu") == "relu"
            ),
        ),
        constants=(Constant("C", None, "unnamed"),),
        bound="C*d_in*log(d_in*d_out*l/Min(eps, delta))",
        law="relu(uniform)*uniform",
        proof="pensia-two-layer",
        not_claimed=(
            "biases (built here through a constant input)",
            "norms above 1 (met here by rescaling, positive homogeneity)",
            "sparsity: about half of the numbers offered to a sum are kept",
        ),
        known_issues=(
            "Corollary 1 of the paper mixes up coefficients: the ReLU-halved product contains "
            "(ln 2 / 4) U[-1/2,1/2]",
        ),
        uses=("lueker1998-rss",),
        proof_uses=("slt-rss-explicit",),
    ),
    Theorem(
        id="pensia2020-direct",
        title="The paper's experiment: one uniform number per candidate, no ReLU gadget",
        kind="lemma",
        source=Source(PENSIA, "Experiment 1", "authors' code", "code"),
        statement="Each weight is approximated by a subset sum of n numbers drawn uniformly from "
        "[min W, max W] over all layers. A simplification of the theorem: no source network "
        "computes these sums.",
        quantifiers=Quantifiers("fixed", "fixed", "eps", "[min W, max W]"),
        assumptions=(_POSITIVE,),
        constants=(Constant("n", "3 * round(log2(1/eps))", "stated", "21 at eps = 0.01"),),
        bound="3*floor(log(1/eps)/log(2) + Rational(1, 2))",
        law="uniform",
        not_claimed=("that a random network contains the target",),
        known_issues=(
            "the published accuracy of 97.19 % was measured on the target network itself",
            "the published run shares one vector of numbers along each row, though the theorem "
            "needs independent draws per weight",
        ),
        
    ),
)
