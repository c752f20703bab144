"""Operators of ONNX on the tape: one function an operator, inputs and attributes as ONNX has them.

Shapes on the tape lack the batch, where there is one: axis d of ONNX is axis d - 1 there.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import slt_theory.networks.operators as of
from slt_theory.networks.contractions import einsum, multiplied_by_matrices
from slt_theory.networks.onnx_call import Call, fitted, fixed, floats
from slt_theory.networks.onnx_shapes import ONNX_SHAPES
from slt_theory.networks.operators import Refused
from slt_theory.networks.pools import Pool
from slt_theory.networks.tape import Value

__all__ = ["OPERATORS", "REFUSED"]


def _gemm(call: Call, a: Any, b: Any, c: Any = None) -> Value:
    if not isinstance(a, Value) or isinstance(b, Value) or call.get("transA", 0):
        raise Refused("multiplies two values, or by a constant from the left")
    weight = call.get("alpha", 1.0) * floats(b, "B")
    weight = weight if call.get("transB", 0) else weight.T
    bias = None
    if c is not None:
        bias = np.broadcast_to(call.get("beta", 1.0) * floats(c, "C"), (1, len(weight)))[0]
    return call.tape.linear(a, weight, bias, call.name)


def _matmul(call: Call, a: Any, b: Any) -> Value:
    if isinstance(a, Value) and isinstance(b, Value):
        raise Refused("multiplies two values", "products of values are covered by no theorem here")
    left = isinstance(b, Value)
    value, matrix = (b, floats(a, "A")) if left else (a, floats(b, "B"))
    if matrix.ndim < 2:
        raise Refused("multiplies by a vector", "give it a second axis")
    if len(value.shape) == 1 and matrix.ndim == 2:
        if left and call.batched:
            raise Refused("multiplies along the batch")
        return call.tape.linear(value, matrix if left else matrix.T, None, call.name)
    if matrix.ndim == 2 and not left:
        return call.tape.linear(value, matrix.T, None, call.name)
    if matrix.ndim > 2:
        matrix = of.without_batch(matrix, value, batched=call.batched)
    return multiplied_by_matrices(call.tape, value, matrix, call.name, left=left)


def _einsum(call: Call, *operands: Any) -> Value:
    if not call.batched:
        raise Refused("has no batch", "make axis 0 of the input a batch of 1")
    given = [x if isinstance(x, Value) else floats(x, "a factor") for x in operands]
    return einsum(call.tape, call.get("equation"), given, call.name)


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
    weight = floats(w, "W")
    axes = weight.ndim - 2
    stride, dilation = (
        [int(v) for v in call.get(name, [1] * axes)] for name in ("strides", "dilations")
    )
    reach = [d * (k - 1) + 1 for d, k in zip(dilation, weight.shape[2:], strict=True)]
    widths = _pads(call, axes, x.shape[1:], reach, stride)
    bias = None if b is None else floats(b, "B")
    return of.convolved(
        call.tape, x, weight, bias, widths, call.name,
        stride=stride, dilation=dilation, groups=int(call.get("group", 1)),
    )  # fmt: skip


def _batch_norm(call: Call, x: Value, gain: Any, shift: Any, mean: Any, variance: Any) -> Value:
    if call.get("training_mode", 0) or call.outputs > 1:
        raise Refused("is in training mode", "export the model in evaluation mode")
    scale, offset, middle, spread = (floats(v, "statistics") for v in (gain, shift, mean, variance))
    # An attribute is a float32, and so is its default.
    spread = spread + float(np.float32(call.get("epsilon", 1e-5)))
    return of.normalised(call.tape, x, middle, spread, scale, offset, call.name)


def _combined(call: Call, x: Any, y: Any, sign: float) -> Value:
    return of.added(call.tape, *fitted(call, x, y), call.name, factor=sign)


def _multiplied(call: Call, x: Any, y: Any) -> Value:
    return of.multiplied(call.tape, *fitted(call, x, y), call.name)


def _divided(call: Call, x: Any, y: Any) -> Value:
    return of.divided(call.tape, *fitted(call, x, y), call.name)


def _summed(call: Call, *parts: Any) -> Value:
    total = parts[0]
    for part in parts[1:]:
        total = _combined(call, total, part, 1.0)
    return total  # type: ignore[no-any-return]


def _averaged(call: Call, *parts: Any) -> Value:
    return call.tape.affine(_summed(call, *parts), 1 / len(parts), 0.0, call.name)


def _extreme(record: Callable[..., Value]) -> Callable[..., Value]:
    def extreme(call: Call, *parts: Any) -> Value:
        result = parts[0]
        for part in parts[1:]:
            result = record(call.tape, *fitted(call, result, part), call.name)
        return result  # type: ignore[no-any-return]

    return extreme


def _clipped(call: Call, x: Value, low: Any = None, high: Any = None) -> Value:
    # Older opsets have attributes, newer ones inputs.
    low, high = (
        call.get(name) if given is None else float(floats(given, name))
        for name, given in (("min", low), ("max", high))
    )
    return of.clamped(call.tape, x, low, high, call.name)


def _swish(call: Call, x: Value) -> Value:
    if call.get("alpha", 1.0) != 1:
        raise Refused("has a factor inside of its sigmoid", "x * sigmoid(x) is covered")
    return call.tape.activate(x, "silu")


def _activation(name: str) -> Callable[[Call, Value], Value]:
    return lambda call, x: call.tape.activate(x, name)


def _leaky(call: Call, x: Value) -> Value:
    return of.leaky(call.tape, x, float(np.float32(call.get("alpha", 0.01))))


def _prelu(call: Call, x: Value, slope: Any) -> Value:
    values = floats(slope, "slope")
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
        if call.get("auto_pad", "").startswith("SAME") and any(v != 1 for v in spread):
            # onnxruntime pads as if nothing were dilated, the definition does not.
            raise Refused("is dilated and padded to the same size", "give its padding in numbers")
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
        given = range(call.batched and not call.symbolic, call.rank(x))
    places = [call.axis(x, axis) for axis in given]
    count = math.prod(x.shape[place] for place in places)
    return call.tape.mean(x, places, keep=bool(call.get("keepdims", 1))), count


def _reduced_sum(call: Call, x: Value, axes: Any = None) -> Value:
    mean, count = _reduced(call, x, axes)
    return call.tape.affine(mean, float(count), 0.0, call.name)


def _cast(call: Call, x: Value) -> Value:
    # FLOAT, FLOAT16, DOUBLE and BFLOAT16 in ONNX's list: the network is read over the reals.
    if call.get("to") not in (1, 10, 11, 16):
        raise Refused("rounds to integers or few bits", "export the model without the cast")
    return x


def _dropped(call: Call, x: Value, _: Any = None, training: Any = None) -> Value:
    if training is not None and bool(fixed(training, "training_mode")):
        raise Refused("drops at random", "export the model in evaluation mode")
    return x


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
    "Swish": _swish,
    "MaxPool": _pooled("max"),
    "AveragePool": _pooled("average"),
    "GlobalAveragePool": _global_mean,
    "GlobalMaxPool": _global_maximum,
    "ReduceMean": lambda call, x, axes=None: _reduced(call, x, axes)[0],
    "ReduceSum": _reduced_sum,
    **ONNX_SHAPES,
    "Cast": _cast,
    "Dropout": _dropped,
    "Einsum": _einsum,
    "Max": _extreme(of.larger),
    "Min": _extreme(of.smaller),
    "Mean": _averaged,
    "Clip": _clipped,
}
"""By ONNX's name of the operator."""

_NORMS = (of.NORMALISES, "a batch norm in evaluation mode is a scale and a shift, and is read")
_SOFTMAX = (
    "divides by a sum of values",
    "leave a last softmax out: the numbers before it decide the class; one self-attention of a "
    "torch module is a target of its own",
)
REFUSED: dict[str, tuple[str, str]] = {
    # With a square root of 2 in float32 it is not quite GELU, so it is not read as one.
    "Erf": ("is not covered", "GELU is an operator of its own from opset 20: export it so"),
    **dict.fromkeys(("Softmax", "LogSoftmax"), _SOFTMAX),
    **dict.fromkeys(("LayerNormalization", "InstanceNormalization", "GroupNormalization"), _NORMS),
    **dict.fromkeys(("RMSNormalization", "LpNormalization", "LRN"), _NORMS),
    "ConvTranspose": ("is a transposed convolution, for which there is no construction here", ""),
}
"""Operators that are known and outside: why, and the way out."""
