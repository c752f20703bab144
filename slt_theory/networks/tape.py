"""Record a network operator by operator, as other tools write it, and turn it into a `Graph`.

A value on the tape is a number of the recorded node and a shape without the batch; a reshape is
only another shape of the same numbers, row by row. What a `Graph` cannot say directly is written
with what it can, exactly: a concatenation is a sum of zero-padded parts, a linear map of the last
axis is a 1 x 1 convolution between two transpositions, padding that differs from side to side is a
step of its own.

>>> import numpy as np
>>> tape = Tape()
>>> x = tape.input((3,))
>>> y = tape.activate(tape.linear(x, np.ones((2, 3)), None, "fc"), "relu")
>>> tape.graph(tape.concatenate([y, x], 0))
Graph(3, 1 layers, 6 parameters)
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from slt_theory.errors import BadInput
from slt_theory.networks.activations import Activation, parse_activation
from slt_theory.networks.arrays import Floats
from slt_theory.networks.emit import emit, emit_with_places
from slt_theory.networks.graph import Graph
from slt_theory.networks.kinds import Convolution
from slt_theory.networks.moves import Rearrange
from slt_theory.networks.nodes import Affine, Input, Node, Plain, Sum, Value, Weighted
from slt_theory.networks.pools import Pool
from slt_theory.networks.steps import Shape

__all__ = ["Tape", "Value"]

Cut = tuple[int, int, int, int, int]


class Tape:
    """Values and the operators between them, in the order in which they were recorded."""

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self._names: dict[str, int] = {}

    def graph(self, output: Value, *, fold: bool = True) -> Graph:
        """Return the network whose output is `output`.

        Parameters
        ----------
        output : Value
        fold : bool
            Fold scales and shifts into the layer before them, or behind, where the result is the
            same function: each folded number is rounded a few times. Without, each becomes a layer.
        """
        return emit(self.nodes, output, fold=fold)

    def places(self, output: Value) -> dict[int, int]:
        """Return which value of ``graph(output, fold=False)`` each recorded node gives."""
        return emit_with_places(self.nodes, output)[1]

    def _record(self, node: Node) -> Value:
        self.nodes.append(node)
        return Value(len(self.nodes) - 1, node.shape)

    def _named(self, name: str) -> str:
        """A layer that is used twice is recorded twice, the second time as NAME#2."""
        self._names[name] = self._names.get(name, 0) + 1
        return name if self._names[name] == 1 else f"{name}#{self._names[name]}"

    def input(self, shape: Sequence[int]) -> Value:
        """Record the input, of `shape` without the batch."""
        return self._record(Input(tuple(int(side) for side in shape)))

    def reshape(self, x: Value, shape: Sequence[int]) -> Value:
        """Read the numbers of `x` as another shape; one side may be -1."""
        sides = [int(side) for side in shape]
        if sides.count(-1) == 1:
            rest = prod(side for side in sides if side != -1)
            sides[sides.index(-1)] = prod(x.shape) // max(rest, 1)
        if prod(sides) != prod(x.shape):
            raise BadInput("reshape", tuple(shape), f"does not hold the numbers of {x.shape}")
        return Value(x.node, tuple(sides))

    def linear(self, x: Value, weight: ArrayLike, bias: ArrayLike | None, name: str) -> Value:
        """Record ``y = W x + b`` over the last axis of `x`; W has shape (out, in)."""
        matrix, inputs = np.asarray(weight, dtype=np.float64), x.shape[-1] if x.shape else 0
        if matrix.ndim != 2 or matrix.shape[1] != inputs:
            raise BadInput(f"{name}.weight", matrix.shape, f"does not fit values of {x.shape}")
        outputs, rows = len(matrix), prod(x.shape[:-1])
        if rows == 1:
            shape: Shape = (outputs,)
            node = Weighted(
                (x.node,), (inputs,), shape, matrix, _floats(bias), self._named(name)
            )  # fmt: skip
            return self.reshape(self._record(node), (*x.shape[:-1], outputs))
        columns = self.transpose(self.reshape(x, (rows, inputs)), (1, 0))
        image = self.reshape(columns, (inputs, rows, 1))
        mapped = self.convolution(image, matrix[:, :, None, None], bias, name)
        back = self.transpose(self.reshape(mapped, (outputs, rows)), (1, 0))
        return self.reshape(back, (*x.shape[:-1], outputs))

    def convolution(
        self,
        x: Value,
        weight: ArrayLike,
        bias: ArrayLike | None,
        name: str,
        kind: Convolution | None = None,
    ) -> Value:
        """Record a convolution of (channels, rows, columns), or of (channels, places)."""
        kind, kernel = kind or Convolution(), np.asarray(weight, dtype=np.float64)
        if len(x.shape) == 2 and kernel.ndim == 3:
            row = self.reshape(x, (x.shape[0], 1, x.shape[1]))
            y = self.convolution(row, kernel[:, :, None, :], bias, name, kind)
            return self.reshape(y, (y.shape[0], y.shape[2]))
        if kernel.ndim != 4 or not kind.fits(kernel.shape, x.shape):
            raise BadInput(f"{name}.weight", kernel.shape, f"does not fit values of {x.shape}")
        shape = kind.shape(kernel.shape, x.shape)
        name = self._named(name)
        return self._record(Weighted((x.node,), x.shape, shape, kernel, _floats(bias), name, kind))

    def affine(self, x: Value, scale: ArrayLike, shift: ArrayLike, name: str) -> Value:
        """Record ``scale x + shift``; both are broadcast to the shape of `x`."""
        try:
            full = [
                np.ascontiguousarray(np.broadcast_to(np.asarray(v, dtype=np.float64), x.shape))
                for v in (scale, shift)
            ]
        except ValueError as error:
            shapes = np.shape(scale), np.shape(shift)
            raise BadInput(name, shapes, f"cannot be broadcast to values of {x.shape}") from error
        if (full[0] == 1).all() and (full[1] == 0).all():
            return x
        node = Affine((x.node,), x.shape, full[0].ravel(), full[1].ravel(), self._named(name))
        return self._record(node)

    def activate(self, x: Value, name: str) -> Value:
        """Record an activation by name, see `slt_theory.networks.activations`."""
        activation = parse_activation(name)
        if activation.kind == "identity":
            return x
        return self._record(Plain((x.node,), None, x.shape, activation))

    def swish(self, x: Value, y: Value) -> Value | None:
        """Record ``x * sigmoid(x)`` as SiLU, if one of two factors is the sigmoid of the other."""
        for one, other in ((x, y), (y, x)):
            node = self.nodes[other.node]
            if (
                isinstance(node, Plain)
                and node.step == Activation("sigmoid")
                and node.of == (one.node,)
                and one.shape == other.shape
            ):
                return self.activate(one, "silu")
        return None

    def pool(self, x: Value, pool: Pool) -> Value:
        """Record a pooling of (channels, rows, columns)."""
        return self._record(Plain((x.node,), x.shape, pool.shape(x.shape), pool))

    def add(self, x: Value, y: Value) -> Value:
        """Record ``x + y``; both are broadcast to one shape."""
        try:
            shape = np.broadcast_shapes(x.shape, y.shape)
        except ValueError as error:
            raise BadInput("add", (x.shape, y.shape), "do not broadcast") from error
        one, other = self.broadcast(x, shape), self.broadcast(y, shape)
        return self._record(Sum((one.node, other.node), shape))

    def broadcast(self, x: Value, shape: Sequence[int]) -> Value:
        """Record `x` repeated along every axis that is 1 in it and more in `shape`."""
        x = self.reshape(x, [1] * (len(shape) - len(x.shape)) + list(x.shape))
        widths = [(0, want - have) for have, want in zip(x.shape, shape, strict=True)]
        return self.pad(x, widths, "edge") if any(w[1] for w in widths) else x

    def mean(self, x: Value, axes: Sequence[int], *, keep: bool = False) -> Value:
        """Record the mean over some axes: one window of an adaptive pool."""
        gone = {axis % len(x.shape) for axis in axes}
        kept = [axis for axis in range(len(x.shape)) if axis not in gone]
        moved = self.transpose(x, [*kept, *sorted(gone)])
        lead = prod(x.shape[axis] for axis in kept)
        image = self.reshape(moved, (lead, 1, prod(x.shape) // lead))
        y = self.pool(image, Pool(0, "average", (1, 1), 1, adaptive=True))
        sides = [1 if a in gone else s for a, s in enumerate(x.shape) if keep or a not in gone]
        return self.reshape(y, sides)

    def rearrange(
        self,
        x: Value,
        order: Sequence[int] | None = None,
        cuts: Sequence[Cut] | None = None,
        mode: Literal["constant", "reflect", "edge", "wrap"] = "constant",
    ) -> Value:
        """Record a transposition, cuts (start, stride, count, before, after) and padding."""
        if not x.shape:
            return x
        order = tuple(range(len(x.shape))) if order is None else tuple(order)
        sides = [x.shape[axis] for axis in order]
        cuts = [(0, 1, side, 0, 0) for side in sides] if cuts is None else list(cuts)
        result = tuple(count + before + after for _, _, count, before, after in cuts)
        step = Rearrange(0, order, tuple(cuts), result, mode)
        places = step.places(x.shape)
        if np.array_equal(places, np.arange(prod(x.shape))):
            return self.reshape(x, result)
        return self._record(Plain((x.node,), x.shape, result, step))

    def transpose(self, x: Value, order: Sequence[int]) -> Value:
        """Record a transposition of the axes."""
        return self.rearrange(x, order)

    def cut(self, x: Value, axis: int, start: int, count: int, stride: int = 1) -> Value:
        """Record ``x[start : start + stride * count : stride]`` along one axis."""
        cuts = [(0, 1, side, 0, 0) for side in x.shape]
        cuts[axis] = (start, stride, count, 0, 0)
        return self.rearrange(x, cuts=cuts)

    def pad(self, x: Value, widths: Sequence[tuple[int, int]], mode: Any = "constant") -> Value:
        """Record padding of every axis by (before, after); negative widths cut."""
        cuts = [
            (max(-a, 0), 1, side - max(-a, 0) - max(-b, 0), max(a, 0), max(b, 0))
            for side, (a, b) in zip(x.shape, widths, strict=True)
        ]
        return self.rearrange(x, cuts=cuts, mode=mode)

    def concatenate(self, parts: Sequence[Value], axis: int) -> Value:
        """Record parts side by side along one axis: a sum of zero-padded values."""
        axis %= len(parts[0].shape)
        total, start, whole = sum(part.shape[axis] for part in parts), 0, None
        for part in parts:
            width = part.shape[axis]
            widths = [(0, 0)] * len(part.shape)
            widths[axis] = (start, total - start - width)
            start += width
            padded = self.pad(part, widths)
            whole = padded if whole is None else self.add(whole, padded)
        assert whole is not None
        return whole


def _floats(values: ArrayLike | None) -> Floats | None:
    return None if values is None else np.asarray(values, dtype=np.float64)
