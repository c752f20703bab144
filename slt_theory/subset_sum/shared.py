"""Many targets that share one sample."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from slt_theory.arrays import Ints
from slt_theory.errors import BadInput
from slt_theory.subset_sum.checks import HEADROOM, as_integers, check_row, item_row
from slt_theory.subset_sum.kernels.shared import fill_cells, look_up
from slt_theory.subset_sum.many import Many, solve_many
from slt_theory.subset_sum.parallel import map_blocks, row_blocks

__all__ = ["solve_shared"]

_MOST_CELLS = 1 << 24
_PIECE = 1 << 12


def solve_shared(
    items: ArrayLike,
    targets: ArrayLike,
    *,
    radius: int | None = None,
    threads: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> Many:
    """For every target a subset of the one sample near it, or the proof that there is none.

    A table with a subset for every cell of at most ``radius + 1`` answers nearly all targets with
    one look-up; those of empty cells, or all if the table would be too large, are solved one by
    one.

    Parameters
    ----------
    items : integer array, shape (n,)
        At most 63.
    targets : integer array, shape (m,)
    radius, threads, progress
        As in `many.solve_many`.
    """
    row = item_row("items", items)
    check_row("items", row)
    goals = as_integers("targets", targets)
    if goals.ndim != 1 or row.size > 63:
        raise BadInput(
            "items, targets", (row.shape, goals.shape), "one dimension, 63 items at most"
        )
    m = goals.size
    if m and max(abs(int(goals.min())), abs(int(goals.max()))) > HEADROOM:
        raise BadInput("targets", "too large", f"must be at most {HEADROOM} in size")
    if radius is not None and radius < 0:
        raise BadInput("radius", radius, "must be at least 0")
    masks, errors = np.full(m, -2, np.int64), np.empty(m, np.int64)
    if m and radius is not None:
        _by_table(row, goals, radius, masks, errors, threads)
    left = np.flatnonzero(masks == -2)
    for first in range(0, left.size, _PIECE):
        some = left[first : first + _PIECE]
        rows = np.broadcast_to(row, (some.size, row.size))
        answer = solve_many(rows, goals[some], radius=radius, threads=threads)
        masks[some] = np.where(answer.found, answer.masks.astype(np.int64), -1)
        errors[some] = answer.errors
        if progress is not None:
            progress(m - left.size + min(left.size, first + _PIECE))
    found = masks >= 0
    return Many(np.where(found, masks, 0).astype(np.uint64), errors, found)


def _by_table(
    row: Ints, goals: Ints, radius: int, masks: Ints, errors: Ints, threads: int | None
) -> None:
    """Answer targets by a subset for every cell of sums; -2 stays in `masks` where it has none.

    Nothing is done where the table would be too large.
    """
    shift = (min(radius, 4 * HEADROOM) + 1).bit_length() - 1  # cells as wide as can be
    base = int(goals.min())
    cells = ((int(goals.max()) - base) >> shift) + 1
    if cells > min(_MOST_CELLS, 64 * goals.size + 4096):
        return
    cell_masks, cell_sums = np.full(cells, -1, np.int64), np.zeros(cells, np.int64)
    fill_cells(row, base, shift, 16 + cells // 32, cell_masks, cell_sums)

    def work(block: range) -> None:
        part = slice(block.start, block.stop)
        look_up(goals[part], base, shift, cell_masks, cell_sums, masks[part], errors[part])

    map_blocks(work, row_blocks(goals.size, 1 << 18), threads=threads)
