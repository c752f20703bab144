"""How far training moves the weights of a ticket, against networks where that means nothing.

Large final weights are kept, and a weight that moved far is likely to be large: kept weights have
moved further than the others even where movement and start are independent. So the ratio is
compared with its value when the movements of each layer are dealt out again at random and the
mask is made anew.

Source: the observation in Frankle and Carbin (arXiv 1803.03635), appendix F; the null is ours.
"""

from __future__ import annotations

import torch
from torch import Tensor

from slt_theory.torch.train import Draws, Tensors, Use, magnitude, movement

__all__ = ["dealt_again", "moved_ratio"]


def moved_ratio(start: Tensors, end: Tensors, masks: Tensors) -> Tensor:
    """Mean |movement| of the kept weights / of the others, all layers together: float64 (S,)."""
    moved = movement(start, end)
    flat, kept = (
        torch.cat([tensors[name].flatten(1) for name in masks], dim=1) for tensors in (moved, masks)
    )
    inside, outside = flat.double() * kept, flat.double() * ~kept
    return (inside.sum(1) / kept.sum(1)) / (outside.sum(1) / (~kept).sum(1))


def dealt_again(start: Tensors, end: Tensors, draws: Draws, *, copy: int) -> Tensors:
    """The end of a training whose movements are those of the true one in random places.

    Each layer's movements stay in it; their signs go along. Tensors other than weights end as
    they did.
    """
    result = dict(end)
    names = list(magnitude(end))
    for k, name in enumerate(names):
        moves = (end[name] - start[name]).flatten(1)
        order = draws.order(moves.shape[1], Use.AGAIN, copy * len(names) + k)
        result[name] = start[name] + moves.gather(1, order).reshape(start[name].shape)
    return result
