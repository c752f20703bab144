"""What a search is asked for, and what it found."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

import torch

from slt_theory.errors import BadInput
from slt_theory.torch.train import LAWS, Recipe, Tensors, density

__all__ = ["METHODS", "RECIPE", "Found", "Search"]

METHODS = ("edge-popup", "biprop", "random")

#: The learning rate, momentum and decay of Ramanujan et al.; steps and batch for small data.
RECIPE = Recipe(
    steps=800, batch=60, method="sgd", rate=0.1, momentum=0.9, decay=1e-4, schedule="cosine"
)


@dataclass(frozen=True, kw_only=True)
class Search:
    """A search for a mask of a random network.

    Attributes
    ----------
    density : number in (0, 1]
        Kept weights / all weights, locked ones counted, pruned ones not; the one convention of
        `slt_theory.torch.train.budgets`. The number of kept weights is exact.
    prune, lock : number
        Fractions of all weights frozen before the search.
    rule, pattern : str
        How frozen weights are spread over layers, and drawn; see `frozen_network`.
    scope : layer or global
        layer: each layer keeps its locked weights and the same share of its free ones. global: one
        threshold over all layers.
    method : edge-popup, biprop or random
        random: the best of `tries` random masks by training accuracy.
    law : str
        Of the random weights; see `initial`. They are scaled for the density of their layer.
    coats : tuple of numbers
        Densities of further coats, falling: a weight counts as often as it is covered.
    redraw, redraw_every : number, int
        Every so many steps, this fraction of the free weights outside the mask is drawn anew.
    tries : int
    recipe : Recipe
    """

    density: Any = 0.5
    prune: Any = 0
    lock: Any = 0
    rule: str = "uniform"
    pattern: str = "seed"
    scope: str = "layer"
    method: str = "edge-popup"
    law: str = "signed-constant"
    coats: tuple[Any, ...] = ()
    redraw: float = 0.0
    redraw_every: int = 100
    tries: int = 100
    recipe: Recipe = field(default=RECIPE)

    def __post_init__(self) -> None:
        known = {"scope": ("layer", "global"), "method": METHODS, "law": LAWS}
        for name, allowed in known.items():
            if getattr(self, name) not in allowed:
                raise BadInput(name, getattr(self, name), f"must be one of {', '.join(allowed)}")
        if not 0 <= self.redraw <= 1:
            raise BadInput("redraw", self.redraw, "must lie in [0, 1]")
        if min(self.redraw_every, self.tries) < 1:
            raise BadInput("redraw_every, tries", (self.redraw_every, self.tries), "must be >= 1")
        if self.coats and (self.method != "edge-popup" or self.lock):
            raise BadInput("coats", self.coats, "need edge-popup and no locked weights")
        if self.redraw and self.method == "random":
            raise BadInput("redraw", self.redraw, "needs a search that learns")

    def to_dict(self) -> dict[str, Any]:
        """Numbers as written."""
        record = asdict(self)
        record |= {name: str(record[name]) for name in ("density", "prune", "lock")}
        return {**record, "coats": [str(coat) for coat in self.coats]}


@dataclass(frozen=True, eq=False)
class Found:
    """Masks of S networks.

    Attributes
    ----------
    masks : dict of Tensor
        Boolean (S, *shape), exact counts.
    tensors : dict of Tensor
        What the networks compute with: random weights times masks (biprop: scaled signs).
    mask_bits : int
        Bits that store one network's mask, the frozen pattern being regenerated: one a free
        weight; a further coat adds one for each weight of the coat before.
    losses : Tensor (steps, S)
    """

    masks: Tensors
    tensors: Tensors
    mask_bits: int
    losses: torch.Tensor

    @property
    def density(self) -> float:
        """Kept weights / all weights, the same in every network of the stack."""
        return float(density(self.masks)[0])
