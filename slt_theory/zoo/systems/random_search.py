"""Random sets of hidden units, the best of them by the loss of the untrained network.

Source: "Random search as a baseline for sparse neural network architecture search" (arXiv
2403.08265), whose "sparsity" is that of units; what is scored, and when, is our reading.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from slt_theory.torch.train import (
    Batch,
    Draws,
    Model,
    Task,
    Tensors,
    Use,
    applied,
    cross_entropy,
    maskable,
    outputs,
)

__all__ = ["Candidates", "search", "training_loss", "unit_masks"]


def unit_masks(model: Model, draws: Draws, units: Sequence[int], *, copy: int = 0) -> Tensors:
    """Masks that keep all weights between as many random units of each hidden layer as told.

    For layers in a chain, each of shape (out, in).
    """
    stack, layers = len(draws), maskable(model.shapes)
    counts = (*units, list(layers.values())[-1][0])
    before = torch.ones(stack, next(iter(layers.values()))[1], dtype=torch.bool)
    masks = {}
    for k, (name, count) in enumerate(zip(layers, counts, strict=True)):
        after = draws.order(layers[name][0], Use.MASKS, copy * len(layers) + k) < count
        masks[name] = after[:, :, None] & before[:, None, :]
        before = after
    return masks


def training_loss(model: Model, tensors: Tensors, task: Task) -> Tensor:
    """Cross-entropy of each network on all of its training examples: (S,)."""
    numbers = task.train
    batch = Batch(numbers, task.inputs[numbers], task.answers(numbers))
    return cross_entropy(outputs(model, tensors, task.inputs, numbers), batch)


@dataclass(frozen=True, eq=False)
class Candidates:
    """What a search drew.

    Attributes
    ----------
    masks : tuple of dicts of Tensor
    losses : Tensor (k, S)
    """

    masks: tuple[Tensors, ...]
    losses: Tensor

    def best(self) -> Tensor:
        """Of each replicate, the first candidate of least loss: int64 (S,)."""
        return (self.losses == self.losses.min(0).values).int().argmax(0)

    def network(self, which: Tensor) -> Tensors:
        """Masks with each replicate's own candidate."""
        found = {name: mask.clone() for name, mask in self.masks[0].items()}
        for replicate, candidate in enumerate(which.tolist()):
            for name, mask in found.items():
                mask[replicate] = self.masks[candidate][name][replicate]
        return found


def search(
    model: Model, start: Tensors, task: Task, units: Sequence[int], tries: int, *, draws: Draws
) -> Candidates:
    """Draw that many sets of units and score each before any training."""
    masks = tuple(unit_masks(model, draws, units, copy=k) for k in range(tries))
    losses = [training_loss(model, applied(start, each), task) for each in masks]
    return Candidates(masks, torch.stack(losses))
