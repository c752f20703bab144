"""Meet in the middle for subsets of a fixed size: one sorted list of sums for each size."""

from __future__ import annotations

import numpy as np

from slt_theory.subset_sum.kernels._compile import jit
from slt_theory.subset_sum.kernels._types import Ints, Scalar
from slt_theory.subset_sum.kernels.sums import BEYOND


def sums_by_size_py(items: Ints, sums: Ints, scratch: Ints, bounds: Ints, spare: Ints) -> None:
    """Subset sums of `items`, sorted within each size, sizes one after another.

    The sums of size k are ``sums[bounds[k]:bounds[k + 1]]``. `scratch` and `spare` are as large.
    """
    n = items.size
    old, new, before, after = sums, scratch, bounds, spare
    if n % 2 == 1:
        old, new, before, after = scratch, sums, spare, bounds
    old[0] = 0
    before[0] = 0
    before[1] = 1
    one = np.uint64(1)
    for t in range(n):
        item = items[t]
        write = np.uint64(0)
        after[0] = 0
        for size in range(t + 2):
            # new class = class without the item, merged with (class one smaller) + item
            i = np.uint64(before[size] if size <= t else 0)
            i_end = np.uint64(before[size + 1] if size <= t else 0)
            j = np.uint64(before[size - 1] if size > 0 else 0)
            j_end = np.uint64(before[size] if size > 0 else 0)
            while i < i_end and j < j_end:
                a = old[i]
                b = old[j] + item
                left = np.uint64(a <= b)
                new[write] = min(a, b)
                write += one
                i += left
                j += one - left
            while i < i_end:
                new[write] = old[i]
                write += one
                i += one
            while j < j_end:
                new[write] = old[j] + item
                write += one
                j += one
            after[size + 1] = np.int64(write)
        old, new = new, old
        before, after = after, before


sums_by_size = jit(sums_by_size_py)


def closest_of_size_py(
    left: Ints,
    left_bounds: Ints,
    right: Ints,
    right_bounds: Ints,
    size: Scalar,
    target: Scalar,
    best: Ints,
) -> None:
    """Pair of sums of `size` items nearest to `target`: ``best`` = [error, a, b, size of a]."""
    n_left = left_bounds.size - 2
    n_right = right_bounds.size - 2
    best[0] = BEYOND
    one = np.uint64(1)
    for k in range(max(0, size - n_right), min(n_left, size) + 1):
        i = np.uint64(left_bounds[k])
        i_end = np.uint64(left_bounds[k + 1])
        j_end = np.uint64(right_bounds[size - k])
        j = np.uint64(right_bounds[size - k + 1])  # one beyond
        least = best[0]
        while i < i_end and j > j_end:
            s = left[i] + right[j - one] - target
            if abs(s) < least:
                least = abs(s)
                best[0] = least
                best[1] = left[i]
                best[2] = right[j - one]
                best[3] = k
            up = np.uint64(s < 0)
            i += up
            j -= one - up


closest_of_size = jit(closest_of_size_py)


def subset_of_size_py(items: Ints, size: Scalar, value: Scalar) -> Scalar:
    """Mask of a subset of `size` items that sums to `value`, or -1, by a Gray code."""
    total = np.int64(0)
    count = 0
    mask = 0
    for k in range(1 << items.size):
        if k > 0:
            j = 0
            while (k >> j) & 1 == 0:
                j += 1
            if (mask >> j) & 1 == 1:
                total -= items[j]
                count -= 1
            else:
                total += items[j]
                count += 1
            mask ^= 1 << j
        if count == size and total == value:
            return mask
    return -1


subset_of_size = jit(subset_of_size_py)
