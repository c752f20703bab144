"""Sparse networks inside a dense one: extracted by zeroing, and exactly as good as alone.

Source: Halvachi, Peste, Alistarh, Lampert, "ELSA: partial weight freezing for overhead-free sparse
network deployment" (arXiv 2312.06872), the idea of its abstract; the steps are ours. Where the
paper keeps statistics of normalisation for each level, here all levels share the innermost's
biases.
"""

from __future__ import annotations

import torch

from slt_theory.torch.train import Draws, Fitted, Model, Recipe, Task, Tensors, applied, fit

__all__ = ["extend"]


def extend(
    model: Model,
    sparse: Tensors,
    masks: Tensors,
    start: Tensors,
    task: Task,
    recipe: Recipe,
    *,
    draws: Draws,
    within: Tensors | None = None,
) -> Fitted:
    """Train what the masks leave out, with the sparse network fixed in its places.

    Parameters
    ----------
    sparse, masks : dict of Tensor
        The sparse network: weights under its masks, and its biases, which stay its own.
    start : dict of Tensor
        Where the other weights begin.
    within : dict of Tensor, optional
        Larger masks, outside of which the weights are 0: a level between sparse and dense.

    Returns
    -------
    Fitted
        Whose variables are the larger network; under the masks it is the sparse one, bit for bit.
    """

    def union(weights: Tensors) -> Tensors:
        free = weights if within is None else applied(weights, within)
        return {
            name: torch.where(masks[name], sparse[name], free[name])
            if name in masks
            else sparse[name]
            for name in sparse
        }

    fitted = fit(model, {n: start[n] for n in masks}, task, recipe, draws=draws, effective=union)
    return Fitted(union(fitted.variables), fitted.losses, fitted.snapshots)
