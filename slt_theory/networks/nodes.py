"""Nodes of a tape: what `slt_theory.networks.tape` records and `slt_theory.networks.emit` reads."""

from __future__ import annotations

from dataclasses import dataclass

from slt_theory.networks.activations import Activation
from slt_theory.networks.arrays import Floats
from slt_theory.networks.kinds import Convolution
from slt_theory.networks.moves import Rearrange
from slt_theory.networks.pools import Pool
from slt_theory.networks.steps import Shape

__all__ = ["Affine", "Input", "Node", "Plain", "Sum", "Value", "Weighted"]


@dataclass(frozen=True)
class Value:
    """A node of the tape, its numbers read row by row as `shape`."""

    node: int
    shape: Shape


@dataclass(frozen=True)
class Input:
    """The network's input."""

    shape: Shape
    of: tuple[int, ...] = ()


@dataclass(frozen=True, eq=False)
class Weighted:
    """``W x + b``: linear on (numbers,), or a convolution on (channels, rows, columns)."""

    of: tuple[int, ...]
    takes: Shape
    shape: Shape
    weight: Floats
    bias: Floats | None
    name: str
    kind: Convolution | None = None


@dataclass(frozen=True, eq=False)
class Affine:
    """``scale x + shift``, one of each a number of `shape`."""

    of: tuple[int, ...]
    shape: Shape
    scale: Floats
    shift: Floats
    name: str


@dataclass(frozen=True)
class Sum:
    """The sum of two values."""

    of: tuple[int, ...]
    shape: Shape


@dataclass(frozen=True)
class Plain:
    """A step without weights; `takes` is the shape that it needs, None for any."""

    of: tuple[int, ...]
    takes: Shape | None
    shape: Shape
    step: Activation | Pool | Rearrange


Node = Input | Weighted | Affine | Sum | Plain
