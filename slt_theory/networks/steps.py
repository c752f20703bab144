"""The steps of a network: what happens to its values, one after the other.

Value 0 is the input, value s + 1 what step s gives; a step names the value that it takes. Values
are flat: channel by channel, sites within. A source network may hold several copies of every
channel, neighbours in that order; steps treat them alike.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from slt_theory.errors import BadInput
from slt_theory.networks.activations import Activation, parse_activation
from slt_theory.networks.arrays import Floats

__all__ = [
    "Activate",
    "Add",
    "Flatten",
    "Pool",
    "Shape",
    "Step",
    "Weigh",
    "copies_back",
    "step_from_dict",
    "step_to_dict",
    "with_copies",
]

Shape = tuple[int, ...]
"""(channels, sites ...); a plain vector has no sites."""


@dataclass(frozen=True)
class Weigh:
    """Weighted layer `layer`, its bias included."""

    of: int
    layer: int


@dataclass(frozen=True)
class Activate:
    """The activation, number by number."""

    of: int
    activation: Activation


@dataclass(frozen=True)
class Flatten:
    """Every site of every channel becomes a channel of its own."""

    of: int

    def shape(self, before: Shape) -> Shape:
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
class Add:
    """Residual connection: adds value `skip`; copy c of the sum takes copy c of it, in turn."""

    of: int
    skip: int


@dataclass(frozen=True)
class Pool:
    """Largest or mean value of every window of an image.

    Attributes
    ----------
    kind : "max" or "average"
        Padding never is the largest; in a mean it counts as zeros.
    side, stride, padding : int
    """

    of: int
    kind: Literal["max", "average"]
    side: int
    stride: int
    padding: int = 0

    def shape(self, before: Shape) -> Shape:
        if len(before) != 3:
            raise BadInput("pool", before, "needs an image (channels, height, width)")
        height, width = (
            (size + 2 * self.padding - self.side) // self.stride + 1 for size in before[1:]
        )
        if min(height, width) < 1:
            raise BadInput("pool", self.side, f"does not fit an image of shape {before}")
        return before[0], height, width

    def windows(self, shape: Shape) -> NDArray[np.int64]:
        """Sites of every window, (sites out, numbers); the padding is the site after the last."""
        return _windows(shape[1], shape[2], self.side, self.stride, self.padding)

    def gather(self, values: Floats, shape: Shape, beyond: float) -> Floats:
        """Numbers of every window: (..., channels with copies, sites out, numbers)."""
        sites = shape[1] * shape[2]
        cube = values.reshape(*values.shape[:-1], -1, sites)
        if self.padding:
            edge = np.full((*cube.shape[:-1], 1), beyond)
            cube = np.concatenate([cube, edge], axis=-1)
        return np.asarray(cube[..., self.windows(shape)])

    def __call__(self, values: Floats, shape: Shape) -> Floats:
        """(..., values in) to (..., values out)."""
        if self.kind == "max":
            pooled = self.gather(values, shape, -np.inf).max(axis=-1)
        else:
            pooled = self.gather(values, shape, 0.0).sum(axis=-1) / self.side**2
        return np.asarray(pooled.reshape(*values.shape[:-1], -1))

    def back(self, gradient: Floats, values: Floats, shape: Shape) -> Floats:
        """Gradient with respect to `values`, given that with respect to the pooled ones."""
        windows = self.windows(shape)
        sites = shape[1] * shape[2]
        channels = values.shape[-1] // sites
        flat = gradient.reshape(-1, channels, len(windows))
        result = np.zeros((flat.shape[0], channels, sites + 1))
        if self.kind == "average":
            for number in range(self.side**2):
                batch, channel = np.indices(flat.shape[:2], sparse=True)
                place = batch[..., None], channel[..., None], windows[None, None, :, number]
                np.add.at(result, place, flat / self.side**2)
        else:
            where = self.gather(values, shape, -np.inf).argmax(axis=-1)
            where = where.reshape(-1, channels, len(windows))
            site = windows[np.arange(len(windows)), where]
            batch, channel, _ = np.indices(site.shape, sparse=True)
            np.add.at(result, (batch, channel, site), flat)
        return np.ascontiguousarray(result[..., :sites]).reshape(values.shape)


Step = Weigh | Activate | Flatten | Add | Pool


def step_to_dict(step: Step) -> dict[str, Any]:
    """A step as plain data."""
    record: dict[str, Any] = {"step": type(step).__name__.lower(), **asdict(step)}
    if isinstance(step, Activate):
        record["activation"] = step.activation.name
    return record


def step_from_dict(record: dict[str, Any]) -> Step:
    """The inverse of `step_to_dict`.

    Raises
    ------
    ValueError, TypeError
        If the record is no step.
    """
    kinds = {kind.__name__.lower(): kind for kind in (Weigh, Activate, Flatten, Add, Pool)}
    values = dict(record)
    kind = kinds.get(values.pop("step", None))
    if kind is None:
        raise ValueError(f"a step {record!r}")
    if kind is Activate:
        values["activation"] = parse_activation(values["activation"])
    step: Step = kind(**values)
    return step


@lru_cache(maxsize=64)
def _windows(height: int, width: int, side: int, stride: int, padding: int) -> NDArray[np.int64]:
    rows, columns = (
        np.arange((size + 2 * padding - side) // stride + 1)[:, None] * stride
        + np.arange(side)[None, :]
        - padding
        for size in (height, width)
    )
    row, column = rows[:, None, :, None], columns[None, :, None, :]
    inside = (row >= 0) & (row < height) & (column >= 0) & (column < width)
    sites = np.where(inside, row * width + column, height * width)
    return np.asarray(sites.reshape(len(rows) * len(columns), side * side))


def with_copies(values: Floats, sites: int, have: int, want: int) -> Floats:
    """Values with `have` copies of every channel as values with `want`: copy c is c modulo have."""
    if have == want:
        return values
    cube = values.reshape(*values.shape[:-1], -1, have, sites)
    return np.ascontiguousarray(cube[..., np.arange(want) % have, :]).reshape(
        *values.shape[:-1], -1
    )


def copies_back(gradient: Floats, sites: int, have: int, want: int) -> Floats:
    """Gradient with respect to what `with_copies` was given."""
    if have == want:
        return gradient
    cube = gradient.reshape(*gradient.shape[:-1], -1, want, sites)
    result = np.zeros((*cube.shape[:-2], have, sites))
    for copy in range(want):
        result[..., copy % have, :] += cube[..., copy, :]
    return result.reshape(*gradient.shape[:-1], -1)
