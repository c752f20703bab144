"""Lists of all subset sums: in the order of the masks, or sorted by merging."""

from __future__ import annotations

import numpy as np

from slt_theory.subset_sum.kernels._compile import jit
from slt_theory.subset_sum.kernels._types import Ints, Scalar

# Above every sum that headroom allows, and far enough from overflow when two are combined.
BEYOND = np.int64(1 << 61)


def sums_by_mask_py(items: Ints, out: Ints) -> None:
    """Fill ``out[mask]`` with the sum of the subset `mask` of `items`; 2^n entries."""
    out[0] = 0
    length = 1
    for t in range(items.size):
        item = items[t]
        low = out[:length]
        high = out[length : 2 * length]
        for k in range(length):
            high[k] = low[k] + item
        length *= 2


sums_by_mask = jit(sums_by_mask_py)


def merge_item_py(source: Ints, length: Scalar, item: Scalar, out: Ints) -> None:
    """Merge sorted ``source[:length]`` with its shift by `item` into ``out[:2 * length]``.

    Two chains, one from each end, meet in the middle: neither needs a bound check, and the two hide
    each other's latency.
    """
    if item >= 0:
        low, high = np.int64(0), np.int64(item)
    else:
        low, high = np.int64(item), np.int64(0)
    one = np.uint64(1)
    i = np.uint64(0)
    j = np.uint64(0)
    p = np.uint64(length)  # one beyond its element, so that it never falls below zero
    q = p
    top = np.uint64(2 * length - 1)
    for step in range(length):
        k = np.uint64(step)
        a = source[i] + low
        b = source[j] + high
        left = np.uint64(a <= b)
        out[k] = min(a, b)
        i += left
        j += one - left
        a = source[p - one] + low
        b = source[q - one] + high
        left = np.uint64(a > b)
        out[top - k] = max(a, b)
        p -= left
        q -= one - left


merge_item = jit(merge_item_py)


def sorted_sums_py(items: Ints, out: Ints, scratch: Ints) -> None:
    """All 2^n subset sums of `items`, ascending, into `out`; `scratch` has the same size."""
    n = items.size
    source, target = out, scratch
    if n % 2 == 1:
        source, target = scratch, out
    source[0] = 0
    length = 1
    for t in range(n):
        merge_item(source, length, items[t], target)
        source, target = target, source
        length *= 2


sorted_sums = jit(sorted_sums_py)


def subset_with_sum_py(items: Ints, value: Scalar) -> Scalar:
    """Mask of a subset of `items` whose sum is exactly `value`, or -1. At most 62 items.

    Cost 2^n for n <= 12, else 2^(n/2) log.
    """
    n = items.size
    first = n if n <= 12 else n // 2
    low = np.empty(1 << first, np.int64)
    sums_by_mask(items[:first], low)
    if first == n:
        for k in range(low.size):
            if low[k] == value:
                return k
        return -1
    high = np.empty(1 << (n - first), np.int64)
    sums_by_mask(items[first:], high)
    ordered = np.empty_like(low)
    sorted_sums(items[:first], ordered, np.empty_like(low))
    for k in range(high.size):
        rest = value - high[k]
        begin = 0
        end = ordered.size - 1
        while begin < end:
            middle = (begin + end) // 2
            if ordered[middle] < rest:
                begin = middle + 1
            else:
                end = middle
        if ordered[begin] == rest:
            for m in range(low.size):
                if low[m] == rest:
                    return m | (k << first)
    return -1


subset_with_sum = jit(subset_with_sum_py)
