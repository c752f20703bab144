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
from slt_theory.networks.activations import parse_activation
from slt_theory.networks.grammar import Forward

__all__ = ["Architecture", "Geometry", "Wiring", "read_architecture"]

_FIELDS = ("stride", "padding", "dilation", "groups", "pool", "pool_kind")
_WIRING: dict[str, tuple[str, type]] = {
    "activation": ("activation", str),
    "from": ("takes", str),
    "residual": ("residual", str),
    "add": ("add", str),
    "basis": ("basis", str),
    "pool_stride": ("pool_stride", int),
    "pool_padding": ("pool_padding", int),
    "pool_counts_padding": ("pool_counts_padding", bool),
}
"""Keys of a layer's table that make a network of steps, and the types of their values."""


@dataclass(frozen=True)
class Geometry:
    """One convolution: cross-correlation, bias, activation (not after the last layer), pooling.

    Parameters
    ----------
    stride : int, default 1
    padding : int or "same", default "same"
        Zeros on each side of the image. "same" is dilation (k - 1) / 2 for an odd kernel size
        k, which at stride 1 keeps the size of the image.
    dilation : int, default 1
        Distance between the places that neighbours in the kernel look at.
    groups : int, default 1
        Channels in and out fall into so many groups that do not see each other.
    pool : int, default 1
        Side and stride of the pooling window; rows that do not fill a window are dropped.
    pool_kind : "max" or "average"
    """

    stride: int = 1
    padding: int | Literal["same"] = "same"
    dilation: int = 1
    groups: int = 1
    pool: int = 1
    pool_kind: Literal["max", "average"] = "max"

    def __post_init__(self) -> None:
        if self.pool_kind not in ("max", "average"):
            raise BadInput("pool_kind", self.pool_kind, "must be max or average")
        least_values = (("stride", 1), ("padding", 0), ("dilation", 1), ("groups", 1), ("pool", 1))
        for name, least in least_values:
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
        return self.dilation * (kernel[0] // 2), self.dilation * (kernel[1] // 2)


@dataclass(frozen=True)
class Wiring:
    """Settings of one layer: activation, input, skips, basis, windows; empty where it has none.

    Attributes
    ----------
    activation : str
        After this layer, in place of the network's.
    takes : str
        A layer: this one takes what that one took.
    residual : str
        A layer: what that one took is added before the activation.
    add : str
        A layer: what that one gave is added before the activation.
    basis : str
        Of an equivariant layer, see `slt_theory.networks.bases`.
    pool_stride : int
        Between windows of the pool; 0 stands for its side.
    pool_padding : int
        Around the image that is pooled, at most half a side.
    pool_counts_padding : bool
        Whether a mean divides by the places in the padding, too.
    """

    activation: str = ""
    takes: str = ""
    residual: str = ""
    add: str = ""
    basis: str = ""
    pool_stride: int = 0
    pool_padding: int = 0
    pool_counts_padding: bool = True


@dataclass(frozen=True)
class Architecture:
    """Shape of the input and settings of named layers; a layer not named has the default.

    Parameters
    ----------
    input_shape : (channels, height, width), optional
        With wiring also (channels, sites) or (numbers,).
    layers : mapping from a layer's name to its Geometry
    activation : str, default "relu"
        Between layers.
    wiring : mapping from a layer's name to its Wiring
    forward : Forward, optional
        Says all of the network, see `slt_theory.networks.grammar`.
    order : tuple of str
        Names of the layers as they are called; empty: in the order of the keys.
    states_activation : bool
        Whether somebody chose the activation, or it is assumed.
    """

    input_shape: tuple[int, ...] | None = None
    layers: Mapping[str, Geometry] = field(default_factory=lambda: MappingProxyType({}))
    activation: str = "relu"
    wiring: Mapping[str, Wiring] = field(default_factory=lambda: MappingProxyType({}))
    forward: Forward | None = None
    order: tuple[str, ...] = ()
    states_activation: bool = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "activation", parse_activation(self.activation).name)
        if self.input_shape is None:
            return
        check = checked_shape if self.wiring or self.forward else checked_image_shape
        object.__setattr__(self, "input_shape", check(self.input_shape))


def checked_shape(shape: Any) -> tuple[int, ...]:
    """One to three positive integers."""
    try:
        sides = tuple(_integer("input_shape", side, 1) for side in shape)
    except TypeError:
        sides = ()
    if not 1 <= len(sides) <= 3:
        raise BadInput("input_shape", shape, "must be one to three positive integers")
    return sides


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
    that departs from stride 1, same padding, no pooling, and for each layer with a wiring:

        input = [1, 8, 8]
        activation = "relu"
        [conv1]
        pool = 2
        [conv3]
        residual = "conv2"    # adds what conv2 took

    Raises
    ------
    UnreadableFile
        Missing, or not TOML.
    BadInput
        An unknown key or an impossible value.
    """
    table = _toml(Path(path))
    shape, activation = table.pop("input", None), table.pop("activation", None)
    if "forward" in table:
        return _of_forward(table, shape)
    order = table.pop("order", [])
    if not isinstance(order, list) or not all(isinstance(name, str) for name in order):
        raise BadInput("arch: order", order, "must be a list of layers' names")
    layers, wiring = {}, {}
    for name, entry in _tables(table):
        geometry, own = _layer(name, entry)
        if geometry or not own:
            layers[name] = Geometry(**geometry)
        if own:
            wiring[name] = Wiring(**own)
    return Architecture(
        shape,
        MappingProxyType(layers),
        activation or "relu",
        MappingProxyType(wiring),
        order=tuple(order),
        states_activation=activation is not None,
    )


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UnreadableFile("arch", str(path), f"cannot be read as TOML ({error})") from error


def _layer(name: str, entry: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The fields of a layer's geometry, and those of its wiring."""
    unknown = sorted(set(entry) - set(_FIELDS) - set(_WIRING))
    if unknown:
        raise BadInput(
            f"arch: {name}.{unknown[0]}",
            entry[unknown[0]],
            "is not known",
            f"known are {', '.join((*_FIELDS, *_WIRING))}",
        )
    wiring = {
        attribute: _own(f"arch: {name}.{key}", entry[key], kind)
        for key, (attribute, kind) in _WIRING.items()
        if key in entry
    }
    return {key: entry[key] for key in _FIELDS if key in entry}, wiring


def _own(name: str, value: Any, kind: type) -> Any:
    """A value of a layer's table of the type that its key has."""
    if kind is int:
        return _integer(name, value, 0 if name.endswith("padding") else 1)
    if not isinstance(value, kind) or value == "":
        raise BadInput(name, value, "must be a text" if kind is str else "must be true or false")
    return value


def _of_forward(table: dict[str, Any], shape: Any) -> Architecture:
    """An architecture file that says all of the network, word by word."""
    words, blocks = table.pop("forward"), table.pop("blocks", {})
    if not isinstance(blocks, dict):
        raise BadInput("arch: blocks", blocks, "must be a table [blocks] of texts of words")
    for name, text in {"forward": words, **blocks}.items():
        if not isinstance(text, str) or not text.strip():
            raise BadInput(f"arch: {name}", text, "must be a text of words")
    if table:
        raise BadInput(
            "arch", next(iter(table)), "is not known beside forward: input, forward, [blocks]"
        )
    if shape is None:
        raise BadInput("arch", "input", "is missing", "add input = [channels, height, width]")
    return Architecture(shape, forward=Forward(words, blocks))


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
