"""Variational depth search: the depth of a residual network as a random variable.

Every depth predicts through one output layer, so that one pass gives all predictions; a
distribution q over depths is trained with the weights by the evidence lower bound, which is a sum
and needs no samples. Pruning cuts the network at the most probable depth.

Source: Antorán, Allingham and Hernández-Lobato, "Variational depth search in ResNets" (arXiv
2002.02797). Their image scripts stop early by test data; nothing here looks at test data.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from slt_theory.torch.train import Batch, Shapes, Tensors, dense

__all__ = ["DepthNet", "Mixture", "elbo", "fixed", "prior", "pruned"]


def prior(depths: int, rate: float = 0.85) -> Tensor:
    """Log of the geometric law over 0 .. depths, normalised."""
    log_weights = torch.arange(1, depths + 2) * torch.tensor(rate, dtype=torch.float64).log()
    return log_weights.log_softmax(0)


def elbo(log_likelihood: Any, q: Any, log_q: Any, log_prior: Any) -> Any:
    """sum_d q_d (log p(data | d) + log prior_d - log q_d), over the last axis.

    Any numbers will do, also balls in arrays of objects.
    """
    return (q * (log_likelihood + (log_prior - log_q))).sum(-1)


class DepthNet:
    """Residual layers of one width between an input and an output layer.

    Outputs (S, B, depths + 1, classes + 1): the logits of each depth, and log q of the depth in the
    last column. `depth` among the tensors holds the logits of q.
    """

    def __init__(self, inputs: int, width: int, depths: int, classes: int, examples: int) -> None:
        self.depths, self.examples = depths, examples
        sides = {"first": (width, inputs)}
        sides |= {str(k): (width, width) for k in range(1, depths + 1)}
        sides["last"] = (classes, width)
        shapes: dict[str, tuple[int, ...]] = {}
        for name, shape in sides.items():
            shapes |= {f"{name}.weight": shape, f"{name}.bias": shape[:1]}
        self.shapes: Shapes = {**shapes, "depth": (depths + 1,)}
        self.log_prior = prior(depths).float()

    def __call__(self, tensors: Tensors, inputs: Tensor) -> Tensor:
        stack = tensors["depth"].shape[0]
        value = inputs if inputs.dim() == 3 else inputs.expand(stack, *inputs.shape)
        value = dense(tensors, "first", value).relu()
        logits = [dense(tensors, "last", value)]
        for k in range(1, self.depths + 1):
            value = value + dense(tensors, str(k), value).relu()
            logits.append(dense(tensors, "last", value))
        every = torch.stack(logits, dim=2)
        log_q = tensors["depth"].log_softmax(1)[:, None, :, None]
        return torch.cat((every, log_q.expand(-1, every.shape[1], -1, 1)), dim=3)

    def loss(self, outputs: Tensor, batch: Batch) -> Tensor:
        """Minus the evidence lower bound an example, estimated from the batch."""
        picked = outputs[..., :-1].log_softmax(3).gather(3, _labels(outputs, batch))[..., 0]
        log_q = outputs[:, 0, :, -1]
        likelihood = self.examples * picked.mean(1)
        bound: Tensor = elbo(likelihood, log_q.exp(), log_q, self.log_prior)
        return -bound / self.examples

    def fixed_loss(self, outputs: Tensor, batch: Batch) -> Tensor:
        """Mean cross-entropy where q is one depth: a residual network as usual."""
        picked = outputs[..., :-1].log_softmax(3).gather(3, _labels(outputs, batch))[..., 0]
        return -(outputs[:, :, :, -1].exp() * picked).sum(2).mean(1)


def _labels(outputs: Tensor, batch: Batch) -> Tensor:
    return batch.labels[:, :, None, None].expand(-1, -1, outputs.shape[2], 1)


class Mixture:
    """The same network as a predictor: outputs are probabilities, averaged over q."""

    def __init__(self, net: DepthNet) -> None:
        self.net, self.shapes = net, net.shapes

    def __call__(self, tensors: Tensors, inputs: Tensor) -> Tensor:
        outputs = self.net(tensors, inputs)
        return (outputs[..., :-1].softmax(3) * outputs[..., -1:].exp()).sum(2)


def fixed(tensors: Tensors, depth: Tensor) -> Tensors:
    """All of q on one depth (S,) of each network."""
    one = torch.nn.functional.one_hot(depth, tensors["depth"].shape[1])
    return {**tensors, "depth": one.log().to(tensors["depth"].dtype)}


def pruned(tensors: Tensors, depth: Tensor | None = None) -> Tensors:
    """Cut after the most probable depth, or after another; it gets the mass of what is cut."""
    q = tensors["depth"].softmax(1)
    last = q.argmax(1) if depth is None else depth
    places = torch.arange(q.shape[1])
    rest = (q * (places >= last[:, None])).sum(1, keepdim=True)
    kept = torch.where(places < last[:, None], q, 0.0)
    return {**tensors, "depth": torch.where(places == last[:, None], rest, kept).log()}
