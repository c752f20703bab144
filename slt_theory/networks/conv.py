"""Convolutional ReLU networks: convolutions first, then fully connected layers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from slt_theory.errors import BadInput
from slt_theory.networks.architecture import Geometry, checked_image_shape
from slt_theory.networks.arrays import Floats, checked_floats, checked_layers
from slt_theory.networks.norms import LayerNorms, layer_norms, row_sum
from slt_theory.networks.rescale import Rescaled, shrunk_layers

__all__ = ["Conv"]


@dataclass(frozen=True, eq=False, repr=False)
class Conv:
    """Convolutions (each: bias, ReLU, max-pool), flatten, fully connected layers; no final ReLU.

    Parameters
    ----------
    weights : sequence of arrays, first (out, in, kh, kw), then (out, in)
        Copied to read-only float64, value for value. Images are (channels, height, width) and
        are flattened in that order.
    biases, names
        As in `Dense`; names default to conv1, conv2, ..., fc1, ...
    geometry : sequence of Geometry, optional
        One for each convolution; empty for stride 1, same padding, no pooling.
    input_shape : (channels, height, width), optional
        If given, every shape up to the output is checked at once; else when images arrive.

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
        ):
            object.__setattr__(self, field, value)
        self._check_channels()
        if self.input_shape is not None:
            self.shapes(self.input_shape)

    def _check_channels(self) -> None:
        for k, weight in enumerate(self.weights):
            if k < self.convolutions:
                self.padding(k)
            if k == 0:
                continue
            outputs = self.weights[k - 1].shape[0]
            chains = (
                weight.shape[1] % outputs == 0
                if k == self.convolutions
                else weight.shape[1] == outputs
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
    def depth(self) -> int:
        """Number of layers of weights."""
        return len(self.weights)

    @property
    def parameters(self) -> int:
        """Number of weights and biases."""
        return sum(w.size for w in self.weights) + sum(b.size for b in self.biases if b is not None)

    def padding(self, layer: int) -> tuple[int, int]:
        """Rows and columns of zeros on each side of the image that enters convolution `layer`."""
        height, width = self.weights[layer].shape[2:]
        return self.geometry[layer].padding_of(f"{self.names[layer]}.weight", (height, width))

    def shapes(self, input_shape: tuple[int, int, int]) -> tuple[tuple[int, ...], ...]:
        """Shape of the input and of every layer's output, for one image of this shape."""
        shapes: list[tuple[int, ...]] = [checked_image_shape(input_shape)]
        for k, (name, weight) in enumerate(zip(self.names, self.weights, strict=True)):
            before = shapes[-1]
            if weight.ndim == 4:
                sides = self._sides(k, (before[1], before[2]))
                fits = before[0] == weight.shape[1] and min(sides) >= 1
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

    def _sides(self, layer: int, before: tuple[int, int]) -> tuple[int, int]:
        kernel = self.weights[layer].shape[2:]
        step = self.geometry[layer]
        sides = [
            ((side + 2 * pad - k) // step.stride + 1) // step.pool
            for side, pad, k in zip(before, self.padding(layer), kernel, strict=True)
        ]
        return sides[0], sides[1]

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
        if values.ndim == 2 and self.input_shape is not None:
            if values.shape[1] != int(np.prod(self.input_shape)):
                raise BadInput("x", values.shape, f"must hold images of shape {self.input_shape}")
            values = values.reshape(-1, *self.input_shape)
        if values.ndim != 4:
            raise BadInput("x", values.shape, "must have shape (batch, channels, height, width)")
        self.shapes((values.shape[1], values.shape[2], values.shape[3]))
        for k, (weight, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            if weight.ndim == 4:
                values = _correlate(values, weight, self.padding(k), self.geometry[k].stride)
                if bias is not None:
                    values = values + bias[:, None, None]
            else:
                values = values.reshape(len(values), -1) @ weight.T
                if bias is not None:
                    values = values + bias
            if k < self.depth - 1:
                values = np.maximum(values, 0.0)
            if weight.ndim == 4:
                values = _max_pool(values, self.geometry[k].pool)
        return values

    def norms(self) -> tuple[LayerNorms, ...]:
        """Upper bounds of the norms of every layer's weights, kernels as matrices (out, rest)."""
        return tuple(layer_norms(weight) for weight in self.weights)

    def rescaled(self, *, norm: Callable[[Floats], float] = row_sum) -> Rescaled[Conv]:
        """The same function up to a power of two, every layer with norm at most one.

        As `Dense.rescaled`; the default norm is the largest l1 norm of a filter, which bounds
        a convolution from sup norm to sup norm.
        """
        weights, biases, exponents = shrunk_layers(self.weights, self.biases, self.names, norm)
        return Rescaled(replace(self, weights=weights, biases=biases), exponents)

    def __repr__(self) -> str:
        layers = "-".join(
            f"{w.shape[0]}@{w.shape[2]}x{w.shape[3]}" if w.ndim == 4 else str(w.shape[0])
            for w in self.weights
        )
        return f"Conv({self.weights[0].shape[1]}-{layers}, {self.parameters} parameters)"


def _correlate(x: Floats, weight: Floats, padding: tuple[int, int], stride: int) -> Floats:
    rows, columns = padding
    padded = np.pad(x, ((0, 0), (0, 0), (rows, rows), (columns, columns)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, weight.shape[2:], axis=(2, 3))
    windows = windows[:, :, ::stride, ::stride]
    out: Floats = np.tensordot(windows, weight, axes=((1, 4, 5), (1, 2, 3)))
    return np.ascontiguousarray(np.moveaxis(out, 3, 1))


def _max_pool(x: Floats, side: int) -> Floats:
    if side == 1:
        return x
    batch, channels, height, width = x.shape
    rows, columns = height // side, width // side
    whole = x[:, :, : rows * side, : columns * side]
    pooled: Floats = whole.reshape(batch, channels, rows, side, columns, side).max(axis=(3, 5))
    return pooled
