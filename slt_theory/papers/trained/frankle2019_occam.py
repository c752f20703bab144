"""Occam's hill: accuracy rises, then falls, as weights are pruned."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import NamedTuple

from slt_theory.papers.trained.frankle2019 import LENET, PAPER
from slt_theory.papers.trained.shared import (
    REPLICATES,
    SCOPE,
    Arms,
    Beats,
    Check,
    Claim,
    Rig,
    Scale,
    Source,
    Verdict,
    control,
    mutant,
    rig,
    training,
)

#: Two equal cuts to a tenth, and one to a fiftieth.
TENTH, FIFTIETH = 0.1, 0.02
#: Share of the training labels that are random, and steps to learn them by heart.
NOISE, LONGER = Fraction(3, 10), 1500


class Hill(NamedTuple):
    """Weights after each round of pruning, dense first."""

    rig: Rig
    networks: list[training.Tensors]


def _pruned(r: Rig, densities: list[float]) -> Hill:
    counts = [r.keep(density) for density in densities]
    done = training.rounds(r.model, r.start(), r.task, r.recipe, counts, draws=r.draws)
    return Hill(r, [part.fitted.variables for part in done])


def noisy(seed: int, size: Scale) -> Hill:
    """Prune with 30 % of the training labels random."""
    r = rig(seed, size, recipe=training.Recipe(steps=LONGER), noise=NOISE)
    return _pruned(r, [*training.geometric(TENTH, 2), FIFTIETH])


def clean(seed: int, size: Scale) -> Hill:
    """Prune with true labels."""
    return _pruned(rig(seed, size), training.geometric(TENTH, 2))


NOISY = Arms(
    noisy,
    {
        "dense": lambda h: h.networks[0],
        "density 1/10": lambda h: h.networks[2],
        "1/50": lambda h: h.networks[3],
        "other dense": lambda h: h.rig.train(h.rig.start(copy=2), copy=1).variables,
    },
    read=lambda h, weights: h.rig.accuracy(weights),
    what="accuracy on test data at {first} over {second}",
)
CLEAN = replace(NOISY, setting=clean)
#: Mutant: the parts of the data are swapped.
SWAPPED = replace(
    NOISY,
    read=lambda h, weights: h.rig.accuracy(weights, "train"),
    what="accuracy on train data at {first} over {second}",
)
RISES = Beats(NOISY, "density 1/10", "dense")


ENTRIES = (
    Claim(
        id="frankle2019-occam",
        title="Occam's hill, with label noise",
        family="pruning and rewinding",
        source=Source(PAPER, "section 5", "ICLR 2019", "recalled-high"),
        statement="As weights are pruned, test accuracy rises above that of the dense network, "
        "then falls.",
        paper_scope=LENET,
        test_scope="MLP 64-100-50-10 on 8x8 digits with 30 % of the training labels drawn at "
        f"random, 1,500 Adam steps, {REPLICATES}",
        not_claimed=("a hill without label noise: see frankle2019-occam-clean",),
        checks=(
            Check("rise", "a tenth of the weights over all", RISES),
            Check(
                "fall",
                "a tenth over a fiftieth",
                Beats(NOISY, "density 1/10", "1/50", what="accuracy at {first} over {second}"),
            ),
            control(
                "dense against dense", Beats(NOISY, "dense", "other dense", what="dense over dense")
            ),
            mutant(
                "on training data",
                "parts of the data swapped, wrong labels learnt by heart count",
                Beats(SWAPPED, "density 1/10", "dense"),
            ),
        ),
    ),
    Claim(
        id="frankle2019-occam-clean",
        title="Occam's hill, with true labels",
        family="pruning and rewinding",
        source=Source(PAPER, "section 5", "ICLR 2019", "recalled-high"),
        statement="As weights are pruned, test accuracy rises above that of the dense network.",
        paper_scope=LENET,
        test_scope=f"{SCOPE}; density 1/10 after two equal cuts",
        checks=(
            Check(
                "rise",
                "a tenth of the weights over all",
                Beats(CLEAN, "density 1/10", "dense"),
                label="not-claimed",
            ),
            control(
                "dense against dense", Beats(CLEAN, "dense", "other dense", what="dense over dense")
            ),
            mutant(
                "noisy labels", "30 % of the training labels are random", RISES, Verdict.CONSISTENT
            ),
        ),
    ),
)
