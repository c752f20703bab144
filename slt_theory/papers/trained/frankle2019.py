"""The lottery ticket hypothesis: iterative pruning against what else could explain it.

Source: Frankle and Carbin, "The lottery ticket hypothesis: finding sparse, trainable neural
networks" (ICLR 2019, arXiv 1803.03635). The loop is `slt_theory.torch.train.rounds`, its counts and
the other starts are in `shared.pruning`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Any

from slt_theory.papers.trained.shared import (
    SCOPE,
    Arms,
    Beats,
    Check,
    Claim,
    Learned,
    Paper,
    Rig,
    Scale,
    Sooner,
    Source,
    Verdict,
    control,
    controls,
    keeps,
    learned,
    mutant,
    rig,
    training,
)

PAPER = Paper(
    key="frankle2019",
    authors="Jonathan Frankle, Michael Carbin",
    title="The lottery ticket hypothesis: finding sparse, trainable neural networks",
    venue="ICLR",
    year=2019,
    arxiv="1803.03635",
)

RATE, ROUNDS = Fraction(7, 20), 7
POINT = Fraction(1, 100)


@dataclass(frozen=True, eq=False)
class Pruned:
    """The rounds of iterative pruning, the dense one first; a ticket is a start and its masks."""

    rig: Rig
    rounds: tuple[training.Round, ...]

    @property
    def start(self) -> training.Tensors:
        """Initial weights."""
        return self.rounds[0].start

    @property
    def masks(self) -> training.Tensors:
        """Masks of the last round."""
        return self.rounds[-1].masks

    def control(self, name: str) -> training.Tensors:
        """Other initial weights for these masks; see `controls`."""
        return controls(self.rig.model, self.start, self.masks, draws=self.rig.draws)[name]

    def dealt(self, copy: int) -> training.Tensors:
        """Masks that keep as many weights in each layer, in random places."""
        return training.shuffled(self.masks, self.rig.draws, copy=copy)

    def one_cut(self, trained: training.Tensors) -> training.Tensors:
        """Masks of the largest trained weights, as many a layer as these masks keep."""
        counts = {layer: int(mask[0].sum()) for layer, mask in self.masks.items()}
        return training.top(training.magnitude(trained), counts)


@cache
def found(seed: int, size: Scale) -> Pruned:
    """The dense round and seven rounds that each remove 35 % (17.5 % of the output layer)."""
    r = rig(seed, size)
    counts = keeps(r.model.shapes, RATE, ROUNDS)
    done = training.rounds(r.model, r.start(), r.task, r.recipe, counts, draws=r.draws)
    return Pruned(r, tuple(done))


def _other_one_shot(p: Pruned) -> tuple[Any, ...]:
    other = p.rig.start(copy=2)
    return other, p.one_cut(p.rig.train(other, copy=1).variables), 1


def _cut_untrained(p: Pruned) -> training.Tensors:
    """Masks after seven cuts without training between them."""
    masks, scores = p.rounds[0].masks, training.magnitude(p.rounds[0].fitted.variables)
    for keep in keeps(p.rig.model.shapes, RATE, ROUNDS):
        masks = training.top({n: score * masks[n] for n, score in scores.items()}, keep)
    return masks


def learning(place: Callable[[Pruned], tuple[Any, ...]]) -> Callable[[Pruned], Learned]:
    """An arm of the table: the network trained from that place."""
    return lambda p: learned(p.rig, *place(p))


#: Initial weights and masks; then the number of the order of batches, where it is not the first.
PLACES: dict[str, Callable[[Pruned], tuple[Any, ...]]] = {
    "ticket": lambda p: (p.start, p.masks),
    "fresh": lambda p: (p.control("fresh"), p.masks),
    "scaled": lambda p: (p.control("scaled"), p.masks),
    "shuffled": lambda p: (p.control("shuffled"), p.masks),
    "signs": lambda p: (p.control("signs"), p.masks),
    "one-shot": lambda p: (p.start, p.one_cut(p.rounds[0].fitted.variables)),
    "random masks": lambda p: (p.start, p.dealt(copy=0)),
    "other fresh": lambda p: (p.rig.start(copy=2), p.masks, 1),
    "other one-shot": _other_one_shot,
    "other random masks": lambda p: (p.rig.start(copy=2), p.dealt(copy=2), 1),
    # Planted errors.
    "a copy": lambda p: (p.rig.start(copy=0), p.masks),
    "cuts without training": lambda p: (p.start, _cut_untrained(p)),
    "a ticket without places": lambda p: (p.start, p.dealt(copy=3)),
}
TICKETS = Arms(
    found,
    {name: learning(place) for name, place in PLACES.items()},
    read=lambda _, arm: arm.accuracy,
    what="accuracy of {first} over {second}",
)


LENET = "LeNet-300-100 on MNIST and small convolutional networks on CIFAR-10"
#: 689 of 11,900 weights.
SPARSE = f"{SCOPE}; seven rounds of 35 % (output layer 17.5 %) to density 0.058"

ENTRIES = (
    Claim(
        id="frankle2019-reinitialisation",
        title="A ticket needs its initial weights",
        family="pruning and rewinding",
        source=Source(
            PAPER, "sections 2 and 3, random reinitialisation", "ICLR 2019", "recalled-high"
        ),
        statement="With new random weights under the same masks a winning ticket learns more "
        "slowly and ends less accurate.",
        paper_scope=LENET,
        test_scope=SPARSE,
        checks=(
            Check(
                "accuracy",
                "at least one point over re-initialisation",
                Beats(TICKETS, "ticket", "fresh", by=POINT),
            ),
            Check(
                "scaled",
                "the same where the new weights have the scale that the density asks for",
                Beats(TICKETS, "ticket", "scaled", by=POINT),
            ),
            Check(
                "shuffled",
                "the same against the ticket's own kept weights in random order in each layer",
                Beats(TICKETS, "ticket", "shuffled", by=POINT),
            ),
            Check(
                "speed",
                "the ticket is first at the best validation count that both reach",
                Sooner(
                    TICKETS,
                    "ticket",
                    "fresh",
                    what="minus steps of the ticket over minus steps of fresh",
                ),
            ),
            control("new weights against new weights", Beats(TICKETS, "fresh", "other fresh")),
            mutant(
                "shared start",
                "the new weights come from the stream of the first ones",
                Beats(TICKETS, "ticket", "a copy", by=POINT),
                Verdict.INCONCLUSIVE,
            ),
        ),
    ),
    Claim(
        id="frankle2019-iterative",
        title="Iterative pruning finds better tickets than one cut",
        family="pruning and rewinding",
        source=Source(PAPER, "section 2, one-shot pruning", "ICLR 2019", "recalled-high"),
        statement="Iterative pruning finds winning tickets at smaller sizes than one-shot pruning.",
        paper_scope=LENET,
        test_scope=SPARSE,
        not_claimed=(
            "with equal compute: the iterative ticket cost eight trainings, the other two",
        ),
        checks=(
            Check(
                "accuracy",
                "over one cut to the same counts a layer",
                Beats(TICKETS, "ticket", "one-shot"),
            ),
            control(
                "one cut against one cut",
                Beats(TICKETS, "one-shot", "other one-shot", what="one-shot over one-shot"),
            ),
            mutant(
                "untrained between",
                "seven cuts without training between them",
                Beats(TICKETS, "cuts without training", "one-shot", what="{first} over {second}"),
                Verdict.INCONCLUSIVE,
            ),
        ),
    ),
    Claim(
        id="frankle2019-random-masks",
        title="Masks found by pruning beat random masks",
        family="pruning and rewinding",
        source=Source(PAPER, "section 2, randomly sparse networks", "ICLR 2019", "recalled-mid"),
        statement="A winning ticket trains to a better accuracy than a random mask of the same "
        "density; part of it is the mask alone.",
        paper_scope=LENET,
        test_scope=SPARSE,
        checks=(
            Check(
                "accuracy",
                "at least one point over the same start under random masks",
                Beats(TICKETS, "ticket", "random masks", by=POINT),
            ),
            Check("mask alone", "with new weights, too", Beats(TICKETS, "fresh", "random masks")),
            control(
                "random masks against each other",
                Beats(
                    TICKETS, "random masks", "other random masks", what="random over random masks"
                ),
            ),
            mutant(
                "places lost",
                "of the ticket's masks only the counts arrive",
                Beats(TICKETS, "a ticket without places", "random masks"),
                Verdict.INCONCLUSIVE,
            ),
        ),
    ),
)
