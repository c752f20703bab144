"""Bits of a mask that the seed gives: a locked weight is kept, whatever a mask says.

A file leaves them out: they are random and take five times the room of the bits that were chosen.
In memory masks hold them, so that a mask is what the network keeps.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from slt_theory.arrays import Packed
from slt_theory.tickets.block import Block
from slt_theory.tickets.mapped import let_go
from slt_theory.tickets.source import FrozenRows

__all__ = ["free_rows", "has_locked", "keep_locked"]

_AT_ONCE, _MOST_ROWS = 1 << 24, 1 << 16
"""Bytes and rows of a mask that are worked on at once."""


def has_locked(block: Block, m: int) -> bool:
    """True if a file leaves bits of mask `m` out: weights of its layer are locked."""
    return block.layers[m].lock != "0" and not block.links_own_inputs(m)


def free_rows(seed: int, block: Block, m: int, mask: Packed) -> Iterator[Packed]:
    """A mask without its locked bits, some rows at a time."""
    for rows in _stretches(mask):
        yield mask[rows.start : rows.stop] & ~_locked(seed, block, m, rows)
        let_go(mask, rows.start, rows.stop)


def keep_locked(seed: int, block: Block, m: int, mask: Packed) -> None:
    """Set the locked bits of a mask, in place.

    Raises
    ------
    ValueError
        If one is set already: it is no bit of the file.
    """
    for rows in _stretches(mask):
        locked = _locked(seed, block, m, rows)
        part = mask[rows.start : rows.stop]
        if (part & locked).any():
            raise ValueError("it stores bits of locked weights, which the seed gives")
        part |= locked


def _stretches(mask: Packed) -> list[range]:
    from slt_theory.subset_sum.parallel import row_blocks

    return row_blocks(len(mask), min(_MOST_ROWS, max(1, _AT_ONCE // mask.shape[1])))


def _locked(seed: int, block: Block, m: int, rows: range) -> Packed:
    """Locked links of some rows, packed as the mask is."""
    from slt_theory.subset_sum.kernels.wiring import locked_bits
    from slt_theory.subset_sum.parallel import map_blocks, row_blocks

    layer, linked = block.layers[m], block.linked_columns(m, rows)
    packed: NDArray[np.uint8] = np.zeros((len(rows), layer.packed_shape[1]), np.uint8)

    def work(part: range) -> None:
        frozen = FrozenRows(seed, layer, layer.columns)
        for k in part:
            words = frozen(rows[k])[: linked[k]]
            locked_bits(words, frozen.pruned, frozen.locked, packed[k])

    map_blocks(work, row_blocks(len(rows), max(1, len(rows) // 16)))
    return packed
