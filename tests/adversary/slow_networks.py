"""Target and masked random network, evaluated step by step."""

from __future__ import annotations

from typing import Any

import numpy as np
from flint import arb
from slow_sources import Rows, Source
from slow_steps import (
    coefficients,
    flattened,
    looks,
    pooled,
    rearranged,
    taps,
    with_copies,
)
from slow_values import Matrix, Values, exact_rows


class Layer:
    """What stands for one weighted layer: masked matrices in order, or the target's own."""

    def __init__(
        self,
        matrices: list[Rows],
        *,
        ones: int,
        taps: int,
        bias: Any = None,
        activation: tuple[str, float] = ("relu", 0.0),
    ) -> None:
        self.matrices = [Matrix(rows) for rows in matrices]
        self.ones, self.taps, self.bias, self.activation = ones, taps, bias, activation

    def __call__(self, x: Values, sites: int, places: list[tuple[int, int, int]]) -> Values:
        values = x.with_ones(self.ones) if self.ones else x
        for m, matrix in enumerate(self.matrices):
            if m:
                values = values.activated(*self.activation)
            values = values.times(matrix)
        shape = values.array.shape
        cube = values.array.reshape(-1, self.taps, *shape[1:])
        zero = arb(0) if x.kind == "ball" else 0
        out = np.full((cube.shape[0], sites, shape[2]), zero, dtype=values.array.dtype)
        for tap, q, p in places:
            out[:, q] = out[:, q] + cube[:, tap, p]
        values = Values(out, values.scale, x.kind)
        if self.bias is None:
            return values
        column = np.broadcast_to(np.asarray(self.bias)[:, None, None], out.shape)
        return values.plus(Values.of(np.ascontiguousarray(column), x.kind))


class Network:
    """A target, or the source network of a ticket for it."""

    def __init__(self, target: Any, layers: list[Layer], copies: list[int]) -> None:
        self.target, self.layers, self.copies = target, layers, copies

    @classmethod
    def of_target(cls, target: Any) -> Network:
        layers = [
            Layer(
                [exact_rows(coefficients(target, k))],
                ones=0,
                taps=taps(target, k),
                bias=target.biases[k],
            )
            for k in range(target.depth)
        ]
        return cls(target, layers, [1] * target.depth)

    @classmethod
    def of_ticket(cls, target: Any, source: Source) -> Network:
        layers = []
        for block, matrices in zip(source.header["blocks"], source.blocks, strict=True):
            name, _, slope = block.get("activation", "relu").partition("(")
            ones = block["copies_in"] if block["constant_input"] else 0
            activation = name, float(slope.rstrip(")") or 0)
            layers.append(
                Layer(matrices, ones=ones, taps=block.get("taps", 1), activation=activation)
            )
        return cls(target, layers, [b["copies_out"] for b in source.header["blocks"]])

    def run(self, x: Values) -> list[Values]:
        """Every value: the input, and what each step gives."""
        values, copies = [x], [1]
        shapes = self.target.shapes_of_values
        for step in self.target.steps:
            before, shape, name = values[step.of], shapes[step.of], type(step).__name__
            copies.append(copies[step.of])
            if name == "Weigh":
                copies[-1] = self.copies[step.layer]
                sites, places = looks(self.target, step.layer, shape)
                values.append(self.layers[step.layer](before, sites, places))
            elif name == "Activate":
                values.append(before.activated(step.activation.kind, step.activation.slope))
            elif name == "Flatten":
                values.append(flattened(before, copies[step.of]))
            elif name == "Rearrange":
                values.append(rearranged(before, step, shape, copies[step.of]))
            elif name == "Add":
                have, want = copies[step.skip], copies[step.of]
                values.append(before.plus(with_copies(values[step.skip], have, want)))
            else:
                values.append(pooled(before, step, shape))
        return values
