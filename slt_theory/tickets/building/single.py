"""Single layers: a weight is a subset sum over several copies of its input.

Copy c of input j is column ``j * copies + c``, constants last; row ``i * copies_out + c`` is copy c
of output i. One random weight a link, no product and no extra layer.

Source: Burkholz (NeurIPS 2022, arXiv 2205.02321), the construction of depth L + 1.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from slt_theory.lattice import PRODUCT_BITS
from slt_theory.laws import Law
from slt_theory.tickets.block import Block
from slt_theory.tickets.building.fill import LayerSums, fill
from slt_theory.tickets.building.request import Layer, source_layer
from slt_theory.tickets.building.slack import Group
from slt_theory.tickets.frozen import NOTHING_FROZEN, Freezing
from slt_theory.tickets.partial import MaskStore

__all__ = ["fill_single", "single_block", "single_groups"]

Int64Array = NDArray[np.int64]
Bools = NDArray[np.bool_]


def single_block(
    layer: Layer,
    law: Law,
    stream: int,
    *,
    copies_in: int,
    copies_out: int,
    freezing: Freezing = NOTHING_FROZEN,
) -> Block:
    """The header of a single layer that draws from `stream`."""
    rows, columns = layer.targets.shape
    return layer.block(
        "single-layer",
        (source_layer(rows * copies_out, columns * copies_in, law, stream, freezing),),
        copies_in,
        copies_in=copies_in,
        copies_out=copies_out,
    )


def fill_single(
    block: Block,
    layer: Layer,
    *,
    seed: int,
    radius: int | None,
    threads: int | None,
    progress: Callable[[int], None] | None,
    store: MaskStore | None = None,
    index: int = 0,
    off: Bools | None = None,
    alive: Bools | None = None,
) -> tuple[NDArray[np.uint8], list[tuple[int, int, str]]]:
    """The mask, and the sums (row, input, sign) that no subset reaches.

    Parameters
    ----------
    store, index
        Where the mask goes, see `slt_theory.tickets.building.fill.fill`.
    off : bool array (rows,), optional
        Copies of outputs that are to be 0 for every input.
    alive : bool array (columns, copies_in), optional
        Copies of inputs that are not switched off; default: all.
    """
    slopes = _slopes(block)
    if alive is not None:
        slopes = np.where(alive, slopes, 0)
    sides = np.full(block.columns, -1)
    task = LayerSums(block, slopes, layer.targets, radius, layer.radius, off, sides)
    mask, missed = fill(task, seed, threads=threads, progress=progress, store=store, index=index)
    return mask, [(row, column, "+") for row, column in missed]


def single_groups(block: Block, layer: Layer, off: Bools | None) -> list[Group]:
    """Copies of each input as `slt_theory.tickets.building.slack` takes them, constants last."""
    slopes = _slopes(block)
    goals = layer.targets[block.target_rows(np.arange(block.rows))]
    if off is not None:
        goals[off] = 0
    return [
        Group(j * block.copies_in, slopes[j], np.ascontiguousarray(goals[:, j]))
        for j in range(block.columns)
    ]


def _slopes(block: Block) -> Int64Array:
    """A number counts what it is, on the lattice of products."""
    unit = 1 << (PRODUCT_BITS - block.layers[0].bits)
    return np.full((block.columns, block.copies_in), unit, dtype=np.int64)
