"""Networks written as a list of layers, the way frameworks do, residual blocks included.

>>> import numpy as np
>>> block = Residual([ConvolutionLayer(np.ones((1, 1, 3, 3)), padding=1), ActivationLayer("relu")])
>>> from_layers([block, ActivationLayer("relu")], input_shape=(1, 4, 4))
Graph(1x4x4, 1 layers, 9 parameters)
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Context, Decimal
from fractions import Fraction
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from slt_theory.errors import BadInput
from slt_theory.networks.activations import parse_activation
from slt_theory.networks.arrays import Floats, checked_floats
from slt_theory.networks.graph import Graph
from slt_theory.networks.kinds import Convolution, Equivariant, Kind, Linear
from slt_theory.networks.steps import Activate, Add, Flatten, Pool, Shape, Step, Weigh

__all__ = [
    "ActivationLayer",
    "BatchNormLayer",
    "ConvolutionLayer",
    "EquivariantLayer",
    "FlattenLayer",
    "Layer",
    "LinearLayer",
    "PoolLayer",
    "Residual",
    "folded",
    "from_layers",
]


@dataclass(frozen=True, eq=False)
class LinearLayer:
    """Weight (out, in) on a vector."""

    weight: ArrayLike
    bias: ArrayLike | None = None
    name: str = ""


@dataclass(frozen=True, eq=False)
class ConvolutionLayer:
    """Weight (out, in / groups, kh, kw) on an image; numbers or pairs (rows, columns)."""

    weight: ArrayLike
    bias: ArrayLike | None = None
    stride: int | tuple[int, int] = 1
    padding: int | tuple[int, int] = 0
    dilation: int | tuple[int, int] = 1
    groups: int = 1
    name: str = ""


@dataclass(frozen=True, eq=False)
class EquivariantLayer:
    """Weight (out, in, elements) in a basis: a shipped name, or 0/1 matrices."""

    weight: ArrayLike
    basis: str | ArrayLike
    bias: ArrayLike | None = None
    name: str = ""


@dataclass(frozen=True, eq=False)
class BatchNormLayer:
    """Statistics of a trained batch norm; folded into the weighted layer before it."""

    mean: ArrayLike
    variance: ArrayLike
    weight: ArrayLike | None = None
    bias: ArrayLike | None = None
    epsilon: float = 1e-5


@dataclass(frozen=True)
class ActivationLayer:
    """An activation by name, see `slt_theory.networks.activations`."""

    name: str = "relu"


@dataclass(frozen=True)
class PoolLayer:
    """Pooling over square windows; `stride` defaults to the side."""

    kind: Literal["max", "average"]
    side: int
    stride: int | None = None
    padding: int = 0


@dataclass(frozen=True)
class FlattenLayer:
    """An image to a vector, channel by channel."""


@dataclass(frozen=True)
class Residual:
    """``body(x) + shortcut(x)``; an empty shortcut is the identity."""

    body: Sequence[Layer]
    shortcut: Sequence[Layer] = ()


Layer = (
    LinearLayer
    | ConvolutionLayer
    | EquivariantLayer
    | BatchNormLayer
    | ActivationLayer
    | PoolLayer
    | FlattenLayer
    | Residual
)


def folded(weight: Floats, bias: Floats | None, norm: BatchNormLayer) -> tuple[Floats, Floats]:
    """Weight and bias of a layer with the batch norm after it folded in.

    The factor of a channel, ``weight / sqrt(variance + epsilon)``, is rounded once to float64; each
    folded weight is the product with it and each folded bias the exact value with that factor,
    rounded once. So a folded weight differs by at most 2^-52 of its size from the unfolded one.
    """
    channels = weight.shape[0]
    mean, variance = (
        _channel(name, value, channels)
        for name, value in (("mean", norm.mean), ("variance", norm.variance))
    )
    gain = np.ones(channels) if norm.weight is None else _channel("weight", norm.weight, channels)
    shift = np.zeros(channels) if norm.bias is None else _channel("bias", norm.bias, channels)
    if (variance < 0).any() or not norm.epsilon > 0:
        raise BadInput("variance, epsilon", float(variance.min()), "must be >= 0 and > 0")
    exact = Context(prec=60)
    factor = np.array(
        [
            float(
                exact.divide(
                    Decimal(g),
                    exact.sqrt(exact.add(Decimal(v), Decimal(float(norm.epsilon)))),
                )
            )
            for g, v in zip(gain.tolist(), variance.tolist(), strict=True)
        ]
    )
    old = np.zeros(channels) if bias is None else bias
    with np.errstate(over="ignore", invalid="ignore"):
        new_weight = weight * factor.reshape(-1, *[1] * (weight.ndim - 1))
    try:
        new_bias = [
            float((Fraction(b) - Fraction(m)) * Fraction(f) + Fraction(s))
            for b, m, f, s in zip(
                old.tolist(), mean.tolist(), factor.tolist(), shift.tolist(), strict=True
            )
        ]
    except OverflowError:
        new_bias = [math.inf]
    if not (np.isfinite(new_weight).all() and np.isfinite(new_bias).all()):
        largest = float(np.abs(factor).max())
        raise BadInput("batch norm", f"a factor of {largest:.3g}", "gives weights beyond float64")
    return new_weight, np.array(new_bias)


def _channel(name: str, value: ArrayLike, channels: int) -> Floats:
    floats = checked_floats(f"batch norm {name}", value)
    if floats.shape != (channels,):
        raise BadInput(f"batch norm {name}", floats.shape, f"must have shape ({channels},)")
    return floats


def from_layers(layers: Sequence[Layer], *, input_shape: Shape) -> Graph:
    """A network from a list of layers.

    Parameters
    ----------
    layers : sequence
        Every layer takes what the one before gives. Batch norms are folded, see `folded`.
    input_shape : (channels, height, width), (channels, sites) or (numbers,)

    Raises
    ------
    BadInput
        Names the layer: shapes that do not chain, or a batch norm without a layer before it.
    """
    builder = _Builder()
    builder.chain(layers, 0)
    return Graph(
        tuple(builder.weights),
        tuple(builder.biases),
        tuple(builder.names),
        tuple(builder.kinds),
        tuple(builder.steps),
        tuple(input_shape),
    )


class _Builder:
    def __init__(self) -> None:
        self.weights: list[Floats] = []
        self.biases: list[Floats | None] = []
        self.names: list[str] = []
        self.kinds: list[Kind] = []
        self.steps: list[Step] = []
        self.branched: set[int] = set()

    def _append(self, step: Step) -> int:
        self.steps.append(step)
        return len(self.steps)

    def chain(self, layers: Sequence[Layer], value: int) -> int:
        """Append layers that start from `value`; the value that they end with."""
        for layer in layers:
            value = self._layer(layer, value)
        return value

    def _layer(self, layer: Layer, of: int) -> int:
        if isinstance(layer, Residual):
            self.branched.add(of)
            skip = self.chain(layer.shortcut, of)
            return self._append(Add(self.chain(layer.body, of), skip))
        if isinstance(layer, ActivationLayer):
            return self._append(Activate(of, parse_activation(layer.name)))
        if isinstance(layer, FlattenLayer):
            return self._append(Flatten(of))
        if isinstance(layer, PoolLayer):
            if layer.kind not in ("max", "average"):
                raise BadInput("pool", layer.kind, "must be max or average")
            stride = layer.side if layer.stride is None else layer.stride
            return self._append(Pool(of, layer.kind, layer.side, stride, layer.padding))
        if isinstance(layer, BatchNormLayer):
            last = self.steps[of - 1] if of else None
            if not isinstance(last, Weigh):
                raise BadInput("batch norm", of, "must follow a weighted layer, to be folded in")
            if of in self.branched:
                raise BadInput(
                    "batch norm",
                    self.names[last.layer],
                    "stands behind a branch: the other side takes the value without the norm",
                    "slt_theory.from_module reads such networks",
                )
            k = last.layer
            self.weights[k], self.biases[k] = folded(self.weights[k], self.biases[k], layer)
            return of
        return self._weigh(layer, of)

    def _weigh(self, layer: LinearLayer | ConvolutionLayer | EquivariantLayer, of: int) -> int:
        kind, prefix = _kind_of(layer)
        name = layer.name or f"{prefix}{1 + sum(n.startswith(prefix) for n in self.names)}"
        self.weights.append(checked_floats(f"{name}.weight", layer.weight))
        bias = layer.bias
        self.biases.append(None if bias is None else checked_floats(f"{name}.bias", bias))
        self.names.append(name)
        self.kinds.append(kind)
        return self._append(Weigh(of, len(self.kinds) - 1))


def _kind_of(layer: LinearLayer | ConvolutionLayer | EquivariantLayer) -> tuple[Kind, str]:
    if isinstance(layer, LinearLayer):
        return Linear(), "fc"
    if isinstance(layer, ConvolutionLayer):
        kind = Convolution(
            _pair(layer.stride), _pair(layer.padding), _pair(layer.dilation), int(layer.groups)
        )
        return kind, "conv"
    if isinstance(layer.basis, str):
        return Equivariant(layer.basis), "equi"
    ones = np.asarray(layer.basis)
    if ones.ndim != 3:
        raise BadInput("basis", ones.shape, "must have shape (elements, sites out, sites in)")
    elements = tuple(
        tuple((int(q), int(p)) for q, p in zip(*np.nonzero(element), strict=True))
        for element in ones
    )
    if not np.isin(ones, (0, 1)).all():
        raise BadInput("basis", "entries", "must be 0 or 1", "use the orbits of pairs of sites")
    return Equivariant(elements, (ones.shape[1], ones.shape[2])), "equi"


def _pair(value: Any) -> tuple[int, int]:
    first, second = (value, value) if isinstance(value, int | np.integer) else value
    return int(first), int(second)
