"""Search against existence: how far below the best mask does a search end?

In a random network with a planted ticket the best mask of its density is known: the labels are the
planted network's own answers, so it is right on every example on which its outputs do not tie. A
search of the same network at the same density, layer counts and mask bits ends somewhere below.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from slt_theory.records import Record
from slt_theory.torch.search.frozen import frozen_network
from slt_theory.torch.search.popup import search
from slt_theory.torch.search.settings import Search
from slt_theory.torch.train import (
    Draws,
    Model,
    Recipe,
    Task,
    applied,
    correct,
    initial,
    plant,
    recovery,
    rounds,
    sizes,
    taught,
)

__all__ = ["Existence", "search_against_existence"]


@dataclass(frozen=True)
class Existence(Record):
    """One number a replicate.

    Attributes
    ----------
    best, found, chance : list of float
        Accuracy on the test part of the planted mask (1 but for ties), of the searched one, and of
        the best of `tries` random ones, by the planted network's own labels.
    shortfall : list of float
        best - found.
    precision, recall : list of float
        Of the planted weights among those found; a random mask has about the density.
    density : float
    mask_bits : int
    """

    best: list[float]
    found: list[float]
    chance: list[float]
    precision: list[float]
    recall: list[float]
    density: float
    mask_bits: int

    @property
    def shortfall(self) -> list[float]:
        """Accuracy by which the search stays below the best mask, a number a network."""
        return [best - found for best, found in zip(self.best, self.found, strict=True)]

    def to_dict(self) -> dict[str, Any]:
        return {**super().to_dict(), "shortfall": self.shortfall}


def search_against_existence(
    model: Model, task: Task, settings: Search, *, draws: Draws, teacher: Recipe | None = None
) -> Existence:
    """Plant a trained sparse network in the random one, then search for it.

    Parameters
    ----------
    settings : Search
        By layers, nothing frozen. The planted ticket has the same count in every layer.
    teacher : Recipe, optional
        How the sparse network is trained: dense, pruned by magnitude, rewound, trained again.
    """
    keep = frozen_network(model.shapes, draws).keep_counts(settings.density)
    start = initial(model, draws, law="glorot-normal", copy=1)
    *_, last = rounds(model, start, task, teacher or Recipe(), [keep], draws=draws)
    density = {name: keep[name] / size for name, size in sizes(model.shapes).items()}
    source = initial(model, draws, law=settings.law, density=density)
    planted = plant(source, last.fitted.variables, last.masks)
    own = taught(task, model, planted, last.masks)
    settings = replace(settings, prune=0, lock=0, scope="layer")
    found = search(model, own, settings, draws=draws, weights=planted)
    lucky = search(model, own, replace(settings, method="random"), draws=draws, weights=planted)
    tests = own.test.shape[1]

    def accuracy(tensors: Any) -> list[float]:
        return [hits / tests for hits in correct(model, tensors, own).tolist()]

    precision, recall = recovery(found.masks, last.masks)
    return Existence(
        accuracy(applied(planted, last.masks)),
        accuracy(found.tensors),
        accuracy(lucky.tensors),
        precision,
        recall,
        found.density,
        found.mask_bits,
    )
