"""Stein variational pruning: particles approach a posterior over weights and their inclusion.

Stein variational gradient descent moves n particles together: each climbs the log-density, averaged
over its neighbours, and is pushed away from them. Here it is one hook of the training loop. Pruning
by it gives each weight w a gate in (0, 1) and keeps those whose gates are open on average.

Source: Liu and Wang, "Stein variational gradient descent" (2016), Gaussian kernel of median width;
Wang et al., "Efficient Stein variational inference for reliable distribution-lossless network
pruning" (arXiv 2212.03537), of which the idea is known here, not prior and gates: those are ours.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

from slt_theory.torch.train import Batch, Moment, Shapes, Tensors

__all__ = ["Regression", "direction", "gates", "neighbours", "stein"]


def neighbours(particles: Tensor) -> tuple[Tensor, Tensor]:
    """Kernel values (S, n, n) of particles (S, n, d), and the kernel's width (S, 1, 1)."""
    norms = particles.square().sum(-1)
    squares = norms[:, :, None] + norms[:, None, :] - 2 * particles @ particles.mT
    count = particles.shape[1]
    width = squares.flatten(1).median(1).values[:, None, None] / math.log(count + 1)
    return (-squares / width).exp(), width


def direction(kernel: Any, particles: Any, scores: Any, width: Any) -> Any:
    """How every particle moves: n^-1 sum_j k_ij score_j + grad_j k_ij.

    Any numbers will do, also exact ones in arrays of objects: it is linear in the kernel.

    Parameters
    ----------
    kernel : array (..., n, n)
        Of k(x, y) = exp(-|x - y|^2 / width); symmetric.
    particles, scores : array (..., n, d)
        Where they are, and the gradient of the log-density there.
    """
    apart = kernel.sum(-1)[..., None] * particles - kernel @ particles
    return (kernel @ scores + 2 / width * apart) / particles.shape[-2]


def stein(moment: Moment) -> None:
    """A hook on the gradient: energies of single particles become a motion of all."""
    particles = moment.variables["particles"]
    assert particles.grad is not None
    with torch.no_grad():
        kernel, width = neighbours(particles)
        particles.grad.copy_(-direction(kernel, particles, -particles.grad, width))


def gates(particles: Tensor) -> tuple[Tensor, Tensor]:
    """Weights and gates (S, n, d) of particles (S, n, 2 d)."""
    weights, logits = particles.chunk(2, dim=-1)
    return weights, logits.sigmoid()


class Regression:
    """Linear regression by n particles at a time: inputs (S, B, d) to outputs (S, B, n).

    The loss and the penalty are the energies: minus log-likelihood and minus log-prior, summed over
    the particles. With `prior`, the share of features expected to matter, particles have gates.
    """

    def __init__(
        self,
        particles: int,
        features: int,
        *,
        noise: float,
        prior: float | None = None,
    ) -> None:
        self.noise = noise
        self.cost = None if prior is None else math.log((1 - prior) / prior)
        dimension = features if prior is None else 2 * features
        self.shapes: Shapes = {"particles": (particles, dimension)}

    def __call__(self, tensors: Tensors, inputs: Tensor) -> Tensor:
        weights = tensors["particles"]
        if self.cost is not None:
            weights = torch.mul(*gates(weights))
        outputs: Tensor = inputs @ weights.mT
        return outputs

    def likelihood(self, outputs: Tensor, batch: Batch) -> Tensor:
        """Energy of normal noise; the batch is the whole training part."""
        errors = outputs - batch.labels[:, :, None]
        energy: Tensor = errors.square().sum((1, 2)) / (2 * self.noise)
        return energy

    def penalty(self, variables: Tensors, progress: float) -> Tensor:
        """Energy of standard normal weights, and of gates with density ~ exp(-cost * gate)."""
        particles = variables["particles"]
        if self.cost is None:
            return particles.square().sum((1, 2)) / 2
        weights, opened = gates(particles)
        # log g (1 - g) is the density of the logit of a uniform gate.
        logit = -(opened.log() + (1 - opened).log())
        return (weights.square() / 2 + self.cost * opened + logit).sum((1, 2))
