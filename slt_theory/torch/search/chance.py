"""Random search: the baseline that a mask search has to beat."""

from __future__ import annotations

from collections.abc import Callable

import torch

from slt_theory.torch.search.frozen import Frozen
from slt_theory.torch.train import Draws, Keep, Model, Task, Tensors, Use, applied, correct, top

__all__ = ["best_of_random"]


def best_of_random(
    model: Model,
    weights: Tensors,
    frozen: Frozen,
    keep: Keep,
    task: Task,
    tries: int,
    draws: Draws,
    *,
    progress: Callable[[int], None] | None = None,
) -> Tensors:
    """Of `tries` random masks of each network, the one that is right most often in training.

    The first of equals. Each mask is uniform among those of its counts that respect the pattern.
    """
    best: Tensors = {}
    most = torch.full((len(draws),), -1)
    for number in range(tries):
        keys = {
            name: draws.uniform(Use.MASKS, number * len(weights) + k, weight.shape[1:])
            for k, (name, weight) in enumerate(weights.items())
        }
        masks = top(frozen.ranked(keys), keep)
        hits = correct(model, applied(weights, masks), task, "train")
        better = hits > most
        for name, mask in masks.items():
            rows = better.reshape(-1, *[1] * (mask.dim() - 1))
            best[name] = torch.where(rows, mask, best.get(name, mask))
        most = torch.where(better, hits, most)
        if progress is not None:
            progress(1)
    return best
