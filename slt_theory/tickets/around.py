"""Small boxes around the inputs of a file: ``around:FILE,RADIUS[,lo,hi]``."""

from __future__ import annotations

import math
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slt_theory.errors import BadInput
from slt_theory.rationals import float_above, parse_fraction
from slt_theory.tickets.domain import Ball, Box, Domain, Region, parse_domain

__all__ = ["Around", "parse_asked"]

Floats = NDArray[np.float64]
_FORM = "must be around:FILE.npz,RADIUS or around:FILE.npz,RADIUS,lo,hi"
_NAMES = ("inputs", "x")
_MOST = 1 << 26
_EXACT = 2.0**53  # float64 holds every smaller integer


@dataclass(frozen=True, eq=False)
class Around:
    """Per input x of a file the box of all points within `radius` of x, coordinate by coordinate.

    Attributes
    ----------
    inputs : float64 array (count, numbers)
    radius : float
        At least as it was written; 0 for the inputs themselves.
    box : Box or None
        Every region is cut to it.
    text : str
        As it was written.
    sides : tuple of int
        Shape of one input in the file, where that is known.
    """

    inputs: Floats
    radius: float
    box: Box | None
    text: str
    sides: tuple[int, ...] = ()

    def __str__(self) -> str:
        return self.text

    def check_sides(self, shape: tuple[int, ...]) -> None:
        """Refuse images whose sides come in another order than those of a target's input.

        Flat inputs and sides of 1 are left out of it.
        """
        ours, theirs = (tuple(n for n in sides if n > 1) for sides in (self.sides, shape))
        if len(ours) > 1 and len(theirs) > 1 and ours != theirs:
            raise BadInput(
                "domain",
                f"inputs of shape {self.sides}",
                f"the target takes {shape}",
                "put the channels first, or give one flat input a row",
            )

    def regions(self, domain: Domain, size: int) -> list[Region]:
        """The boxes, cut to `domain` and to `box`; ends are rounded outwards.

        Raises
        ------
        BadInput
            If inputs have not `size` numbers, or one lies further than the radius from them.
        """
        if self.inputs.shape[1] != size:
            raise BadInput(
                "domain",
                f"inputs of {self.inputs.shape[1]} numbers",
                f"the target takes {size}",
                "give a file with one input a row",
            )
        lo, hi = domain.ends(size)
        if self.box is not None:
            lo, hi = np.maximum(lo, self.box.lo), np.minimum(hi, self.box.hi)
        low, high = self.inputs, self.inputs
        if self.radius:
            low = np.nextafter(low - self.radius, -np.inf)
            high = np.nextafter(high + self.radius, np.inf)
        low, high = np.maximum(low, lo), np.minimum(high, hi)
        outside = (low > high).any(axis=1)
        if outside.any():
            raise BadInput(
                "domain",
                f"input {int(np.argmax(outside))} of {self.text}",
                f"has no point within the radius that lies in {domain}",
                "build a ticket for a domain that holds the inputs",
            )
        return [Region(a, b) for a, b in zip(low, high, strict=True)]

    @property
    def hull(self) -> Box:
        """The smallest box that holds all regions: the domain of a ticket built for them."""
        if self.box is not None:
            return self.box
        low = float(np.nextafter(self.inputs.min() - self.radius, -np.inf))
        return Box(low, float(np.nextafter(self.inputs.max() + self.radius, np.inf)))


def parse_asked(text: str) -> Domain | Around:
    """Read ``box:lo,hi``, ``ball:radius`` or ``around:FILE,RADIUS[,lo,hi]``.

    The file is an .npz with an array ``inputs`` or ``x``, or with one array alone, or an .npy: one
    input a row.

    Raises
    ------
    BadInput
        If the text is none of these, or the file holds no such array of finite numbers.
    """
    kind, _, rest = text.partition(":")
    if kind != "around":
        return parse_domain(text)
    name, *numbers = rest.split(",")
    try:
        values = [parse_fraction("domain", part) for part in numbers]
    except BadInput:
        values = []
    radius = float_above(values[0]) if values else math.inf
    if len(values) not in (1, 3) or not 0 <= radius < math.inf:
        raise BadInput("domain", text, _FORM, "e.g. around:inputs.npz,1/255,0,1")
    box = parse_domain(f"box:{numbers[1]},{numbers[2]}") if len(values) == 3 else None
    assert not isinstance(box, Ball)
    inputs, sides = _inputs(Path(name))
    return Around(inputs, radius, box, text, sides)


def _inputs(path: Path) -> tuple[Floats, tuple[int, ...]]:
    """Inputs of a file, a row each, and the shape of one."""

    def wrong(reason: str) -> BadInput:
        return BadInput("domain", str(path), reason, "give an .npz or .npy with one input a row")

    try:
        loaded = np.load(path, allow_pickle=False)
        names = getattr(loaded, "files", ())
        chosen = next((name for name in (*_NAMES, *names) if name in names), None)
        array: Any = loaded if chosen is None else loaded[chosen]
    except (OSError, ValueError, TypeError, EOFError, zipfile.BadZipFile) as error:
        raise wrong(f"cannot be read ({error!s:.200})") from error
    if len(names) > 1 and chosen not in _NAMES:
        raise wrong(f"holds {', '.join(names)[:80]}, and none is called inputs or x")
    numbers = isinstance(array, np.ndarray) and array.dtype.kind in "fiu"
    if not numbers or array.ndim < 2 or not 0 < array.size <= _MOST:
        raise wrong("holds no numbers of inputs")
    inputs = array.reshape(len(array), -1).astype(np.float64)
    if not np.isfinite(inputs).all():
        raise wrong("holds numbers that are not finite")
    wide = array.dtype.kind == "f" and array.dtype.itemsize > 8
    if wide or (array.dtype.kind in "iu" and np.abs(inputs).max() >= _EXACT):
        raise wrong("holds numbers that float64 does not")
    return np.asarray(inputs), array.shape[1:]
