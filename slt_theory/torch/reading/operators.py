"""Operators of an exported graph on the tape: one function an operator, its arguments torch's own.

Shapes on the tape lack the batch, so axis d of torch is axis d - 1 there.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import torch

import slt_theory.networks.operators as of
from slt_theory.networks.contractions import einsum, multiplied_by_matrices
from slt_theory.networks.operators import Refused
from slt_theory.networks.pools import Pool
from slt_theory.networks.tape import Value
from slt_theory.torch.reading.attention import ATTENTION_ALONE
from slt_theory.torch.reading.rearranged import REARRANGED
from slt_theory.torch.reading.scene import Scene, array_of, fitted, floats_of, integers, value_of
from slt_theory.torch.reading.shapes import SHAPES

__all__ = ["OPERATORS", "REFUSED"]


_AT_RANDOM = ("drops at random", "call module.eval(), and F.dropout(x, p, self.training)")


def _linear(scene: Scene, x: Value, weight: Any, bias: Any = None) -> Value:
    if not isinstance(weight, torch.Tensor):
        raise Refused("multiplies two values", "products of values are covered by no theorem here")
    return scene.tape.linear(value_of(x), array_of(weight), array_of(bias), scene.name)  # type: ignore[arg-type]


def _matmul(scene: Scene, x: Any, other: Any) -> Value:
    if isinstance(x, Value) and isinstance(other, Value):
        raise Refused("multiplies two values", "products of values are covered by no theorem here")
    left = isinstance(other, Value)
    value, matrix = (other, x) if left else (x, other)
    if matrix.dim() < 2:
        raise Refused("multiplies by a vector", "give it a second axis")
    if matrix.dim() == 2 and not left:
        return _linear(scene, value, matrix.t())
    stack = floats_of(matrix)
    if matrix.dim() == len(value.shape) + 1:
        stack = of.without_batch(stack, value)
    return multiplied_by_matrices(scene.tape, value, stack, scene.name, left=left)


def _einsum(scene: Scene, equation: str, operands: Sequence[Any], path: Any = None) -> Value:
    given = [x if isinstance(x, Value) else floats_of(x) for x in operands]
    return einsum(scene.tape, equation, given, scene.name)


def _addmm(
    scene: Scene, bias: Any, x: Value, weight: Any, *, beta: float = 1, alpha: float = 1
) -> Value:
    if not isinstance(bias, torch.Tensor) or not isinstance(weight, torch.Tensor):
        raise Refused("adds a value in a matrix product")
    return _linear(scene, x, alpha * weight.t(), beta * bias)


def _convolved(
    scene: Scene,
    x: Value,
    weight: Any,
    bias: Any = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Value:
    if not isinstance(weight, torch.Tensor):
        raise Refused("has a kernel that depends on the input")
    axes = weight.dim() - 2
    stride, dilation = integers(stride, axes), integers(dilation, axes)
    if isinstance(padding, str):
        reach = [d * (k - 1) for d, k in zip(dilation, weight.shape[2:], strict=True)]
        widths = [(r // 2, r - r // 2) if padding == "same" else (0, 0) for r in reach]
    else:
        widths = [(p, p) for p in integers(padding, axes)]
    return of.convolved(
        scene.tape, x, array_of(weight), array_of(bias), widths, scene.name,  # type: ignore[arg-type]
        stride=stride, dilation=dilation, groups=int(groups),
    )  # fmt: skip


def _batch_norm(
    scene: Scene, x: Value, gain: Any, shift: Any, mean: Any, variance: Any, momentum: float,
    epsilon: float,
) -> tuple[Value]:  # fmt: skip
    if not isinstance(mean, torch.Tensor):
        raise Refused("has no running statistics", "a batch norm in training mode is no function")
    middle, spread = mean.double().numpy(), variance.double().numpy() + epsilon
    scale = 1.0 if gain is None else array_of(gain)
    offset = 0.0 if shift is None else array_of(shift)
    return (of.normalised(scene.tape, x, middle, spread, scale, offset, scene.name),)


def _combined(scene: Scene, x: Any, y: Any, *, sign: float, alpha: float = 1) -> Value:
    return of.added(scene.tape, *fitted(x, y), scene.name, factor=sign * float(alpha))


def _multiplied(scene: Scene, x: Any, y: Any) -> Value:
    return of.multiplied(scene.tape, *fitted(x, y), scene.name)


def _divided(scene: Scene, x: Any, y: Any) -> Value:
    return of.divided(scene.tape, *fitted(x, y), scene.name)


def _activation(name: str) -> Callable[..., Value]:
    return lambda scene, x: scene.tape.activate(value_of(x), name)


def _leaky(scene: Scene, x: Value, slope: float = 0.01) -> Value:
    return of.leaky(scene.tape, value_of(x), float(slope))


def _clamped(scene: Scene, x: Value, low: Any = None, high: Any = None) -> Value:
    low, high = (end if end is None else fitted(x, end)[1] for end in (low, high))
    if isinstance(low, Value) or isinstance(high, Value):
        raise Refused("has bounds that depend on the input", "bounds are constants")
    return of.clamped(scene.tape, x, low, high, scene.name)


def _extreme(record: Callable[..., Value]) -> Callable[..., Value]:
    return lambda scene, x, y: record(scene.tape, *fitted(x, y), scene.name)


def _threshold(scene: Scene, x: Value, threshold: float, value: float) -> Value:
    if threshold != value:
        raise Refused(f"jumps at {threshold}", "a threshold equal to its value is covered")
    return of.larger(scene.tape, x, float(value), scene.name)


def _rrelu(
    scene: Scene, x: Value, low: float = 1 / 8, high: float = 1 / 3, training: bool = False
) -> Value:
    if training:
        raise Refused(*_AT_RANDOM)
    return _leaky(scene, x, (low + high) / 2)


def _prelu(scene: Scene, x: Value, weight: Any) -> Value:
    if not isinstance(weight, torch.Tensor) or weight.numel() != 1:
        raise Refused("has a slope for every channel", "one slope in [0, 1] is covered")
    return _leaky(scene, x, float(weight))


def _gelu(scene: Scene, x: Value, *, approximate: str = "none") -> Value:
    return scene.tape.activate(value_of(x), "gelu_tanh" if approximate == "tanh" else "gelu")


def _unpooled(x: Value, axes: int) -> Value:
    if len(x.shape) != axes + 1:
        raise Refused("pools an input without a batch")
    return x


def _pooled(kind: Any, axes: int) -> Callable[..., Value]:
    def pool(
        scene: Scene, x: Value, side: Any, stride: Any = None, padding: Any = 0, *rest: Any
    ) -> Value:
        # torch: (dilation, ceil) of a maximum, (ceil, count padding, divisor) of a mean.
        defaults: tuple[Any, ...] = (1, False) if kind == "max" else (False, True, None)
        given = (*rest, *defaults[len(rest) :])
        dilation, ceil, count_padding = (*given, True) if kind == "max" else (1, *given[:2])
        if kind == "average" and given[2] is not None:
            raise Refused("divides by a number of its own", "multiply after a plain mean")
        row = (1,) if axes == 1 else ()
        sides = integers(side, axes)
        step = Pool(
            0, kind, row + sides, row + (integers(stride, axes) if stride else sides),
            (0,) * len(row) + integers(padding, axes), row + integers(dilation, axes),
            bool(count_padding), bool(ceil),
        )  # fmt: skip
        return of.pooled(scene.tape, _unpooled(x, axes), step)

    return pool


def _adaptive(kind: Any, axes: int) -> Callable[..., Any]:
    def pool(scene: Scene, x: Value, size: Any) -> Any:
        x = _unpooled(x, axes)
        given = list(size) if isinstance(size, list | tuple) else [size] * axes
        pairs = zip(given, x.shape[1:], strict=True)
        sides = [have if want is None else want for want, have in pairs]
        counts = tuple(int(side) for side in ([1, *sides] if axes == 1 else sides))
        y = of.pooled(scene.tape, x, Pool(0, kind, counts, 1, adaptive=True))
        return (y, None) if kind == "max" else y

    return pool


def _mean(
    scene: Scene, x: Value, axes: Any = None, keep: bool = False, *, dtype: Any = None
) -> Value:
    _every_type(dtype)
    if not axes:
        raise Refused("takes the mean over the batch, too", "name the axes: x.mean(dim=1)")
    return scene.tape.mean(x, [scene.axis(x, axis) for axis in axes], keep=keep)


def _summed(scene: Scene, x: Value, axes: Any, keep: bool = False, *, dtype: Any = None) -> Value:
    mean = _mean(scene, x, axes, keep, dtype=dtype)
    count = math.prod(x.shape[scene.axis(x, axis)] for axis in axes)
    return scene.tape.affine(mean, float(count), 0.0, scene.name)


def _same(scene: Scene, x: Value, *_: Any, **__: Any) -> Value:
    return x


def _every_type(*values: Any) -> None:
    for value in values:
        if isinstance(value, torch.dtype) and value != torch.float64:
            raise Refused(f"rounds values to {value}", "leave the cast out: reading is in float64")


def _cast(scene: Scene, x: Value, *args: Any, **kwargs: Any) -> Value:
    _every_type(*args, *kwargs.values())
    return x


def _dropped(scene: Scene, x: Value, probability: float, training: bool) -> Value:
    if training:
        raise Refused(*_AT_RANDOM)
    return x


OPERATORS: dict[str, Callable[..., Any]] = {
    "aten.linear": _linear,
    "aten.matmul": _matmul,
    "aten.mm": _matmul,
    "aten.bmm": _matmul,
    "aten.einsum": _einsum,
    "aten.addmm": _addmm,
    **{f"aten.conv{n}d": _convolved for n in (1, 2)},
    **{f"aten.conv{n}d.padding": _convolved for n in (1, 2)},
    "aten._native_batch_norm_legit_no_training": _batch_norm,
    "aten.add.Tensor": lambda scene, x, y, alpha=1: _combined(scene, x, y, sign=1, alpha=alpha),
    "aten.sub.Tensor": lambda scene, x, y, alpha=1: _combined(scene, x, y, sign=-1, alpha=alpha),
    "aten.rsub.Scalar": lambda scene, x, y: _combined(scene, y, x, sign=-1),
    "aten.neg": lambda scene, x: scene.tape.affine(x, -1.0, 0.0, scene.name),
    "aten.mul.Tensor": _multiplied,
    "aten.mul.Scalar": _multiplied,
    "aten.div.Tensor": _divided,
    "aten.relu": _activation("relu"),
    "aten.clamp": _clamped,
    "aten.clamp.Tensor": _clamped,
    **dict.fromkeys(("aten.maximum", "aten.max.other"), _extreme(of.larger)),
    **dict.fromkeys(("aten.minimum", "aten.min.other"), _extreme(of.smaller)),
    "aten.threshold": _threshold,
    "aten.rrelu": _rrelu,
    "aten.clamp_min": _clamped,
    "aten.clamp_max": lambda scene, x, high: _clamped(scene, x, None, high),
    "aten.hardtanh": lambda scene, x, low=-1.0, high=1.0: _clamped(scene, x, low, high),
    "aten.relu6": lambda scene, x: _clamped(scene, x, 0.0, 6.0),
    "aten.leaky_relu": _leaky,
    "aten.prelu": _prelu,
    "aten.tanh": _activation("tanh"),
    "aten.sigmoid": _activation("sigmoid"),
    "aten.silu": _activation("silu"),
    "aten.gelu": _gelu,
    "aten.max_pool1d": _pooled("max", 1),
    "aten.max_pool2d": _pooled("max", 2),
    "aten.max_pool2d_with_indices": lambda *given: (_pooled("max", 2)(*given), None),
    "aten.avg_pool1d": _pooled("average", 1),
    "aten.avg_pool2d": _pooled("average", 2),
    "aten.adaptive_avg_pool1d": _adaptive("average", 1),
    "aten.adaptive_avg_pool2d": _adaptive("average", 2),
    "aten.adaptive_max_pool1d": _adaptive("max", 1),
    "aten.adaptive_max_pool2d": _adaptive("max", 2),
    "aten.mean": _mean,
    "aten.mean.dim": _mean,
    "aten.sum.dim_IntList": _summed,
    **SHAPES,
    **REARRANGED,
    "aten.dropout": _dropped,
    **{f"aten.{name}": _same for name in ("alias", "clone", "contiguous", "detach", "lift_fresh")},
    **{f"aten.to.{name}": _cast for name in ("dtype", "dtype_layout", "device")},
    "aten._to_copy": _cast,
    "aten._assert_tensor_metadata": lambda scene, *_, **__: None,
}
"""By torch's name of the operator, without ``.default``."""

_ATTENTION = (
    "is part of an attention, whose products of values no network of this form holds",
    ATTENTION_ALONE,
)
_SOFTMAX = (
    "divides by a sum of values",
    "leave a last softmax out: the numbers before it decide the class; " + ATTENTION_ALONE,
)
_NORM = (
    of.NORMALISES,
    "build_ticket of slt_theory.torch keeps norms as they are; a batch norm in evaluation mode is "
    "a scale and a shift, and is read",
)
_OF_BATCH = ("takes statistics of the batch", "track running statistics, and call module.eval()")
_RECURRENT = ("calls itself step by step", "write the steps out with linear layers and tanh")
REFUSED: dict[str, tuple[str, str]] = {
    "aten.scaled_dot_product_attention": _ATTENTION,
    **dict.fromkeys(("aten.softmax.int", "aten._softmax", "aten.log_softmax.int"), _SOFTMAX),
    **{f"aten.{name}": _NORM for name in ("layer_norm", "native_layer_norm", "group_norm")},
    **{f"aten.{name}": _NORM for name in ("instance_norm", "rms_norm", "linalg_vector_norm")},
    **dict.fromkeys(("aten.native_dropout", "aten.rrelu_with_noise"), _AT_RANDOM),
    "aten._native_batch_norm_legit.no_stats": _OF_BATCH,
    "aten._native_batch_norm_legit": _OF_BATCH,
    **{f"aten.{name}.input": _RECURRENT for name in ("lstm", "gru", "rnn_tanh", "rnn_relu")},
    **{
        f"aten.conv_transpose{n}d{end}": (
            "is a transposed convolution, for which there is no construction here",
            "build_ticket of slt_theory.torch keeps it as it is",
        )
        for n, end in ((1, ""), (2, ".input"))
    },
}
"""Operators that are known and outside: why, and the way out."""
