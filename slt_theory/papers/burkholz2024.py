"""Burkholz 2024: batch normalisation alone, in convolutional networks."""

from __future__ import annotations

from functools import partial

import numpy as np

from slt_theory.papers.giannou2023 import rank
from slt_theory.theorems.checks import Check, Outcome, Power, all_of, mutant
from slt_theory.theorems.common import integers, relation
from slt_theory.theorems.conditions import Statement
from slt_theory.theorems.entry import Constant, Formula, Paper, Quantifiers, Source, Theorem

PAPER = Paper(
    key="burkholz2024",
    authors="Rebekka Burkholz",
    title="Batch normalization is sufficient for universal function approximation in CNNs",
    venue="ICLR 2024",
    year=2024,
    link="openreview:wOSYMHfENq",
)


def filters(seed: int, missing: int = 0) -> Outcome:
    """Features = parameters: scales of random filters, then a random 1 x 1 mix, make any tensor.

    A target of c_in x c_out filters with `taps` entries has N = taps c_in c_out parameters. The
    scales of N - missing features f (one random filter on each input channel, mixed to each
    output) span all of them if the N x N matrix of coefficients is regular.
    """
    failures, cases = [], 0
    for taps, c_in, c_out in ((3, 1, 1), (3, 2, 2), (9, 1, 2), (2, 2, 3)):
        needed = taps * c_in * c_out
        features = needed - missing
        for stream in range(3):
            cases += 1
            kernel = integers(seed, 10 * needed + stream, features * taps * c_in, -(10**6), 10**6)
            mix = integers(seed, 5000 + 10 * needed + stream, features * c_out, -(10**6), 10**6)
            spanned = (
                kernel.reshape(features, taps * c_in, 1) * mix.reshape(features, 1, c_out)
            ).reshape(features, needed)
            if rank(np.asarray(spanned)) < needed:
                failures.append(f"{taps} taps, {c_in} to {c_out}, {features} features")
    return all_of(failures, cases, f"all filters at N - {missing} features")


ENTRIES = (
    Theorem(
        id="burkholz2024-batch-normalisation",
        title="As many random features as parameters, and only scales and shifts are trained",
        kind="theorem",
        source=Source(PAPER, "abstract; the linear core derived here", "OpenReview", "abstract"),
        statement=Statement(
            "A random convolutional network with or without residual connections, almost any "
            "activation, of which only the normalisation parameters are trained",
            (
                relation(
                    "features >= parameters of the target",
                    ("features", "N"),
                    lambda features, N: features >= N,
                ),
            ),
            "If the number of random features matches or exceeds the number N of parameters of the "
            "target network, the target is represented; so training normalisation alone is "
            "sufficient for universal approximation. This needs fewer features than "
            "giannou2023-normalisation where the target is sparse.",
        ),
        quantifiers=Quantifiers("all", "all", "0: exact", "all filters"),
        assumptions=(),
        constants=(Constant("1", "1", "stated", "N features for N parameters"),),
        bound=Formula("N", lambda N: N),
        unit="random features",
        not_claimed=("fewer features with an error",),
        uses=("giannou2023-normalisation",),
        checks=(
            Check("filters", "exact rank of N features for N parameters", filters),
            mutant(
                "one feature less",
                "N - 1 features",
                partial(filters, missing=1),
                power=Power(100, 100),
            ),
        ),
    ),
)
