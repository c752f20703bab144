"""Kinds of weighted layers: what shape their weights have, and where their taps look."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from slt_theory.errors import BadInput
from slt_theory.networks.arrays import Floats
from slt_theory.networks.bases import shipped_basis
from slt_theory.networks.steps import Shape
from slt_theory.networks.unrolling import (
    ONE_SITE,
    Unrolling,
    basis_unrolling,
    convolution_unrolling,
)

__all__ = ["Convolution", "Equivariant", "Kind", "Linear", "kind_from_dict"]

Pair = tuple[int, int]


@dataclass(frozen=True)
class Linear:
    """Weights (out, in) on a vector."""

    dimensions = 2

    def fits(self, weight: Shape, before: Shape) -> bool:
        """True if a flat value of the right length enters."""
        return len(before) == 1 and before[0] == weight[1]

    def shape(self, weight: Shape, before: Shape) -> Shape:
        """Shape of the values for values of shape `before`."""
        return (weight[0],)

    def unrolling(self, weight: Shape, before: Shape) -> Unrolling:
        """One tap that sees one site."""
        return ONE_SITE

    def coefficients(self, weight: Floats) -> Floats:
        """Weights as (channels out, taps, channels in)."""
        return weight[:, None, :]

    def to_dict(self) -> dict[str, Any]:
        """Plain data for a header."""
        return {"kind": "linear"}


@dataclass(frozen=True)
class Convolution:
    """Weights (out, in / groups, kh, kw) on an image: cross-correlation, zeros around the image."""

    stride: Pair = (1, 1)
    padding: Pair = (0, 0)
    dilation: Pair = (1, 1)
    groups: int = 1

    dimensions = 4

    def __post_init__(self) -> None:
        for name, least in (("stride", 1), ("padding", 0), ("dilation", 1)):
            pair = getattr(self, name)
            if len(pair) != 2 or not all(isinstance(v, int) and v >= least for v in pair):
                raise BadInput(name, pair, f"must be two integers of at least {least}")
        if not isinstance(self.groups, int) or self.groups < 1:
            raise BadInput("groups", self.groups, "must be an integer of at least 1")

    def fits(self, weight: Shape, before: Shape) -> bool:
        """True if the channels match and the kernel finds a place."""
        return (
            len(before) == 3
            and before[0] == weight[1] * self.groups
            and weight[0] % self.groups == 0
            and min(self._sides(weight, before)) >= 1
        )

    def _sides(self, weight: Shape, before: Shape) -> Pair:
        height, width = (
            (side + 2 * pad - spread * (k - 1) - 1) // step + 1
            for side, pad, spread, k, step in zip(
                before[1:], self.padding, self.dilation, weight[2:], self.stride, strict=True
            )
        )
        return height, width

    def shape(self, weight: Shape, before: Shape) -> Shape:
        """(channels, rows, columns) of the result."""
        return (weight[0], *self._sides(weight, before))

    def unrolling(self, weight: Shape, before: Shape) -> Unrolling:
        """One tap a kernel position; padding is site -1."""
        return convolution_unrolling(
            (before[1], before[2]),
            (weight[2], weight[3]),
            self.stride,
            self.padding,
            self.dilation,
        )

    def coefficients(self, weight: Floats) -> Floats:
        """As in `Linear`; zeros where groups do not see each other."""
        outputs, inputs = weight.shape[:2]
        taps = weight.reshape(outputs, inputs, -1).transpose(0, 2, 1)
        if self.groups == 1:
            return np.ascontiguousarray(taps)
        whole = np.zeros((self.groups, outputs // self.groups, taps.shape[1], self.groups, inputs))
        for group, part in enumerate(np.split(taps, self.groups)):
            whole[group, :, :, group] = part
        return whole.reshape(outputs, taps.shape[1], self.groups * inputs)

    def to_dict(self) -> dict[str, Any]:
        """Plain data for a header."""
        return {
            "kind": "convolution",
            "stride": list(self.stride),
            "padding": list(self.padding),
            "dilation": list(self.dilation),
            "groups": self.groups,
        }


@dataclass(frozen=True)
class Equivariant:
    """Weights (out, in, elements) of a basis of equivariant maps between the sites of channels.

    Attributes
    ----------
    basis : str or tuple
        A shipped basis, see `slt_theory.networks.bases`, or for every element the pairs
        (site out, site in) of its ones.
    sites : (sites out, sites in), optional
        Only beside pairs.
    """

    basis: str | tuple[tuple[Pair, ...], ...]
    sites: Pair | None = None

    dimensions = 3

    def matrices(self) -> Floats:
        """The basis as 0/1 matrices (elements, sites out, sites in)."""
        if isinstance(self.basis, str):
            return shipped_basis(self.basis)
        if self.sites is None:
            raise BadInput("sites", None, "must be given beside a basis of pairs")
        ones = np.zeros((len(self.basis), *self.sites))
        for element, pairs in enumerate(self.basis):
            for row, column in pairs:
                ones[element, row, column] += 1
        return ones

    def fits(self, weight: Shape, before: Shape) -> bool:
        """True if channels, sites and basis elements match."""
        elements, _, sites = self.matrices().shape
        return (
            before[0] == weight[1]
            and int(np.prod(before[1:])) == sites
            and weight[2] == elements
            and len(before) > 1
        )

    def shape(self, weight: Shape, before: Shape) -> Shape:
        """Shape of the result; flat where the sites change."""
        out = self.matrices().shape[1]
        return (weight[0], *(before[1:] if out == int(np.prod(before[1:])) else (out,)))

    def unrolling(self, weight: Shape, before: Shape) -> Unrolling:
        """One tap a basis element."""
        return basis_unrolling(self.matrices())

    def coefficients(self, weight: Floats) -> Floats:
        """Weights (outputs, inputs, elements) as (outputs, elements, inputs)."""
        return np.ascontiguousarray(weight.transpose(0, 2, 1))

    def to_dict(self) -> dict[str, Any]:
        """Plain data for a header; an own basis as pairs of sites."""
        record: dict[str, Any] = {"kind": "equivariant"}
        if isinstance(self.basis, str):
            return {**record, "basis": self.basis}
        pairs = [[list(pair) for pair in element] for element in self.basis]
        return {**record, "basis": pairs, "sites": None if self.sites is None else list(self.sites)}


Kind = Linear | Convolution | Equivariant


def _pair(value: Any) -> Pair:
    first, second = value
    return int(first), int(second)


def kind_from_dict(record: dict[str, Any]) -> Kind:
    """The inverse of `to_dict`.

    Raises
    ------
    ValueError
        If the record is no kind.
    """
    name = record.get("kind")
    if name == "linear":
        return Linear()
    if name == "convolution":
        stride, padding, dilation = (_pair(record[k]) for k in ("stride", "padding", "dilation"))
        return Convolution(stride, padding, dilation, record["groups"])
    if name == "equivariant":
        basis = record["basis"]
        if isinstance(basis, str):
            return Equivariant(basis)
        elements = tuple(tuple(_pair(pair) for pair in element) for element in basis)
        return Equivariant(elements, _pair(record["sites"]))
    raise ValueError(f"a layer of kind {name!r}")
