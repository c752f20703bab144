"""A constant a little too good."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from slt_theory.intervals import expected_growth, grown, measure
from slt_theory.testing.exact import largest
from slt_theory.testing.golden import GOLDEN
from slt_theory.testing.lemma import Lemma
from slt_theory.testing.lemmas import (
    attention,
    convolutions,
    functions,
    golden_ratio,
    growth,
    networks,
    sums,
    tails,
)
from slt_theory.testing.margins import ball, least_error
from slt_theory.testing.spaces import errors, one_of, reals

__all__ = ["LEMMAS"]

LEMMAS: tuple[Lemma, ...] = (
    replace(
        growth.expectation_identity,
        id="false-growth-51-percent",
        statement="E v' >= v (1 + 0.51 (1 - v))",
        margin=lambda part: (
            expected_growth(part, growth.WINDOW)
            - measure(part) * (1 + Fraction(51, 100) * (1 - measure(part)))
        ),
        proof=None,
        theorem=None,
    ),
    replace(
        growth.growth_at_most_double,
        id="false-growth-factor",
        statement="one item grows the measure by at most the factor 1.9",
        margin=lambda part, x: (
            Fraction(19, 10) * measure(part) - measure(grown(part, x, growth.WINDOW))
        ),
        proof=None,
        theorem=None,
    ),
    replace(
        golden_ratio.best,
        id="false-golden-half",
        statement="the best subset of golden-ratio items is within g^k / 2",
        margin=lambda shares, at: (
            GOLDEN ** len(shares) * Fraction(1, 2)
            - least_error(
                golden_ratio.in_octaves(shares, GOLDEN),
                golden_ratio.target_share(golden_ratio.in_octaves(shares, GOLDEN), at),
            )
        ),
        proof=None,
        theorem=None,
    ),
    replace(
        golden_ratio.best,
        id="false-golden-ratio-055",
        statement="items in [r^(i+1), r^i] with r = 0.55 serve every target within r^k",
        margin=lambda shares, at: (
            Fraction(55, 100) ** len(shares)
            - least_error(
                golden_ratio.in_octaves(shares, Fraction(55, 100)),
                golden_ratio.target_share(golden_ratio.in_octaves(shares, Fraction(55, 100)), at),
            )
        ),
        proof=None,
        theorem=None,
    ),
    replace(
        networks.dense_recursion,
        id="false-linear-recursion",
        statement="layers of norm 1 approximated within eta give an error of at most l eta",
        margin=lambda weights, noise, x, eta: (
            len(weights) * eta - largest(networks.output_error(weights, noise, eta, x))
        ),
        proof=None,
        theorem=None,
    ),
    replace(
        networks.compounding,
        id="false-error-budget",
        statement="(1 + eps / l)^l - 1 <= eps",
        margin=lambda eps, depth: eps - ((1 + eps / depth) ** depth - 1),
        proof=None,
        theorem=None,
    ),
    replace(
        attention.softmax_lemma,
        id="false-softmax-constant",
        statement="softmax weights change by at most tanh(x / 2) in l1",
        margin=lambda weights, moves, r: (
            (r - 1) / (r + 1) - attention.change_of_weights(weights, moves, r)
        ),
        proof=None,
        theorem=None,
    ),
    replace(
        functions.piecewise_linear,
        id="false-piecewise-linear-constant",
        statement="linear interpolation is within h^2 / 9 sup |f''|",
        margin=lambda f, pieces, x: (
            functions.largest_curvature(f) / (9 * pieces**2)
            - abs(functions.interpolated(f, pieces, x) - functions.polynomial(f, x))
        ),
    ),
    replace(
        tails.uniform_component,
        id="false-uniform-component",
        statement="each law contains 1 % more of the uniform law than it does",
        margin=lambda row, at: (
            tails.density(row[0], at * row[1]) - ball(Fraction(101, 100) * row[2] / (2 * row[1]))
        ),
        proof=None,
        theorem=None,
    ),
    replace(
        tails.lower_tail,
        id="false-binomial-tail",
        statement="P(Bin(n, p) <= n p / 2) <= exp(-n p / 3)",
        margin=lambda n, p: (
            (-ball(n * p / 3)).exp() - ball(tails.binomial_tail(n, p, int(n * p / 2)))
        ),
        proof=None,
        theorem=None,
    ),
    replace(
        sums.lattice_transfer,
        id="false-lattice-transfer",
        statement="moving each of n items by at most h moves the best error by at most h",
        margin=lambda sample, z, h, moves: (
            h
            - abs(
                least_error([x + h * y for x, y in zip(sample, moves, strict=True)], z)
                - least_error(sample, z)
            )
        ),
    ),
    Lemma(
        "false-near-covered",
        "if at most eps of the window is uncovered, every target is within eps / 2 of a covered "
        "point",
        {
            "part": growth.near_covered.variables["part"],
            "z": growth.near_covered.variables["z"],
            "eps": reals(0, 1, open_ends="("),
        },
        given=lambda part, eps: 1 - measure(part) <= eps,
        margin=lambda part, z, eps: eps / 2 - growth.distance_from(part, z),
    ),
    replace(
        convolutions.convolution_recursion,
        id="false-convolution-entries",
        statement="entries within eps / (2 l), not divided by their number, are enough",
        margin=lambda first, first_noise, second, second_noise, image, eps: (
            (1 + eps / 4) ** 2
            - 1
            - convolutions.conv_error(
                (first, second),
                convolutions.moved(
                    first, first_noise, second, second_noise, eps / 4 * len(second) * len(second[0])
                ),
                image,
            )
        ),
        proof=None,
        theorem=None,
    ),
    Lemma(
        "false-softmax-linear",
        "softmax weights change by at most 9/10 of e^x - 1 in l1",
        {
            "weights": attention.WEIGHTS,
            "moves": lambda weights: attention.shares(weights),
            "r": one_of([Fraction(2), Fraction(3, 2), Fraction(9, 8), Fraction(65, 64)]),
        },
        margin=lambda weights, moves, r: (
            Fraction(9, 10) * (r - 1) - attention.change_of_weights(weights, moves, r)
        ),
    ),
    replace(
        networks.biased,
        id="false-biased-budget",
        statement="for networks with biases, eps_l = eps / L is enough",
        variables={**networks.biased.variables, "eps": errors()},
        margin=lambda weights, biases, noise, shifts, x, eps: (
            eps
            - networks.biased_error(
                weights, biases, noise, shifts, x, [eps / len(weights)] * len(weights)
            )
        ),
        proof=None,
        theorem=None,
    ),
)
