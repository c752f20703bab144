"""Coverage by gap cells: one possible hole for each cell, sixteen cells at a time.

With cells as wide as the intervals, a cell has at most one hole: two would leave a component
between them shorter than an interval. Holes are kept relative to their cell in 32-bit integers, on
a grid of about 2^-29 of the width. Rounding is certified: intervals are shortened by more than the
rounding can shift, so that "covered" is certain; "not covered" is certain where a hole is longer
than what was taken away; a trial with a hole in between is left to the interval union.
"""

from __future__ import annotations

import math

import numpy as np

from slt_theory.subset_sum.kernels._compile import jit
from slt_theory.subset_sum.kernels._types import Ints, Ints32, Scalar

CELL_BITS = 29
CELL = 1 << CELL_BITS
DOUBT = -2

_EXACT = 2.0**49  # below it a product of floats is within half a unit


def step_cells_py(
    begin: Ints32,
    end: Ints32,
    out_begin: Ints32,
    out_end: Ints32,
    first: Scalar,
    last: Scalar,
    cells: Scalar,
    part: Scalar,
) -> None:
    """Holes of ``C u (C + x)`` in cells ``first .. last - 1``, where x = cells * CELL + part.

    A hole survives where a hole of C meets a hole of C + x. The shifted cell is put together of the
    upper piece of one cell and the lower piece of the next.
    """
    count = last - first
    begin0 = begin[first:last]
    end0 = end[first:last]
    begin2 = begin[first - cells : last - cells]
    end2 = end[first - cells : last - cells]
    begin1 = begin[first - cells - 1 : last - cells - 1]
    end1 = end[first - cells - 1 : last - cells - 1]
    new_begin = out_begin[first:last]
    new_end = out_end[first:last]
    full = np.int32(CELL)
    zero = np.int32(0)
    up = np.int32(part)
    down = np.int32(part - CELL)
    for c in range(count):
        b2 = min(np.int32(begin2[c] + up), full)
        e2 = min(np.int32(end2[c] + up), full)
        b1 = max(np.int32(begin1[c] + down), zero)
        e1 = max(np.int32(end1[c] + down), zero)
        start = b1 if b1 < e1 else b2
        stop = e2 if b2 < e2 else e1
        new_begin[c] = max(begin0[c], start)
        new_end[c] = min(end0[c], stop)


step_cells = jit(step_cells_py)


def longest_hole_py(
    begin: Ints32, end: Ints32, first: Scalar, last: Scalar, enough: Scalar
) -> Scalar:
    """Longest hole within cells ``first .. last - 1``; stops looking beyond `enough`."""
    longest = np.int32(0)
    for start in range(first, last, 1024):
        stop = min(start + 1024, last)
        begins = begin[start:stop]
        ends = end[start:stop]
        for c in range(stop - start):
            longest = max(longest, np.int32(ends[c] - begins[c]))
        if longest > enough:
            break
    return longest


longest_hole = jit(longest_hole_py)


def hitting_time_py(
    row: Ints,
    width: Scalar,
    left: Scalar,
    right: Scalar,
    begin: Ints32,
    end: Ints32,
    out_begin: Ints32,
    out_end: Ints32,
) -> Scalar:
    """As `intervals.hitting_time`, or DOUBT where rounding might decide or space is short."""
    if right <= 0 <= left:
        return 0
    n = row.size
    spare = 2 * n + 4  # what the intervals are shortened by
    scale = (CELL + spare) / float(width)
    if max(abs(left), abs(right)) * scale >= _EXACT:
        return DOUBT
    # rounding moves every sum by at most n, and the ends by at most 4
    window_lo = np.int64(math.floor(left * scale)) - 2 - n
    window_hi = np.int64(math.ceil(right * scale)) + 2 + n + CELL
    doubt = spare + 2 * n + 16
    full = np.int32(CELL)
    lowest = np.int64(0)
    highest = np.int64(0)
    largest = np.int64(0)
    for t in range(n):
        if abs(row[t]) * scale >= _EXACT:
            return DOUBT
        scaled = np.int64(np.rint(row[t] * scale))
        lowest += min(scaled, np.int64(0))
        highest += max(scaled, np.int64(0))
        largest = max(largest, abs(scaled))
    # cell `origin` begins where the window begins; below it lies all that can be reached, and a
    # margin for what the shifts read there
    margin = (largest >> CELL_BITS) + 3
    origin = (max(window_lo - lowest, np.int64(0)) >> CELL_BITS) + margin
    top = origin + (max(highest - window_lo, window_hi - window_lo) >> CELL_BITS) + margin + 2
    whole = (window_hi - window_lo) >> CELL_BITS
    rest = (window_hi - window_lo) & (CELL - 1)
    if top >= begin.size or window_lo >= window_hi:
        return DOUBT
    first = origin + ((0 - window_lo) >> CELL_BITS)
    part = np.int32((0 - window_lo) & (CELL - 1))
    begin[first] = 0
    end[first] = part
    begin[first + 1] = part
    end[first + 1] = full
    last = first + 2
    lowest = np.int64(0)
    highest = np.int64(CELL)
    for t in range(n):
        if row[t] == 0:  # a pruned item
            continue
        scaled = np.int64(np.rint(row[t] * scale))
        lowest += min(scaled, np.int64(0))
        highest += max(scaled, np.int64(0))
        cells = scaled >> CELL_BITS
        new_first = origin + ((lowest - window_lo) >> CELL_BITS)
        new_last = origin + ((highest - window_lo) >> CELL_BITS) + 1
        for c in range(min(new_first, new_first - cells - 1), first):
            begin[c] = 0
            end[c] = full
        for c in range(last, max(new_last, new_last - cells)):
            begin[c] = 0
            end[c] = full
        step_cells(begin, end, out_begin, out_end, new_first, new_last, cells, scaled & (CELL - 1))
        begin, out_begin = out_begin, begin
        end, out_end = out_end, end
        first, last = new_first, new_last
        if lowest > window_lo + doubt or highest < window_hi - doubt:
            continue
        if lowest > window_lo or highest < window_hi:
            return DOUBT
        hole = longest_hole(begin, end, origin, origin + whole, doubt)
        if hole <= doubt:
            edge = origin + whole  # the last cell counts up to the end of the window
            hole = max(hole, min(np.int64(end[edge]), rest) - np.int64(begin[edge]))
            if hole <= 0:
                return t + 1
            if hole <= doubt:
                return DOUBT
    return -1


hitting_time = jit(hitting_time_py)


def hitting_times_py(
    items: Ints, width: Scalar, left: Ints, right: Ints, times: Ints, space: Ints32
) -> Scalar:
    """`hitting_time` of every row; returns how many are in doubt."""
    doubts = 0
    for r in range(items.shape[0]):
        times[r] = hitting_time(
            items[r], width, left[r], right[r], space[0], space[1], space[2], space[3]
        )
        if times[r] == DOUBT:
            doubts += 1
    return doubts


hitting_times_by_cells = jit(hitting_times_py)
