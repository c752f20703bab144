"""Peek-a-Boo: prune a random network by SynFlow, then flip signs of what is kept.

The magnitudes stay as drawn ("disguised" subnetworks, where edge-popup finds "hidden" ones). Signs
are flipped by Bop: where a moving average of the gradient has the weight's sign, and is large.

Source: Chen, Zhang, Wang, "Peek-a-Boo" (ICLR 2022), and Helwegen et al., "Latent weights do not
exist" (2019) for Bop. The released code starts the moving average at (1 + rate) times the first
gradient, which flips a burst of signs in the first step; here it starts at 0. Low-precision
gradients are left out. What the code calls ``prune-ratio`` is the fraction kept.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import torch

from slt_theory.torch.train import (
    Draws,
    Fitted,
    Model,
    Moment,
    Recipe,
    Task,
    Tensors,
    fit_masked,
    synflow_masks,
)

__all__ = ["Bop", "boo", "peek"]


@dataclass(eq=False)
class Bop:
    """A hook after each step that flips signs, and changes nothing else.

    Attributes
    ----------
    rate : float
        Of the moving average; it is multiplied by `decay` after each quarter of the run.
    threshold : float
        Least |average| that flips, in units of the gradient.
    flips : int
        Signs flipped so far, in all networks.
    """

    rate: float = 1e-3
    threshold: float = 1e-6
    decay: float = 0.15
    flips: int = 0
    average: Tensors = field(default_factory=dict)

    def __call__(self, moment: Moment) -> None:
        rate = self.rate * self.decay ** (4 * (moment.step - 1) // moment.steps)
        for name, weight in moment.variables.items():
            gradient = weight.grad
            if gradient is None:
                continue
            average = self.average.setdefault(name, torch.zeros_like(weight))
            average.mul_(1 - rate).add_(gradient, alpha=rate)
            flip = (average.abs() >= self.threshold) & (average.sign() == weight.sign())
            self.flips += int(flip.sum())
            weight.copy_(torch.where(flip, -weight, weight))


def peek(
    model: Model, weights: Tensors, width: int, keep: int, *, rounds: int = 100
) -> tuple[Tensors, Tensors]:
    """SynFlow's masks, and the kept weights over the square root of their layer's density.

    The factor restores the scale of a layer's outputs; `width` counts the inputs.
    """
    masks = synflow_masks(model, weights, width, keep, rounds=rounds)
    scaled = dict(weights)
    for name, mask in masks.items():
        density = mask.flatten(1).double().mean(1).reshape(-1, *[1] * (mask.dim() - 1))
        scaled[name] = weights[name] * mask / density.sqrt().to(weights[name].dtype)
    return masks, scaled


def boo(
    model: Model,
    weights: Tensors,
    masks: Tensors,
    task: Task,
    steps: int,
    bop: Bop,
    *,
    draws: Draws,
    batch: int = 60,
) -> Fitted:
    """Flip signs for so many steps; every |weight| stays what it is."""
    still = Recipe(steps=steps, batch=batch, method="sgd", rate=0.0, momentum=0.0)
    return fit_masked(model, weights, masks, task, still, draws=draws, on_step=[bop])
