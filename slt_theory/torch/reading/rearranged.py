"""Exported operators that put values in other places: rolls, shuffles, assignments to slices."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import slt_theory.networks.operators as of
from slt_theory.networks.operators import Refused
from slt_theory.networks.tape import Value
from slt_theory.torch.reading.scene import Scene, integers
from slt_theory.torch.reading.shapes import concatenated, sliced, unsqueezed

__all__ = ["REARRANGED"]


def _rolled(scene: Scene, x: Value, shifts: Any, axes: Any = ()) -> Value:
    if axes in ((), []):
        raise Refused("rolls the batch, too", "name the axes: x.roll(1, dims=1)")
    given = list(axes) if isinstance(axes, list | tuple) else [axes]
    for shift, axis in zip(integers(shifts, len(given)), given, strict=True):
        at = scene.axis(x, axis)
        places = [(place - shift) % x.shape[at] for place in range(x.shape[at])]
        x = of.picked(scene.tape, x, at, places)
    return x


def _shuffled(scene: Scene, x: Value, groups: int) -> Value:
    """Channels (groups, others) in the order (others, groups)."""
    parts = scene.tape.reshape(x, (groups, x.shape[0] // groups, *x.shape[1:]))
    turned = scene.tape.transpose(parts, (1, 0, *range(2, len(parts.shape))))
    return scene.tape.reshape(turned, x.shape)


def _spread(scene: Scene, x: Value, factor: int) -> Value:
    """Channels (c, r, r) become rows and columns."""
    channels, rows, columns = x.shape
    parts = scene.tape.reshape(x, (channels // factor**2, factor, factor, rows, columns))
    turned = scene.tape.transpose(parts, (0, 3, 1, 4, 2))
    return scene.tape.reshape(turned, (channels // factor**2, factor * rows, factor * columns))


def _gathered(scene: Scene, x: Value, factor: int) -> Value:
    """Rows and columns (places, r) become channels."""
    channels, rows, columns = x.shape
    parts = scene.tape.reshape(x, (channels, rows // factor, factor, columns // factor, factor))
    turned = scene.tape.transpose(parts, (0, 2, 4, 1, 3))
    return scene.tape.reshape(turned, (channels * factor**2, rows // factor, columns // factor))


def _assigned(
    scene: Scene, x: Any, part: Any, axis: int = 0, start: Any = None, end: Any = None,
    step: int = 1,
) -> Any:  # fmt: skip
    """`x` with ``x[start:end]`` taken from `part`; one of both may be a constant."""
    value = isinstance(x, Value)
    side = scene.length(x, axis) if value else x.shape[axis]
    places = range(side)[slice(start, end, step)]
    if len(places) == side:
        return part
    if step != 1 or not places:
        raise Refused("assigns to a slice with gaps", "build the tensor by torch.cat")
    around = [(0, places[0]), (places[-1] + 1, side)]
    kept = [
        (sliced(scene, x, axis, a, b) if value else x.narrow(axis, a, b - a)) if a < b else None
        for a, b in around
    ]
    parts = [piece for piece in (kept[0], part, kept[1]) if piece is not None]
    return concatenated(scene, parts, axis)


def _assigned_one(scene: Scene, x: Any, part: Any, axis: int, index: int) -> Any:
    side = scene.length(x, axis) if isinstance(x, Value) else x.shape[axis]
    at = index % side
    wide = unsqueezed(scene, part, axis) if isinstance(part, Value) else part.unsqueeze(axis)
    return _assigned(scene, x, wide, axis, at, at + 1)


def _copied(scene: Scene, x: Any, source: Any) -> Any:
    """`source` in the place of `x`: an assignment to a whole tensor."""
    shapes = [
        value.shape if isinstance(value, Value) else tuple(value.shape[1:]) for value in (x, source)
    ]
    if shapes[0] != shapes[1]:
        raise Refused(f"copies {shapes[1]} into {shapes[0]}", "expand it before")
    return source


REARRANGED: dict[str, Callable[..., Any]] = {
    "aten.roll": _rolled,
    "aten.channel_shuffle": _shuffled,
    "aten.pixel_shuffle": _spread,
    "aten.pixel_unshuffle": _gathered,
    "aten.copy": _copied,
    "aten.slice_scatter": _assigned,
    "aten.select_scatter": _assigned_one,
}
"""By torch's name of the operator, without ``.default``."""
