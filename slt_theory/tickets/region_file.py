"""Boxes from files: one lower and one upper end a coordinate.

A TOML or JSON file has ``low = [...]`` and ``high = [...]``, an .npz arrays of these names. Numbers
are taken as they are written; where floats do not hold them, ends are rounded outwards.
"""

from __future__ import annotations

import json
import math
import tomllib
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from slt_theory.arrays import Floats
from slt_theory.errors import BadInput, UnreadableFile
from slt_theory.rationals import float_above, parse_fraction
from slt_theory.tickets.domain import Region

__all__ = ["ExactBox", "read_region"]


@dataclass(frozen=True)
class ExactBox:
    """A box with exact ends, in the units of a file."""

    low: tuple[Fraction, ...]
    high: tuple[Fraction, ...]

    def region(self, means: Floats | None = None, ranges: Floats | None = None) -> Region:
        """All ``(x - mean) / range`` of the box, ends rounded outwards; without them x itself.

        Raises
        ------
        BadInput
            If there are not as many coordinates as means.
        """
        shift = [Fraction(0)] * len(self.low) if means is None else _fractions(means)
        scale = [Fraction(1)] * len(self.low) if ranges is None else _fractions(ranges)
        if len(self.low) != len(shift):
            raise BadInput("region", f"{len(self.low)} coordinates", f"must have {len(shift)}")
        low, high = (
            [(x - m) / r for x, m, r in zip(end, shift, scale, strict=True)]
            for end in (self.low, self.high)
        )
        return Region(
            np.array([0.0 - float_above(-x) for x in low]), np.array([float_above(x) for x in high])
        )


def _fractions(values: Floats) -> list[Fraction]:
    return [Fraction(value) for value in values.tolist()]


def read_region(path: str | PathLike[str]) -> ExactBox:
    """Read a box from a .toml, .json or .npz file.

    Raises
    ------
    UnreadableFile
        Missing, or not in the format of its suffix.
    BadInput
        Without ``low`` and ``high``, numbers that are not finite, or low above high.
    """
    place = Path(path)
    readers: dict[str, Callable[[Path], Any]] = {".toml": _toml, ".json": _json, ".npz": _npz}
    reader = readers.get(place.suffix.lower())
    if reader is None:
        raise BadInput("region", str(place), "must end in .toml, .json or .npz")
    try:
        record = reader(place)
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise UnreadableFile("region", str(place), f"cannot be read ({error!s:.200})") from error
    if not isinstance(record, dict) or not {"low", "high"} <= set(record):
        raise BadInput("region", str(place), "must have low and high", "one number a coordinate")
    low, high = (_numbers(name, record[name]) for name in ("low", "high"))
    if len(low) != len(high) or not low:
        raise BadInput("region", f"{len(low)} and {len(high)} ends", "must be as many, above 0")
    above = [k for k, (a, b) in enumerate(zip(low, high, strict=True)) if a > b]
    if above:
        raise BadInput("region", f"low[{above[0]}]", "is above high, so the box is empty")
    return ExactBox(low, high)


def _toml(path: Path) -> Any:
    return tomllib.loads(path.read_text(encoding="utf-8"), parse_float=str)


def _json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"), parse_float=str)


def _npz(path: Path) -> Any:
    with np.load(path, allow_pickle=False) as arrays:
        if not hasattr(arrays, "files"):
            raise ValueError("no .npz file")
        return {name: arrays[name].ravel().tolist() for name in arrays.files}


def _numbers(name: str, values: Any) -> tuple[Fraction, ...]:
    if not isinstance(values, list):
        raise BadInput(name, values, "must be a list of numbers")
    numbers = []
    for k, value in enumerate(values):
        plain = isinstance(value, int | float | str) and not isinstance(value, bool)
        if not plain or (isinstance(value, float) and not math.isfinite(value)):
            raise BadInput(f"{name}[{k}]", value, "must be a finite number")
        exact = isinstance(value, float)
        numbers.append(Fraction(value) if exact else parse_fraction(f"{name}[{k}]", str(value)))
    return tuple(numbers)
