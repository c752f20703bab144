"""Steps without weights that only move numbers: flattening, and any other order of the values."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import prod
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from slt_theory.errors import BadInput
from slt_theory.networks.arrays import Floats, check_size

__all__ = ["Flatten", "Move", "Rearrange"]

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Flatten:
    """Every site of every channel becomes a channel of its own."""

    of: int

    def shape(self, before: Shape) -> Shape:
        """(numbers,) of the result."""
        return (int(np.prod(before)),)

    def move(self, values: Floats, shape: Shape, copies: int) -> Floats:
        """Copies of a number become neighbours; without copies nothing moves."""
        if copies == 1 or len(shape) == 1:
            return values
        cube = values.reshape(*values.shape[:-1], shape[0], copies, -1)
        return np.ascontiguousarray(np.swapaxes(cube, -1, -2)).reshape(values.shape)

    def back(self, values: Floats, shape: Shape, copies: int) -> Floats:
        """The inverse of `move`."""
        if copies == 1 or len(shape) == 1:
            return values
        cube = values.reshape(*values.shape[:-1], shape[0], -1, copies)
        return np.ascontiguousarray(np.swapaxes(cube, -1, -2)).reshape(values.shape)


@dataclass(frozen=True)
class Rearrange:
    """Values in another order: transposed, cut, padded and reshaped, all without weights.

    ``out[i] = in[places[i]]``, or 0 where ``places[i] = -1``. In this order: axes are transposed,
    every axis is cut to ``start, start + stride, ...`` (`count` of them), padded, and the result
    is read row by row as `result`. So it says subsampling and zero channels of a shortcut without
    weights, images with their channels last, and padding other than by zeros.

    Attributes
    ----------
    order : tuple of int
        Transposition of the axes of the value; axis 0 holds the channels.
    cuts : tuple of (start, stride, count, before, after), one an axis
    result : tuple of int
    mode : "constant", "reflect", "edge" or "wrap"
        Of the padding, as in `numpy.pad`; constant means 0.
    """

    of: int
    order: tuple[int, ...]
    cuts: tuple[tuple[int, int, int, int, int], ...]
    result: Shape
    mode: Literal["constant", "reflect", "edge", "wrap"] = "constant"

    def __post_init__(self) -> None:
        fields = self.order, self.result, *self.cuts
        whole = all(
            isinstance(part, tuple) and all(type(v) is int for v in part) for part in fields
        )
        if not whole or not self.cuts or not self.result or min(self.result) < 1:
            raise BadInput("rearrange", fields, "must be tuples of integers, the result's positive")
        if sorted(self.order) != list(range(len(self.cuts))):
            raise BadInput("rearrange order", self.order, "must name every axis once")
        if self.mode not in ("constant", "reflect", "edge", "wrap"):
            raise BadInput("rearrange mode", self.mode, "must be constant, reflect, edge or wrap")
        for cut in self.cuts:
            if len(cut) != 5 or min(cut[0], cut[3], cut[4]) < 0 or cut[1] == 0 or cut[2] < 1:
                raise BadInput(
                    "rearrange cut", cut, "must be (start, stride, count, before, after)"
                )

    def shape(self, before: Shape) -> Shape:
        # Before anything is allocated: the numbers that the padded cuts hold.
        """Shape of the result.

        Raises
        ------
        BadInput
            If the padded cuts hold another number of values, or too many.
        """
        held = prod(count + ahead + behind for _, _, count, ahead, behind in self.cuts)
        if held != prod(self.result):
            raise BadInput("rearrange result", self.result, f"must hold {held} numbers")
        check_size("rearrange", max(held, prod(before)))
        self.places(before)
        return self.result

    def places(self, before: Shape) -> NDArray[np.int64]:
        """Place that every number comes from; -1: it is 0."""
        return _places(self.order, self.cuts, self.result, self.mode, tuple(before))

    def most(self, before: Shape) -> int:
        """Largest number of uses of one number."""
        places = self.places(before)
        return int(np.bincount(places[places >= 0], minlength=1).max())

    def move(self, values: Floats, shape: Shape, copies: int) -> Floats:
        """(..., values in) to (..., values out); copies of a channel move alike."""
        places = self.places(shape)
        cube = values.reshape(*values.shape[:-1], shape[0], copies, -1)
        flat = np.swapaxes(cube, -2, -3).reshape(*values.shape[:-1], copies, -1)
        moved = np.where(places >= 0, flat[..., np.maximum(places, 0)], 0.0)
        split = moved.reshape(*values.shape[:-1], copies, self.result[0], -1)
        return np.ascontiguousarray(np.swapaxes(split, -2, -3)).reshape(*values.shape[:-1], -1)

    def back(self, values: Floats, shape: Shape, copies: int) -> Floats:
        """Gradient with respect to what `move` was given."""
        places = self.places(shape)
        cube = values.reshape(-1, self.result[0], copies, places.size // self.result[0])
        flat = np.swapaxes(cube, 1, 2).reshape(-1, places.size)
        size = int(np.prod(shape))
        used = np.flatnonzero(places >= 0)
        whole = np.zeros((size, len(flat)))
        np.add.at(whole, places[used], flat.T[used])
        split = whole.T.reshape(-1, copies, shape[0], size // shape[0])
        moved = np.ascontiguousarray(np.swapaxes(split, 1, 2))
        return moved.reshape(*values.shape[:-1], copies * size)


Move = Flatten | Rearrange
"""Steps that only move numbers: ``move`` and ``back`` know where copies of a channel stand."""


@lru_cache(maxsize=64)
def _places(
    order: tuple[int, ...],
    cuts: tuple[tuple[int, int, int, int, int], ...],
    result: Shape,
    mode: Literal["constant", "reflect", "edge", "wrap"],
    before: Shape,
) -> NDArray[np.int64]:
    if len(before) != len(order):
        raise BadInput("rearrange", before, f"must have {len(order)} axes")
    places = np.arange(int(np.prod(before))).reshape(before).transpose(order)
    for axis, (start, stride, count, _, _) in enumerate(cuts):
        last = start + stride * (count - 1)
        if not (0 <= start < places.shape[axis] and 0 <= last < places.shape[axis]):
            raise BadInput("rearrange cut", cuts[axis], f"leaves values of shape {before}")
        places = np.take(places, start + stride * np.arange(count), axis=axis)
    widths = [cut[3:] for cut in cuts]
    if any(map(any, widths)):
        if mode == "constant":
            places = np.pad(places, widths, constant_values=-1)
        else:
            places = np.pad(places, widths, mode=mode)
    flat = np.ascontiguousarray(places).ravel()
    flat.setflags(write=False)
    return flat
