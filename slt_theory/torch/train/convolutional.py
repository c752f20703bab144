"""Stacks of small convolutional networks, by grouped convolutions: one group a network."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor
from torch.nn import functional

from slt_theory.errors import BadInput
from slt_theory.torch.train.mlp import dense
from slt_theory.torch.train.model import Shapes, Tensors

__all__ = ["ConvModel", "conv", "convolve", "images"]


def images(tensors: Tensors, inputs: Tensor, image: tuple[int, int, int]) -> Tensor:
    """Flat inputs (S, B, d) or (B, d) as (B, S * channels, height, width)."""
    stack = next(iter(tensors.values())).shape[0]
    value = inputs if inputs.dim() == 3 else inputs.expand(stack, *inputs.shape)
    batch = value.shape[1]
    value = value.reshape(stack, batch, *image).transpose(0, 1)
    return value.reshape(batch, stack * image[0], *image[1:])


def convolve(tensors: Tensors, name: str, inputs: Tensor, *, stride: int = 1) -> Tensor:
    """One padded convolution of S networks: (B, S * in, h, w) to (B, S * out, h', w')."""
    weight, bias = tensors[f"{name}.weight"], tensors.get(f"{name}.bias")
    return functional.conv2d(
        inputs,
        weight.flatten(0, 1),
        None if bias is None else bias.flatten(),
        stride=stride,
        padding=weight.shape[-1] // 2,
        groups=weight.shape[0],
    )


class ConvModel:
    """3x3 convolutions in pairs, each pair before a 2x2 max-pool, then fully connected layers.

    Parameters
    ----------
    image : (channels, height, width)
        Inputs are flat: (S, B, channels * height * width).
    widths : sequence of int
        Channels of each pair; one pair more is one halving of the image.
    hidden : sequence of int
        Sizes of the fully connected layers between the image and the classes.
    """

    def __init__(
        self,
        image: tuple[int, int, int],
        widths: Sequence[int],
        *,
        hidden: Sequence[int] = (256, 256),
        classes: int = 10,
        bias: bool = True,
    ) -> None:
        channels, height, width = image
        if min(*image, *widths, classes) < 1:
            raise BadInput("image, widths", (image, tuple(widths)), "must be positive")
        if min(height, width) >> len(widths) < 1:
            raise BadInput(
                "widths", tuple(widths), f"halve an image of {height} x {width} too often"
            )
        self.image, self.pairs, self.flat = image, len(widths), len(hidden) + 1
        shapes: dict[str, tuple[int, ...]] = {}
        for k, width_out in enumerate(w for w in widths for _ in range(2)):
            shapes[f"conv{k}.weight"] = (width_out, channels, 3, 3)
            if bias:
                shapes[f"conv{k}.bias"] = (width_out,)
            channels = width_out
        fan_in = channels * (height >> len(widths)) * (width >> len(widths))
        for k, fan_out in enumerate((*hidden, classes)):
            shapes[f"flat{k}.weight"] = (fan_out, fan_in)
            if bias:
                shapes[f"flat{k}.bias"] = (fan_out,)
            fan_in = fan_out
        self.shapes: Shapes = shapes

    def __call__(self, tensors: Tensors, inputs: Tensor) -> Tensor:
        value = images(tensors, inputs, self.image)
        for pair in range(self.pairs):
            for k in (2 * pair, 2 * pair + 1):
                value = convolve(tensors, f"conv{k}", value).relu()
            value = functional.max_pool2d(value, 2)
        stack = tensors["conv0.weight"].shape[0]
        value = value.reshape(value.shape[0], stack, -1).transpose(0, 1)
        for k in range(self.flat):
            value = dense(tensors, f"flat{k}", value)
            if k < self.flat - 1:
                value = value.relu()
        return value

    def __repr__(self) -> str:
        return f"ConvModel({2 * self.pairs} + {self.flat} layers, {self.image})"


def conv(
    depth: int,
    image: tuple[int, int, int],
    *,
    width: int = 64,
    classes: int = 10,
    bias: bool = True,
) -> ConvModel:
    """Conv2, Conv4 or Conv6: channels width, 2 width, 4 width; two hidden layers of 4 width.

    Source: Frankle and Carbin, "The lottery ticket hypothesis" (2019), with width 64.
    """
    if depth not in (2, 4, 6):
        raise BadInput("depth", depth, "must be 2, 4 or 6")
    widths = [width << k for k in range(depth // 2)]
    return ConvModel(image, widths, hidden=(4 * width, 4 * width), classes=classes, bias=bias)
