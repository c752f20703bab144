"""Layouts: how the random network of a theorem lies over a target architecture, and what it costs.

A `Layout` turns a target's layers and the number n of candidates of one sum into
widths, random weights and mask bits. No constants are hidden in here: n comes from the certified,
counting or measured number of the law.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from slt_theory.errors import BadInput

__all__ = ["ARCHITECTURES", "Cost", "LayerShape", "Layout", "parse_architecture"]


@dataclass(frozen=True)
class LayerShape:
    """One target layer: `inputs` and `outputs` are neurons or channels, `taps` = kh * kw."""

    inputs: int
    outputs: int
    taps: int = 1

    @property
    def weights(self) -> int:
        """``inputs * outputs * taps``, biases left out."""
        return self.inputs * self.outputs * self.taps


@dataclass(frozen=True)
class Cost:
    """Cost of a random network.

    Attributes
    ----------
    depth : int
        Layers of weights.
    widths : tuple of int
        Neurons (or channels) of the hidden layers.
    weights : int
        Random weights.
    mask_bits : int
        Bits of a mask file: one for each random weight that the construction does not fix.
    """

    depth: int
    widths: tuple[int, ...]
    weights: int
    mask_bits: int


Shape = Callable[[Sequence[LayerShape], int], Cost]


@dataclass(frozen=True)
class Layout:
    """A theorem's layout.

    Attributes
    ----------
    law : str
        Law of the candidates of one sum.
    halves : int
        Sums for one target weight (2 where inputs may have both signs behind a ReLU).
    shape : callable
        ``shape(layers, n) -> Cost``.
    kinds : tuple of str
        "dense", "conv": the target layers that the statement speaks of.
    copied : bool
        Every neuron but those of the last layer is built n times, each with its own sums.
    asks : dict
        ``lock`` and ``prune`` shares of the numbers, as in `Question`.
    note : str
    """

    law: str
    halves: int
    shape: Shape = field(repr=False, compare=False)
    kinds: tuple[str, ...] = ("dense",)
    copied: bool = False
    asks: dict[str, str] = field(default_factory=dict)
    note: str = ""

    def sums(self, layers: Sequence[LayerShape], n: int = 1) -> int:
        """Subset sums that a whole ticket needs, if one takes n numbers."""
        if not self.copied:
            return self.halves * sum(layer.weights for layer in layers)
        *inner, last = layers
        # The first layer is a gadget with two halves.
        return layers[0].weights * n + n * sum(x.weights for x in inner) + last.weights

    def applies_to(self, layers: Sequence[LayerShape]) -> bool:
        """True if the statement speaks of such layers; any with several taps is a convolution."""
        conv = any(layer.taps > 1 for layer in layers)
        return "conv" in self.kinds if conv else "dense" in self.kinds


ARCHITECTURES: dict[str, tuple[LayerShape, ...]] = {
    "lenet5": (
        LayerShape(1, 6, 25),
        LayerShape(6, 16, 25),
        LayerShape(784, 120),
        LayerShape(120, 84),
        LayerShape(84, 10),
    ),
    "lenet5-conv": (LayerShape(1, 6, 25), LayerShape(6, 16, 25)),
}
"""Named targets. LeNet5: 5x5 convolutions 1->6->16 with same padding, 2x2 pooling, 28x28 images."""


def parse_architecture(text: str) -> tuple[LayerShape, ...]:
    """Layers of ``784-500-10`` (dense widths) or of a name in `ARCHITECTURES`.

    Raises
    ------
    BadInput
        For anything else.

    Examples
    --------
    >>> [layer.weights for layer in parse_architecture("784-500-10")]
    [392000, 5000]
    """
    if text.lower() in ARCHITECTURES:
        return ARCHITECTURES[text.lower()]
    try:
        widths = [int(part) for part in text.split("-")]
    except ValueError:
        widths = []
    if len(widths) < 2 or min(widths, default=0) < 1:
        raise BadInput(
            "arch",
            text,
            "must be widths joined by '-'",
            f"e.g. arch=784-500-10, or a name: {', '.join(ARCHITECTURES)}",
        )
    return tuple(LayerShape(a, b) for a, b in itertools.pairwise(widths))


def _cost(depth: int, widths: Sequence[int], weights: int, mask_bits: int) -> Cost:
    return Cost(depth, tuple(widths), weights, mask_bits)


def two_layer(layers: Sequence[LayerShape], n: int) -> Cost:
    """Each target layer becomes two: n hidden neurons for each input, in-weights block-diagonal.

    A 1 x 1 layer comes first for convolutions. The mask of the first of the two is fixed by the
    construction up to the sign of the in-weight, so its bits need not be stored.
    """
    hidden = [n * layer.inputs for layer in layers]
    weights = sum(n * layer.inputs**2 + n * layer.weights for layer in layers)
    widths = []
    for layer, width in zip(layers, hidden, strict=True):
        widths += [width, layer.outputs]
    return _cost(2 * len(layers), widths[:-1], weights, sum(n * layer.weights for layer in layers))


def one_more_layer(layers: Sequence[LayerShape], n: int) -> Cost:
    """Depth L + 1: n copies of every neuron after the first two layers (Burkholz)."""
    first, *rest = layers
    copies = n if rest else 1
    widths = [n * first.inputs]
    weights = n * first.inputs**2
    bits = 0
    for index, layer in enumerate(layers):
        last = index == len(layers) - 1
        out_copies = 1 if last else copies
        links = n * layer.weights * out_copies
        weights += links
        bits += links
        if not last:
            widths.append(layer.outputs * out_copies)
    return _cost(len(layers) + 1, widths, weights, bits)


def direct(layers: Sequence[LayerShape], n: int) -> Cost:
    """n numbers for each weight and no network behind them."""
    weights = n * sum(layer.weights for layer in layers)
    return _cost(len(layers), [layer.outputs for layer in layers[:-1]], weights, weights)


def malach_width(layer: LayerShape, depth: int, eps: float, delta: float) -> int:
    """Hidden width for one layer by the explicit count of Malach et al., with s = inputs."""
    s, n = layer.inputs, layer.outputs * layer.taps
    each = math.ceil(64 * s * s * n * depth**2 / eps**2 * math.log(2 * n * s * depth / delta))
    return n * s * each


def as_numbers(record: Cost) -> dict[str, Any]:
    """Plain data of a cost, under the keys of tables."""
    return {
        "depth": record.depth,
        "widths": list(record.widths),
        "source_weights": record.weights,
        "mask_bits": record.mask_bits,
    }
