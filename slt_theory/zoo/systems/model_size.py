"""A ticket search with a fixed budget, in networks of several sizes.

Source: Sahu et al., "Not all lotteries are made equal" (arXiv 2206.08175).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from slt_theory.torch.train import (
    Draws,
    Keep,
    Model,
    Recipe,
    Task,
    Tensors,
    correct,
    magnitude,
    rounds,
)

__all__ = ["TicketSearch", "search"]


@dataclass(frozen=True, eq=False)
class TicketSearch:
    """Every network of a search, the dense one first.

    Attributes
    ----------
    networks : tuple of dicts of Tensor
    right : Tensor (rounds + 1, S)
        Validation examples that each classifies right.
    """

    networks: tuple[Tensors, ...]
    right: Tensor

    def best(self) -> Tensor:
        """The round of most right; of equals the sparsest: int64 (S,)."""
        return self._last(self.right == self.right.max(0).values)

    def sparsest_matching(self) -> Tensor:
        """The last round that is no worse than the dense network: int64 (S,)."""
        return self._last(self.right >= self.right[0])

    def network(self, rounds: Tensor) -> Tensors:
        """The stack with each replicate's network of its own round."""
        each = torch.arange(len(rounds))
        return {
            name: torch.stack([network[name] for network in self.networks])[rounds, each]
            for name in self.networks[0]
        }

    def _last(self, fits: Tensor) -> Tensor:
        return len(fits) - 1 - fits.flip(0).int().argmax(0)


def search(
    model: Model,
    start: Tensors,
    task: Task,
    recipe: Recipe,
    keeps: Sequence[Keep],
    *,
    draws: Draws,
    score: Callable[[Tensors], Tensors] = magnitude,
) -> TicketSearch:
    """Train, prune, reset and train again, once for each count."""
    networks = tuple(
        found.fitted.variables
        for found in rounds(model, start, task, recipe, keeps, draws=draws, score=score)
    )
    right = torch.stack([correct(model, each, task, "validation") for each in networks])
    return TicketSearch(networks, right)
