"""The artefact: a seed, packed masks, a header and a certificate. Weights come from the seed."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slt_theory.arrays import Packed
from slt_theory.networks import Dense, Network
from slt_theory.networks.activations import RELU
from slt_theory.plural import counted
from slt_theory.records import html_table
from slt_theory.tickets.block import Block
from slt_theory.tickets.mapped import let_go, ones, stretches

__all__ = ["FORMAT_VERSION", "Ticket", "architecture_of", "links_of"]

FORMAT_VERSION = 1
_AT_ONCE = 1 << 16


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
        Per block, bits packed along rows (`numpy.packbits`). Where hidden neurons see one input
        each, the first is one row of a bit a neuron: whether it keeps that link. Files of earlier
        versions hold a bit a weight there, which `links_of` brings into this form.
    unreached : tuple of (layer, output, input, sign)
        Sums with no subset within eps, proved where a sum has at most 44 live numbers; empty for a
        complete ticket.
    norm_exponents : tuple of int
        Powers of two that bring each layer's spectral norm to at most 1: the theorem speaks of the
        target so rescaled, which by positive homogeneity is the target up to ``2**sum``.
    architecture : dict or None
        What the source shares with its target: strides, padding, pools, skips, as
        `slt_theory.networks.Network.describe` gives it. None for a dense ReLU network.
    reading : dict or None
        Remarks of the builder on its target, no part of any proof: ``assumed``, what a file of
        weights did not say, and ``check``, what the network was compared with. See
        `slt_theory.networks.TargetReading.remarks`.
    certificate : dict
        What the independent check found when the ticket was written.
    choices : tuple of tuple of arrays
        Per block and layer the packed choices of its kept weights (`slt_theory.tickets.choices`);
        empty where no layer has any.
    witnesses : tuple of float64 arrays (numbers in,)
        Inputs on which the builder saw large errors; a check evaluates them.
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
    reading: dict[str, Any] | None = None
    certificate: dict[str, Any] = field(default_factory=dict)
    choices: tuple[tuple[Packed, ...], ...] = ()
    witnesses: tuple[NDArray[np.float64], ...] = ()

    @property
    def complete(self) -> bool:
        """True if every sum was reached."""
        return not self.unreached

    @property
    def source_weights(self) -> int:
        """Random weights of the source, kept or not."""
        return sum(block.source_weights for block in self.blocks)

    @property
    def kept(self) -> int:
        """Ones in all masks."""
        return sum(ones(mask) for masks in self.masks for mask in masks)

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
            ones(mask) * layer.choice_bits
            for block, masks in zip(self.blocks, self.masks, strict=True)
            for layer, mask in zip(block.layers, masks, strict=True)
            if layer.choices > 1
        )

    @property
    def density(self) -> float:
        """Fraction of source weights kept."""
        return self.kept / self.source_weights

    @cached_property
    def digest(self) -> bytes:
        """SHA-256 of all that the ticket says: header, certificate, masks, choices, witnesses."""
        record = json.dumps([self.header(), self.certificate], sort_keys=True)
        whole = hashlib.sha256(record.encode())
        for arrays in (*self.masks, *self.choices):
            for array in arrays:
                for part in stretches(array):
                    whole.update(np.ascontiguousarray(part).data)
        for x in self.witnesses:
            whole.update(x.astype("<f8").tobytes())
        return whole.digest()

    def unload(self) -> None:
        """Let go of the memory of masks that are mapped to a file, which keeps them."""
        for mask in (mask for masks in self.masks for mask in masks):
            let_go(mask)

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
            **({} if self.reading is None else {"reading": self.reading}),
            "complete": self.complete,
            "unreached": [list(item) for item in self.unreached],
            "blocks": [block.record() for block in self.blocks],
        }

    def rows(self, block: int, mask: int, start: int, stop: int) -> NDArray[np.bool_]:
        """Rows ``start .. stop - 1`` of a mask, unpacked."""
        columns = self.blocks[block].mask_shapes[mask][1]
        packed = self.masks[block][mask]
        if packed.ndim == 1:
            neurons = start + np.flatnonzero(np.unpackbits(packed, count=stop)[start:])
            kept = np.zeros((stop - start, columns), dtype=bool)
            kept[neurons - start, self.blocks[block].own_inputs(neurons)] = True
            return kept
        return np.unpackbits(packed[start:stop], axis=1, count=columns).astype(bool)

    def links(self, block: int) -> NDArray[np.int64] | None:
        """Hidden neurons of a block that keep the link to their own input.

        None where neurons see several inputs, by the kind of block or against it.
        """
        header = self.blocks[block]
        if not header.links_own_inputs(0):
            return None
        packed = links_of(header, self.masks[block][0])
        if packed.ndim != 1:
            return None
        return np.flatnonzero(np.unpackbits(packed, count=header.layers[0].rows))

    def _repr_html_(self) -> str:
        """A table for notebooks: sizes, and what the certificate says."""
        names = ("theorem", "seed", "domain", "network_eps", "source_weights", "kept", "density")
        record = {name: getattr(self, name) for name in names}
        return html_table("Ticket", record | {"certificate": self.certificate}, repr(self))

    def __repr__(self) -> str:
        missed = "complete" if self.complete else f"{counted(len(self.unreached), 'sum')} unreached"
        kept = f"{self.kept:,} of {self.source_weights:,} weights kept"
        return f"Ticket({self.theorem}, {kept}, {missed})"


def links_of(block: Block, mask: Packed) -> Packed:
    """The mask of a first layer, a bit a weight, as a bit a neuron; unchanged where it is none.

    A neuron that keeps a link to another input than its own, or several, is for the check to name.
    """
    first = block.layers[0]
    if mask.ndim != 2 or first.rows % first.columns:
        return mask
    kept = np.zeros(first.rows, dtype=bool)
    for start in range(0, first.rows, _AT_ONCE):
        neurons = np.arange(start, min(start + _AT_ONCE, first.rows))
        inputs = block.own_inputs(neurons)
        kept[neurons] = mask[neurons, inputs // 8] & (128 >> (inputs % 8)) != 0
        if np.bitwise_count(mask[neurons]).sum(dtype=np.int64) != np.count_nonzero(kept[neurons]):
            return mask
    return np.packbits(kept)


def architecture_of(target: Network) -> dict[str, Any] | None:
    """Header fields on the shape of the target: none for a dense ReLU network."""
    if isinstance(target, Dense) and target.activation == RELU:
        return None
    return target.describe()
