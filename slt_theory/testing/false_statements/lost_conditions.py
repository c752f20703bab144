"""A condition that was lost."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from slt_theory.intervals import expected_growth, measure
from slt_theory.testing.exact import convolve
from slt_theory.testing.lemma import Lemma
from slt_theory.testing.lemmas import (
    attention,
    convolutions,
    counting,
    functions,
    gadgets,
    growth,
    mask_search,
    networks,
    sums,
)
from slt_theory.testing.margins import equality, every, least_error
from slt_theory.testing.network_spaces import dense
from slt_theory.testing.spaces import reals

__all__ = ["LEMMAS"]

LEMMAS: tuple[Lemma, ...] = (
    replace(
        growth.expectation_identity,
        id="false-growth-positive-items",
        statement="the expectation identity holds for X uniform on [0, 1] too",
        margin=lambda part: equality(
            expected_growth(part, growth.WINDOW, (Fraction(0), Fraction(1))),
            measure(part) * (1 + (1 - measure(part)) / 2),
        ),
        proof=None,
        theorem=None,
    ),
    replace(
        growth.second_phase,
        id="false-second-phase",
        statement="the uncovered measure shrinks to 3/4 of itself from the start",
        given=(),
        proof=None,
        theorem=None,
    ),
    replace(
        sums.scaling_rule,
        id="false-scaling-sign",
        statement="c times the sample has the best error c e at c z, for every c",
        margin=lambda sample, z, c: equality(
            least_error([c * x for x in sample], c * z), c * least_error(sample, z)
        ),
        proof=None,
        theorem=None,
    ),
    replace(
        sums.extension_rule,
        id="false-extension",
        statement="an item of any length extends the served interval by its length",
        given=(),
        proof=None,
        theorem=None,
    ),
    replace(
        counting.sign_floor,
        id="false-sign-floor",
        statement="R or -R is at least R from every sum, for any sample",
        given=(),
        proof=None,
        theorem=None,
    ),
    replace(
        gadgets.one_sum,
        id="false-one-sum",
        statement="one subset sum imitates a weight on inputs of both signs",
        variables={**gadgets.one_sum.variables, "x": reals(-1, 1)},
        proof=None,
        theorem=None,
    ),
    replace(
        gadgets.identity,
        id="false-relu-linear",
        statement="relu(w x) = w relu(x) for every w",
        margin=lambda w, x: equality(gadgets.positive(w * x), w * gadgets.positive(x)),
        proof=None,
        theorem=None,
    ),
    replace(
        networks.dense_recursion,
        id="false-recursion-norms",
        statement="the recursion (1 + eta)^l - 1 holds for norms up to 5/4",
        variables={**networks.dense_recursion.variables, "weights": dense(at_most=Fraction(5, 4))},
        proof=None,
        theorem=None,
    ),
    replace(
        convolutions.young,
        id="false-young-max",
        statement="|K * X|_max <= 3/2 |X|_max for filters with entries at most 1",
        margin=lambda kernel, image: (
            Fraction(3, 2) * convolutions.max_norm(image)
            - convolutions.max_norm(convolve(kernel, image))
        ),
        proof=None,
        theorem=None,
    ),
    Lemma(
        "false-softmax-masks",
        "softmax weights change by at most 2 tanh(x / 2) even if the mask changes with the scores",
        {
            "weights": attention.WEIGHTS,
            "moves": lambda weights: attention.shares(weights),
            "mask": lambda weights: attention.kept(weights),
            "r": attention.RATIOS,
        },
        margin=lambda weights, moves, mask, r: (
            2 * (r - 1) / (r + 1)
            - sum(
                abs(a - b)
                for a, b in zip(
                    attention.softmax(attention.perturbed(weights, moves, r)),
                    attention.softmax([w * b for w, b in zip(weights, mask, strict=True)]),
                    strict=True,
                )
            )
        ),
    ),
    replace(
        functions.piecewise_linear,
        id="false-curvature-at-knots",
        statement="linear interpolation is within h^2 / 8 times |f''| at the left end",
        margin=lambda f, pieces, x: (
            functions.curvature(f, (Fraction(0),)) / (8 * pieces**2)
            - abs(functions.interpolated(f, pieces, x) - functions.polynomial(f, x))
        ),
    ),
    replace(
        mask_search.multicoat,
        id="false-nested-anyway",
        statement="masks of any two densities are nested",
        given=(),
    ),
    replace(
        mask_search.layer_budgets,
        id="false-budget-without-redistribution",
        statement="capping proportional budgets keeps their sum",
        margin=lambda sizes, raw, share: equality(
            sum(
                min(Fraction(s), share * sum(sizes) * r / sum(raw))
                for s, r in zip(sizes, raw, strict=True)
            ),
            share * sum(sizes),
        ),
    ),
    replace(
        mask_search.binary_projection,
        id="false-biprop-scale",
        statement="the mean |weight| over all weights, kept or not, is the best scale",
        margin=lambda weights, mask, other: (
            mask_search.squared_error(weights, mask, other)
            - mask_search.squared_error(
                weights, mask, Fraction(sum(map(abs, weights))) / len(weights)
            )
        ),
    ),
    replace(
        mask_search.rerandomised,
        id="false-iterand-everything",
        statement="re-randomisation without the mask changes no kept weight",
        margin=lambda weights, mask, fresh, chosen: every(
            equality(w * m, (f if b else w) * m)
            for w, m, f, b in zip(weights, mask, fresh, chosen, strict=True)
        ),
    ),
)
