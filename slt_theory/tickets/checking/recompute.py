"""The verifier's long loops, compiled: sums of kept products, and frozen weights, row by row.

What they draw from is compiled too, and builders use it as well. None of it counts before
`slt_theory.tickets.checking.compiled` has compared it with the slow reference on this ticket.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from slt_theory.tickets.block import Block, SourceLayer
from slt_theory.tickets.checking.compiled import check_frozen_rows, check_numbers, check_sums
from slt_theory.tickets.kept import layer_law
from slt_theory.tickets.rows import FrozenRows, NumberRows
from slt_theory.tickets.ticket import Ticket

__all__ = ["linked_columns", "pair_sums", "wiring_of", "wrongly_frozen"]

Int64Array = NDArray[np.int64]
_BLOCK_COLUMNS = 1 << 22


def linked_columns(block: Block, row: int) -> int:
    """Columns of the last mask that a row is linked to; constants come last and reach one tap."""
    columns = block.layers[-1].columns
    if block.unwired and row % block.taps != block.constant_tap:
        return columns - columns // block.columns
    return columns


def _row_blocks(layer: SourceLayer) -> list[range]:
    from slt_theory.subset_sum.parallel import row_blocks

    return row_blocks(layer.rows, max(1, min(256, _BLOCK_COLUMNS // layer.columns)))


def pair_sums(
    ticket: Ticket, index: int, seen: Int64Array, slopes: Int64Array
) -> tuple[Int64Array, Int64Array, Int64Array | None, int]:
    """Sums of kept products of a gadget pair, for inputs >= 0 and <= 0.

    Parameters
    ----------
    seen, slopes : int64 arrays (hidden,)
        The input of every hidden neuron (-1: none) and its in-weight.

    Returns
    -------
    positive, negative : int64 arrays (rows, columns)
    counts : int64 array (2, rows, columns) or None
        Products that are not 0, if the block's sums have a size.
    most : int
        Largest count.
    """
    from slt_theory.subset_sum.kernels.wiring import effective_row
    from slt_theory.subset_sum.parallel import map_blocks

    block = ticket.blocks[index]
    layer, mask = block.layers[1], ticket.masks[index][1]
    check_numbers(ticket, layer)
    check_sums(ticket, layer, mask, seen, slopes, block.columns)
    sums = np.zeros((2, layer.rows, block.columns), np.int64)
    all_counts = None if block.size is None else np.zeros(sums.shape, np.int64)
    live = np.packbits((seen >= 0) & (slopes != 0))

    def work(rows: range) -> int:
        numbers = NumberRows(layer_law(layer), ticket.seed, layer, layer.columns)
        row_sums, counts = np.empty((2, 2, block.columns), np.int64)
        most = 0
        for row in rows:
            row_sums[:], counts[:] = 0, 0
            packed = np.ascontiguousarray(mask[row])
            effective_row(numbers(row), packed, live, seen, slopes, row_sums, counts)
            sums[:, row] = row_sums
            if all_counts is not None:
                all_counts[:, row] = counts
            most = max(most, int(counts.max()))
        return most

    most = max(map_blocks(work, _row_blocks(layer)))
    return sums[0], sums[1], all_counts, most


def wiring_of(ticket: Ticket, index: int) -> Int64Array:
    """Kept weights of a single layer, 0 elsewhere: int64 (rows, columns) on its lattice."""
    from slt_theory.subset_sum.parallel import map_blocks

    layer = ticket.blocks[index].layers[0]
    check_numbers(ticket, layer)
    wiring = np.empty((layer.rows, layer.columns), np.int64)

    def work(rows: range) -> None:
        numbers = NumberRows(layer_law(layer), ticket.seed, layer, layer.columns)
        for row in rows:
            kept = ticket.rows(index, 0, row, row + 1)[0]
            np.multiply(numbers(row), kept, out=wiring[row])

    map_blocks(work, _row_blocks(layer))
    return wiring


def wrongly_frozen(ticket: Ticket, index: int, m: int) -> tuple[int, int, str] | None:
    """The first weight (row, column) whose mask bit is not as it was frozen, and how that was."""
    from slt_theory.subset_sum.kernels.wiring import wrongly_frozen as look
    from slt_theory.subset_sum.parallel import map_blocks

    block = ticket.blocks[index]
    layer, mask = block.layers[m], ticket.masks[index][m]
    last = m == len(block.layers) - 1
    linked = np.full(layer.rows, layer.columns)
    if last and block.unwired:
        linked = np.array([linked_columns(block, row) for row in range(layer.rows)])
    check_frozen_rows(ticket, layer, mask, linked)

    def work(rows: range) -> tuple[int, int, str] | None:
        frozen = FrozenRows(ticket.seed, layer, layer.columns)
        for row in rows:
            words = frozen(row)[: linked[row]]
            column = look(np.ascontiguousarray(mask[row]), words, frozen.pruned, frozen.locked)
            if column >= 0:
                state = "pruned" if int(words[column]) < frozen.pruned else "locked"
                return row, int(column), state
        return None

    return next((found for found in map_blocks(work, _row_blocks(layer)) if found), None)
