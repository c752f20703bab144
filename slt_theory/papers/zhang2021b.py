"""Zhang et al. 2021: samples that a pruned network needs."""

from __future__ import annotations

from functools import partial

import numpy as np

from slt_theory.theorems.checks import Check, Outcome, Power, mutant, share
from slt_theory.theorems.common import integers, parameter
from slt_theory.theorems.conditions import Statement
from slt_theory.theorems.entry import (
    Constant,
    Formula,
    KnownIssue,
    Paper,
    Quantifiers,
    Source,
    Theorem,
)
from slt_theory.theorems.partitions import together

PAPER = Paper(
    key="zhang2021b",
    authors="Shuai Zhang, Meng Wang, Sijia Liu, Pin-Yu Chen, Jinjun Xiong",
    title="Why lottery ticket wins? A theoretical perspective of sample complexity on sparse "
    "neural networks",
    venue="NeurIPS 2021",
    year=2021,
    arxiv="2110.05667",
)

_INPUTS, _NEURONS = 6, 3


def determined(seed: int, stream: int, kept: int, samples: int) -> bool:
    """Decide exactly whether samples determine the kept weights of a ReLU layer near the truth.

    The mean of 3 neurons on 6 inputs, `kept` weights each at random places. Where no neuron is at
    its kink the outputs are linear in the weights, so they are determined near the truth iff the
    samples' derivatives have full rank.
    """
    from flint import fmpz_mat

    teacher = integers(seed, 3 * stream, _NEURONS * _INPUTS, -9999, 9999).reshape(_NEURONS, _INPUTS)
    order = np.argsort(
        integers(seed, 3 * stream + 1, _NEURONS * _INPUTS, 0, 1 << 20).reshape(_NEURONS, _INPUTS),
        axis=1,
    )
    places = order[:, :kept]
    inputs = integers(seed, 3 * stream + 2, samples * _INPUTS, -99, 99).reshape(samples, _INPUTS)
    rows = []
    for x in inputs:
        parts = [x[at] * int(int(teacher[k][at] @ x[at]) > 0) for k, at in enumerate(places)]
        rows.append(np.concatenate(parts).tolist())
    return bool(fmpz_mat(rows).rank() == _NEURONS * kept)


def samples_needed(seed: int, part: int = 1) -> Outcome:
    """Eight samples a kept weight determine the layer; `part` 16 gives half a sample a weight."""
    outcomes, trials = [], 40
    for kept in (2, 4, 6):
        samples = 8 * _NEURONS * kept // part
        hits = sum(determined(seed, 100 * kept + t, kept, samples) for t in range(trials))
        text = f"{kept} of {_INPUTS} kept, {samples} samples: determined"
        outcomes.append(share(hits, trials, 0.7, text))
    return together(*outcomes)


ENTRIES = (
    Theorem(
        id="zhang2021b-samples",
        title="The samples for zero generalisation error go with the kept weights",
        kind="theorem",
        source=Source(PAPER, "abstract; the linear part derived here", "proceedings", "abstract"),
        statement=Statement(
            "One hidden layer, labels by a pruned teacher whose mask the student has, training by "
            "(accelerated) stochastic gradient descent",
            (parameter("the inputs are generic", "generic", bool),),
            "The convex region around the teacher grows as weights are pruned, and the samples for "
            "zero generalisation error are proportional to the number of kept hidden weights. "
            "With fewer samples than kept weights no method finds them.",
        ),
        quantifiers=Quantifiers("fixed", "fixed", "0: exact", "one pruned teacher"),
        assumptions=(),
        constants=(Constant("C", None, "unnamed", "depends on width and teacher"),),
        bound=Formula("C*N", lambda N, C: C * N),
        unit="samples; N kept weights of the hidden layer",
        known_issues=(
            KnownIssue(
                "the check sees the information alone, not the landscape or the training, and not "
                "the factors that the abstract leaves out"
            ),
        ),
        checks=(
            Check("rank", "exact ranks of derivatives, 2, 4 and 6 of 6 kept", samples_needed),
            mutant(
                "a part does",
                "half a sample for a kept weight",
                partial(samples_needed, part=16),
                power=Power(100, 100),
            ),
        ),
    ),
)
