"""The artefact: a seed, packed masks, a header and a certificate. Weights come from the seed."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from fractions import Fraction
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from slt_theory.networks import Dense, Network
from slt_theory.networks.activations import RELU

__all__ = [
    "FORMAT_VERSION",
    "Block",
    "SourceLayer",
    "Ticket",
    "architecture_of",
    "packed_bytes",
]

FORMAT_VERSION = 1
Packed = NDArray[np.uint8]


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
    def choice_bits(self) -> int:
        """Bits that a kept weight stores besides its place in the mask."""
        return (self.choices - 1).bit_length()


@dataclass(frozen=True)
class Block:
    """The part of the source network that stands for one target layer.

    Attributes
    ----------
    kind : str
        "gadget-pair": two masked random layers with a ReLU between. "single-layer": one masked
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
        Random numbers offered to one sum.
    eps : str
        Error allowed per weight, an exact fraction in the target's unit.
    scale_exponent : int
        Every effective weight is multiplied by ``2**scale_exponent``.
    copies_in, copies_out : int
        Copies of every input and of every output, neighbours in the order of neurons.
    size : int or None
        Exactly so many live numbers are kept in every sum.
    shared : bool
        Direct sums only: one vector of numbers serves a whole row.
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

    kind: Literal["gadget-pair", "single-layer", "direct-sums", "chain", "product-pair"]
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
    def mask_shapes(self) -> tuple[tuple[int, int], ...]:
        """Shapes of the masks as bits, one a layer."""
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
        each = last.columns if self.kind == "direct-sums" else last.columns // self.columns
        return self.outputs * self.copies_out * (self.taps - 1) * each

    @property
    def source_weights(self) -> int:
        """Random weights before masking (a shared vector counts once for every use)."""
        return sum(rows * columns for rows, columns in self.mask_shapes) - self.unwired


@dataclass(frozen=True)
class Ticket:
    """A strong lottery ticket: which weights of a seeded random network are kept.

    Attributes
    ----------
    theorem : str
        Id of the construction.
    seed : int
    target_sha256 : str
        Hash of the target that it stands for.
    domain : str
        Inputs for which the certificate holds: ``box:lo,hi`` or ``ball:radius``.
    blocks : tuple of Block
        One a target layer.
    masks : tuple of tuple of arrays
        Per block, bits packed along rows (`numpy.packbits`).
    unreached : tuple of (layer, output, input, sign)
        Sums with no subset within eps, proved where a sum has at most 44 live numbers; empty for a
        complete ticket.
    norm_exponents : tuple of int
        Powers of two that bring each layer's spectral norm to at most 1: the theorem speaks of the
        target so rescaled, which by positive homogeneity is the target up to ``2**sum``.
    architecture : dict or None
        What the source shares with its target: strides, padding, pools, skips, as
        `slt_theory.networks.Network.describe` gives it. None for a dense ReLU network.
    certificate : dict
        What the independent check found when the ticket was written.
    choices : tuple of tuple of arrays
        Per block and layer the packed choices of its kept weights (`slt_theory.tickets.choices`);
        empty where no layer offers any.
    """

    theorem: str
    seed: int
    target_sha256: str
    domain: str
    blocks: tuple[Block, ...]
    masks: tuple[tuple[Packed, ...], ...]
    unreached: tuple[tuple[int, int, int, str], ...] = ()
    network_eps: float | None = None
    norm_exponents: tuple[int, ...] = ()
    architecture: dict[str, Any] | None = None
    certificate: dict[str, Any] = field(default_factory=dict)
    choices: tuple[tuple[Packed, ...], ...] = ()

    @property
    def complete(self) -> bool:
        """Whether every sum was reached."""
        return not self.unreached

    @property
    def source_weights(self) -> int:
        """Random weights of the source, kept or not."""
        return sum(block.source_weights for block in self.blocks)

    @property
    def kept(self) -> int:
        """Ones in all masks."""
        return sum(int(np.bitwise_count(mask).sum()) for masks in self.masks for mask in masks)

    @property
    def mask_bits(self) -> int:
        """Bits that masks may choose; frozen weights come from the seed (expected number)."""
        free = 0
        for block in self.blocks:
            for number, layer in enumerate(block.layers):
                share = 1 - Fraction(layer.prune) - Fraction(layer.lock)
                last = number == len(block.layers) - 1
                free += round(share * (layer.rows * layer.columns - last * block.unwired))
        return free

    @property
    def stored_bits(self) -> int:
        """Bits of the choices: what the ticket stores besides seed and masks."""
        return sum(
            int(np.bitwise_count(mask).sum()) * layer.choice_bits
            for block, masks in zip(self.blocks, self.masks, strict=True)
            for layer, mask in zip(block.layers, masks, strict=True)
            if layer.choices > 1
        )

    @property
    def density(self) -> float:
        """Fraction of source weights kept."""
        return self.kept / self.source_weights

    def with_certificate(self, certificate: dict[str, Any]) -> Ticket:
        """The same ticket with a certificate attached."""
        return replace(self, certificate=certificate)

    def header(self) -> dict[str, Any]:
        """Everything but masks and certificate, as plain data."""
        return {
            "format": "slt-ticket",
            "version": FORMAT_VERSION,
            "theorem": self.theorem,
            "seed": self.seed,
            "target_sha256": self.target_sha256,
            "domain": self.domain,
            "network_eps": self.network_eps,
            "norm_exponents": list(self.norm_exponents),
            **({} if self.architecture is None else {"architecture": self.architecture}),
            "complete": self.complete,
            "unreached": [list(item) for item in self.unreached],
            "blocks": [_record(block) for block in self.blocks],
        }

    def rows(self, block: int, mask: int, start: int, stop: int) -> NDArray[np.bool_]:
        """Rows ``start .. stop - 1`` of a mask, unpacked."""
        columns = self.blocks[block].mask_shapes[mask][1]
        packed = self.masks[block][mask][start:stop]
        return np.unpackbits(packed, axis=1, count=columns).astype(bool)

    def __repr__(self) -> str:
        return (
            f"Ticket({self.theorem}, {self.kept:,} of {self.source_weights:,} weights kept, "
            f"{'complete' if self.complete else f'{len(self.unreached)} sums unreached'})"
        )


def architecture_of(target: Network) -> dict[str, Any] | None:
    """What a ticket says of its target's shape: nothing for a dense ReLU network."""
    if isinstance(target, Dense) and target.activation == RELU:
        return None
    return target.describe()


def _record(block: Block) -> dict[str, Any]:
    """A block as plain data; what is not used is not mentioned."""
    record = asdict(block)
    if block.resolution == "0":
        del record["resolution"]
    if (block.activation, block.shrink) == ("relu", 0):
        del record["activation"], record["shrink"]
    for layer in record["layers"]:
        if layer["choices"] == 1:
            del layer["choices"], layer["move"]
    if (block.taps, block.constant_tap) == (1, 0):
        del record["taps"], record["constant_tap"]
    return record


def packed_bytes(columns: int) -> int:
    """Bytes of one packed row."""
    return (columns + 7) // 8
