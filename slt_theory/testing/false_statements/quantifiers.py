"""Quantifiers in the wrong order."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

from slt_theory.testing.lemma import Lemma
from slt_theory.testing.lemmas import sums
from slt_theory.testing.margins import farthest_target, least_error, subset_sums
from slt_theory.testing.spaces import reals, samples, targets

__all__ = ["LEMMAS"]

LEMMAS: tuple[Lemma, ...] = (
    Lemma(
        "false-ends-decide",
        "if both ends of [-1/2, 1/2] are within eps of a sum, every target between them is",
        {"sample": samples(max_size=4), "eps": reals(0, 1, bits=4)},
        given=lambda sample, eps: (
            least_error(sample, Fraction(-1, 2)) <= eps
            and least_error(sample, Fraction(1, 2)) <= eps
        ),
        margin=lambda sample, eps: (
            eps - farthest_target(subset_sums(sample), Fraction(-1, 2), Fraction(1, 2))
        ),
    ),
    Lemma(
        "false-one-subset-for-two",
        "if a sample serves z and y within eps each, one subset serves both",
        {
            "sample": samples(max_size=3),
            "z": targets(),
            "y": targets(),
            "eps": reals(0, 1, bits=4),
        },
        given=lambda sample, z, y, eps: (
            least_error(sample, z) <= eps and least_error(sample, y) <= eps
        ),
        witnesses=lambda sample: subset_sums(sample),
        margin=lambda z, y, eps, witness: eps - max(abs(z - witness), abs(y - witness)),
    ),
    Lemma(
        "false-perturbation-for-all",
        "if items may move by h and some movement reaches z exactly, every movement is within h",
        sums.perturbation_reach.variables,
        given=lambda sample, z, h: any(
            abs(z - sum((x for x, b in zip(sample, bits, strict=True) if b), Fraction(0)))
            <= sum(bits) * h
            for bits in product((0, 1), repeat=len(sample))
        ),
        margin=lambda sample, z, h, moves: (
            h - least_error([x + h * y for x, y in zip(sample, moves, strict=True)], z)
        ),
    ),
)
