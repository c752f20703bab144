"""Iterative soft shrinkage: after every step the smallest weights shrink, and may come back.

Source: Wang, Wang, Zhang, Fu, Tao, "Iterative soft shrinkage learning for efficient image
super-resolution" (ICCV 2023, arXiv 2303.09650), ISS-P. The released code ends the first phase by
a counter; here its recipe says how long it is.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import torch

from slt_theory.errors import BadInput
from slt_theory.torch.train import (
    Draws,
    Keep,
    Model,
    Moment,
    Recipe,
    Task,
    Tensors,
    fit,
    fit_masked,
    magnitude,
    top,
)

__all__ = ["FACTOR", "Shrinking", "Shrunk", "soft_shrinkage"]

#: What a weight outside the support is multiplied by after each step, in the released code.
FACTOR = 0.95


class Shrinking:
    """A hook on steps that multiplies all but the largest weights by a factor.

    The support is chosen anew each time. A factor of 0 is iterative hard thresholding, 1 nothing.
    """

    def __init__(self, keep: Keep, factor: float) -> None:
        if not 0 <= factor <= 1:
            raise BadInput("factor", factor, "must lie in [0, 1]")
        self.keep, self.factor = keep, factor

    def __call__(self, moment: Moment) -> None:
        for name, support in top(magnitude(moment.variables), self.keep).items():
            weight = moment.variables[name]
            weight.copy_(torch.where(support, weight, self.factor * weight))


class Shrunk(NamedTuple):
    """The network before the cut, the support at that moment, and what was trained on under it."""

    whole: Tensors
    masks: Tensors
    pruned: Tensors


def soft_shrinkage(
    model: Model,
    start: Tensors,
    keep: Keep,
    task: Task,
    shrink: Recipe,
    tune: Recipe,
    *,
    draws: Draws,
    factor: float = FACTOR,
    **hooks: Any,
) -> Shrunk:
    """Train from scratch with shrinkage, cut what is outside the last support, train the rest.

    Parameters
    ----------
    keep : mapping or int
        Weights of the support, in each layer or in all together.
    shrink, tune : Recipe
        Of the two phases.
    factor : float
        1 is to train, prune by magnitude and tune.
    hooks
        Further arguments of `fit` in both phases, such as a loss.
    """
    steps = [Shrinking(keep, factor)] if factor < 1 else []
    whole = fit(model, start, task, shrink, draws=draws, on_step=steps, **hooks).variables
    masks = top(magnitude(whole), keep)
    tuned = fit_masked(model, whole, masks, task, tune, draws=draws, copy=1, **hooks)
    return Shrunk(whole, masks, tuned.variables)
