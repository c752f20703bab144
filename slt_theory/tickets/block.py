"""Headers of a ticket's source network: its random layers, in blocks, one a target layer."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from math import prod
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

__all__ = ["Block", "SourceLayer"]

_GADGETS = ("gadget-pair", "product-pair", "chain")


@dataclass(frozen=True)
class SourceLayer:
    """One random layer: its shape, where its weights come from, and which of them are frozen.

    Attributes
    ----------
    rows, columns : int
    law : str
        Law of one weight on the lattice of ``2**-bits``; weight (r, c) is draw ``r * columns + c``.
    stream : int
    prune, lock : str
        Exact fractions of weights frozen at random to 0, and to their value; the pattern comes from
        the same draw numbers of the stream of purpose FROZEN.
    choices : int
        Numbers that a kept weight may take; the ticket stores which. Without `move` choice c of
        weight (r, c') is its draw number c: ``c * rows * columns`` further in the stream.
    move : str
        Exact fraction: choices are moves of the draw by at most this, evenly spread.
    """

    rows: int
    columns: int
    law: str
    bits: int
    stream: int
    prune: str = "0"
    lock: str = "0"
    choices: int = 1
    move: str = "0"

    @property
    def packed_shape(self) -> tuple[int, int]:
        """Shape of its mask: rows, and bytes of one packed row."""
        return self.rows, (self.columns + 7) // 8

    @property
    def choice_bits(self) -> int:
        """Bits that a kept weight stores besides its place in the mask."""
        return (self.choices - 1).bit_length()


@dataclass(frozen=True)
class Block:
    """The part of the source network that stands for one target layer.

    Attributes
    ----------
    kind : str
        "gadget-pair": two masked random layers with a ReLU between; "free-pair": the same where
        any hidden neuron may see any input. "single-layer": one masked
        random layer over several copies of each input. "chain": three or more, where the first
        splits inputs by sign and only the last keeps weights below 0. "direct-sums": one number per
        candidate and no network, a row a sum.
    outputs, inputs : int
        Shape of the target layer's weights.
    constant_input : bool
        The block sees constants 1 as last inputs; they carry the bias.
    layers : tuple of SourceLayer
        One mask each.
    n : int
        Random numbers, candidates of one sum.
    eps : str
        Error allowed per weight, an exact fraction in the target's unit.
    scale_exponent : int
        Every effective weight is multiplied by ``2**scale_exponent``.
    copies_in, copies_out : int
        Copies of every input and of every output, neighbours in the order of neurons.
    size : int or None
        Exactly so many live numbers are kept in every sum.
    shared : bool
        Direct sums only: one vector of numbers is shared by a whole row.
    signs : "both" or "positive"
        Which halves of the gadget were built; "positive" needs inputs known to be >= 0.
    taps : int
        Taps of the target layer: a row of a mask is a tap of a channel out, neighbours in the order
        channel, copy, tap. 1 for a linear layer.
    constant_tap : int
        The only tap through which constant inputs are wired: the one that never sees padding. Their
        weights at other taps are no part of the source.
    resolution : str
        If not "0", the target's weights are rounded to multiples of it (an exact fraction, in the
        target's unit), and every sum is that multiple exactly.
    activation : str
        Of the hidden neurons of a gadget pair.
    shrink : int
        A gadget's in-weights are multiplied by ``2**-shrink``, its out-weights by ``2**shrink``: a
        smooth activation is nearly linear on small numbers.
    """

    kind: Literal[
        "gadget-pair", "free-pair", "single-layer", "direct-sums", "chain", "product-pair"
    ]
    outputs: int
    inputs: int
    constant_input: bool
    layers: tuple[SourceLayer, ...]
    n: int
    eps: str
    scale_exponent: int = 0
    copies_in: int = 1
    copies_out: int = 1
    size: int | None = None
    shared: bool = False
    signs: Literal["both", "positive"] = "both"
    taps: int = 1
    constant_tap: int = 0
    resolution: str = "0"
    activation: str = "relu"
    shrink: int = 0

    @property
    def columns(self) -> int:
        """Target inputs, the constant one included."""
        return self.inputs + self.constant_input

    @property
    def halves(self) -> int:
        """Half-sums of a gadget's input, one a sign of it, or the positive one alone."""
        return 2 if self.signs == "both" else 1

    def half_sum(self, row: int, group: int) -> tuple[int, int, str]:
        """(row, input, sign) of a row's sum over a group: number ``input * halves + half``."""
        return row, group // self.halves, "+-"[group % self.halves]

    def links_own_inputs(self, m: int) -> bool:
        """Whether neurons of layer `m` see one input each, so that a bit a neuron is its mask."""
        return m == 0 and self.kind in _GADGETS

    def own_inputs(self, neurons: NDArray[np.int64]) -> NDArray[np.int64]:
        """The input of each of these neurons: they come in stretches, one an input."""
        first = self.layers[0]
        return np.asarray(neurons // (first.rows // first.columns))

    def packed_shape(self, m: int) -> tuple[int, ...]:
        """Shape of mask `m` as bytes: one bit a neuron where that says all, else packed rows."""
        layer = self.layers[m]
        return ((layer.rows + 7) // 8,) if self.links_own_inputs(m) else layer.packed_shape

    def linked_columns(self, m: int, rows: range | None = None) -> NDArray[np.int64]:
        """Columns of rows that the source has, by default of all.

        Constants come last and reach one tap.
        """
        layer = self.layers[m]
        rows = range(layer.rows) if rows is None else rows
        linked = np.full(len(rows), layer.columns)
        if m == len(self.layers) - 1 and self.unwired:
            taps = np.arange(rows.start, rows.stop) % self.taps
            linked[taps != self.constant_tap] -= layer.columns // self.columns
        return linked

    def mask_bytes(self) -> int:
        """Bytes of all masks."""
        return sum(prod(self.packed_shape(m)) for m in range(len(self.layers)))

    @property
    def mask_shapes(self) -> tuple[tuple[int, int], ...]:
        """Shapes of the source's layers, (rows, columns) each: a bit a weight."""
        return tuple((layer.rows, layer.columns) for layer in self.layers)

    @property
    def rows(self) -> int:
        """Taps of all copies of all outputs: rows of the matrix of effective weights."""
        return self.outputs * self.copies_out * self.taps

    def target_rows(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """The row of the target's matrix (outputs * taps, columns) that a source row imitates."""
        channel, tap = np.divmod(rows, self.taps)
        return np.asarray(channel // self.copies_out * self.taps + tap)

    def wired(self, rows: NDArray[np.int64]) -> NDArray[np.bool_]:
        """(rows, columns): which inputs a row may see; a constant one through one tap only."""
        allowed = np.ones((rows.size, self.columns), dtype=bool)
        if self.constant_input and self.taps > 1:
            allowed[rows % self.taps != self.constant_tap, -1] = False
        return allowed

    @property
    def unwired(self) -> int:
        """Links that would carry constants through other taps: the source has none."""
        if not self.constant_input or self.taps == 1 or self.kind == "chain":
            return 0
        last = self.layers[-1]
        one_sum = last.rows * last.columns // (self.rows * self.columns)
        return self.outputs * self.copies_out * (self.taps - 1) * one_sum

    @property
    def source_weights(self) -> int:
        """Random weights before masking (a shared vector counts once for every use)."""
        return sum(rows * columns for rows, columns in self.mask_shapes) - self.unwired

    def record(self) -> dict[str, Any]:
        """The block as plain data; what is not used is not mentioned."""
        record = asdict(self)
        if self.resolution == "0":
            del record["resolution"]
        if (self.activation, self.shrink) == ("relu", 0):
            del record["activation"], record["shrink"]
        for layer in record["layers"]:
            if layer["choices"] == 1:
                del layer["choices"], layer["move"]
        if (self.taps, self.constant_tap) == (1, 0):
            del record["taps"], record["constant_tap"]
        return record
