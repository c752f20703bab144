"""Coverage by subsets of a fixed size, all sizes in one pass: one interval union for each size.

``C[t, k] = C[t-1, k] u (C[t-1, k-1] + x_t)``.
"""

from __future__ import annotations

import numpy as np

from slt_theory.subset_sum.kernels._compile import jit
from slt_theory.subset_sum.kernels._types import Ints, Scalar
from slt_theory.subset_sum.kernels.intervals import last_not_above
from slt_theory.subset_sum.kernels.sums import BEYOND


def union_of_two_py(
    lo_a: Ints,
    hi_a: Ints,
    lo_b: Ints,
    hi_b: Ints,
    total: Scalar,
    item: Scalar,
    out_lo: Ints,
    out_hi: Ints,
) -> Scalar:
    """Union of intervals a with intervals b moved by `item`, `total` > 0 of them together."""
    one = np.uint64(1)
    i = np.uint64(0)
    j = np.uint64(0)
    k = np.uint64(0)
    from_a = lo_a[0] <= lo_b[0] + item
    begin = lo_a[0] if from_a else lo_b[0] + item
    end = hi_a[0] if from_a else hi_b[0] + item
    for _ in range(total):
        a = lo_a[i]
        b = lo_b[j] + item
        a_end = hi_a[i]
        b_end = hi_b[j] + item
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


union_of_two = jit(union_of_two_py)


def covers_py(lo: Ints, hi: Ints, count: Scalar, left: Scalar, stop: Scalar) -> bool:
    """True if one of `count` > 0 intervals holds [left, stop]."""
    if lo[0] > left or hi[count - 1] < stop:
        return False
    return bool(hi[last_not_above(lo, count, left)] >= stop)


covers = jit(covers_py)


def hitting_by_size_py(
    row: Ints, width: Scalar, left: Scalar, right: Scalar, lo: Ints, hi: Ints, times: Ints
) -> None:
    """``times[k]``: first t after which the subsets of k items cover; -1 if none.

    ``lo`` and ``hi`` are of shape (2, sizes, entries): old and new lists of every size.
    """
    sizes = times.size
    counts = np.zeros(sizes, np.int64)
    current = np.zeros(sizes, np.int64)
    for k in range(sizes):
        times[k] = -1
        lo[0, k, 0] = BEYOND
        hi[0, k, 0] = BEYOND
    lo[0, 0, 0] = 0
    hi[0, 0, 0] = width
    lo[0, 0, 1] = BEYOND
    hi[0, 0, 1] = BEYOND
    counts[0] = 1
    if right <= 0 <= left:
        times[0] = 0
    top = sizes - 1  # sizes above are covered, and nothing needs them any more
    for t in range(row.size):
        for k in range(min(top, t + 1), 0, -1):
            old, below = current[k], current[k - 1]
            total = counts[k] + counts[k - 1]
            if total == 0:
                continue
            counts[k] = union_of_two(
                lo[old, k],
                hi[old, k],
                lo[below, k - 1],
                hi[below, k - 1],
                total,
                row[t],
                lo[1 - old, k],
                hi[1 - old, k],
            )
            new = 1 - old
            current[k] = new
            if times[k] < 0 and covers(lo[new, k], hi[new, k], counts[k], left, right + width):
                times[k] = t + 1
        while top > 0 and times[top] >= 0:
            top -= 1
        if top == 0:
            return


hitting_by_size = jit(hitting_by_size_py)


def hitting_by_size_rows_py(
    items: Ints,
    width: Scalar,
    left: Ints,
    right: Ints,
    lo: Ints,
    hi: Ints,
    times: Ints,
) -> None:
    """`hitting_by_size` of every row."""
    for r in range(items.shape[0]):
        hitting_by_size(items[r], width, left[r], right[r], lo, hi, times[r])


hitting_by_size_rows = jit(hitting_by_size_rows_py)
