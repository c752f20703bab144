"""Convolutional networks: convolutions first, then fully connected layers."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from slt_theory.errors import BadInput
from slt_theory.networks.activations import RELU, Activation, parse_activation
from slt_theory.networks.architecture import Geometry, checked_image_shape
from slt_theory.networks.arrays import Floats, checked_floats, checked_layers
from slt_theory.networks.kinds import Convolution, Kind, Linear
from slt_theory.networks.network import Network
from slt_theory.networks.norms import row_sum
from slt_theory.networks.rescale import Rescaled, shrunk_layers
from slt_theory.networks.steps import Activate, Flatten, Pool, Shape, Step, Weigh

__all__ = ["Conv"]


@dataclass(frozen=True, eq=False, repr=False)
class Conv(Network):
    """Convolutions (each: bias, ReLU, pooling), flatten, fully connected layers; no final ReLU.

    Parameters
    ----------
    weights : sequence of arrays, first (out, in / groups, kh, kw), then (out, in)
        Copied to read-only float64, value for value. Images are (channels, height, width) and
        are flattened in that order.
    biases, names
        As in `Dense`; names default to conv1, conv2, ..., fc1, ...
    geometry : sequence of Geometry, optional
        One for each convolution; empty for stride 1, same padding, no pooling.
    input_shape : (channels, height, width), optional
        If given, every shape up to the output is checked at once; else when images arrive.
    activation : str or Activation, default "relu"
        Between layers; see `slt_theory.networks.activations`.

    Raises
    ------
    BadInput
        Names the key: wrong dimensions, empty, NaN or infinite, shapes that do not chain.
    """

    weights: tuple[Floats, ...]
    biases: tuple[Floats | None, ...] = ()
    names: tuple[str, ...] = ()
    geometry: tuple[Geometry, ...] = ()
    input_shape: tuple[int, int, int] | None = None
    activation: Activation = RELU

    def __post_init__(self) -> None:
        weights, biases, names = checked_layers(
            self.weights, self.biases, self.names, dimensions=(2, 4)
        )
        convolutions = sum(w.ndim == 4 for w in weights)
        if not convolutions:
            raise BadInput("weights", names, "holds no convolution", "use Dense")
        for name, weight in zip(names[:convolutions], weights, strict=False):
            if weight.ndim != 4:
                raise BadInput(
                    f"{name}.weight",
                    weight.shape,
                    "comes before a convolution",
                    "fully connected layers follow all convolutions",
                )
        geometry = tuple(self.geometry) or (Geometry(),) * convolutions
        if len(geometry) != convolutions:
            raise BadInput(
                "geometry", len(geometry), f"must be one for each of {convolutions} convolutions"
            )
        if self.input_shape is not None:
            object.__setattr__(self, "input_shape", checked_image_shape(self.input_shape))
        for field, value in (
            ("weights", weights),
            ("biases", biases),
            ("names", names),
            ("geometry", geometry),
            ("activation", parse_activation(self.activation)),
        ):
            object.__setattr__(self, field, value)
        self._check_channels()
        if self.input_shape is not None:
            self.shapes(self.input_shape)

    def _check_channels(self) -> None:
        for k, weight in enumerate(self.weights):
            groups = 1
            if k < self.convolutions:
                self.padding(k)
                groups = self.geometry[k].groups
                if weight.shape[0] % groups:
                    raise BadInput(
                        f"{self.names[k]}.weight",
                        weight.shape,
                        f"cannot be split into {groups} groups of channels out",
                    )
            if k == 0:
                continue
            outputs = self.weights[k - 1].shape[0]
            chains = (
                weight.shape[1] % outputs == 0
                if k == self.convolutions
                else weight.shape[1] * groups == outputs
            )
            if not chains:
                raise BadInput(
                    f"{self.names[k]}.weight",
                    weight.shape,
                    f"must take the {outputs} outputs of {self.names[k - 1]}",
                    "check the order of the layers",
                )

    @property
    def convolutions(self) -> int:
        """Number of convolutions; layers from there on are fully connected."""
        return sum(w.ndim == 4 for w in self.weights)

    @property
    def steps(self) -> tuple[Step, ...]:
        """Convolutions with activation and pooling, flatten, fully connected layers."""
        steps: list[Step] = []
        for layer, weight in enumerate(self.weights):
            if layer == self.convolutions:
                steps.append(Flatten(len(steps)))
            steps.append(Weigh(len(steps), layer))
            if layer < self.depth - 1:
                steps.append(Activate(len(steps), self.activation))
            if weight.ndim == 4 and self.geometry[layer].pool > 1:
                side = self.geometry[layer].pool
                steps.append(Pool(len(steps), self.geometry[layer].pool_kind, side, side))
        return tuple(steps)

    @property
    def channels_in(self) -> int:
        """Channels of an image."""
        return int(self.weights[0].shape[1]) * self.geometry[0].groups

    @property
    def shape_in(self) -> Shape:
        """Shape of an image.

        Raises
        ------
        BadInput
            If `input_shape` is not given and the weights do not say it: they do where a square
            image keeps its size up to a fully connected layer.
        """
        if self.input_shape is not None:
            return self.input_shape
        if self.convolutions < self.depth:
            sites = (
                self.weights[self.convolutions].shape[1]
                // self.weights[self.convolutions - 1].shape[0]
            )
            side = math.isqrt(sites)
            shape = (self.channels_in, side, side)
            kept = all(
                (g.stride, g.pool, tuple(2 * p for p in self.padding(k)))
                == (1, 1, tuple(g.dilation * (s - 1) for s in self.weights[k].shape[2:]))
                for k, g in enumerate(self.geometry)
            )
            if kept and side * side == sites:
                return shape
        raise BadInput(
            "input_shape",
            None,
            "is needed to unroll convolutions",
            "give an architecture file with input = [channels, height, width]",
        )

    @property
    def kinds(self) -> tuple[Kind, ...]:
        kinds: list[Kind] = []
        for layer, step in enumerate(self.geometry):
            stride, spread = (step.stride, step.stride), (step.dilation, step.dilation)
            kinds.append(Convolution(stride, self.padding(layer), spread, step.groups))
        return (*kinds, *(Linear() for _ in range(self.depth - self.convolutions)))

    def padding(self, layer: int) -> tuple[int, int]:
        """Rows and columns of zeros on each side of the image that enters convolution `layer`."""
        height, width = self.weights[layer].shape[2:]
        return self.geometry[layer].padding_of(f"{self.names[layer]}.weight", (height, width))

    def shapes(self, input_shape: Shape) -> tuple[tuple[int, ...], ...]:
        """Shape of the input and of every layer's output, for one image of this shape."""
        shapes: list[tuple[int, ...]] = [checked_image_shape(input_shape)]
        for k, (name, weight) in enumerate(zip(self.names, self.weights, strict=True)):
            before = shapes[-1]
            if weight.ndim == 4:
                fits = self.kinds[k].fits(weight.shape, before)
                pool = self.geometry[k].pool
                sides = [s // pool for s in self.kinds[k].shape(weight.shape, before)[1:]]
                fits = fits and min(sides) >= 1
                shapes.append((weight.shape[0], *sides))
            else:
                fits = int(np.prod(before)) == weight.shape[1]
                shapes.append((weight.shape[0],))
            if not fits:
                raise BadInput(
                    f"{name}.weight",
                    weight.shape,
                    f"does not fit its input of shape {before}",
                    f"check the input shape {tuple(input_shape)}, strides, padding and pooling",
                )
        return tuple(shapes)

    def forward(self, x: ArrayLike) -> Floats:
        """Outputs in float64.

        Parameters
        ----------
        x : array (batch, channels, height, width)
            Or (batch, channels * height * width) if the network knows its input shape.

        Returns
        -------
        array (batch, out), or (batch, channels, height, width) without fully connected layers
        """
        values = checked_floats("x", x)
        if self.input_shape is None or values.ndim == 4:
            if values.ndim != 4:
                raise BadInput(
                    "x", values.shape, "must have shape (batch, channels, height, width)"
                )
            shape = (values.shape[1], values.shape[2], values.shape[3])
            self.shapes(shape)
            if shape != self.input_shape:
                return replace(self, input_shape=shape).forward(values)
        if values.ndim not in (2, 4) or values[0].size != self.size_in:
            raise BadInput("x", values.shape, f"must hold images of shape {self.input_shape}")
        return super().forward(values)

    @property
    def norm_exponents(self) -> tuple[int, ...]:
        return self.rescaled().exponents if self.activation.homogeneous else ()

    def rescaled(self, *, norm: Callable[[Floats], float] = row_sum) -> Rescaled[Conv]:
        """The same function up to a power of two, every layer with norm at most one.

        As `Dense.rescaled`; the default norm is the largest l1 norm of a filter, which bounds
        a convolution from sup norm to sup norm.
        """
        if not self.activation.homogeneous:
            raise BadInput("activation", self.activation.name, "is not positively homogeneous")
        weights, biases, exponents = shrunk_layers(self.weights, self.biases, self.names, norm)
        return Rescaled(replace(self, weights=weights, biases=biases), exponents)

    def __repr__(self) -> str:
        layers = "-".join(
            f"{w.shape[0]}@{w.shape[2]}x{w.shape[3]}" if w.ndim == 4 else str(w.shape[0])
            for w in self.weights
        )
        return f"Conv({self.weights[0].shape[1]}-{layers}, {self.parameters} parameters)"
