"""Yang et al. 2023: pruning before training, and how much of it is too much."""

from __future__ import annotations

from functools import partial

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
    key="yang2023",
    authors="Hongru Yang, Yingbin Liang, Xiaojie Guo, Lingfei Wu, Zhangyang Wang",
    title="Pruning before training may improve generalization, provably",
    venue="arXiv (v1: Theoretical characterization of how neural network pruning affects its "
    "generalization)",
    year=2023,
    arxiv="2301.00335",
)

_NEURONS, _NOISE, _SAMPLES = 8, 256, 6


def pruned(seed: int, stream: int, kept: int) -> tuple[bool, bool]:
    """True if 8 neurons still see the signal, and if kept noise coordinates fit 6 labels.

    Each of 8 x 257 weights is kept with probability kept/64; coordinate 0 is the signal. Labels are
    fitted by any combination of coordinates that a neuron sees iff the samples have full rank on
    these.
    """
    from flint import fmpz_mat

    width = _NOISE + 1
    seen = (integers(seed, 2 * stream, _NEURONS * width, 0, 63) < kept).reshape(_NEURONS, width)
    data = integers(seed, 2 * stream + 1, _SAMPLES * width, -99, 99).reshape(_SAMPLES, width)
    places = [k for k in range(1, width) if seen[:, k].any()]
    fitted = bool(places) and fmpz_mat(data[:, places].tolist()).rank() == _SAMPLES
    return bool(seen[:, 0].any()), fitted


def too_much(seed: int, kept: int = 1) -> Outcome:
    """At kept/64 of the weights labels are fitted by noise alone, and no neuron sees the signal."""
    trials, blind, fits = 80, 0, 0
    for trial in range(trials):
        sees, fitted = pruned(seed, trial, kept)
        blind, fits = blind + (not sees), fits + fitted
    return together(
        share(fits, trials, 0.8, f"{kept}/64 kept, six labels fitted by noise"),
        share(blind, trials, 0.6, "the signal seen by none of 8 neurons"),
    )


ENTRIES = (
    Theorem(
        id="yang2023-fraction",
        title="Pruned at random before training: mildly it generalises, too much memorises",
        kind="theorem",
        source=Source(PAPER, "abstract; the counting derived here", "arXiv", "abstract"),
        statement=Statement(
            "Overparameterised two-layer networks pruned at random before training, a "
            "classification of signal and noise",
            (parameter("0 < p <= 1 of the weights is kept", "p", lambda v: 0 < v <= 1),),
            "Below a threshold of the pruned fraction gradient descent reaches training loss 0 and "
            "generalises, by a bound that improves as more is pruned. There is a large fraction "
            "at which the loss still goes to 0, by memorised noise, and the network does no "
            "better than guessing: the signal is seen by none of m neurons with probability "
            "(1 - p)^m.",
        ),
        quantifiers=Quantifiers("fixed", "fixed", "classification error", "the paper's data"),
        assumptions=(),
        constants=(Constant("1", "1", "derived", "(1 - p)^m, exactly"),),
        bound=Formula("1/p", lambda p: 1 / p),
        unit="neurons that see the signal once, on average",
        claims="necessary",
        not_claimed=("tickets that are searched", "a rate for other data"),
        known_issues=(
            KnownIssue("the check counts what can be seen and fitted; it trains nothing"),
        ),
        checks=(
            Check("memorised", "exact ranks, 8 neurons, 256 noise coordinates", too_much),
            mutant(
                "any fraction",
                "the same with a quarter of the weights kept",
                partial(too_much, kept=16),
                power=Power(100, 100),
            ),
        ),
    ),
)
