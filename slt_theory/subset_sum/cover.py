"""All targets of an interval: when are they covered, and how wide is the widest gap?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from slt_theory.arrays import Ints
from slt_theory.errors import BadInput
from slt_theory.subset_sum.checks import HEADROOM, as_integers, check_memory
from slt_theory.subset_sum.draws import RowSource, as_source
from slt_theory.subset_sum.kernels import intervals
from slt_theory.subset_sum.kernels.cells import DOUBT, SPARE, hitting_times_by_cells
from slt_theory.subset_sum.kernels.intervals import hitting_times_by_intervals, widest_gaps_rows
from slt_theory.subset_sum.parallel import map_blocks, row_blocks

__all__ = [
    "UNREACHED",
    "checked_cover",
    "hitting_times",
    "interval_count",
    "row_blocks_of",
    "widest_gaps",
]


_GRIDS = ((14, np.int16), (29, np.int32))
"""Bits of a cell, and the integers that hold a hole; coarse first.

Sixteen bits fill twice as many lanes, and leave 1 trial in 100 in doubt (n = 22, eps = 0.01)."""

UNREACHED = int(intervals.UNREACHED)
"""Stands for "no width helps" in the answer of `widest_gaps`."""


def hitting_times(
    items: ArrayLike | RowSource,
    width: int,
    left: ArrayLike,
    right: ArrayLike,
    *,
    threads: int | None = None,
    progress: Callable[[int], None] | None = None,
    method: Literal["auto", "intervals", "cells"] = "auto",
) -> Ints:
    """For every row the number of items after which all targets are covered.

    Targets [a, b] are covered within eps if there are sums ``s_1 < ... < s_m`` with ``s_1 <=
    left``, ``s_m >= right`` and steps of at most `width`, where ``width = floor(2 eps / unit)``,
    ``left = floor((a + eps) / unit)`` and ``right = ceil((b - eps) / unit)``.

    Parameters
    ----------
    items : integer array, shape (T, n), or Drawn
        One trial a row, items in their order.
    width : int
    left, right : int or integer arrays, shape (T,)
    threads : int, optional
    progress : callable, optional
        Called with the number of finished rows.
    method : {"auto", "intervals", "cells"}
        Two exact ways; "cells" is faster for a width of 3e-2 to 1e-6 of the targets.

    Returns
    -------
    int64 array, shape (T,)
        From 0 to n; -1 where n items are not enough.

    Notes
    -----
    Cost about ``10 / eps`` steps of some nanoseconds, whatever n is.
    """
    source, lefts, rights = checked_cover(items, width, left, right)
    times = np.empty(source.shape[0], np.int64)
    sample = source.block(range(min(64, times.size)))
    cells = method == "cells" or (method == "auto" and _prefer_cells(sample, width, lefts, rights))
    grids = [grid for grid in _GRIDS if cells and source.shape[1] << 6 <= 1 << grid[0]]

    def work(block: range) -> None:
        part = slice(block.start, block.stop)
        times[part] = _times(source.block(block), width, lefts[part], rights[part], grids)

    map_blocks(work, row_blocks_of(source, width), threads=threads, progress=progress)
    return times


def widest_gaps(
    items: ArrayLike | RowSource,
    width: int,
    left: ArrayLike,
    right: ArrayLike,
    *,
    ends: Literal["fixed", "moving"] = "fixed",
    threads: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> Ints:
    """The smallest width, at least `width`, with which the targets would be covered.

    Parameters
    ----------
    items, width, left, right, threads, progress
        As in `hitting_times`.
    ends : {"fixed", "moving"}
        "fixed" leaves `left` and `right` where they are. "moving" lets them follow the width, as
        they do when eps grows and the targets stay: the answer is then twice the largest distance
        of a target in ``[left - width / 2, right + width / 2]`` from the sums, and every larger eps
        is had at once.

    Returns
    -------
    int64 array, shape (T, n + 1)
        Entry t is for the first t items; `width` itself once covered; `UNREACHED` where no width
        helps because the sums do not reach the fixed ends.
    """
    source, lefts, rights = checked_cover(items, width, left, right)
    if ends not in ("fixed", "moving"):
        raise BadInput("ends", ends, "must be fixed or moving")
    gaps = np.empty((source.shape[0], source.shape[1] + 1), np.int64)
    moving = ends == "moving"

    def work(block: range) -> None:
        part = slice(block.start, block.stop)
        rows = source.block(block)
        space = _space(rows, width)
        widest_gaps_rows(rows, width, lefts[part], rights[part], moving, gaps[part], space)

    map_blocks(work, row_blocks_of(source, width), threads=threads, progress=progress)
    return gaps


def checked_cover(
    items: ArrayLike | RowSource, width: int, left: ArrayLike, right: ArrayLike
) -> tuple[RowSource, Ints, Ints]:
    """Check the arguments of a covering problem.

    Returns
    -------
    source : RowSource
    left, right : int64 arrays (trials,)
        Ends of the window of every trial.

    Raises
    ------
    BadInput
        For a width or an end beyond the headroom of int64, or a wrong number of ends.
    """
    source = as_source(items)
    if not 0 <= width <= HEADROOM:
        raise BadInput("width", width, f"must be from 0 to {HEADROOM}", "use a coarser unit")
    count = source.shape[0]
    return source, _ends("left", left, count), _ends("right", right, count)


def _ends(name: str, values: ArrayLike, count: int) -> Ints:
    column = as_integers(name, values)
    if column.shape not in ((), (count,)):
        raise BadInput(name, column.shape, f"must be one integer or {count}")
    if column.size and max(abs(int(column.min())), abs(int(column.max()))) > HEADROOM:
        raise BadInput(name, "too large", f"must be at most {HEADROOM} in size")
    return np.ascontiguousarray(np.broadcast_to(column, (count,)))


def _reach(rows: Ints) -> int:
    return int(np.abs(rows).sum(axis=1).max()) if rows.size else 0


def _space(rows: Ints, width: int) -> Ints:
    """Four lists of intervals."""
    count = interval_count(rows, width)
    check_memory("coverage", 32 * count, "use a larger eps or fewer items")
    return np.empty((4, count), np.int64)


def interval_count(rows: Ints, width: int) -> int:
    """Room for the components of a row: each is at least `width` long, 2^n at most."""
    most: int = 1 << min(rows.shape[1], 62)
    return min(_reach(rows) // (width + 1) + 2, most) + 2


def _times(
    rows: Ints, width: int, left: Ints, right: Ints, grids: Sequence[tuple[int, type]]
) -> Ints:
    """The hitting times of `rows`: on each grid those that the coarser ones left in doubt."""
    times = np.empty(rows.shape[0], np.int64)
    rest: slice | Ints = slice(None)
    for bits, kind in grids if width > 0 else ():
        some, answer = rows[rest], times[rest]
        count = _half_cells(some, width, bits)
        check_memory("coverage", 16 * count, "use a larger eps or fewer items")
        space: NDArray[Any] = np.empty((4, count), kind)
        hitting_times_by_cells(some, width, left[rest], right[rest], bits, answer, space)
        times[rest] = answer
        rest = np.flatnonzero(times == DOUBT)
        if not rest.size:
            return times
    some, answer = rows[rest], times[rest]
    hitting_times_by_intervals(some, width, left[rest], right[rest], answer, _space(some, width))
    times[rest] = answer
    return times


def _half_cells(rows: Ints, width: int, bits: int) -> int:
    """Cells up to the middle of all sums, with those for rounding."""
    n = rows.shape[1]
    stretch = (1 << bits) + 2 * n + 4  # the kernel's grid: this many units a width
    cells: int = (_reach(rows) * stretch // width + n >> bits + 1) + SPARE
    return cells


def _prefer_cells(rows: Ints, width: int, left: Ints, right: Ints) -> bool:
    """True if cells are faster, and their rounding leaves hardly a trial undecided."""
    if width < 1 << 24 or rows.size == 0 or bool((left > right + width).any()):
        return False
    window = float((right - left).mean()) / width
    return 30 <= window <= 2e6 and _reach(rows) // width < 1 << 24


def row_blocks_of(source: RowSource, width: int) -> list[range]:
    """Rows that take some milliseconds, so that Ctrl-C and progress come soon."""
    count = source.shape[0]
    cells = _reach(source.block(range(min(64, count)))) // (width + 1) + 8
    return row_blocks(count, max(1, min(1024, (1 << 22) // cells)))
