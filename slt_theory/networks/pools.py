"""Pooling: the largest or the mean value of every window of an image."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from slt_theory.errors import BadInput
from slt_theory.networks.arrays import Floats, check_size

__all__ = ["Pool"]

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Pool:
    """Largest or mean value of every window of an image.

    Attributes
    ----------
    kind : "max" or "average"
        Padding never is the largest. In a mean it counts as zeros, or not at all.
    side, stride, padding, dilation : int or pair (rows, columns)
        `padding` may also be (top, left, bottom, right).
    count_padding : bool
        Whether a mean divides by the places in the padding, too.
    ceil : bool
        Whether a last window may reach beyond the padding; what is beyond never counts.
    adaptive : bool
        `side` is then the number of windows an axis: window i of m on an axis of length L holds
        the places from ``floor(i L / m)`` to ``ceil((i + 1) L / m) - 1``.
    """

    of: int
    kind: Literal["max", "average"]
    side: int | tuple[int, ...]
    stride: int | tuple[int, ...]
    padding: int | tuple[int, ...] = 0
    dilation: int | tuple[int, ...] = 1
    count_padding: bool = True
    ceil: bool = False
    adaptive: bool = False

    def __post_init__(self) -> None:
        if self.kind not in ("max", "average"):
            raise BadInput("pool kind", self.kind, "must be max or average")
        for name in ("count_padding", "ceil", "adaptive"):
            if not isinstance(getattr(self, name), bool):
                raise BadInput(f"pool {name}", getattr(self, name), "must be true or false")
        for name, least in (("side", 1), ("stride", 1), ("padding", 0), ("dilation", 1)):
            value = getattr(self, name)
            numbers = value if isinstance(value, tuple) else (value,)
            most = 4 if name == "padding" else 2
            whole = all(isinstance(v, int) and not isinstance(v, bool) for v in numbers)
            if not whole or len(numbers) not in (1, 2, most) or min(numbers) < least:
                raise BadInput(f"pool {name}", value, f"must be integers of at least {least}")

    def _axes(self, before: Shape) -> tuple[_Axis, _Axis]:
        if len(before) != 3:
            raise BadInput("pool", before, "needs an image (channels, height, width)")
        pads = self.padding if isinstance(self.padding, tuple) else (self.padding, self.padding)
        pads = pads if len(pads) == 4 else pads + pads
        sides, strides, spreads = (
            value if isinstance(value, tuple) else (value, value)
            for value in (self.side, self.stride, self.dilation)
        )
        rows, columns = (
            _Axis(
                before[1 + k], sides[k], strides[k], pads[k], pads[2 + k], spreads[k],
                self.ceil, self.adaptive,
            )
            for k in (0, 1)
        )  # fmt: skip
        return rows, columns

    def shape(self, before: Shape) -> Shape:
        """(channels, rows, columns) of the result.

        Raises
        ------
        BadInput
            If no window fits, or one lies in the padding alone.
        """
        rows, columns = self._axes(before)
        if min(rows.count, columns.count) < 1:
            raise BadInput("pool", self.side, f"does not fit an image of shape {before}")
        check_size("pool", rows.numbers * columns.numbers)
        if (self.windows(before) == before[1] * before[2]).all(axis=1).any():
            raise BadInput(
                "pool padding",
                self.padding,
                "is so wide that a window holds nothing else",
                "pad by at most half the side",
            )
        return before[0], rows.count, columns.count

    def windows(self, shape: Shape) -> NDArray[np.int64]:
        """Sites of every window, (sites out, numbers); the padding is the site after the last."""
        return _windows(*self._axes(shape))

    def numbers(self, shape: Shape) -> int:
        """Numbers of the largest window."""
        return int(self.windows(shape).shape[1])

    def divisors(self, shape: Shape) -> Floats:
        """By what the mean of every window divides, (sites out,)."""
        rows, columns = self._axes(shape)
        counts = (axis.counts(self.count_padding) for axis in (rows, columns))
        return np.asarray(np.multiply.outer(*counts).ravel(), dtype=np.float64)

    def gather(self, values: Floats, shape: Shape, beyond: float) -> Floats:
        """Numbers of every window: (..., channels with copies, sites out, numbers)."""
        sites, windows = shape[1] * shape[2], self.windows(shape)
        cube = values.reshape(*values.shape[:-1], -1, sites)
        if (windows == sites).any():
            edge = np.full((*cube.shape[:-1], 1), beyond)
            cube = np.concatenate([cube, edge], axis=-1)
        return np.asarray(cube[..., windows])

    def __call__(self, values: Floats, shape: Shape) -> Floats:
        """(..., values in) to (..., values out)."""
        if self.kind == "max":
            pooled = self.gather(values, shape, -np.inf).max(axis=-1)
        else:
            pooled = self.gather(values, shape, 0.0).sum(axis=-1) / self.divisors(shape)
        return np.asarray(pooled.reshape(*values.shape[:-1], -1))

    def back(self, gradient: Floats, values: Floats, shape: Shape) -> Floats:
        """Gradient with respect to `values`, given that with respect to the pooled ones."""
        windows = self.windows(shape)
        sites = shape[1] * shape[2]
        channels = values.shape[-1] // sites
        flat = gradient.reshape(-1, channels, len(windows))
        result = np.zeros((flat.shape[0], channels, sites + 1))
        if self.kind == "average":
            share = flat / self.divisors(shape)
            for number in range(windows.shape[1]):
                batch, channel = np.indices(flat.shape[:2], sparse=True)
                place = batch[..., None], channel[..., None], windows[None, None, :, number]
                np.add.at(result, place, share)
        else:
            where = self.gather(values, shape, -np.inf).argmax(axis=-1)
            where = where.reshape(-1, channels, len(windows))
            site = windows[np.arange(len(windows)), where]
            batch, channel, _ = np.indices(site.shape, sparse=True)
            np.add.at(result, (batch, channel, site), flat)
        return np.ascontiguousarray(result[..., :sites]).reshape(values.shape)


@dataclass(frozen=True)
class _Axis:
    """One axis of a pooled image."""

    length: int
    side: int
    stride: int
    before: int
    after: int
    dilation: int
    ceil: bool
    adaptive: bool

    @property
    def count(self) -> int:
        """Number of windows."""
        if self.adaptive:
            return self.side
        reach = self.length + self.before + self.after - self.dilation * (self.side - 1) - 1
        if reach < 0:
            return 0
        if not self.ceil:
            return reach // self.stride + 1
        count = -(-reach // self.stride) + 1
        # The last window must begin inside the image or the padding before it.
        return count - ((count - 1) * self.stride >= self.length + self.before)

    @property
    def numbers(self) -> int:
        """Places of all windows, at most."""
        return self.count * (self.length // self.side + 2 if self.adaptive else self.side)

    def places(self) -> NDArray[np.int64]:
        """Places of every window, (windows, numbers); -1 outside."""
        window = np.arange(self.count)[:, None]
        if self.adaptive:
            first = window * self.length // self.count
            last = -(-(window + 1) * self.length // self.count)
            places = first + np.arange(int((last - first).max()))[None, :]
            return np.where(places < last, places, -1)
        offsets = np.arange(self.side)[None, :] * self.dilation
        places = window * self.stride + offsets - self.before
        return np.where((places >= 0) & (places < self.length), places, -1)

    def counts(self, padding: bool) -> Floats:
        """Places of every window that a mean divides by."""
        if self.adaptive or not padding:
            inside = self.places() >= 0
            return np.asarray(inside.sum(axis=1), dtype=np.float64)
        first = np.arange(self.count) * self.stride - self.before
        last = np.minimum(first + self.side, self.length + self.after)
        return np.asarray(last - first, dtype=np.float64)


@lru_cache(maxsize=64)
def _windows(rows: _Axis, columns: _Axis) -> NDArray[np.int64]:
    row, column = rows.places()[:, None, :, None], columns.places()[None, :, None, :]
    inside = (row >= 0) & (column >= 0)
    sites = np.where(inside, row * columns.length + column, rows.length * columns.length)
    return np.asarray(sites.reshape(rows.count * columns.count, -1))
