"""Operators of an exported graph on the tape: one function an operator, its arguments torch's own.

Shapes on the tape lack the batch, so axis d of torch is axis d - 1 there.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch

import slt_theory.networks.operators as of
from slt_theory.networks.arrays import Floats
from slt_theory.networks.operators import Refused
from slt_theory.networks.pools import Pool
from slt_theory.networks.tape import Tape, Value

__all__ = ["OPERATORS", "Scene"]


@dataclass
class Scene:
    """The tape, the batch of the export, and the module that is being read."""

    tape: Tape
    batch: int
    name: str = ""

    def axis(self, x: Value, axis: int) -> int:
        """An axis of torch on the tape.

        Raises
        ------
        Refused
            For the batch.
        """
        found = axis + len(x.shape) + 1 if axis < 0 else axis
        if found == 0:
            raise Refused("acts across the batch: outputs of one input would depend on others")
        return found - 1

    def sides(self, shape: Sequence[Any]) -> list[int]:
        """A shape of torch without its batch."""
        if not shape or shape[0] not in (self.batch, -1):
            raise Refused(f"makes a shape {list(shape)} whose axis 0 is not the batch")
        return [int(side) for side in shape[1:]]


def _value(x: Any) -> Value:
    if not isinstance(x, Value):
        raise Refused("multiplies or combines a constant in a place where a value is expected")
    return x


def _array(values: torch.Tensor | None) -> Floats | None:
    return None if values is None else values.detach().double().cpu().numpy()


def _linear(scene: Scene, x: Value, weight: Any, bias: Any = None) -> Value:
    if not isinstance(weight, torch.Tensor):
        raise Refused("multiplies two values", "products of values are covered by no theorem here")
    return scene.tape.linear(_value(x), _array(weight), _array(bias), scene.name)  # type: ignore[arg-type]


def _matmul(scene: Scene, x: Value, other: Any) -> Value:
    if not isinstance(other, torch.Tensor) or other.dim() != 2:
        raise Refused("multiplies two values", "products of values are covered by no theorem here")
    return _linear(scene, x, other.t())


def _addmm(
    scene: Scene, bias: Any, x: Value, weight: Any, *, beta: float = 1, alpha: float = 1
) -> Value:
    if not isinstance(bias, torch.Tensor) or not isinstance(weight, torch.Tensor):
        raise Refused("adds a value in a matrix product")
    return _linear(scene, x, alpha * weight.t(), beta * bias)


def _pair(values: Any, count: int = 2) -> tuple[int, ...]:
    numbers = list(values) if isinstance(values, list | tuple) else [values]
    return tuple(int(v) for v in (numbers * count if len(numbers) == 1 else numbers))


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
    stride, dilation = _pair(stride, axes), _pair(dilation, axes)
    if isinstance(padding, str):
        reach = [d * (k - 1) for d, k in zip(dilation, weight.shape[2:], strict=True)]
        widths = [(r // 2, r - r // 2) if padding == "same" else (0, 0) for r in reach]
    else:
        widths = [(p, p) for p in _pair(padding, axes)]
    return of.convolved(
        scene.tape, x, _array(weight), _array(bias), widths, scene.name,  # type: ignore[arg-type]
        stride=stride, dilation=dilation, groups=int(groups),
    )  # fmt: skip


def _batch_norm(
    scene: Scene, x: Value, gain: Any, shift: Any, mean: Any, variance: Any, momentum: float,
    epsilon: float,
) -> tuple[Value]:  # fmt: skip
    if not isinstance(mean, torch.Tensor):
        raise Refused("has no running statistics", "a batch norm in training mode is no function")
    middle, spread = mean.double().numpy(), variance.double().numpy() + epsilon
    scale = 1.0 if gain is None else _array(gain)
    offset = 0.0 if shift is None else _array(shift)
    return (of.normalised(scene.tape, x, middle, spread, scale, offset, scene.name),)


def _fitted(x: Any, y: Any) -> tuple[Any, Any]:
    """Two factors, a constant among them as it broadcasts against the other."""
    if isinstance(x, Value) == isinstance(y, Value):
        return x, y
    value, other = (x, y) if isinstance(x, Value) else (y, x)
    numbers = other.detach().double().numpy() if isinstance(other, torch.Tensor) else other
    constant = of.without_batch(numbers, value)
    return (value, constant) if isinstance(x, Value) else (constant, value)


def _combined(scene: Scene, x: Any, y: Any, *, sign: float, alpha: float = 1) -> Value:
    return of.added(scene.tape, *_fitted(x, y), scene.name, factor=sign * float(alpha))


def _multiplied(scene: Scene, x: Any, y: Any) -> Value:
    return of.multiplied(scene.tape, *_fitted(x, y), scene.name)


def _divided(scene: Scene, x: Any, y: Any) -> Value:
    return of.divided(scene.tape, *_fitted(x, y), scene.name)


def _activation(name: str) -> Callable[..., Value]:
    return lambda scene, x: scene.tape.activate(_value(x), name)


def _leaky(scene: Scene, x: Value, slope: float = 0.01) -> Value:
    return of.leaky(scene.tape, _value(x), float(slope))


def _prelu(scene: Scene, x: Value, weight: Any) -> Value:
    if not isinstance(weight, torch.Tensor) or weight.numel() != 1:
        raise Refused("has a slope for every channel", "one slope in [0, 1] is covered")
    return _leaky(scene, x, float(weight))


def _gelu(scene: Scene, x: Value, *, approximate: str = "none") -> Value:
    return scene.tape.activate(_value(x), "gelu_tanh" if approximate == "tanh" else "gelu")


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
        sides = _pair(side, axes)
        step = Pool(
            0, kind, row + sides, row + (_pair(stride, axes) if stride else sides),
            (0,) * len(row) + _pair(padding, axes), row + _pair(dilation, axes),
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


def _viewed(scene: Scene, x: Value, shape: Sequence[Any]) -> Value:
    sides = scene.sides(shape)
    if -1 not in sides and math.prod(sides) != math.prod(x.shape):
        raise Refused(f"makes a shape {list(shape)} whose axis 0 is not the batch")
    return scene.tape.reshape(x, sides)


def _flattened(scene: Scene, x: Value, start: int = 0, end: int = -1) -> Value:
    first, last = scene.axis(x, start), scene.axis(x, end)
    sides = [*x.shape[:first], math.prod(x.shape[first : last + 1]), *x.shape[last + 1 :]]
    return scene.tape.reshape(x, sides)


def _unflattened(scene: Scene, x: Value, axis: int, sizes: Sequence[int]) -> Value:
    at = scene.axis(x, axis)
    return scene.tape.reshape(x, [*x.shape[:at], *sizes, *x.shape[at + 1 :]])


def _squeezed(scene: Scene, x: Value, axes: Any = None) -> Value:
    given = range(1, len(x.shape) + 1) if axes is None else _pair(axes, 1)
    gone = {scene.axis(x, axis) for axis in given}
    return scene.tape.reshape(x, [s for a, s in enumerate(x.shape) if a not in gone or s != 1])


def _unsqueezed(scene: Scene, x: Value, axis: int) -> Value:
    at = axis + len(x.shape) + 2 if axis < 0 else axis
    if at == 0:
        raise Refused("puts an axis before the batch")
    return scene.tape.reshape(x, [*x.shape[: at - 1], 1, *x.shape[at - 1 :]])


def _permuted(scene: Scene, x: Value, order: Sequence[int]) -> Value:
    if order[0] % len(order) != 0:
        raise Refused("moves the batch to another axis")
    return scene.tape.transpose(x, [scene.axis(x, axis) for axis in order[1:]])


def _transposed(scene: Scene, x: Value, one: int, other: int) -> Value:
    order = list(range(len(x.shape)))
    a, b = scene.axis(x, one), scene.axis(x, other)
    order[a], order[b] = b, a
    return scene.tape.transpose(x, order)


def _sliced(
    scene: Scene, x: Value, axis: int = 0, start: Any = None, end: Any = None, step: int = 1
) -> Value:
    if axis == 0 and start in (None, 0) and (end is None or end >= scene.batch) and step == 1:
        return x
    at = scene.axis(x, axis)
    return of.sliced(scene.tape, x, at, range(x.shape[at])[slice(start, end, step)])


def _selected(scene: Scene, x: Value, axis: int, index: int) -> Value:
    return of.picked(scene.tape, x, scene.axis(x, axis), index)


def _split(scene: Scene, x: Value, sizes: Any, axis: int = 0) -> list[Value]:
    at = scene.axis(x, axis)
    if isinstance(sizes, int):
        sizes = [min(sizes, x.shape[at] - k) for k in range(0, x.shape[at], sizes)]
    return of.split(scene.tape, x, at, sizes)


def _padded(
    scene: Scene, x: Value, widths: Sequence[int], mode: str = "constant", value: Any = None
) -> Value:
    if mode == "constant" and value:
        raise Refused(f"pads with {value}", "padding is with zeros, or reflected, or circular")
    pairs = [(widths[k], widths[k + 1]) for k in range(0, len(widths), 2)][::-1]
    rest = len(x.shape) - len(pairs)
    if rest < 0:
        raise Refused("pads the batch")
    names = {"replicate": "edge", "circular": "wrap"}
    return scene.tape.pad(x, [(0, 0)] * rest + pairs, names.get(mode, mode))


def _concatenated(scene: Scene, parts: Sequence[Any], axis: int = 0) -> Value:
    values = [_value(part) for part in parts]
    return scene.tape.concatenate(values, scene.axis(values[0], axis))


def _stacked(scene: Scene, parts: Sequence[Any], axis: int = 0) -> Value:
    return _concatenated(scene, [_unsqueezed(scene, _value(p), axis) for p in parts], axis)


def _expanded(scene: Scene, x: Value, sizes: Sequence[int], **_: Any) -> Value:
    sides = scene.sides(sizes)
    lead = [1] * (len(sides) - len(x.shape)) + list(x.shape)
    return scene.tape.broadcast(x, [h if w == -1 else w for h, w in zip(lead, sides, strict=True)])


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
        raise Refused("drops at random", "call module.eval()")
    return x


OPERATORS: dict[str, Callable[..., Any]] = {
    "aten.linear": _linear,
    "aten.matmul": _matmul,
    "aten.mm": _matmul,
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
    "aten.leaky_relu": _leaky,
    "aten.prelu": _prelu,
    "aten.tanh": _activation("tanh"),
    "aten.sigmoid": _activation("sigmoid"),
    "aten.silu": _activation("silu"),
    "aten.gelu": _gelu,
    "aten.max_pool1d": _pooled("max", 1),
    "aten.max_pool2d": _pooled("max", 2),
    "aten.avg_pool1d": _pooled("average", 1),
    "aten.avg_pool2d": _pooled("average", 2),
    "aten.adaptive_avg_pool1d": _adaptive("average", 1),
    "aten.adaptive_avg_pool2d": _adaptive("average", 2),
    "aten.adaptive_max_pool1d": _adaptive("max", 1),
    "aten.adaptive_max_pool2d": _adaptive("max", 2),
    "aten.mean": _mean,
    "aten.mean.dim": _mean,
    "aten.sum.dim_IntList": _summed,
    "aten.view": _viewed,
    "aten.reshape": _viewed,
    "aten._unsafe_view": _viewed,
    "aten.flatten.using_ints": _flattened,
    "aten.unflatten.int": _unflattened,
    "aten.squeeze": _squeezed,
    "aten.squeeze.dim": _squeezed,
    "aten.squeeze.dims": _squeezed,
    "aten.unsqueeze": _unsqueezed,
    "aten.permute": _permuted,
    "aten.transpose.int": _transposed,
    "aten.slice.Tensor": _sliced,
    "aten.select.int": _selected,
    "aten.split.Tensor": _split,
    "aten.split_with_sizes": _split,
    "aten.pad": _padded,
    "aten.constant_pad_nd": lambda scene, x, widths, value=0: _padded(
        scene, x, widths, "constant", value
    ),
    "aten.cat": _concatenated,
    "aten.stack": _stacked,
    "aten.expand": _expanded,
    "aten.dropout": _dropped,
    **{f"aten.{name}": _same for name in ("alias", "clone", "contiguous", "detach", "lift_fresh")},
    **{f"aten.to.{name}": _cast for name in ("dtype", "dtype_layout", "device")},
    "aten._to_copy": _cast,
    "aten._assert_tensor_metadata": lambda scene, *_, **__: None,
}
"""By torch's name of the operator, without ``.default``."""
