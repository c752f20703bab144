"""Operators of ONNX that move values, and shapes computed in the graph."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

import slt_theory.networks.operators as of
from slt_theory.networks.onnx_call import Array, Call, fixed, floats
from slt_theory.networks.operators import Refused
from slt_theory.networks.tape import Value

__all__ = ["ONNX_SHAPES"]


def _flattened(call: Call, x: Value) -> Value:
    axis = int(call.get("axis", 1)) % (call.rank(x) + 1)
    if axis != call.batched and not (axis == 0 and not call.batched):
        raise Refused(f"flattens at axis {axis}", "networks here keep axis 0 for the batch")
    return call.tape.reshape(x, (math.prod(x.shape),))


def _reshaped(call: Call, x: Value, shape: Any) -> Value:
    sides = call.list(shape, "shape")
    if not call.get("allowzero", 0):
        whole = [1, *x.shape] if call.batched else list(x.shape)
        sides = [whole[k] if side == 0 else side for k, side in enumerate(sides)]
    if not call.batched:
        return call.tape.reshape(x, sides)
    rest = [side for side in sides[1:] if side != -1]
    if sides[0] not in (1, -1) or (sides[0] == -1 and math.prod(rest) != math.prod(x.shape)):
        raise Refused(f"makes a shape {sides} whose axis 0 is not the batch")
    return call.tape.reshape(x, sides[1:])


def _transposed(call: Call, x: Value) -> Value:
    order = call.get("perm", list(range(call.rank(x)))[::-1])
    if call.batched and order[0] != 0:
        raise Refused("moves the batch to another axis")
    return call.tape.transpose(x, [call.axis(x, axis) for axis in order[call.batched :]])


def _squeezed(call: Call, x: Value, axes: Any = None) -> Value:
    given = call.list(axes, "axes")
    places = range(len(x.shape)) if given is None else [call.axis(x, axis) for axis in given]
    return call.tape.reshape(
        x, [s for a, s in enumerate(x.shape) if a not in set(places) or s != 1]
    )


def _unsqueezed(call: Call, x: Value, axes: Any = None) -> Value:
    given = call.list(axes, "axes")
    rank = call.rank(x) + len(given)
    places = sorted(axis % rank for axis in given)
    sides = [1, *x.shape] if call.batched else list(x.shape)
    if call.batched and places[0] == 0:
        raise Refused("puts an axis before the batch")
    for place in places:
        sides.insert(place, 1)
    return call.tape.reshape(x, sides[call.batched :])


def _concatenated(call: Call, *parts: Any) -> Value:
    like = next(part for part in parts if isinstance(part, Value))
    axis = call.axis(like, call.get("axis", 1))
    given = [
        part if isinstance(part, Value) else of.without_batch(part, like, batched=call.batched)
        for part in parts
    ]
    if any(part.ndim != len(like.shape) for part in given if not isinstance(part, Value)):
        raise Refused("joins values of different numbers of axes")
    return of.joined(call.tape, given, axis, call.name)


def _sliced(
    call: Call, x: Value, starts: Any = None, ends: Any = None, axes: Any = None, steps: Any = None
) -> Value:
    first, last = call.list(starts, "starts"), call.list(ends, "ends")
    where = call.list(axes, "axes") or list(range(len(first)))
    strides = call.list(steps, "steps") or [1] * len(first)
    for start, end, axis, stride in zip(first, last, where, strides, strict=True):
        at = call.axis(x, axis)
        # An end below the axis means that a backward cut reaches place 0.
        stop = None if stride < 0 and end < -x.shape[at] else end
        x = of.sliced(call.tape, x, at, range(x.shape[at])[slice(start, stop, stride)])
    return x


def _gathered(call: Call, x: Value, indices: Any) -> Value:
    at = call.axis(x, call.get("axis", 0))
    return of.picked(call.tape, x, at, fixed(indices, "indices"))


def _split(call: Call, x: Value, split: Any = None) -> list[Value]:
    at = call.axis(x, call.get("axis", 0))
    sizes = call.list(split, "split")
    if sizes is None:
        part = -(-x.shape[at] // call.outputs)
        sizes = [min(part, x.shape[at] - k) for k in range(0, x.shape[at], part)]
    return of.split(call.tape, x, at, sizes)


def _padded(call: Call, x: Value, pads: Any = None, value: Any = None, axes: Any = None) -> Value:
    widths = call.list(pads, "pads")
    mode = call.get("mode", "constant")
    constant = call.get("value", 0.0) if value is None else float(floats(value, "value"))
    if mode == "constant" and constant:
        raise Refused(f"pads with {constant}", "padding is with zeros, or reflected, or circular")
    rank = call.rank(x)
    where = call.list(axes, "axes", None) or list(range(rank))
    pairs = [(0, 0)] * rank
    for k, axis in enumerate(where):
        pairs[axis % rank] = (widths[k], widths[len(where) + k])
    if call.batched and any(pairs[0]):
        raise Refused("pads the batch")
    return call.tape.pad(x, pairs[call.batched :], mode)


def _expanded(call: Call, x: Value, shape: Any) -> Value:
    sides = call.list(shape, "shape")
    have = [1, *x.shape] if call.batched else list(x.shape)
    whole = [int(side) for side in np.broadcast_shapes(sides, have)]
    if len(whole) != len(have) or (call.batched and whole[0] != 1):
        raise Refused("repeats the batch, or adds axes", "unsqueeze before it")
    return call.tape.broadcast(x, whole[call.batched :])


def _tiled(call: Call, x: Value, repeats: Any) -> Value:
    counts = call.list(repeats, "repeats")
    if call.batched and counts[0] != 1:
        raise Refused("repeats the batch")
    return of.repeated(call.tape, x, counts[call.batched :])


def _size(call: Call, x: Value) -> Array:
    return np.array(math.prod(x.shape), dtype=np.int64)


def _same(call: Call, x: Value, *_: Any) -> Any:
    return x


def _shape(call: Call, x: Value) -> Array:
    return np.array([1, *x.shape] if call.batched else x.shape, dtype=np.int64)


ONNX_SHAPES: dict[str, Callable[..., Any]] = {
    "Flatten": _flattened,
    "Reshape": _reshaped,
    "Transpose": _transposed,
    "Squeeze": _squeezed,
    "Unsqueeze": _unsqueezed,
    "Concat": _concatenated,
    "Slice": _sliced,
    "Gather": _gathered,
    "Split": _split,
    "Pad": _padded,
    "Identity": _same,
    "Shape": _shape,
    "Expand": _expanded,
    "Tile": _tiled,
    "Size": _size,
}
"""By ONNX's name of the operator."""
