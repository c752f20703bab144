"""Coverage by interval union: exact, and its size does not grow with the number of subsets.

Put [s, s + width] at every subset sum s. The union C obeys ``C_t = C_{t-1} u (C_{t-1} + x_t)``, and
each of its components is at least `width` long, so that there are never more of them than reach /
width. Two sums belong to one component exactly if a chain of steps of at most `width` joins them.
"""

from __future__ import annotations

import numpy as np

from slt_theory.subset_sum.kernels._compile import jit
from slt_theory.subset_sum.kernels._types import Ints, Scalar
from slt_theory.subset_sum.kernels.sums import BEYOND

UNREACHED = np.int64((1 << 63) - 1)


def union_shifted_py(
    lo: Ints, hi: Ints, count: Scalar, item: Scalar, out_lo: Ints, out_hi: Ints
) -> Scalar:
    """Union of the first `count` intervals with their shift by `item`; returns its size.

    Intervals are closed, disjoint and ascending; a sentinel BEYOND follows the last, here and
    there.
    """
    if item >= 0:
        low, high = np.int64(0), np.int64(item)
    else:
        low, high = np.int64(item), np.int64(0)
    one = np.uint64(1)
    i = np.uint64(0)
    j = np.uint64(0)
    k = np.uint64(0)
    begin = lo[0] + low
    end = hi[0] + low
    for _ in range(2 * count):
        a = lo[i] + low
        b = lo[j] + high
        a_end = hi[i] + low
        b_end = hi[j] + high
        left = np.uint64(a <= b)
        start = min(a, b)
        stop = a_end if a <= b else b_end
        i += left
        j += one - left
        fresh = start > end
        k += np.uint64(fresh)
        begin = start if fresh else begin
        end = max(end, stop)
        out_lo[k] = begin
        out_hi[k] = end
    size = np.int64(k) + 1
    out_lo[size] = BEYOND
    out_hi[size] = BEYOND
    return size


union_shifted = jit(union_shifted_py)


def last_not_above_py(values: Ints, count: Scalar, bound: Scalar) -> Scalar:
    """Index of the last of ``values[:count]``, ascending, that is at most `bound`; -1 if none."""
    a = 0
    b = count
    while a < b:
        middle = (a + b) >> 1
        if values[middle] <= bound:
            a = middle + 1
        else:
            b = middle
    return a - 1


last_not_above = jit(last_not_above_py)


def hitting_time_py(
    row: Ints,
    width: Scalar,
    left: Scalar,
    right: Scalar,
    lo: Ints,
    hi: Ints,
    out_lo: Ints,
    out_hi: Ints,
) -> Scalar:
    """First t such that sums of t items make a chain from <= left to >= right; or -1."""
    if right <= 0 <= left:
        return 0
    lo[0] = 0
    hi[0] = width
    lo[1] = BEYOND
    hi[1] = BEYOND
    count = 1
    for t in range(row.size):
        if row[t] == 0:  # a pruned item
            continue
        count = union_shifted(lo, hi, count, row[t], out_lo, out_hi)
        lo, out_lo = out_lo, lo
        hi, out_hi = out_hi, hi
        if lo[0] <= left and hi[count - 1] >= right + width:
            k = last_not_above(lo, count, left)
            if hi[k] >= right + width:
                return t + 1
    return -1


hitting_time = jit(hitting_time_py)


def widest_fixed_py(
    lo: Ints, hi: Ints, count: Scalar, width: Scalar, left: Scalar, right: Scalar
) -> Scalar:
    """Largest step that a chain from <= left to >= right cannot avoid; at least `width`."""
    first = last_not_above(lo, count, left)
    if first < 0 or hi[count - 1] < right + width:
        return UNREACHED
    last = last_not_above(hi, count, right + width - 1) + 1
    gap = np.int64(0)
    for k in range(first, last):
        gap = max(gap, lo[k + 1] - hi[k])
    return gap + width


widest_fixed = jit(widest_fixed_py)


def widest_moving_py(
    lo: Ints, hi: Ints, count: Scalar, width: Scalar, left: Scalar, right: Scalar
) -> Scalar:
    """Twice the largest distance of a target in [left - width/2, right + width/2] from the sums.

    At least `width`. Targets between two sums are farthest at the middle, or at the end of the
    targets.
    """
    first = 2 * left - width  # doubled ends of the targets
    last = 2 * right + width
    widest = np.int64(width)
    widest = max(widest, 2 * lo[0] - first)
    widest = max(widest, last - 2 * (hi[count - 1] - width))
    for k in range(count - 1):
        below = hi[k] - width
        above = lo[k + 1]
        if 2 * above <= first:
            continue
        if 2 * below >= last:
            break
        if below + above < first:
            widest = max(widest, 2 * above - first)
        elif below + above > last:
            widest = max(widest, last - 2 * below)
        else:
            widest = max(widest, above - below)
    return widest


widest_moving = jit(widest_moving_py)


def widest_gaps_py(
    row: Ints,
    width: Scalar,
    left: Scalar,
    right: Scalar,
    moving: bool,
    gaps: Ints,
    lo: Ints,
    hi: Ints,
    out_lo: Ints,
    out_hi: Ints,
) -> None:
    """``gaps[t]``: the smallest width, at least `width`, that would do after t items."""
    lo[0] = 0
    hi[0] = width
    lo[1] = BEYOND
    hi[1] = BEYOND
    count = 1
    for t in range(row.size + 1):
        if t > 0 and row[t - 1] != 0:
            count = union_shifted(lo, hi, count, row[t - 1], out_lo, out_hi)
            lo, out_lo = out_lo, lo
            hi, out_hi = out_hi, hi
        if moving:
            gaps[t] = widest_moving(lo, hi, count, width, left, right)
        else:
            gaps[t] = widest_fixed(lo, hi, count, width, left, right)
        if gaps[t] == width:
            for later in range(t + 1, row.size + 1):
                gaps[later] = width
            return


widest_gaps_of_row = jit(widest_gaps_py)


def hitting_times_py(
    items: Ints, width: Scalar, left: Ints, right: Ints, times: Ints, space: Ints
) -> None:
    """`hitting_time` of every row; `space` has four rows, one entry more than intervals."""
    for r in range(items.shape[0]):
        times[r] = hitting_time(
            items[r], width, left[r], right[r], space[0], space[1], space[2], space[3]
        )


hitting_times_by_intervals = jit(hitting_times_py)


def widest_gaps_rows_py(
    items: Ints, width: Scalar, left: Ints, right: Ints, moving: bool, gaps: Ints, space: Ints
) -> None:
    """`widest_gaps` of every row."""
    for r in range(items.shape[0]):
        widest_gaps_of_row(
            items[r],
            width,
            left[r],
            right[r],
            moving,
            gaps[r],
            space[0],
            space[1],
            space[2],
            space[3],
        )


widest_gaps_rows = jit(widest_gaps_rows_py)
