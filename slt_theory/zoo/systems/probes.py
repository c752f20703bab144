"""What a layer knows: intrinsic dimension by two neighbours, and linear probes.

Source: Muratore et al., "Prune and distill: similar reformatting of image information along rat
visual cortex and deep neural networks" (NeurIPS 2022), which measures both along networks and
brains; Facco et al., "Estimating the intrinsic dimension of datasets by a minimal neighborhood
information" (2017) for TwoNN, here by maximum likelihood and not by a fitted line.
"""

from __future__ import annotations

import torch
from torch import Tensor

from slt_theory.torch.train import Mlp, Task, Tensors

__all__ = ["activations", "probe", "ratios", "two_nn"]


def ratios(points: Tensor) -> Tensor:
    """Squared ratio of the distances to second and first neighbour: float64 (S, N).

    Of points (S, N, d); with int64 coordinates the neighbours are found exactly. A point with a
    duplicate has no ratio: nan.
    """
    norms = points.square().sum(-1)
    squares = norms[:, :, None] + norms[:, None, :] - 2 * points @ points.mT
    count = points.shape[1]
    squares[:, range(count), range(count)] = squares.max() + 1
    first, second = squares.topk(2, dim=2, largest=False).values.double().unbind(2)
    return torch.where(first > 0, second / first, torch.nan)


def two_nn(squared: Tensor) -> Tensor:
    """Intrinsic dimensions (S,): N / sum log mu, of squared ratios mu^2 (S, N), nan left out.

    The maximum of the likelihood if mu has the Pareto law of exponent d, as it has where the
    density is constant around a point. Low by a tenth or more beyond ten dimensions.
    """
    logs = squared.log() / 2
    return logs.isfinite().sum(1) / logs.nansum(1)


def probe(train: Tensor, targets: Tensor, test: Tensor, *, ridge: float = 1.0) -> Tensor:
    """Predictions (S, n', t) of ridge regression from features (S, n, d) to targets (S, n, t).

    With a constant feature; in float64.
    """
    train, test = (
        torch.cat((part.double(), torch.ones(*part.shape[:2], 1, dtype=torch.float64)), dim=2)
        for part in (train, test)
    )
    gram = train.mT @ train + ridge * torch.eye(train.shape[2], dtype=torch.float64)
    predictions: Tensor = test @ torch.linalg.solve(gram, train.mT @ targets.double())
    return predictions


@torch.no_grad()
def activations(model: Mlp, tensors: Tensors, task: Task, part: str) -> list[Tensor]:
    """Outputs (S, n, width) of every layer but the last, on a part of the examples."""
    *hidden, _ = model.layers(tensors, task.inputs[task.part(part)])
    return hidden
