"""Evaluate an ONNX model in float64 by ONNX's own reference implementation.

Eleven operators are computed by their definition instead, because the reference of onnx 1.23 is not
right there (each held against onnxruntime in the tests): batch norms of opsets 7 to 13 mix in
the statistics of the batch, or fail; the error function, and GELU with it, is rounded to
float32; global maxima of sequences run over the channels, too; means fail where a later value
makes the first wider; pools of sequences with padding, or with padding found from the shape, fail
or leave windows out; softmax, its logarithm and the one-hot maximum take one axis before opset 13,
too, where they run over all axes from one on; local response norms skip the channels behind the
size of the batch.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["NARROW", "evaluator", "in_float64", "rounded"]


def evaluator(model: Any) -> Any:
    """Return an evaluator of `model` in float64: ``run(None, {name: array})``."""
    from onnx.reference import ReferenceEvaluator

    return ReferenceEvaluator(in_float64(model), new_ops=[*_operators(), *_of_channels()])


def in_float64(model: Any) -> Any:
    """Copy a model: weights, constants and casts of floats become float64, value for value."""
    import onnx

    double = onnx.ModelProto()
    double.CopyFrom(model)
    del double.graph.value_info[:]
    for entry in (*double.graph.input, *double.graph.output):
        if entry.type.tensor_type.elem_type in NARROW:
            entry.type.tensor_type.elem_type = onnx.TensorProto.DOUBLE
    for tensor in double.graph.initializer:
        _widen(tensor)
    for node in double.graph.node:
        for attribute in node.attribute:
            if attribute.HasField("t"):
                _widen(attribute.t)
            elif node.op_type == "Cast" and attribute.name == "to" and attribute.i in NARROW:
                attribute.i = onnx.TensorProto.DOUBLE
            elif node.op_type == "Constant" and attribute.name in ("value_float", "value_floats"):
                values = np.asarray(onnx.helper.get_attribute_value(attribute), dtype=np.float64)
                attribute.CopyFrom(
                    onnx.helper.make_attribute("value", onnx.numpy_helper.from_array(values))
                )
    return double


NARROW = (1, 10, 16)
"""FLOAT, FLOAT16 and BFLOAT16 in ONNX's list of types."""


def rounded(values: NDArray[Any], kind: int) -> NDArray[np.float64]:
    """Constants in float64 as a cast to one of `NARROW` leaves them: nearest, ties to even."""
    numbers = np.asarray(values, dtype=np.float64)
    with np.errstate(over="ignore"):
        if kind != NARROW[2]:
            short: Any = np.float32 if kind == NARROW[0] else np.float16
            return np.asarray(numbers.astype(short).astype(np.float64))
    # Eight bits by hand: ml_dtypes goes by way of float32, and rounds twice.
    units = np.maximum(np.frexp(numbers)[1], -125) - 8
    nearest = np.ldexp(np.rint(np.ldexp(numbers, -units)), units)
    beyond = np.abs(nearest) >= 2.0**128
    return np.asarray(np.where(beyond, np.copysign(np.inf, nearest), nearest))


def _widen(tensor: Any) -> None:
    from onnx import numpy_helper

    if tensor.data_type in NARROW:
        name = tensor.name
        values = np.asarray(numpy_helper.to_array(tensor)).astype(np.float64)
        tensor.CopyFrom(numpy_helper.from_array(values, name))


def _operators() -> list[Any]:
    from onnx.reference.op_run import OpRun
    from scipy.special import erf

    class BatchNormalization(OpRun):
        def _run(
            self, x: Any, scale: Any, shift: Any, mean: Any, variance: Any, epsilon: Any = None,
            training_mode: Any = None, **_: Any,
        ) -> tuple[Any]:  # fmt: skip
            if training_mode:
                raise NotImplementedError("a batch norm in training mode")
            scale, shift, mean, variance = (
                v.reshape(-1, *[1] * (x.ndim - 2)) for v in (scale, shift, mean, variance)
            )
            epsilon = 1e-5 if epsilon is None else epsilon
            return ((x - mean) / np.sqrt(variance + epsilon) * scale + shift,)

    class Erf(OpRun):
        def _run(self, x: Any) -> tuple[Any]:
            return (erf(x),)

    class GlobalMaxPool(OpRun):
        def _run(self, x: Any) -> tuple[Any]:
            return (x.max(axis=tuple(range(2, x.ndim)), keepdims=True),)

    class Mean(OpRun):
        def _run(self, *parts: Any) -> tuple[Any]:
            return (sum(parts[1:], parts[0]) / len(parts),)

    class Gelu(OpRun):
        def _run(self, x: Any, approximate: str | None = None) -> tuple[Any]:
            if approximate == "tanh":
                inner = np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)
                return (0.5 * x * (1 + np.tanh(inner)),)
            return (0.5 * x * (1 + erf(x / np.sqrt(2))),)

    class AveragePool(OpRun):
        def _run(self, x: Any, **options: Any) -> tuple[Any]:
            return (pooled(x, options, largest=False),)

    class MaxPool(OpRun):
        def _run(self, x: Any, **options: Any) -> tuple[Any]:
            return (pooled(x, options, largest=True),)

    return [BatchNormalization, Erf, GlobalMaxPool, Mean, Gelu, AveragePool, MaxPool]


def _of_channels() -> list[Any]:
    from onnx.reference.op_run import OpRun

    class LRN(OpRun):
        def _run(
            self, x: Any, alpha: Any = None, beta: Any = None, bias: Any = None, size: Any = None
        ) -> tuple[Any]:
            sides = [(0, 0), ((size - 1) // 2, size // 2), *[(0, 0)] * (x.ndim - 2)]
            around = np.lib.stride_tricks.sliding_window_view(np.pad(x**2, sides), size, axis=1)
            return (x / (bias + alpha / size * around.sum(axis=-1)) ** beta,)

    class Softmax(OpRun):
        def _run(self, x: Any, axis: Any = None) -> tuple[Any]:
            rows, back = _rows(self, x)
            powers = np.exp(rows - rows.max(axis=-1, keepdims=True, initial=-np.inf))
            return (back(powers / powers.sum(axis=-1, keepdims=True)),)

    class LogSoftmax(OpRun):
        def _run(self, x: Any, axis: Any = None) -> tuple[Any]:
            rows, back = _rows(self, x)
            rows = rows - rows.max(axis=-1, keepdims=True, initial=-np.inf)
            return (back(rows - np.log(np.exp(rows).sum(axis=-1, keepdims=True))),)

    class Hardmax(OpRun):
        def _run(self, x: Any, axis: Any = None) -> tuple[Any]:
            rows, back = _rows(self, x)
            first = rows.argmax(axis=-1)[..., None] if rows.size else rows
            return (back((np.arange(rows.shape[-1]) == first).astype(x.dtype)),)

    return [LRN, Softmax, LogSoftmax, Hardmax]


def _rows(operator: Any, x: NDArray[Any]) -> tuple[NDArray[Any], Callable[..., NDArray[Any]]]:
    """The rows that a softmax runs over, as the last axis, and the way back to the shape of `x`.

    One axis from opset 13 on, the last by default. Before, all axes from one on together, the
    second by default; that default is taken from the node, because the evaluator's attributes
    have the defaults of the newest opset.
    """
    opsets = operator.run_params["opsets"]
    together = opsets.get("", opsets.get("ai.onnx")) < 13
    given = [a.i for a in operator.onnx_node.attribute if a.name == "axis"]
    axis = given[0] if given else (1 if together else -1)
    if not together:
        return np.moveaxis(x, axis, -1), lambda rows: np.moveaxis(rows, -1, axis)
    count = math.prod(x.shape[: axis % x.ndim])
    length = math.prod(x.shape[axis % x.ndim :])
    return x.reshape(count, length), lambda rows: rows.reshape(x.shape)


def pooled(x: NDArray[Any], options: dict[str, Any], *, largest: bool) -> NDArray[Any]:
    """ONNX's MaxPool or AveragePool by its definition, window by window."""
    axes = x.ndim - 2
    firsts, ends, places = [], [], []
    for k in range(axes):
        first, end, inside = _axis(x.shape[2 + k], k, axes, options)
        firsts.append(first)
        ends.append(end)
        places.append(inside)
    result = np.zeros((*x.shape[:2], *map(len, firsts)))
    at: tuple[int, ...]
    cells = result.reshape(*x.shape[:2], -1)
    for number, at in enumerate(np.ndindex(*map(len, firsts))):
        window = x
        for k in range(axes):
            window = np.take(window, places[k][at[k]], axis=2 + k)
        over = tuple(range(2, x.ndim))
        if largest:
            value = window.max(axis=over)
        else:
            size = float(np.prod(window.shape[2:]))
            if options.get("count_include_pad"):
                size = float(np.prod([ends[k][at[k]] - firsts[k][at[k]] for k in range(axes)]))
            value = window.sum(axis=over) / size
        cells[:, :, number] = value
    return result


def _axis(
    length: int, k: int, axes: int, options: dict[str, Any]
) -> tuple[list[int], list[int], list[list[int]]]:
    """First place, end, and places inside the image, of every window along axis k."""
    side, kind = options["kernel_shape"][k], options.get("auto_pad") or "NOTSET"
    stride = (options.get("strides") or [1] * axes)[k]
    spread = (options.get("dilations") or [1] * axes)[k]
    pads = options.get("pads") or [0] * (2 * axes)
    before, after = (pads[k], pads[axes + k]) if kind == "NOTSET" else (0, 0)
    reach = spread * (side - 1) + 1
    if kind.startswith("SAME"):
        total = max((-(-length // stride) - 1) * stride + reach - length, 0)
        before, after = total // 2, total - total // 2
        if kind == "SAME_LOWER":
            before, after = after, before
    room = length + before + after - reach
    count = room // stride + 1
    if options.get("ceil_mode") and room % stride:
        # A window that begins in the padding behind the image is none.
        count += count * stride < length + before
    firsts = [number * stride - before for number in range(count)]
    ends = [min(first + reach, length + after) for first in firsts]
    inside = [[p for p in range(f, f + reach, spread) if 0 <= p < length] for f in firsts]
    return firsts, ends, inside
