"""Masks by gradient: every weight has a gate, gates have a price, and the largest stay.

Source: Cho, Joshi, Hegde, "ESPN: extremely sparse pruned networks" (2020, arXiv 2006.15741), the
variant that rewinds. The released code ends the search once few gates exceed 1/100 with their
sign, and reports the best test accuracy of all epochs; here the search has a length, |gate|
ranks, and the last network counts.
"""

from __future__ import annotations

import torch
from torch import Tensor

from slt_theory.torch.train import Draws, Model, Recipe, Task, Tensors, fit, maskable

__all__ = ["gates"]


def gates(
    model: Model,
    start: Tensors,
    task: Task,
    recipe: Recipe,
    *,
    draws: Draws,
    price: float,
    copy: int = 0,
) -> Tensors:
    """Train weights and gates together, the product computing: |gate| is a weight's score.

    Parameters
    ----------
    start : dict of Tensor
        Weights after a short warm-up, to which those of the largest gates are rewound afterwards:
        ``fit_masked(model, start, top(gates(...), count), ...)``, one count over all layers.
    price : float
        Factor of the sum of all |gate| in the loss.

    Returns
    -------
    dict of Tensor (S, *shape)
        What became of the weights is forgotten.
    """
    layers = maskable(model.shapes)

    def gate(name: str) -> str:
        return f"{name}.gate"

    def product(variables: Tensors) -> Tensors:
        gated = {name: variables[name] * variables[gate(name)] for name in layers}
        return {name: variables[name] for name in model.shapes} | gated

    def cost(variables: Tensors, progress: float) -> Tensor:
        sums = [variables[gate(name)].abs().flatten(1).sum(1) for name in layers]
        return price * torch.stack(sums).sum(0)

    opened = {gate(name): torch.ones_like(start[name]) for name in layers}
    found = fit(
        model,
        start | opened,
        task,
        recipe,
        draws=draws,
        effective=product,
        penalty=cost,
        copy=copy,
    ).variables
    return {name: found[gate(name)].abs() for name in layers}
