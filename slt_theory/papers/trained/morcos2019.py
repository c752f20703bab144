"""Tickets found on digits 0 to 4, trained on digits 5 to 9.

Source: Morcos, Yu, Paganini, Tian, "One ticket to win them all: generalizing lottery ticket
initializations across datasets and optimizers" (NeurIPS 2019, arXiv 1906.02773): one threshold
over all layers, late resetting, and a new output layer.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache

import numpy as np

from slt_theory.papers.trained.shared import (
    REPLICATES,
    Arms,
    Beats,
    Check,
    Claim,
    Paper,
    Rig,
    Run,
    Scale,
    Source,
    Verdict,
    Within,
    all_digits,
    control,
    datasets,
    mutant,
    rewound,
    rig,
    training,
)

PAPER = Paper(
    key="morcos2019",
    authors="Ari S. Morcos, Haonan Yu, Michela Paganini, Yuandong Tian",
    title="One ticket to win them all: generalizing lottery ticket initializations across "
    "datasets and optimizers",
    venue="NeurIPS",
    year=2019,
    arxiv="1906.02773",
)


def classes(sample: datasets.Labelled, first: int, last: int) -> datasets.Labelled:
    """The examples of classes `first` .. `last`, numbered from 0."""
    chosen = (sample.labels >= first) & (sample.labels <= last)
    return datasets.Labelled(sample.inputs[chosen], np.asarray(sample.labels[chosen] - first))


def new_output(tensors: training.Tensors, fresh: training.Tensors) -> training.Tensors:
    """The network with the output layer of another: its last weight and bias."""
    output = list(tensors)[-1].partition(".")[0]
    return {
        name: (fresh if name.partition(".")[0] == output else tensors)[name] for name in tensors
    }


SOURCE, TARGET = (0, 4), (5, 9)
DENSITY, CUTS, LATE = 0.039, 5, 60
MANY, FEW, MARGIN = 500, 60, Fraction(2, 100)


def _half(seed: int, size: Scale, digits: tuple[int, int], train: int) -> Rig:
    """The rig on five classes."""
    r = rig(seed, size)
    counts = (train, 100, 296)
    task = training.split_task("five digits", classes(all_digits(), *digits), r.draws, counts)
    return replace(r, model=training.Mlp((64, 100, 50, 5)), task=task)


@cache
def _rounds(run: Run, digits: tuple[int, int], train: int = MANY) -> list[training.Round]:
    """The dense round, and five of global pruning with late resetting."""
    r = _half(*run, digits, train)
    total = sum(training.sizes(r.model.shapes).values())
    counts = [training.count_of(density, total) for density in training.geometric(DENSITY, CUTS)]
    late = r.steps(LATE)
    return list(rewound(r.model, r.start(), r.task, r.recipe, counts, draws=r.draws, late=late))


@dataclass(frozen=True, eq=False)
class Target:
    """Digits 5 to 9, fresh weights for them, and tickets of either half."""

    run: Run
    rig: Rig
    fresh: training.Tensors

    @property
    def source(self) -> training.Round:
        """The ticket of digits 0 to 4."""
        return _rounds(self.run, SOURCE)[-1]

    @property
    def few(self) -> training.Round:
        """The ticket of 60 examples of these."""
        return _rounds(self.run, SOURCE, FEW)[-1]

    def trained(
        self, start: training.Tensors, masks: training.Tensors, copy: int = 0
    ) -> training.Tensors:
        """Weights after training here, with a fresh output layer."""
        return self.rig.train(new_output(start, self.fresh), masks, copy=copy).variables

    def dealt(self, copy: int = 0) -> training.Tensors:
        """The source's counts in each layer, in random places."""
        return training.shuffled(self.source.masks, self.rig.draws, copy=copy)

    def smallest(self) -> training.Tensors:
        """Masks of the smallest weights of the source."""
        worth = training.magnitude(_rounds(self.run, SOURCE)[0].fitted.variables)
        keep = int(training.kept(self.source.masks)[0])
        return training.top({n: -v for n, v in worth.items()}, keep)


def target(seed: int, size: Scale) -> Target:
    """The rig on the target."""
    r = _half(seed, size, TARGET, MANY)
    return Target(Run(seed, size), r, r.start(copy=1))


TRANSFERRED = Arms(
    target,
    {
        "dense": lambda t: t.rig.train(t.fresh).variables,
        "own": lambda t: _rounds(t.run, TARGET)[-1].fitted.variables,
        "source": lambda t: t.trained(t.source.start, t.source.masks),
        "few": lambda t: t.trained(t.few.start, t.few.masks),
        "masks": lambda t: t.trained(t.fresh, t.source.masks),
        "weights": lambda t: t.trained(t.source.start, t.dealt()),
        "random": lambda t: t.trained(t.fresh, t.dealt()),
        "other random": lambda t: t.trained(t.rig.start(copy=2), t.dealt(copy=1), copy=1),
        # Planted error.
        "largest removed": lambda t: t.trained(t.source.start, t.smallest()),
    },
    read=lambda t, weights: t.rig.accuracy(weights),
    what="accuracy on the target of {first} over {second}",
)
RANDOM_AGAIN = Beats(TRANSFERRED, "random", "other random")
OTHER_DATA = "VGG19 and ResNet50 between CIFAR, Fashion-MNIST, SVHN, ImageNet and Places"
HALVES = (
    "MLP 64-100-50-5, found on digits 0 to 4, trained on 5 to 9, 600 Adam steps each; five rounds "
    f"of global pruning to density 0.039, rewound to step 60, {REPLICATES}"
)

ENTRIES = (
    Claim(
        id="morcos2019-transfer",
        title="Tickets help on data they were not found on",
        family="pruning and rewinding",
        source=Source(
            PAPER, "abstract; transfer between datasets", "NeurIPS 2019", "recalled-high"
        ),
        statement="A ticket found on one dataset, with a new output layer, trains on another to a "
        "better accuracy than a random ticket of the same density in every layer.",
        paper_scope=OTHER_DATA,
        test_scope=HALVES,
        not_claimed=(
            "transfer across optimisers",
            "that the mask carries it: see morcos2019-parts",
        ),
        checks=(
            Check("accuracy", "over random tickets", Beats(TRANSFERRED, "source", "random")),
            control("random tickets against each other", RANDOM_AGAIN),
            mutant(
                "largest removed",
                "its masks keep the smallest weights",
                Beats(TRANSFERRED, "largest removed", "random"),
            ),
        ),
    ),
    Claim(
        id="morcos2019-parts",
        title="Mask or weights: what of a ticket helps on other data",
        family="pruning and rewinding",
        source=Source(PAPER, "abstract; transfer between datasets", "NeurIPS 2019", "recalled-mid"),
        statement="The mask of a ticket found on one dataset, without its weights, trains on "
        "another to a better accuracy than random tickets; so do its weights, of an early step, "
        "without its mask.",
        paper_scope=OTHER_DATA,
        test_scope=HALVES,
        not_claimed=(
            "that neither helps: masks alone win 18 to 19 of 24 replicates, undecided with three "
            "master seeds; weights alone 18 to 23, decided with two of them",
        ),
        checks=(
            Check(
                "mask",
                "with new weights",
                Beats(TRANSFERRED, "masks", "random"),
                recorded=Verdict.INCONCLUSIVE,
            ),
            Check(
                "weights",
                "under random masks",
                Beats(TRANSFERRED, "weights", "random"),
                recorded=Verdict.INCONCLUSIVE,
            ),
            control("random tickets against each other", RANDOM_AGAIN),
            mutant(
                "both",
                "the whole ticket",
                Beats(TRANSFERRED, "source", "random"),
                Verdict.CONSISTENT,
            ),
        ),
    ),
    Claim(
        id="morcos2019-as-own",
        title="A transferred ticket is nearly as good as the data's own",
        family="pruning and rewinding",
        source=Source(PAPER, "transfer between datasets", "NeurIPS 2019", "recalled-high"),
        statement="A ticket found on one dataset trains on another about as well as one that was "
        "found there.",
        paper_scope=OTHER_DATA,
        test_scope=HALVES,
        checks=(
            Check(
                "accuracy",
                "at most two points below the target's own ticket",
                Within(TRANSFERRED, "source", "own", margin=MARGIN),
                label="not-claimed",
            ),
            control("random tickets against each other", RANDOM_AGAIN),
            mutant(
                "never pruned",
                "the dense network in place of the transferred ticket",
                Within(TRANSFERRED, "dense", "own", margin=MARGIN),
                Verdict.CONSISTENT,
            ),
        ),
    ),
    Claim(
        id="morcos2019-data",
        title="Tickets of larger data transfer better",
        family="pruning and rewinding",
        source=Source(PAPER, "transfer between datasets", "NeurIPS 2019", "recalled-high"),
        statement="Tickets found on more examples transfer better.",
        paper_scope=OTHER_DATA,
        test_scope=f"{HALVES}; 500 source examples against 60",
        checks=(
            Check(
                "accuracy",
                "found with 500 examples over found with 60",
                Beats(TRANSFERRED, "source", "few"),
                recorded=Verdict.INCONCLUSIVE,
            ),
            control("random tickets against each other", RANDOM_AGAIN),
            mutant(
                "never pruned",
                "the dense network over a ticket found with 60",
                Beats(TRANSFERRED, "dense", "few"),
                Verdict.CONSISTENT,
            ),
        ),
    ),
)
