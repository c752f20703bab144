"""Subsets of exactly k items: one target, or all targets of an interval for all k at once."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from slt_theory.arrays import Ints
from slt_theory.errors import BadInput
from slt_theory.lattice import whole_number
from slt_theory.subset_sum.checks import check_memory
from slt_theory.subset_sum.cover import checked_cover, interval_count, row_blocks_of
from slt_theory.subset_sum.draws import RowSource
from slt_theory.subset_sum.kernels.classes import (
    closest_of_size,
    subset_of_size,
    sums_by_size,
)
from slt_theory.subset_sum.kernels.gather import unpack_mask
from slt_theory.subset_sum.kernels.intervals_by_size import hitting_by_size_rows
from slt_theory.subset_sum.parallel import map_blocks

__all__ = ["coverage_by_size", "optimum_of_size"]


def optimum_of_size(row: Ints, target: int, size: int) -> NDArray[np.bool_]:
    """Subset of exactly `size` items nearest to `target`; about ``18 ns * 2^(n/2)``.

    The halves are sorted within each size, and every way to split `size` over them is walked.
    """
    n = row.size
    half = n // 2
    check_memory(f"an optimum over {n} items", 32 << (n - half), "use fewer items")
    # beyond the sum of all sizes no target is nearer to one subset than to another
    reach = int(np.abs(row).sum())
    goal = max(-reach, min(reach, target))
    left, left_bounds = _classes(row[:half])
    right, right_bounds = _classes(row[half:])
    best = np.zeros(4, np.int64)
    closest_of_size(left, left_bounds, right, right_bounds, size, goal, best)
    chosen = np.empty(n, np.bool_)
    unpack_mask(subset_of_size(row[:half], best[3], best[1]), chosen[:half])
    unpack_mask(subset_of_size(row[half:], size - best[3], best[2]), chosen[half:])
    return chosen


def _classes(items: Ints) -> tuple[Ints, Ints]:
    sums = np.empty(1 << items.size, np.int64)
    bounds = np.empty(items.size + 2, np.int64)
    sums_by_size(items, sums, np.empty_like(sums), bounds, np.empty_like(bounds))
    return sums, bounds


def coverage_by_size(
    items: ArrayLike | RowSource,
    width: int,
    left: ArrayLike,
    right: ArrayLike,
    *,
    max_size: int,
    threads: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> NDArray[np.int64]:
    """For every row and every size k the number of items whose k-subsets cover all targets.

    Parameters
    ----------
    items, width, left, right, threads, progress
        As in `cover.hitting_times`.
    max_size : int
        All sizes from 0 to `max_size` are answered in one pass.

    Returns
    -------
    int64 array, shape (T, max_size + 1)
        -1 where n items are not enough.
    """
    max_size = whole_number("max_size", max_size)
    source, lefts, rights = checked_cover(items, width, left, right)
    if not 0 <= max_size <= 4096:
        raise BadInput("max_size", max_size, "must be from 0 to 4096")
    sizes = max_size + 1
    times = np.empty((source.shape[0], sizes), np.int64)

    def work(block: range) -> None:
        part = slice(block.start, block.stop)
        rows = source.block(block)
        count = interval_count(rows, width)
        check_memory("coverage by size", 32 * sizes * count, "use a larger eps or a smaller size")
        lo, hi = np.empty((2, 2, sizes, count), np.int64)
        hitting_by_size_rows(rows, width, lefts[part], rights[part], lo, hi, times[part])

    map_blocks(
        work, row_blocks_of(source, max(1, width // sizes)), threads=threads, progress=progress
    )
    return times
