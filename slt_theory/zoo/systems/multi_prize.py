"""Multi-prize tickets: binary subnetworks of a random network, found without training a weight.

Edge-popup on weights of one magnitude a layer gives a binary ticket as it is; biprop makes one of
any random weights, sign times one scale a layer, computed again from the kept weights in every
step. The search itself is `slt_theory.torch.search`.

Source: Diffenderfer and Kailkhura, "Multi-prize lottery ticket hypothesis" (arXiv 2103.09377),
binary weights with real activations (their MPT-1/32); Ramanujan et al., "What's hidden in a
randomly weighted neural network?" (arXiv 1911.13299). What their code calls ``prune_rate`` is the
fraction kept.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from slt_theory.errors import BadInput
from slt_theory.torch.search import Found, Search, search
from slt_theory.torch.train import Draws, Model, Recipe, Task, Tensors, initial

__all__ = ["parts", "prize"]


def prize(
    model: Model,
    task: Task,
    density: Any,
    recipe: Recipe,
    *,
    draws: Draws,
    method: str = "edge-popup",
    law: str = "signed-constant",
    copy: int = 0,
) -> tuple[Tensors, Found]:
    """Random weights, and a ticket of them that keeps this share of every layer.

    Parameters
    ----------
    model : Model
        Without biases.
    density : number in (0, 1)
    method : edge-popup or biprop
    law : str
        Of the weights; edge-popup gives a binary ticket of signed-constant ones only.
    copy : int
        Another number gives other weights.
    """
    weights = initial(model, draws, law=law, density=float(density), copy=copy)
    settings = Search(density=density, method=method, recipe=recipe)
    return weights, search(model, task, settings, draws=draws, weights=weights)


def parts(tensors: Tensors) -> dict[str, tuple[Tensor, Tensor]]:
    """What stores a binary ticket: of each layer the scales (S,) and signs in {-1, 0, 1}, int8.

    Raises
    ------
    BadInput
        A layer of a network has two magnitudes.
    """
    found = {}
    for name, value in tensors.items():
        flat = value.flatten(1)
        scale, signs = flat.abs().amax(1), flat.sign()
        if not torch.equal(scale[:, None] * signs, flat):
            raise BadInput("tensors", name, "has more than one magnitude", "search with biprop")
        found[name] = scale, signs.reshape(value.shape).to(torch.int8)
    return found
