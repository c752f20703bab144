"""How one uniform item grows the set of approximated targets inside the window [-1/2, 1/2]."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from slt_theory.intervals import Interval, expected_growth, grown, measure
from slt_theory.testing.lemma import Lemma
from slt_theory.testing.margins import equality
from slt_theory.testing.spaces import reals, targets, unions

__all__ = ["LEMMAS", "WINDOW", "expectation_identity", "growth_at_most_double", "near_covered"]

HALF = Fraction(1, 2)
WINDOW = (-HALF, HALF)

expectation_identity = Lemma(
    "expectation-identity",
    "for a part of measure v of the window and X uniform on [-1, 1], the expected measure after X "
    "is v (1 + (1 - v) / 2)",
    {"part": unions(-HALF, HALF)},
    margin=lambda part: equality(
        expected_growth(part, WINDOW), measure(part) * (1 + (1 - measure(part)) / 2)
    ),
    proof="expectation-identity",
    theorem="dacunha2023-expectation",
)

growth_at_most_double = Lemma(
    "growth-at-most-double",
    "one item grows the measure v to at least v and at most min(2 v, 1)",
    {"part": unions(-HALF, HALF), "x": reals(-1, 1)},
    margin=lambda part, x: min(
        measure(grown(part, x, WINDOW)) - measure(part),
        min(2 * measure(part), Fraction(1)) - measure(grown(part, x, WINDOW)),
    ),
    proof="growth-at-most-double",
    theorem="dacunha2023-growth",
)

second_phase = Lemma(
    "second-phase",
    "once v >= 1/2, the uncovered measure 1 - v shrinks to at most 3/4 of itself on average",
    {"part": unions(-HALF, HALF)},
    given=lambda part: measure(part) >= HALF,
    margin=lambda part: Fraction(3, 4) * (1 - measure(part)) - (1 - expected_growth(part, WINDOW)),
    proof="lemma-r",
)


def distance_from(part: Sequence[Interval], z: Fraction) -> Fraction:
    """Distance of a point from a union of intervals."""
    return min(max(a - z, z - b, Fraction(0)) for a, b in part)


near_covered = Lemma(
    "near-covered",
    "if less than eps of the window is uncovered, every target of it is within eps of a covered "
    "point: hence the error 2 eps",
    {"part": unions(-HALF, HALF), "z": targets(-HALF, HALF), "eps": reals(0, 1, open_ends="(")},
    given=lambda part, eps: 1 - measure(part) < eps,
    margin=lambda part, z, eps: eps - distance_from(part, z),
    proof="lemma-r",
)

LEMMAS = (expectation_identity, growth_at_most_double, second_phase, near_covered)
