"""What a ticket stores besides its masks: one small number a kept weight.

A source may hold several numbers for a weight: redraws of it (Chijiwa et al.), or its draw moved
by a little (Xiong et al.). Which one is kept is no matter of the mask, so it is stored, packed with
just enough bits, in the order of the kept weights of the layer, row by row.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from slt_theory.arrays import Ints, Packed
from slt_theory.tickets.block import SourceLayer

__all__ = ["NO_CHOICES", "moves", "pack_choices", "unpack_choices"]


NO_CHOICES = np.empty(0, dtype=np.uint8)


def pack_choices(values: Ints, layer: SourceLayer) -> Packed:
    """Numbers 0 .. choices - 1 of all kept weights as bits, the most significant first."""
    width = layer.choice_bits
    bits = values[:, None] >> np.arange(width - 1, -1, -1) & 1
    return np.packbits(bits.astype(np.uint8).ravel())


def unpack_choices(packed: Packed, layer: SourceLayer, kept: int) -> Ints:
    """The numbers of `kept` weights.

    Raises
    ------
    ValueError
        If there are not so many, one is no choice of the layer, or padding bits are set.
    """
    width = layer.choice_bits
    if packed.shape != ((kept * width + 7) // 8,):
        raise ValueError(f"{packed.size} bytes of choices do not go with {kept} kept weights")
    bits = np.unpackbits(packed)
    if bits[kept * width :].any():
        raise ValueError("bits beyond the last choice are set")
    places = 1 << np.arange(width - 1, -1, -1, dtype=np.int64)
    values = bits[: kept * width].reshape(kept, width) @ places
    largest = int(values.max(initial=0))
    if largest >= layer.choices:
        what = f"{layer.choices} draws" if layer.move == "0" else f"moves up to {layer.move}"
        raise ValueError(f"a kept weight has choice {largest}, there are {what}")
    return np.asarray(values)


def moves(layer: SourceLayer) -> Ints:
    """The moves that choices stand for, on the layer's lattice: evenly spread, none the middle."""
    half = (layer.choices - 1) // 2
    reach = int(Fraction(layer.move) * (1 << layer.bits))
    steps = np.arange(-half, half + 1)
    return np.asarray(np.sign(steps) * (np.abs(steps) * reach // half))
