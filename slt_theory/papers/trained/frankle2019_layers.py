"""Where one threshold over all layers keeps weights."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import NamedTuple

from slt_theory.papers.trained.frankle2019 import PAPER
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

DENSITY = Fraction(7, 100)


class Layers(NamedTuple):
    """Two trainings of a network, other weights and order."""

    rig: Rig
    weights: training.Tensors
    other: training.Tensors

    def first(self, weights: training.Tensors, keep: training.Keep | None = None) -> list[Fraction]:
        """Density of the first layer in each replicate, by default under one threshold."""
        if keep is None:
            keep = training.count_of(DENSITY, sum(training.sizes(self.rig.model.shapes).values()))
        mask = next(iter(training.top(training.magnitude(weights), keep).values())).flatten(1)
        return [Fraction(int(kept), mask.shape[1]) for kept in mask.sum(1)]


def _trained(r: Rig) -> Layers:
    return Layers(r, *(r.train(r.start(copy=copy), copy=copy).variables for copy in (0, 1)))


def convolutional(seed: int, size: Scale) -> Layers:
    """A small convolutional network, whose first layer is its smallest."""
    return _trained(replace(rig(seed, size), model=training.conv(2, (1, 8, 8), width=8)))


def fully_connected(seed: int, size: Scale) -> Layers:
    """The fully connected network, whose first layer is its widest."""
    return _trained(rig(seed, size))


CONVOLUTIONS = Arms(
    convolutional,
    {
        "convolutions": lambda s: s.first(s.weights),
        "other convolutions": lambda s: s.first(s.other),
        "all layers": DENSITY,
        # Planted error.
        "within layers": lambda s: s.first(s.weights, s.rig.keep(DENSITY)),
    },
    what="density of the first layer over all, {first}",
)
CONNECTED = Arms(
    fully_connected,
    {
        "fully connected": lambda s: s.first(s.weights),
        "other fully connected": lambda s: s.first(s.other),
        "all layers": DENSITY,
    },
    what="density of the first layer over all, {first}",
)
ANOTHER = "density of the first layer over another network's"
SPARED = Beats(CONVOLUTIONS, "convolutions", "all layers")


ENTRIES = (
    Claim(
        id="frankle2019-global",
        title="One threshold for all layers spares a small first layer",
        family="pruning and rewinding",
        source=Source(PAPER, "section 4, global pruning", "ICLR 2019", "recalled-mid"),
        statement="Pruned over all layers together, layers with few weights stay denser than the "
        "rest, the first one above all.",
        paper_scope="VGG-19 and ResNet-18 on CIFAR-10",
        test_scope="Conv2 with 8 channels on 8x8 digits, 600 Adam steps, one cut to density 0.07, "
        f"{REPLICATES}",
        checks=(
            Check("first layer", "denser than the network", SPARED),
            control(
                "one network against another",
                Beats(CONVOLUTIONS, "convolutions", "other convolutions", what=ANOTHER),
            ),
            mutant(
                "within layers",
                "a threshold in each layer",
                Beats(CONVOLUTIONS, "within layers", "all layers"),
            ),
        ),
    ),
    Claim(
        id="frankle2019-global-wide",
        title="One threshold for all layers, where the first layer is the widest",
        family="pruning and rewinding",
        source=Source(PAPER, "section 4, global pruning", "ICLR 2019", "recalled-mid"),
        statement="Pruned over all layers together, the first layer stays denser than the rest.",
        paper_scope="VGG-19 and ResNet-18 on CIFAR-10, whose first layers are small",
        test_scope=f"{SCOPE}; one cut to density 0.07; the first layer has 6,400 of 11,900 weights",
        checks=(
            Check(
                "first layer",
                "denser than the network",
                Beats(CONNECTED, "fully connected", "all layers"),
                label="not-claimed",
            ),
            control(
                "one network against another",
                Beats(CONNECTED, "fully connected", "other fully connected", what=ANOTHER),
            ),
            mutant(
                "convolutions",
                "a network whose first layer is its smallest",
                SPARED,
                Verdict.CONSISTENT,
            ),
        ),
    ),
)
