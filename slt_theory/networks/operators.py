"""Operators that torch and ONNX share, on the tape: arithmetic with constants, windows, cuts.

A factor is a `Value` of the tape or an array of constants. Axes are those of the tape, so the batch
is none of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from slt_theory.networks.arrays import Floats
from slt_theory.networks.kinds import Convolution
from slt_theory.networks.pools import Pool
from slt_theory.networks.tape import Tape, Value

__all__ = [
    "NORMALISES",
    "Refused",
    "added",
    "clamped",
    "convolved",
    "divided",
    "joined",
    "larger",
    "leaky",
    "multiplied",
    "normalised",
    "picked",
    "pooled",
    "repeated",
    "sliced",
    "smaller",
    "split",
    "without_batch",
]

_MOST_RUNS = 64
"""Parts of a list of places: each is a sum more in the network; beyond, they are a layer."""
NORMALISES = (
    "divides by a statistic of its input, which no theorem here covers: otsuka2026-block and "
    "otsuka2026-transformer hold without normalisation, giannou2023-normalisation and "
    "burkholz2024-batch-normalisation tune scales and shifts and divide by nothing"
)
"""Why layer norms and their kin are refused."""
_LARGEST = float(np.finfo(np.float32).max)
Widths = Sequence[tuple[int, int]]
"""Padding (before, after) of every axis."""


class Refused(Exception):
    """An operator that a network here cannot hold, with the way out."""

    def __init__(self, reason: str, way_out: str = "") -> None:
        super().__init__(reason)
        self.way_out = way_out or (
            "covered are layers, convolutions, batch norms, pools, sums, concatenations, cuts, "
            "padding, reshapes, relu, leaky_relu, tanh, sigmoid, gelu and silu"
        )


def without_batch(constant: ArrayLike, like: Value, *, batched: bool = True) -> Floats:
    """Return a constant that broadcasts against `like`, its axis of equal inputs dropped.

    Raises
    ------
    Refused
        If it says another thing of every input, or has more axes than `like`.
    """
    array = np.asarray(constant, dtype=np.float64)
    if batched and array.ndim == len(like.shape) + 1:
        if not (array == array[:1]).all():
            raise Refused("combines the batch with a constant of several rows")
        array = array[0]
    if array.ndim > len(like.shape):
        raise Refused("widens its input by a constant of more axes")
    return array


def added(tape: Tape, x: Any, y: Any, name: str, *, factor: float = 1.0) -> Value:
    """Record ``x + factor y`` of two values, or of a value and a constant that fits it."""
    if isinstance(x, Value) and isinstance(y, Value):
        return tape.add(x, y if factor == 1 else tape.affine(y, factor, 0.0, name))
    if isinstance(x, Value):
        return _scaled(tape, x, 1.0, factor * y, name)
    return _scaled(tape, y, factor, x, name)


def _scaled(tape: Tape, x: Value, scale: ArrayLike, shift: ArrayLike, name: str) -> Value:
    """``scale x + shift``, where a constant may make `x` wider along its axes of length 1."""
    try:
        shape = np.broadcast_shapes(x.shape, np.shape(scale), np.shape(shift))
    except ValueError:
        shapes = np.shape(scale) or np.shape(shift)
        raise Refused(f"joins shapes {x.shape} and {shapes}, which do not broadcast") from None
    return tape.affine(tape.broadcast(x, shape), scale, shift, name)


def multiplied(tape: Tape, x: Any, y: Any, name: str) -> Value:
    """Record ``x y`` of a value and a constant that fits it, or SiLU as ``x sigmoid(x)``."""
    if isinstance(x, Value) and isinstance(y, Value):
        swish = tape.swish(x, y)
        if swish is None:
            raise Refused("multiplies two values", "of products x * sigmoid(x) alone is covered")
        return swish
    value, other = (x, y) if isinstance(x, Value) else (y, x)
    return _scaled(tape, value, other, 0.0, name)


def divided(tape: Tape, x: Any, y: Any, name: str) -> Value:
    """Record ``x / y`` for a constant y that is nowhere 0."""
    if isinstance(y, Value):
        raise Refused("divides by a value")
    if not np.all(y):
        raise Refused("divides by 0")
    return _scaled(tape, x, 1 / y, 0.0, name)


def larger(tape: Tape, x: Any, y: Any, name: str) -> Value:
    """Record ``max(x, y) = y + relu(x - y)`` of two values, or of a value and a constant."""
    x, y = (x, y) if isinstance(x, Value) else (y, x)
    return added(tape, tape.activate(added(tape, x, y, name, factor=-1.0), "relu"), y, name)


def smaller(tape: Tape, x: Any, y: Any, name: str) -> Value:
    """Record ``min(x, y) = y - relu(y - x)``."""
    x, y = (x, y) if isinstance(x, Value) else (y, x)
    excess = tape.activate(added(tape, y, x, name, factor=-1.0), "relu")
    return added(tape, y, excess, name, factor=-1.0)


def clamped(tape: Tape, x: Value, low: Any, high: Any, name: str) -> Value:
    """Record x between two constants; None leaves an end open, as do ends beyond float32."""
    if low is not None and not np.all(np.asarray(low) <= -_LARGEST):
        x = larger(tape, x, low, name)
    if high is not None and not np.all(np.asarray(high) >= _LARGEST):
        x = smaller(tape, x, high, name)
    return x


def leaky(tape: Tape, x: Value, slope: float) -> Value:
    """Record leaky_relu with a slope in [0, 1]."""
    if not 0 <= slope <= 1:
        raise Refused(f"has a slope {slope}", "slopes lie in [0, 1]")
    return tape.activate(x, f"leaky_relu({slope!r})")


def normalised(
    tape: Tape, x: Value, mean: Floats, variance: Floats, scale: Any, shift: Any, name: str
) -> Value:
    """Record ``scale (x - mean) / sqrt(variance) + shift``, one of each a channel.

    Parameters
    ----------
    variance : array (channels,)
        With its epsilon.
    """
    if not (variance > 0).all():
        raise Refused("has a variance that is not positive")
    shape = (-1, *[1] * (len(x.shape) - 1))
    gain = np.broadcast_to(scale / np.sqrt(variance), mean.shape).reshape(shape)
    centred = tape.affine(x, 1.0, -mean.reshape(shape), name)
    return tape.affine(centred, gain, np.broadcast_to(shift, mean.shape).reshape(shape), name)


def convolved(
    tape: Tape, x: Value, weight: Floats, bias: Floats | None, widths: Widths, name: str,
    *, stride: Sequence[int], dilation: Sequence[int], groups: int,
) -> Value:  # fmt: skip
    """Record a convolution of an image or a sequence, padded by zeros as `widths` say."""
    axes = weight.ndim - 2
    if axes not in (1, 2):
        raise Refused(f"convolves {axes} axes", "networks here have images and sequences")
    if len(x.shape) != axes + 1:
        raise Refused("convolves an input without a batch")
    if any(before != after for before, after in widths):
        x = tape.pad(x, [(0, 0), *widths])
        widths = [(0, 0)] * axes
    row: tuple[int, ...] = (1,) if axes == 1 else ()
    nothing = (0,) * len(row)
    before = (*nothing, *(width[0] for width in widths))
    kind = Convolution((*row, *stride), before, (*row, *dilation), groups)  # type: ignore[arg-type]
    return tape.convolution(x, weight, bias, name, kind)


def pooled(tape: Tape, x: Value, pool: Pool) -> Value:
    """Record a pool of an image, or of a sequence (channels, places): an image of one row."""
    if len(x.shape) == 3:
        return tape.pool(x, pool)
    if len(x.shape) != 2:
        raise Refused("pools an input without a batch")
    y = tape.pool(tape.reshape(x, (x.shape[0], 1, x.shape[1])), pool)
    return tape.reshape(y, (y.shape[0], y.shape[2]))


def picked(tape: Tape, x: Value, at: int, index: Any) -> Value:
    """Record the places `index` of one axis: an integer takes the axis away, a list keeps it."""
    side, places = x.shape[at], np.asarray(index)
    if places.dtype.kind not in "iu" or places.ndim > 1 or not places.size:
        raise Refused("picks by no integer and no list of integers")
    if not ((places >= -side) & (places < side)).all():
        raise Refused(f"picks places beyond {side}")
    if places.ndim == 0:
        y = tape.cut(x, at, int(places) % side, 1)
        return tape.reshape(y, [*x.shape[:at], *x.shape[at + 1 :]])
    runs = _runs([int(place) % side for place in places])
    if len(runs) > _MOST_RUNS:
        # A layer of zeros and ones along this axis.
        order = [axis for axis in range(len(x.shape)) if axis != at] + [at]
        chosen = tape.linear(tape.transpose(x, order), np.eye(side)[places], None, "pick")
        return tape.transpose(chosen, [order.index(axis) for axis in range(len(order))])
    return tape.concatenate([sliced(tape, x, at, run) for run in runs], at)


def _runs(places: Sequence[int]) -> list[range]:
    """The same places in order, as few evenly spaced runs as a greedy reading finds."""
    runs: list[range] = []
    for place in places:
        last = runs[-1] if runs else None
        if last is not None and len(last) == 1 and place != last[0]:
            step = place - last[0]
            runs[-1] = range(last[0], place + step, step)
        elif last is not None and len(last) > 1 and place == last[-1] + last.step:
            runs[-1] = range(last[0], place + last.step, last.step)
        else:
            runs.append(range(place, place + 1))
    return runs


def joined(tape: Tape, parts: Sequence[Any], at: int, name: str) -> Value:
    """Record values and constants side by side along one axis."""
    sides = [part.shape[at] for part in parts]
    starts = [sum(sides[:k]) for k in range(len(parts))]
    values = [part for part in parts if isinstance(part, Value)]
    if len(values) == len(parts):
        return tape.concatenate(values, at)
    whole: Value | None = None
    shape = [*values[0].shape[:at], sum(sides), *values[0].shape[at + 1 :]]
    shift = np.zeros(shape)
    for part, start in zip(parts, starts, strict=True):
        if isinstance(part, Value):
            widths = [(0, 0)] * len(shape)
            widths[at] = (start, shape[at] - start - part.shape[at])
            padded = tape.pad(part, widths)
            whole = padded if whole is None else tape.add(whole, padded)
        else:
            place = [slice(None)] * len(shape)
            place[at] = slice(start, start + part.shape[at])
            shift[tuple(place)] = part
    assert whole is not None
    return tape.affine(whole, 1.0, shift, name)


def repeated(tape: Tape, x: Value, counts: Sequence[int]) -> Value:
    """Record a value side by side with itself, so many times along every axis."""
    if min(counts, default=1) < 1:
        raise Refused("leaves no number of its value")
    for at, count in enumerate(counts):
        x = tape.concatenate([x] * count, at) if count > 1 else x
    return x


def split(tape: Tape, x: Value, at: int, sizes: Sequence[int]) -> list[Value]:
    """Record the parts of `x` along one axis."""
    starts = np.cumsum([0, *sizes])
    return [tape.cut(x, at, int(s), int(n)) for s, n in zip(starts, sizes, strict=False)]


def sliced(tape: Tape, x: Value, at: int, places: range) -> Value:
    """Record the evenly spaced `places` of one axis."""
    if not places:
        raise Refused("cuts everything away")
    return tape.cut(x, at, places[0], len(places), places.step)
