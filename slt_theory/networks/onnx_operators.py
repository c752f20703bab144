"""Operators of ONNX on the tape: one function an operator, inputs and attributes as ONNX has them.

Shapes on the tape lack the batch, where there is one: axis d of ONNX is axis d - 1 there.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

import slt_theory.networks.operators as of
from slt_theory.networks.arrays import Floats
from slt_theory.networks.operators import Refused
from slt_theory.networks.pools import Pool
from slt_theory.networks.tape import Tape, Value

__all__ = ["OPERATORS", "Call"]

Array = NDArray[Any]


@dataclass
class Call:
    """One node: where it records, its attributes, and how its axes are counted."""

    tape: Tape
    batched: bool
    opset: int
    name: str
    attributes: dict[str, Any]
    outputs: int

    def get(self, name: str, default: Any = None) -> Any:
        """An attribute."""
        value = self.attributes.get(name, default)
        return value.decode() if isinstance(value, bytes) else value

    def rank(self, x: Value) -> int:
        """Axes that ONNX counts."""
        return len(x.shape) + self.batched

    def axis(self, x: Value, axis: int) -> int:
        """An axis of ONNX on the tape; the batch is refused."""
        found = int(axis) % self.rank(x) - self.batched
        if found < 0:
            raise Refused("acts across the batch: outputs of one input would depend on others")
        return found

    def list(self, given: Array | None, name: str, default: Any = None) -> Any:
        """Argument that newer opsets take as an input and older ones as an attribute."""
        if given is None:
            return self.get(name, default)
        return [int(v) for v in _fixed(given, name).ravel()]


def _fixed(value: Any, name: str) -> Array:
    if isinstance(value, Value) or value is None:
        raise Refused(f"has {name} that depends on the input")
    return np.asarray(value)


def _floats(value: Any, name: str) -> Floats:
    return _fixed(value, name).astype(np.float64)


def _gemm(call: Call, a: Any, b: Any, c: Any = None) -> Value:
    if not isinstance(a, Value) or isinstance(b, Value) or call.get("transA", 0):
        raise Refused("multiplies two values, or by a constant from the left")
    weight = call.get("alpha", 1.0) * _floats(b, "B")
    weight = weight if call.get("transB", 0) else weight.T
    bias = None
    if c is not None:
        bias = np.broadcast_to(call.get("beta", 1.0) * _floats(c, "C"), (1, len(weight)))[0]
    return call.tape.linear(a, weight, bias, call.name)


def _matmul(call: Call, a: Any, b: Any) -> Value:
    if isinstance(a, Value) and isinstance(b, Value):
        raise Refused("multiplies two values", "products of values are covered by no theorem here")
    if isinstance(a, Value):
        weight = _floats(b, "B")
        if weight.ndim != 2:
            raise Refused("multiplies by a stack of matrices")
        return call.tape.linear(a, weight.T, None, call.name)
    # A constant from the left acts on the last axis but one.
    weight, lead = _floats(a, "A"), len(b.shape)
    if weight.ndim != 2:
        raise Refused("multiplies by a stack of matrices")
    if lead == 1:
        return call.tape.linear(b, weight, None, call.name)
    order = [*range(lead - 2), lead - 1, lead - 2]
    turned = call.tape.transpose(b, order)
    return call.tape.transpose(call.tape.linear(turned, weight, None, call.name), order)


def _pads(call: Call, axes: int, sides: Sequence[int], reach: Sequence[int], stride: Any) -> Any:
    """(before, after) of every axis, from `pads` or `auto_pad`."""
    kind = call.get("auto_pad", "NOTSET")
    if kind in ("NOTSET", ""):
        pads = call.get("pads", [0] * (2 * axes))
        return [(int(pads[k]), int(pads[axes + k])) for k in range(axes)]
    if kind == "VALID":
        return [(0, 0)] * axes
    widths = []
    for side, span, step in zip(sides, reach, stride, strict=True):
        total = max((-(-side // step) - 1) * step + span - side, 0)
        less, more = total // 2, total - total // 2
        widths.append((less, more) if kind == "SAME_UPPER" else (more, less))
    return widths


def _convolved(call: Call, x: Value, w: Any, b: Any = None) -> Value:
    weight = _floats(w, "W")
    axes = weight.ndim - 2
    stride, dilation = (
        [int(v) for v in call.get(name, [1] * axes)] for name in ("strides", "dilations")
    )
    reach = [d * (k - 1) + 1 for d, k in zip(dilation, weight.shape[2:], strict=True)]
    widths = _pads(call, axes, x.shape[1:], reach, stride)
    bias = None if b is None else _floats(b, "B")
    return of.convolved(
        call.tape, x, weight, bias, widths, call.name,
        stride=stride, dilation=dilation, groups=int(call.get("group", 1)),
    )  # fmt: skip


def _batch_norm(call: Call, x: Value, gain: Any, shift: Any, mean: Any, variance: Any) -> Value:
    if call.get("training_mode", 0) or call.outputs > 1:
        raise Refused("is in training mode", "export the model in evaluation mode")
    scale, offset, middle, spread = (
        _floats(v, "statistics") for v in (gain, shift, mean, variance)
    )
    # An attribute is a float32, and so is its default.
    spread = spread + float(np.float32(call.get("epsilon", 1e-5)))
    return of.normalised(call.tape, x, middle, spread, scale, offset, call.name)


def _fitted(call: Call, x: Any, y: Any) -> tuple[Any, Any]:
    """Two factors, a constant among them as it broadcasts against the other."""
    if isinstance(x, Value) == isinstance(y, Value):
        return x, y
    if isinstance(x, Value):
        return x, of.without_batch(_floats(y, "a constant"), x, batched=call.batched)
    return of.without_batch(_floats(x, "a constant"), y, batched=call.batched), y


def _combined(call: Call, x: Any, y: Any, sign: float) -> Value:
    return of.added(call.tape, *_fitted(call, x, y), call.name, factor=sign)


def _multiplied(call: Call, x: Any, y: Any) -> Value:
    return of.multiplied(call.tape, *_fitted(call, x, y), call.name)


def _divided(call: Call, x: Any, y: Any) -> Value:
    return of.divided(call.tape, *_fitted(call, x, y), call.name)


def _summed(call: Call, *parts: Any) -> Value:
    total = parts[0]
    for part in parts[1:]:
        total = _combined(call, total, part, 1.0)
    return total  # type: ignore[no-any-return]


def _activation(name: str) -> Callable[[Call, Value], Value]:
    return lambda call, x: call.tape.activate(x, name)


def _leaky(call: Call, x: Value) -> Value:
    return of.leaky(call.tape, x, float(np.float32(call.get("alpha", 0.01))))


def _prelu(call: Call, x: Value, slope: Any) -> Value:
    values = _floats(slope, "slope")
    if values.size != 1:
        raise Refused("has a slope for every channel", "one slope in [0, 1] is covered")
    return of.leaky(call.tape, x, float(values.ravel()[0]))


def _gelu(call: Call, x: Value) -> Value:
    tanh = call.get("approximate", "none") == "tanh"
    return call.tape.activate(x, "gelu_tanh" if tanh else "gelu")


def _pooled(kind: Any) -> Callable[[Call, Value], Value]:
    def pool(call: Call, x: Value) -> Value:
        if call.outputs > 1:
            raise Refused("returns the places of its maxima")
        side = [int(v) for v in call.get("kernel_shape")]
        axes = len(side)
        if axes > 2 or len(x.shape) != axes + 1:
            raise Refused(f"pools {axes} axes")
        stride = [int(v) for v in call.get("strides", [1] * axes)]
        spread = [int(v) for v in call.get("dilations", [1] * axes)]
        if kind == "average" and any(v != 1 for v in spread):
            raise Refused("is a dilated mean")
        reach = [d * (k - 1) + 1 for d, k in zip(spread, side, strict=True)]
        widths = _pads(call, axes, x.shape[1:], reach, stride)
        row = [1] if axes == 1 else []
        befores, afters = ([w[k] for w in widths] for k in (0, 1))
        nothing = [0] * len(row)
        step = Pool(
            0, kind, (*row, *side), (*row, *stride), (*nothing, *befores, *nothing, *afters),
            (*row, *spread), bool(call.get("count_include_pad", 0)), bool(call.get("ceil_mode", 0)),
        )  # fmt: skip
        return of.pooled(call.tape, x, step)

    return pool


def _global_mean(call: Call, x: Value) -> Value:
    return call.tape.mean(x, range(1, len(x.shape)), keep=True)


def _global_maximum(call: Call, x: Value) -> Value:
    image = call.tape.reshape(x, (x.shape[0], 1, math.prod(x.shape[1:])))
    y = call.tape.pool(image, Pool(0, "max", (1, 1), 1, adaptive=True))
    return call.tape.reshape(y, (x.shape[0], *[1] * (len(x.shape) - 1)))


def _reduced(call: Call, x: Value, axes: Any = None) -> tuple[Value, int]:
    given = call.list(axes, "axes")
    if not given:
        if call.get("noop_with_empty_axes", 0):
            return x, 1
        given = range(call.batched, call.rank(x))
    places = [call.axis(x, axis) for axis in given]
    count = math.prod(x.shape[place] for place in places)
    return call.tape.mean(x, places, keep=bool(call.get("keepdims", 1))), count


def _reduced_sum(call: Call, x: Value, axes: Any = None) -> Value:
    mean, count = _reduced(call, x, axes)
    return call.tape.affine(mean, float(count), 0.0, call.name)


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
    return of.picked(call.tape, x, at, _fixed(indices, "indices"))


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
    constant = call.get("value", 0.0) if value is None else float(_floats(value, "value"))
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


def _same(call: Call, x: Value, *_: Any) -> Any:
    return x


def _cast(call: Call, x: Value) -> Value:
    # FLOAT, FLOAT16, DOUBLE and BFLOAT16 in ONNX's list: the network is read over the reals.
    if call.get("to") not in (1, 10, 11, 16):
        raise Refused("rounds to integers or few bits", "export the model without the cast")
    return x


def _dropped(call: Call, x: Value, _: Any = None, training: Any = None) -> Value:
    if training is not None and bool(_fixed(training, "training_mode")):
        raise Refused("drops at random", "export the model in evaluation mode")
    return x


def _shape(call: Call, x: Value) -> Array:
    return np.array([1, *x.shape] if call.batched else x.shape, dtype=np.int64)


def _erf() -> Value:
    # With a square root of 2 in float32 it is not quite GELU, so it is not read as one.
    raise Refused("is not covered", "GELU is an operator of its own from opset 20: export it so")


OPERATORS: dict[str, Callable[..., Any]] = {
    "Gemm": _gemm,
    "MatMul": _matmul,
    "Conv": _convolved,
    "BatchNormalization": _batch_norm,
    "Add": lambda call, x, y: _combined(call, x, y, 1.0),
    "Sub": lambda call, x, y: _combined(call, x, y, -1.0),
    "Mul": _multiplied,
    "Div": _divided,
    "Sum": _summed,
    "Neg": lambda call, x: call.tape.affine(x, -1.0, 0.0, call.name),
    "Relu": _activation("relu"),
    "LeakyRelu": _leaky,
    "PRelu": _prelu,
    "Tanh": _activation("tanh"),
    "Sigmoid": _activation("sigmoid"),
    "Gelu": _gelu,
    "Swish": _activation("silu"),
    "MaxPool": _pooled("max"),
    "AveragePool": _pooled("average"),
    "GlobalAveragePool": _global_mean,
    "GlobalMaxPool": _global_maximum,
    "ReduceMean": lambda call, x, axes=None: _reduced(call, x, axes)[0],
    "ReduceSum": _reduced_sum,
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
    "Cast": _cast,
    "Dropout": _dropped,
    "Shape": _shape,
    "Erf": lambda call, x: _erf(),
}
"""By ONNX's name of the operator."""
