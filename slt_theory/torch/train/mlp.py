"""Stacks of fully connected ReLU networks, by batched matrix products."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import torch
from torch import Tensor

from slt_theory.errors import BadInput
from slt_theory.torch.train.model import Shapes, Tensors

__all__ = ["Mlp", "dense"]


def dense(tensors: Tensors, name: str, inputs: Tensor) -> Tensor:
    """One fully connected layer of S networks: (S, B, in) to (S, B, out)."""
    weight = tensors[f"{name}.weight"].transpose(1, 2)
    bias = tensors.get(f"{name}.bias")
    if bias is None:
        return torch.bmm(inputs, weight)
    return torch.baddbmm(bias[:, None, :], inputs, weight)


class Mlp:
    """A ReLU network of the given sizes, e.g. (64, 100, 50, 10).

    Inputs have shape (S, B, sizes[0]), or (B, sizes[0]) for all S networks alike.
    """

    def __init__(self, sizes: Sequence[int], *, bias: bool = True) -> None:
        if len(sizes) < 2 or min(sizes) < 1:
            raise BadInput("sizes", tuple(sizes), "must be two or more positive numbers")
        self.sizes = tuple(sizes)
        shapes: dict[str, tuple[int, ...]] = {}
        for k, (fan_in, fan_out) in enumerate(pairwise(self.sizes)):
            shapes[f"{k}.weight"] = (fan_out, fan_in)
            if bias:
                shapes[f"{k}.bias"] = (fan_out,)
        self.shapes: Shapes = shapes

    def layers(self, tensors: Tensors, inputs: Tensor) -> Iterator[Tensor]:
        """Outputs of every layer, ReLU applied except in the last."""
        stack = tensors["0.weight"].shape[0]
        value = inputs if inputs.dim() == 3 else inputs.expand(stack, *inputs.shape)
        last = len(self.sizes) - 2
        for k in range(last + 1):
            value = dense(tensors, str(k), value)
            if k < last:
                value = value.relu()
            yield value

    def __call__(self, tensors: Tensors, inputs: Tensor) -> Tensor:
        *_, output = self.layers(tensors, inputs)
        return output

    def __repr__(self) -> str:
        return f"Mlp({'-'.join(map(str, self.sizes))})"
