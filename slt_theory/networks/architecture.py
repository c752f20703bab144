"""What the weights of a convolutional network do not say: stride, padding, pooling, image shape."""

from __future__ import annotations

import operator
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

from slt_theory.errors import BadInput, UnreadableFile

__all__ = ["Architecture", "Geometry", "read_architecture"]

_FIELDS = ("stride", "padding", "pool")


@dataclass(frozen=True)
class Geometry:
    """One convolution: cross-correlation, then bias, ReLU (not after the last layer), max-pool.

    Parameters
    ----------
    stride : int, default 1
    padding : int or "same", default "same"
        Zeros on each side of the image. "same" is (k - 1) / 2 for an odd kernel size k, which
        at stride 1 keeps the size of the image.
    pool : int, default 1
        Side and stride of the max-pool window; rows that do not fill a window are dropped.
    """

    stride: int = 1
    padding: int | Literal["same"] = "same"
    pool: int = 1

    def __post_init__(self) -> None:
        for name, least in (("stride", 1), ("padding", 0), ("pool", 1)):
            value = getattr(self, name)
            if name == "padding" and isinstance(value, str) and value == "same":
                continue
            object.__setattr__(self, name, _integer(name, value, least))

    def padding_of(self, key: str, kernel: tuple[int, int]) -> tuple[int, int]:
        """Rows and columns of zeros on each side for a kernel (kh, kw)."""
        if self.padding != "same":
            return self.padding, self.padding
        if kernel[0] % 2 == 0 or kernel[1] % 2 == 0:
            raise BadInput(
                key,
                kernel,
                'has an even side, for which "same" is not symmetric',
                "give the padding as a number",
            )
        return kernel[0] // 2, kernel[1] // 2


@dataclass(frozen=True)
class Architecture:
    """Image shape and the geometry of named convolutions; a layer not named has the default.

    Parameters
    ----------
    input_shape : (channels, height, width), optional
    layers : mapping from a layer's name to its Geometry
    """

    input_shape: tuple[int, int, int] | None = None
    layers: Mapping[str, Geometry] = field(default_factory=lambda: MappingProxyType({}))

    def __post_init__(self) -> None:
        if self.input_shape is not None:
            object.__setattr__(self, "input_shape", checked_image_shape(self.input_shape))


def checked_image_shape(shape: Any) -> tuple[int, int, int]:
    """Three positive integers (channels, height, width)."""
    try:
        channels, height, width = (_integer("input_shape", side, 1) for side in shape)
    except (TypeError, ValueError) as error:
        if isinstance(error, BadInput):
            raise
        raise BadInput("input_shape", shape, "must be (channels, height, width)") from error
    return channels, height, width


def read_architecture(path: str | PathLike[str]) -> Architecture:
    """Read an architecture file.

    The file is TOML: `input = [channels, height, width]`, then one table for each convolution
    that departs from stride 1, same padding, no pooling:

        input = [1, 8, 8]
        [conv1]
        pool = 2

    Raises
    ------
    UnreadableFile
        Missing, or not TOML.
    BadInput
        An unknown key or an impossible value.
    """
    path = Path(path)
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UnreadableFile("arch", str(path), f"cannot be read as TOML ({error})") from error
    shape = table.pop("input", None)
    layers = {}
    for name, entry in _tables(table):
        unknown = sorted(set(entry) - set(_FIELDS))
        if unknown:
            raise BadInput(
                f"arch: {name}.{unknown[0]}",
                entry[unknown[0]],
                "is not known",
                f"known are {', '.join(_FIELDS)}",
            )
        layers[name] = Geometry(**entry)
    return Architecture(shape, MappingProxyType(layers))


def _tables(table: Mapping[str, Any], prefix: str = "") -> list[tuple[str, Mapping[str, Any]]]:
    """Layers with dots in their names arrive as nested tables."""
    found: list[tuple[str, Mapping[str, Any]]] = []
    for key, value in table.items():
        name = f"{prefix}{key}"
        if not isinstance(value, dict):
            raise BadInput(f"arch: {name}", value, "must be a table [NAME] of a layer")
        if any(isinstance(entry, dict) for entry in value.values()):
            found.extend(_tables(value, f"{name}."))
        else:
            found.append((name, value))
    return found


def _integer(name: str, value: Any, least: int) -> int:
    try:
        number = operator.index(value)
    except TypeError:
        number = least - 1
    if isinstance(value, bool) or number < least:
        raise BadInput(name, value, f"must be an integer of at least {least}")
    return number
