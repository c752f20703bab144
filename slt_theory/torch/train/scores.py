"""What a weight is worth: larger scores are kept. All take stacks and return dicts (S, *shape)."""

from __future__ import annotations

import torch
from torch import Tensor

from slt_theory.torch.train.loop import Batch, cross_entropy
from slt_theory.torch.train.masks import applied, ones, top
from slt_theory.torch.train.model import Model, Tensors, maskable

__all__ = ["among", "fisher", "magnitude", "movement", "snip", "synflow", "synflow_masks"]


def among(scores: Tensors, masks: Tensors) -> Tensors:
    """Scores that rank below everything outside the masks, so that new masks are nested."""
    low = -torch.inf
    return {name: score.masked_fill(~masks[name], low) for name, score in scores.items()}


def magnitude(tensors: Tensors) -> Tensors:
    """|w|."""
    return {name: value.abs() for name, value in tensors.items() if name.endswith(".weight")}


def movement(start: Tensors, end: Tensors) -> Tensors:
    """|w_end - w_start|: how far training moved a weight."""
    return magnitude({name: end[name] - start[name] for name in start})


def snip(model: Model, tensors: Tensors, batch: Batch) -> Tensors:
    """|w dL/dw| on one batch. Source: Lee, Ajanthan, Torr, "SNIP" (2019)."""
    leaves = _leaves(model, tensors)
    loss = cross_entropy(model({**tensors, **leaves}, batch.inputs), batch).sum()
    return _products(loss, leaves)


def synflow(model: Model, tensors: Tensors, width: int) -> Tensors:
    """w dR/dw for R the sum of outputs under |weights| on the all-one input, in float64.

    The total of each layer is R, and what enters a hidden unit leaves it: scores are conserved.
    Without biases. Source: Tanaka et al., "Pruning neural networks without any data by iteratively
    conserving synaptic flow" (2020).
    """
    positive = {name: value.double() for name, value in magnitude(tensors).items()}
    leaves = _leaves(model, positive)
    biases = {
        name: torch.zeros_like(value, dtype=torch.float64)
        for name, value in tensors.items()
        if name not in leaves
    }
    stack = next(iter(tensors.values())).shape[0]
    flow = model({**leaves, **biases}, torch.ones(stack, 1, width, dtype=torch.float64)).sum()
    return _products(flow, leaves)


def synflow_masks(
    model: Model, tensors: Tensors, width: int, keep: int, *, rounds: int = 100
) -> Tensors:
    """Iterated synflow: the count falls geometrically to `keep` over all layers together."""
    masks = ones(model.shapes, next(iter(tensors.values())).shape[0])
    total = sum(mask[0].numel() for mask in masks.values())
    for k in range(1, rounds + 1):
        now = keep if k == rounds else round(total * (keep / total) ** (k / rounds))
        scores = synflow(model, applied(tensors, masks), width)
        masks = top(among(scores, masks), max(keep, now))
    return masks


def fisher(model: Model, tensors: Tensors, batch: Batch, *, chunk: int = 16) -> Tensors:
    """Mean over examples of (w dL_example/dw)^2: the diagonal Fisher information of the mask.

    Squared example by example, not after the mean. Memory: `chunk` copies of the weights.
    """
    layers = {name: tensors[name] for name in maskable(model.shapes)}

    def example_loss(weights: Tensors, inputs: Tensor, labels: Tensor) -> Tensor:
        one = Batch(labels[:, None], inputs[:, None], labels[:, None])
        return cross_entropy(model({**tensors, **weights}, one.inputs), one).sum()

    gradients = torch.func.vmap(
        torch.func.grad(example_loss), in_dims=(None, 1, 1), chunk_size=chunk
    )(layers, batch.inputs, batch.labels)
    return {
        name: (gradient * tensors[name]).square().mean(0) for name, gradient in gradients.items()
    }


def _leaves(model: Model, tensors: Tensors) -> Tensors:
    return {name: tensors[name].detach().requires_grad_() for name in maskable(model.shapes)}


def _products(value: Tensor, leaves: Tensors) -> Tensors:
    """|leaf * d value / d leaf|."""
    gradients = torch.autograd.grad(value, list(leaves.values()))
    return {
        name: (leaf.detach() * gradient).abs()
        for (name, leaf), gradient in zip(leaves.items(), gradients, strict=True)
    }
