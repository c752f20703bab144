"""Meet in the middle for one target: sorted halves, last level never built.

The last two items are not merged into the halves. They give four shifted targets, four independent
walks along the same two lists, which hide each other's latency.
"""

from __future__ import annotations

import numpy as np

from slt_theory.subset_sum.kernels._compile import jit
from slt_theory.subset_sum.kernels._types import Ints, Scalar, Truths, Words
from slt_theory.subset_sum.kernels.gather import (
    magnitude,
    reach,
    sum_of_chosen,
    unpack_mask,
)
from slt_theory.subset_sum.kernels.sums import BEYOND, sorted_sums, subset_with_sum, sums_by_mask

_STRIDE = 1024  # steps between two looks at the running minimum


def find_pair_py(left: Ints, right: Ints, target: Scalar, at: Words, best: Ints) -> None:
    """The first pair of a walk from ``at`` = (i, j) whose error is ``best[0]``, into ``best[2:]``.

    There is one.
    """
    i = at[0]
    j = at[1]
    s = left[i] + right[j] - target
    while abs(s) != best[0]:
        up = np.uint64(s < 0)
        i += up
        j -= np.uint64(1) - up
        s = left[i] + right[j] - target
    best[2] = left[i]
    best[3] = right[j]


find_pair = jit(find_pair_py)


def walk_py(left: Ints, right: Ints, targets: Ints, at: Words, best: Ints, steps: Scalar) -> None:
    """Advance four walks along ``left + right`` by `steps`, keeping the pair nearest to a target.

    ``left`` ascends and ends with +BEYOND, ``right`` ascends and begins with -BEYOND. ``at`` holds
    the four positions in `left`, then the four in `right`, first at 0 and at the last element; the
    walks are complete after ``len(left) + len(right) - 2`` steps. ``best`` = [error, walk, value
    left, value right].
    """
    one = np.uint64(1)
    i0, i1, i2, i3 = at[0], at[1], at[2], at[3]
    j0, j1, j2, j3 = at[4], at[5], at[6], at[7]
    z0, z1, z2, z3 = targets[0], targets[1], targets[2], targets[3]
    done = 0
    while done < steps:
        count = min(_STRIDE, steps - done)
        at[0], at[1], at[2], at[3] = i0, i1, i2, i3
        at[4], at[5], at[6], at[7] = j0, j1, j2, j3
        b0 = b1 = b2 = b3 = BEYOND
        for _ in range(count):
            s = left[i0] + right[j0] - z0
            up = np.uint64(s < 0)
            b0 = min(b0, abs(s))
            i0 += up
            j0 -= one - up
            s = left[i1] + right[j1] - z1
            up = np.uint64(s < 0)
            b1 = min(b1, abs(s))
            i1 += up
            j1 -= one - up
            s = left[i2] + right[j2] - z2
            up = np.uint64(s < 0)
            b2 = min(b2, abs(s))
            i2 += up
            j2 -= one - up
            s = left[i3] + right[j3] - z3
            up = np.uint64(s < 0)
            b3 = min(b3, abs(s))
            i3 += up
            j3 -= one - up
        least = min(min(b0, b1), min(b2, b3))
        if least < best[0]:  # rare: walk this stretch again to see where
            best[0] = least
            best[1] = 0 if b0 == least else (1 if b1 == least else (2 if b2 == least else 3))
            find_pair(left, right, targets[best[1]], at[best[1] :: 4], best)
        done += count
    at[0], at[1], at[2], at[3] = i0, i1, i2, i3
    at[4], at[5], at[6], at[7] = j0, j1, j2, j3


walk = jit(walk_py)


def start_walk_py(
    items: Ints, target: Scalar, left: Ints, right: Ints, targets: Ints, at: Words, best: Ints
) -> None:
    """Sentinels, targets and positions for `walk`; the last two of `items` are the shifts."""
    n = items.size
    left[left.size - 1] = BEYOND
    right[0] = -BEYOND
    for chain in range(4):
        targets[chain] = target - (chain & 1) * items[n - 2] - (chain >> 1) * items[n - 1]
        at[chain] = np.uint64(0)
        at[chain + 4] = np.uint64(right.size - 1)
    best[0] = BEYOND


start_walk = jit(start_walk_py)


def mask_of_best_py(items: Ints, best: Ints) -> Scalar:
    """Mask of the pair found by `walk`."""
    n = items.size
    half = (n - 2) // 2
    mask = subset_with_sum(items[:half], best[2])
    mask |= subset_with_sum(items[half : n - 2], best[3]) << half
    return mask | (best[1] << (n - 2))


mask_of_best = jit(mask_of_best_py)


def meet_py(items: Ints, target: Scalar, space: Ints) -> tuple[Scalar, Scalar]:
    """Least ``|sum - target|`` over all subsets of `items` and a mask that has it.

    ``3 <= n <= 62``; `space` has at least ``meet_space(n)`` entries.
    """
    n = items.size
    half = (n - 2) // 2
    size_left = 1 << half
    size_right = 1 << (n - 2 - half)
    left = space[: size_left + 1]
    right = space[size_left + 1 : size_left + size_right + 2]
    scratch = space[size_left + size_right + 2 : size_left + 2 * size_right + 2]
    targets = space[size_left + 2 * size_right + 2 : size_left + 2 * size_right + 6]
    at = np.empty(8, np.uint64)
    best = np.empty(4, np.int64)
    sorted_sums(items[:half], left, scratch)
    sorted_sums(items[half : n - 2], right[1:], scratch)
    start_walk(items, target, left, right, targets, at, best)
    walk(left, right, targets, at, best, size_left + size_right)
    return best[0], mask_of_best(items, best)


meet = jit(meet_py)


def meet_space(n: Scalar) -> Scalar:
    """Entries of the work space of `meet`."""
    half = (n - 2) // 2
    return (1 << half) + 2 * (1 << (n - 2 - half)) + 6


def brute_py(items: Ints, target: Scalar, space: Ints) -> tuple[Scalar, Scalar]:
    """As `meet`, by trying all subsets: for a handful of items."""
    count = 1 << items.size
    sums = space[:count]
    sums_by_mask(items, sums)
    least = BEYOND
    for k in range(count):
        least = min(least, abs(sums[k] - target))
    for k in range(count):
        if abs(sums[k] - target) == least:
            return least, k
    return least, 0


brute = jit(brute_py)


def closest_py(items: Ints, target: Scalar, space: Ints) -> tuple[Scalar, Scalar]:
    """Least ``|sum - target|`` and a mask that has it, for 0 <= n <= 62."""
    if items.size <= 8:
        return brute(items, target, space)
    return meet(items, target, space)


closest = jit(closest_py)


def closest_space(n: Scalar) -> Scalar:
    """Entries of the work space of `closest`."""
    return 1 << n if n <= 8 else max(256, meet_space(n))


def optimum_of_few_py(
    items: Ints, target: Scalar, headroom: Scalar, space: Ints, chosen: Truths
) -> tuple[bool, Scalar]:
    """An optimum in one call: the subset into `chosen`, its sum; False without headroom."""
    if magnitude(items) > headroom:
        return False, 0
    low, high = reach(items)
    mask = closest(items, min(max(target, low), high), space)[1]
    unpack_mask(mask, chosen)
    return True, sum_of_chosen(items, chosen)


optimum_of_few = jit(optimum_of_few_py)
