"""Sums of pairs, window by window or near a value, without building all 2^(n/2)."""

from __future__ import annotations

import numpy as np

from slt_theory.subset_sum.kernels._compile import jit
from slt_theory.subset_sum.kernels._types import Ints, Scalar
from slt_theory.subset_sum.kernels.sorting import sort_spread
from slt_theory.subset_sum.kernels.sums import BEYOND, sorted_sums, subset_with_sum


def emit_below_py(
    first: Ints, second: Ints, at: Ints, top: Scalar, single: bool, out: Ints
) -> Scalar:
    """Sums ``first[i] + second[j] < top`` not emitted before; -1 if `out` is too small.

    ``at[i]`` is the next j of row i. With `single` all new sums are known to be equal: one is kept.
    """
    count = 0
    for i in range(first.size):
        base = first[i]
        j = at[i]
        bound = top - base
        while j < second.size and second[j] < bound:
            if count == out.size:
                if not single:
                    return -1
                count -= 1
            out[count] = base + second[j]
            count += 1
            j += 1
        at[i] = j
    return count


emit_below = jit(emit_below_py)


def emit_above_py(
    first: Ints, second: Ints, at: Ints, bottom: Scalar, single: bool, out: Ints
) -> Scalar:
    """As `emit_below`, for ``first[i] + second[j] > bottom`` and descending j."""
    count = 0
    for i in range(first.size):
        base = first[i]
        j = at[i]
        bound = bottom - base
        while j >= 0 and second[j] > bound:
            if count == out.size:
                if not single:
                    return -1
                count -= 1
            out[count] = base + second[j]
            count += 1
            j -= 1
        at[i] = j
    return count


emit_above = jit(emit_above_py)


def nearest_pair_py(left: Ints, right: Ints, target: Scalar, best: Ints) -> None:
    """Pair of two sorted lists nearest to `target`, if it beats ``best`` = [error, a, b]."""
    one = np.uint64(1)
    i = np.uint64(0)
    j = np.uint64(right.size)
    end = np.uint64(left.size)
    zero = np.uint64(0)
    while i < end and j > zero:
        s = left[i] + right[j - one] - target
        if abs(s) < best[0]:
            best[0] = abs(s)
            best[1] = left[i]
            best[2] = right[j - one]
        up = np.uint64(s < 0)
        i += up
        j -= one - up


nearest_pair = jit(nearest_pair_py)


def sums_near_py(first: Ints, second: Ints, centre: Scalar, radius: Scalar, out: Ints) -> Scalar:
    """Sums of two sorted lists within `radius` of `centre`, as many as `out` holds."""
    count = 0
    begin = second.size
    for i in range(first.size):
        bottom = centre - radius - first[i]
        while begin > 0 and second[begin - 1] >= bottom:
            begin -= 1
        top = centre + radius - first[i]
        j = begin
        while j < second.size and second[j] <= top:
            if count == out.size:
                return count
            out[count] = first[i] + second[j]
            count += 1
            j += 1
    return count


sums_near = jit(sums_near_py)


def pair_with_sum_py(first: Ints, second: Ints, value: Scalar) -> tuple[Scalar, Scalar]:
    """A pair of two sorted lists that sums to `value`, which is known to exist."""
    i = 0
    j = second.size - 1
    while i < first.size and j >= 0:
        s = first[i] + second[j]
        if s == value:
            return first[i], second[j]
        if s < value:
            i += 1
        else:
            j -= 1
    return BEYOND, BEYOND


pair_with_sum = jit(pair_with_sum_py)


def four_lists_py(
    items: Ints, target: Scalar, radius: Scalar, group: Scalar, tries: Scalar, masks: Ints
) -> bool:
    """Four-list birthday search for a sum within `radius` of `target`; a miss proves nothing.

    Four groups of `group` items. Of all sums of the first two groups only those near some value c
    are kept, of the other two only those near target - c, about twice as many as a group has sums;
    so the pairs that remain are all near the target. Every try has its own c. ``masks``: one mask a
    group.
    """
    size = 1 << group
    sums = np.empty((4, size), np.int64)
    scratch = np.empty(size, np.int64)
    for q in range(4):
        sorted_sums(items[q * group : (q + 1) * group], sums[q], scratch)
    # two groups spread over about a third of their reach
    reach = (sums[0, size - 1] - sums[0, 0]) + (sums[1, size - 1] - sums[1, 0])
    window = max(reach // size // 2, np.int64(1))
    middle = (sums[0, size - 1] + sums[0, 0] + sums[1, size - 1] + sums[1, 0]) // 2
    left = np.empty(8 * size, np.int64)
    right = np.empty(8 * size, np.int64)
    left_sorted = np.empty(8 * size, np.int64)
    right_sorted = np.empty(8 * size, np.int64)
    counts = np.empty(16 * size + 2, np.int32)
    best = np.empty(3, np.int64)
    for trial in range(tries):
        aside = (trial + 1) // 2 * 2 * window
        centre = middle + (aside if trial % 2 == 1 else -aside)
        p = sums_near(sums[0], sums[1], centre, window, left)
        q = sums_near(sums[2], sums[3], target - centre, window, right)
        if p == 0 or q == 0:
            continue
        best[0] = radius + 1
        sort_spread(left[:p], left_sorted, counts)
        sort_spread(right[:q], right_sorted, counts)
        nearest_pair(left_sorted[:p], right_sorted[:q], target, best)
        if best[0] <= radius:
            a, b = pair_with_sum(sums[0], sums[1], best[1])
            c, d = pair_with_sum(sums[2], sums[3], best[2])
            masks[0] = subset_with_sum(items[:group], a)
            masks[1] = subset_with_sum(items[group : 2 * group], b)
            masks[2] = subset_with_sum(items[2 * group : 3 * group], c)
            masks[3] = subset_with_sum(items[3 * group : 4 * group], d)
            return True
    return False


four_lists = jit(four_lists_py)
