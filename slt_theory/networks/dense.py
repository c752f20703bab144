"""Fully connected ReLU networks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from slt_theory.errors import BadInput
from slt_theory.networks.arrays import Floats, checked_floats, checked_layers
from slt_theory.networks.norms import LayerNorms, layer_norms, spectral
from slt_theory.networks.rescale import Rescaled, shrunk_layers

__all__ = ["Dense"]


@dataclass(frozen=True, eq=False, repr=False)
class Dense:
    """x -> W_L relu(... relu(W_1 x + b_1) ...) + b_L: ReLU between layers, none after the last.

    Parameters
    ----------
    weights : sequence of arrays (out, in)
        Copied to read-only float64, value for value.
    biases : sequence of arrays (out,) or None, optional
        One entry a layer, None where a layer has no bias; empty if none has.
    names : sequence of str, optional
        Names of the layers as in their file, used in messages and in the hash; fc1, fc2, ...

    Raises
    ------
    BadInput
        Names the key (`NAME.weight`, `NAME.bias`): not 2-d, empty, NaN or infinite, or
        shapes that do not chain.

    Examples
    --------
    >>> network = Dense([[[1.0, -1.0]], [[2.0]]], biases=[[0.5], None])
    >>> network
    Dense(2-1-1, 4 parameters)
    >>> network.forward([[1.0, 0.0], [0.0, 1.0]])
    array([[3.],
           [0.]])
    """

    weights: tuple[Floats, ...]
    biases: tuple[Floats | None, ...] = ()
    names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        weights, biases, names = checked_layers(
            self.weights, self.biases, self.names, dimensions=(2,)
        )
        for k in range(1, len(weights)):
            if weights[k].shape[1] != weights[k - 1].shape[0]:
                raise BadInput(
                    f"{names[k]}.weight",
                    weights[k].shape,
                    f"must take the {weights[k - 1].shape[0]} outputs of {names[k - 1]}",
                    "check the order of the layers and that weights are (out, in)",
                )
        for field, value in (("weights", weights), ("biases", biases), ("names", names)):
            object.__setattr__(self, field, value)

    @property
    def widths(self) -> tuple[int, ...]:
        """Number of inputs, of hidden neurons layer by layer, and of outputs."""
        return (self.weights[0].shape[1], *(w.shape[0] for w in self.weights))

    @property
    def depth(self) -> int:
        """Number of layers of weights."""
        return len(self.weights)

    @property
    def parameters(self) -> int:
        """Number of weights and biases."""
        return sum(w.size for w in self.weights) + sum(b.size for b in self.biases if b is not None)

    def forward(self, x: ArrayLike) -> Floats:
        """Outputs in float64.

        Parameters
        ----------
        x : array (batch, in)

        Returns
        -------
        array (batch, out)
        """
        values = checked_floats("x", x)
        if values.ndim != 2 or values.shape[1] != self.widths[0]:
            raise BadInput("x", values.shape, f"must have shape (batch, {self.widths[0]})")
        for k, (weight, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            if k:
                values = np.maximum(values, 0.0)
            values = values @ weight.T
            if bias is not None:
                values = values + bias
        return values

    def norms(self) -> tuple[LayerNorms, ...]:
        """Upper bounds of the norms of every layer's weights."""
        return tuple(layer_norms(weight) for weight in self.weights)

    def rescaled(self, *, norm: Callable[[Floats], float] = spectral) -> Rescaled[Dense]:
        """The same function up to a power of two, every layer with norm at most one.

        Parameters
        ----------
        norm : callable, default `slt_theory.networks.norms.spectral`
            An upper bound of a norm of one weight array. Layers already at most one stay as they
            are.

        Returns
        -------
        Rescaled
            `rescaled.scale * rescaled.network.forward(x)` is `forward(x)`, bit for bit unless
            numbers underflow.

        Examples
        --------
        >>> shrunk = Dense([[[3.0]], [[0.5]]], biases=[[4.0], [1.0]]).rescaled()
        >>> shrunk.exponents, shrunk.network.biases
        ((2, 0), (array([1.]), array([0.25])))
        """
        weights, biases, exponents = shrunk_layers(self.weights, self.biases, self.names, norm)
        return Rescaled(replace(self, weights=weights, biases=biases), exponents)

    def __repr__(self) -> str:
        return f"Dense({'-'.join(map(str, self.widths))}, {self.parameters} parameters)"
