"""What every target network is: weighted layers, and the steps that lead from input to output."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from functools import cached_property
from math import prod
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from slt_theory.errors import BadInput
from slt_theory.networks.arrays import Floats, check_size, checked_floats
from slt_theory.networks.kinds import Kind
from slt_theory.networks.norms import LayerNorms, layer_norms
from slt_theory.networks.steps import (
    Activate,
    Add,
    Move,
    Pool,
    Shape,
    Step,
    Weigh,
    step_to_dict,
)
from slt_theory.networks.unrolling import Operator, Unrolling

__all__ = ["Network"]


class Network(ABC):
    """A target network; `Dense`, `Conv` and `Graph` say what it is made of.

    Attributes
    ----------
    weights : tuple of arrays
        Linear (out, in), convolution (out, in / groups, kh, kw) or equivariant (out, in, elements).
    biases : tuple of arrays (out,) or None
    names : tuple of str
    """

    weights: tuple[Floats, ...]
    biases: tuple[Floats | None, ...]
    names: tuple[str, ...]

    @property
    @abstractmethod
    def steps(self) -> tuple[Step, ...]:
        """Steps that make the values, in order."""

    @property
    @abstractmethod
    def shape_in(self) -> Shape:
        """Shape of one input: (numbers,) or (channels, sites ...)."""

    @property
    @abstractmethod
    def kinds(self) -> tuple[Kind, ...]:
        """Linear, convolutional or equivariant, layer by layer."""

    def unrolling(self, layer: int) -> Unrolling:
        """Sites that each tap of a layer joins."""
        before = self.shapes_of_values[self.inputs_of_layers[layer]]
        return self.kinds[layer].unrolling(self.weights[layer].shape, before)

    def coefficients(self, layer: int) -> Floats:
        """Weights of a layer as (channels out, taps, channels in)."""
        return self.kinds[layer].coefficients(self.weights[layer])

    @property
    def depth(self) -> int:
        """Number of layers of weights."""
        return len(self.weights)

    @property
    def parameters(self) -> int:
        """Number of weights and biases."""
        return sum(w.size for w in self.weights) + sum(b.size for b in self.biases if b is not None)

    @property
    def size_in(self) -> int:
        """Numbers of one input."""
        return int(np.prod(self.shape_in))

    @cached_property
    def shapes_of_values(self) -> tuple[Shape, ...]:
        """Shape of the input and of what every step gives."""
        shapes: list[Shape] = [self.shape_in]
        for step in self.steps:
            before = shapes[step.of]
            check_size("value", prod(before))
            if isinstance(step, Weigh):
                weight = self.weights[step.layer].shape
                kind = self.kinds[step.layer]
                if not kind.fits(weight, before):
                    raise BadInput(
                        f"{self.names[step.layer]}.weight",
                        weight,
                        f"does not fit its input of shape {before}",
                        "check the input shape, strides, padding and pooling",
                    )
                shapes.append(kind.shape(weight, before))
            elif isinstance(step, Move | Pool):
                shapes.append(step.shape(before))
            elif isinstance(step, Add) and shapes[step.skip] != before:
                raise BadInput(
                    "residual", shapes[step.skip], f"cannot be added to values of shape {before}"
                )
            else:
                shapes.append(before)
        return tuple(shapes)

    @cached_property
    def inputs_of_layers(self) -> tuple[int, ...]:
        """The value that every weighted layer takes."""
        places = {step.layer: step.of for step in self.steps if isinstance(step, Weigh)}
        return tuple(places[layer] for layer in range(self.depth))

    def non_negative(self, inputs: bool) -> tuple[bool, ...]:
        """Per value whether it is known to be >= 0, given whether the input is."""
        known = [inputs]
        for step in self.steps:
            before = known[step.of]
            if isinstance(step, Activate):
                known.append(step.activation.non_negative or before)
            elif isinstance(step, Add):
                known.append(before and known[step.skip])
            else:
                known.append(before and not isinstance(step, Weigh))
        return tuple(known)

    def matrix(self, layer: int) -> Floats:
        """Coefficients (channels out * taps, channels in), bias as last column where there is one.

        A bias enters through the constant tap alone; the other rows of its column are 0.

        Raises
        ------
        BadInput
            If no tap can carry a bias.
        """
        coefficients, bias = self.coefficients(layer), self.biases[layer]
        outputs, taps, inputs = coefficients.shape
        flat = np.ascontiguousarray(coefficients).reshape(outputs * taps, inputs)
        if bias is None:
            return flat
        tap = self.unrolling(layer).constant_tap
        if tap is None:
            raise BadInput(
                f"{self.names[layer]}.bias",
                f"{taps} taps",
                "cannot be carried by a constant channel: no tap sees one site from everywhere, "
                "each meets the padding or another orbit somewhere",
                "use less padding, a group that moves every site to every other, or no bias",
            )
        column = np.zeros((outputs, taps))
        column[:, tap] = bias
        return np.column_stack([flat, column.ravel()])

    def operator(self, layer: int) -> Operator:
        """The exact matrix of a layer on flat values, bias left out."""
        return Operator(self.coefficients(layer), self.unrolling(layer))

    def spread(self, layer: int, values: ArrayLike) -> Floats:
        """One number a channel out as flat values: the same at every site."""
        return np.repeat(np.asarray(values, dtype=np.float64), self.unrolling(layer).sites_out)

    def run(self, x: Floats, given: Mapping[int, Floats] | None = None) -> list[Floats]:
        """Every value of a batch (batch, numbers), flat, in float64.

        Steps take values of `given`, by their numbers, in the place of those computed before.
        """
        values, given = [x], given or {}
        for step in self.steps:
            before = given.get(step.of, values[step.of])
            if isinstance(step, Weigh):
                after = self.operator(step.layer).apply(before)
                bias = self.biases[step.layer]
                values.append(after if bias is None else after + self.spread(step.layer, bias))
            elif isinstance(step, Activate):
                values.append(step.activation(before))
            elif isinstance(step, Pool):
                values.append(step(before, self.shapes_of_values[step.of]))
            elif isinstance(step, Add):
                values.append(before + given.get(step.skip, values[step.skip]))
            else:
                values.append(step.move(before, self.shapes_of_values[step.of], 1))
        return values

    def forward(self, x: ArrayLike) -> Floats:
        """Outputs in float64.

        Parameters
        ----------
        x : array (batch, numbers), or (batch, channels, sites ...)

        Returns
        -------
        array (batch, out), or (batch, channels, sites ...) where the output has sites
        """
        values = checked_floats("x", x)
        if values.ndim < 2 or values[0].size != self.size_in:
            shape = ", ".join(map(str, self.shape_in))
            raise BadInput("x", values.shape, f"must have shape (batch, {shape})")
        out = self.run(values.reshape(len(values), -1))[-1]
        return out.reshape(len(out), *self.shapes_of_values[-1])

    @property
    def norm_exponents(self) -> tuple[int, ...]:
        """Powers of two that bring every layer's norm to at most 1; none where that is no rescaling
        of the whole function."""
        return ()

    def describe(self) -> dict[str, Any]:
        """Everything but the weights as plain data; see `slt_theory.networks.graph.skeleton`."""
        return {
            "input": list(self.shape_in),
            "layers": [
                {"weight": list(weight.shape), "bias": bias is not None, **kind.to_dict()}
                for weight, bias, kind in zip(self.weights, self.biases, self.kinds, strict=True)
            ],
            "steps": [step_to_dict(step) for step in self.steps],
        }

    def norms(self) -> tuple[LayerNorms, ...]:
        """Upper bounds of the norms of every layer's weights, kernels as matrices (out, rest)."""
        return tuple(layer_norms(weight) for weight in self.weights)
