"""Stacks of residual networks for small images."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from slt_theory.errors import BadInput
from slt_theory.torch.train.convolutional import convolve, images
from slt_theory.torch.train.mlp import dense
from slt_theory.torch.train.model import Shapes, Tensors

__all__ = ["ResNet", "standardised"]


def standardised(value: Tensor, stack: int) -> Tensor:
    """Each example's values of one network shifted and scaled to mean 0, variance 1.

    Group normalisation without learned scale, in place of batch normalisation: no state, and no
    example or network of a stack sees another. Shape (B, S * channels, h, w).
    """
    return functional.group_norm(value, stack)


class ResNet:
    """The 6 n + 2 layer network for small images of He et al. (2016), without learned scales.

    Three stages of `blocks` = n blocks with width, 2 width, 4 width channels, the later two of
    half the image; a block adds two 3x3 convolutions to its input, which is subsampled and padded
    with zero channels where shapes differ. No biases but the last layer's.
    """

    def __init__(
        self,
        image: tuple[int, int, int],
        *,
        blocks: int = 1,
        width: int = 16,
        classes: int = 10,
        bias: bool = True,
    ) -> None:
        if min(*image, blocks, width, classes) < 1:
            raise BadInput("image, blocks, width", (image, blocks, width), "must be positive")
        self.image, self.blocks, self.width = image, blocks, width
        shapes: dict[str, tuple[int, ...]] = {"first.weight": (width, image[0], 3, 3)}
        channels = width
        for stage in range(3):
            for block in range(blocks):
                shapes[f"{stage}.{block}.a.weight"] = (width << stage, channels, 3, 3)
                channels = width << stage
                shapes[f"{stage}.{block}.b.weight"] = (channels, channels, 3, 3)
        shapes["last.weight"] = (classes, channels)
        if bias:
            shapes["last.bias"] = (classes,)
        self.shapes: Shapes = shapes

    def __call__(self, tensors: Tensors, inputs: Tensor) -> Tensor:
        stack = tensors["first.weight"].shape[0]
        value = convolve(tensors, "first", images(tensors, inputs, self.image))
        value = standardised(value, stack).relu()
        for stage in range(3):
            for block in range(self.blocks):
                stride = 2 if stage > 0 and block == 0 else 1
                name = f"{stage}.{block}"
                inner = convolve(tensors, f"{name}.a", value, stride=stride)
                inner = convolve(tensors, f"{name}.b", standardised(inner, stack).relu())
                short = self._shortcut(value, stack, stride)
                value = (standardised(inner, stack) + short).relu()
        value = value.mean((2, 3)).reshape(value.shape[0], stack, -1).transpose(0, 1)
        return dense(tensors, "last", value)

    @staticmethod
    def _shortcut(value: Tensor, stack: int, stride: int) -> Tensor:
        """The input of a block, subsampled and with as many zero channels again."""
        if stride == 1:
            return value
        value = value[:, :, ::stride, ::stride]
        parts = value.reshape(value.shape[0], stack, -1, *value.shape[2:])
        return torch.cat((parts, torch.zeros_like(parts)), dim=2).flatten(1, 2)

    def __repr__(self) -> str:
        return f"ResNet({6 * self.blocks + 2} layers, width {self.width}, {self.image})"
