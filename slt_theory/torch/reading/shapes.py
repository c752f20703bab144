"""Exported operators that move values: views, transpositions, cuts, padding, joins."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import torch

import slt_theory.networks.operators as of
from slt_theory.networks.arrays import Floats
from slt_theory.networks.operators import Refused
from slt_theory.networks.tape import Value
from slt_theory.torch.reading.scene import Scene, floats_of, integers
from slt_theory.torch.reading.turned import TURNS

__all__ = ["SHAPES", "concatenated", "sliced", "unsqueezed"]


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
    given = range(1, len(x.shape) + 1) if axes is None else integers(axes, 1)
    gone = {scene.axis(x, axis) for axis in given}
    return scene.tape.reshape(x, [s for a, s in enumerate(x.shape) if a not in gone or s != 1])


def unsqueezed(scene: Scene, x: Value, axis: int) -> Value:
    """Record `x` with an axis of length 1 more."""
    at = axis + len(x.shape) + 2 if axis < 0 else axis
    if at == 0:
        raise Refused("puts an axis before the batch")
    return scene.tape.reshape(x, [*x.shape[: at - 1], 1, *x.shape[at - 1 :]])


def sliced(
    scene: Scene, x: Value, axis: int = 0, start: Any = None, end: Any = None, step: int = 1
) -> Value:
    """Record ``x[start:end:step]`` along one axis of torch."""
    if axis == 0 and start in (None, 0) and (end is None or end >= scene.batch) and step == 1:
        return x
    at = scene.axis(x, axis)
    return of.sliced(scene.tape, x, at, range(x.shape[at])[slice(start, end, step)])


def _selected(scene: Scene, x: Value, axis: int, index: Any) -> Value:
    return of.picked(scene.tape, x, scene.axis(x, axis), index)


def _indexed(scene: Scene, x: Value, indices: Sequence[Any]) -> Value:
    given = [(axis, index) for axis, index in enumerate(indices) if index is not None]
    if len(given) != 1:
        raise Refused("picks along several axes at once", "pick along one axis after the other")
    ((axis, index),) = given
    if index.dtype == torch.bool:
        if index.dim() != 1:
            raise Refused("picks by a mask over several axes")
        index = index.nonzero()[:, 0]
    return of.picked(scene.tape, x, scene.axis(x, axis), index)


def _flipped(scene: Scene, x: Value, axes: Sequence[int]) -> Value:
    for axis in axes:
        at = scene.axis(x, axis)
        x = of.sliced(scene.tape, x, at, range(x.shape[at])[::-1])
    return x


def _unbound(scene: Scene, x: Value, axis: int = 0) -> list[Value]:
    at = scene.axis(x, axis)
    return [of.picked(scene.tape, x, at, place) for place in range(x.shape[at])]


def _split(scene: Scene, x: Value, sizes: Any, axis: int = 0) -> list[Value]:
    at = scene.axis(x, axis)
    if isinstance(sizes, int):
        sizes = [min(sizes, x.shape[at] - k) for k in range(0, x.shape[at], sizes)]
    return of.split(scene.tape, x, at, sizes)


def _chunked(scene: Scene, x: Value, count: int, axis: int = 0) -> list[Value]:
    return _split(scene, x, -(-x.shape[scene.axis(x, axis)] // count), axis)


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


def concatenated(scene: Scene, parts: Sequence[Any], axis: int = 0) -> Value:
    """Record values and constants side by side along one axis of torch."""
    like = next(part for part in parts if isinstance(part, Value))
    return of.joined(
        scene.tape,
        [part if isinstance(part, Value) else _without_batch(part, like) for part in parts],
        scene.axis(like, axis),
        scene.name,
    )


def _without_batch(constant: Any, like: Value) -> Floats:
    if constant.dim() != len(like.shape) + 1:
        raise Refused("joins values of different numbers of axes")
    return of.without_batch(floats_of(constant), like)


def _stacked(scene: Scene, parts: Sequence[Any], axis: int = 0) -> Value:
    def widened(part: Any) -> Any:
        if isinstance(part, Value):
            return unsqueezed(scene, part, axis)
        return part.unsqueeze(axis)

    return concatenated(scene, [widened(part) for part in parts], axis)


def _expanded(scene: Scene, x: Value, sizes: Sequence[int], **_: Any) -> Value:
    sides = scene.sides(sizes)
    lead = [1] * (len(sides) - len(x.shape)) + list(x.shape)
    return scene.tape.broadcast(x, [h if w == -1 else w for h, w in zip(lead, sides, strict=True)])


def _repeated(scene: Scene, x: Value, counts: Sequence[int]) -> Value:
    if len(counts) != len(x.shape) + 1 or counts[0] != 1:
        raise Refused("repeats the batch, or adds axes", "unsqueeze before it")
    return of.repeated(scene.tape, x, counts[1:])


SHAPES: dict[str, Callable[..., Any]] = {
    "aten.sym_size.int": lambda scene, x, axis: scene.length(x, axis),
    "aten.view": _viewed,
    "aten.reshape": _viewed,
    "aten._unsafe_view": _viewed,
    "aten.flatten.using_ints": _flattened,
    "aten.unflatten.int": _unflattened,
    "aten.squeeze": _squeezed,
    "aten.squeeze.dim": _squeezed,
    "aten.squeeze.dims": _squeezed,
    "aten.unsqueeze": unsqueezed,
    **TURNS,
    "aten.flip": _flipped,
    "aten.slice.Tensor": sliced,
    "aten.narrow": lambda scene, x, axis, start, length: sliced(
        scene, x, axis, start, start + length
    ),
    "aten.select.int": _selected,
    "aten.index_select": _selected,
    "aten.index.Tensor": _indexed,
    "aten.unbind.int": _unbound,
    "aten.split.Tensor": _split,
    "aten.split_with_sizes": _split,
    "aten.chunk": _chunked,
    "aten.pad": _padded,
    "aten.constant_pad_nd": lambda scene, x, widths, value=0: _padded(
        scene, x, widths, "constant", value
    ),
    "aten.cat": concatenated,
    "aten.stack": _stacked,
    "aten.expand": _expanded,
    "aten.repeat": _repeated,
}
"""By torch's name of the operator, without ``.default``."""
