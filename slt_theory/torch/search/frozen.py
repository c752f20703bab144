"""Frozen networks: before the search, some weights are pruned and some locked, at random.

A pruned weight is 0 under every mask, a locked one keeps its value; the mask has bits for the free
ones only. Counts are exact in every layer.

Source: Otsuka et al., "Partially frozen random networks contain compact strong lottery tickets"
(arXiv 2402.14029).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from slt_theory.errors import BadInput
from slt_theory.torch.search.registers import register_words
from slt_theory.torch.train import Draws, Tensors, Use, apportion, budget, count_of, sizes, top_rows
from slt_theory.torch.train.model import Shapes

__all__ = ["PATTERNS", "Frozen", "frozen_network"]

#: Where a pattern's random words come from.
PATTERNS = ("seed", "lfsr")


@dataclass(frozen=True, eq=False)
class Frozen:
    """The pattern of S networks.

    Attributes
    ----------
    pruned, locked : dict of Tensor
        Boolean masks (S, *shape).
    free, forced : dict of int
        Free and locked weights of each layer.
    """

    pruned: Tensors
    locked: Tensors
    free: dict[str, int]
    forced: dict[str, int]

    @property
    def mask_bits(self) -> int:
        """One bit for each free weight; the pattern itself is regenerated from the seed."""
        return sum(self.free.values())

    def ranked(self, scores: Tensors) -> Tensors:
        """Scores by which every choice of the largest respects the pattern."""
        return {
            name: score.masked_fill(self.locked[name], torch.inf).masked_fill(
                self.pruned[name], -torch.inf
            )
            for name, score in scores.items()
        }

    def keep_counts(self, density: Any) -> dict[str, int]:
        """Kept weights of each layer: its locked ones, and the same share of all free ones.

        They sum to exactly the count that the network's density means (`count_of`).

        Raises
        ------
        BadInput
            The density is below the locked or above the unpruned fraction.
        """
        weights = sum(mask[0].numel() for mask in self.pruned.values())
        forced, free = sum(self.forced.values()), self.mask_bits
        total = count_of(density, weights)
        if not forced <= total <= forced + free:
            raise BadInput(
                "density",
                str(density),
                f"keeps {total} of {weights} weights, but {forced} are locked and "
                f"{weights - forced - free} pruned",
                f"feasible: {forced / weights:.4g} .. {(forced + free) / weights:.4g}",
            )
        chosen = apportion(total - forced, self.free, self.free)
        return {name: self.forced[name] + chosen[name] for name in self.free}


def frozen_network(
    shapes: Shapes,
    draws: Draws,
    *,
    prune: Any = 0,
    lock: Any = 0,
    rule: str = "uniform",
    pattern: str = "seed",
) -> Frozen:
    """Draw the pattern of each replicate.

    Parameters
    ----------
    prune, lock : number in [0, 1)
        Fractions of all weights.
    rule : str
        How the free weights are spread over the layers; see `budget`. The frozen ones of a layer
        are pruned and locked in the ratio of the network.
    pattern : seed or lfsr
        Words of the seed's stream, or of a 32-bit shift register that the seed starts.

    Raises
    ------
    BadInput
        Nothing would stay free.
    """
    if pattern not in PATTERNS:
        raise BadInput("pattern", pattern, f"must be one of {', '.join(PATTERNS)}")
    caps = sizes(shapes)
    weights = sum(caps.values())
    gone, forced = count_of(prune, weights), count_of(lock, weights)
    if gone + forced >= weights:
        raise BadInput("prune, lock", (str(prune), str(lock)), "must leave free weights")
    free = budget(shapes, f"{weights - gone - forced}/{weights}", rule=rule)
    frozen = {name: caps[name] - free[name] for name in caps}
    to_prune = apportion(gone, frozen, frozen)
    pruned, locked = {}, {}
    for number, (name, cap) in enumerate(caps.items()):
        keys = -_words(draws, pattern, number, cap)
        first = top_rows(keys, to_prune[name])
        both = top_rows(keys, frozen[name])
        shape = (len(draws), *shapes[name])
        pruned[name], locked[name] = first.reshape(shape), (both ^ first).reshape(shape)
    return Frozen(pruned, locked, free, {name: frozen[name] - to_prune[name] for name in caps})


def _words(draws: Draws, pattern: str, layer: int, count: int) -> Tensor:
    if pattern == "seed":
        words = draws.words(Use.FROZEN, layer, count)
    else:
        start = draws.words(Use.FROZEN, layer, 1)[:, 0]
        words = register_words(np.maximum(start, np.uint32(1)), count)
    return torch.from_numpy(words.astype(np.int64))
