"""Optima over many items: meet in the middle in slices, and windows of sums where memory is short.

Both return to Python every few milliseconds, so that Ctrl-C takes effect.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np

from slt_theory.arrays import Bools, Ints
from slt_theory.subset_sum.kernels.gather import unpack_mask
from slt_theory.subset_sum.kernels.meet import meet_space, start_walk, walk
from slt_theory.subset_sum.kernels.sorting import sort_spread
from slt_theory.subset_sum.kernels.sums import BEYOND, merge_item, sorted_sums, subset_with_sum
from slt_theory.subset_sum.kernels.windows import emit_above, emit_below, nearest_pair

__all__ = ["bytes_of_windows", "optimum_by_meeting", "optimum_by_windows"]

Progress = Callable[[int], None]

_SLICE = 1 << 22  # steps of a walk between two looks at Ctrl-C
_WINDOW = 1 << 15  # sums of each half in a window, at least: sorted in the second-level cache


def bytes_of_windows(n: int) -> int:
    """Work space of `optimum_by_windows`."""
    return 8 * (40 * _window(n) + 6 * (1 << -(-n // 4)))


def _window(n: int) -> int:
    return max(_WINDOW, 1 << (n // 4 + 1))


def optimum_by_meeting(
    row: Ints, target: int, space: Ints | None = None, *, progress: Progress | None = None
) -> Bools:
    """As `kernels.meet.meet`, called in slices; `space` of at least ``meet_space(n)`` entries."""
    n = row.size
    half = (n - 2) // 2
    if space is None:
        space = np.empty(meet_space(n), np.int64)
    left, right, scratch = np.split(
        space[: meet_space(n) - 4], np.cumsum([(1 << half) + 1, (1 << (n - 2 - half)) + 1])
    )
    _sorted_sums(row[:half], left, scratch)
    _sorted_sums(row[half : n - 2], right[1:], scratch)
    targets, best = np.empty(4, np.int64), np.empty(4, np.int64)
    at = np.empty(8, np.uint64)
    start_walk(row, target, left, right, targets, at, best)
    steps = left.size + right.size - 2
    for done in range(0, steps, _SLICE):
        walk(left, right, targets, at, best, min(_SLICE, steps - done))
        if progress is not None:
            progress(100 * min(done + _SLICE, steps) // steps)
    chosen = _chosen_halves(row[: n - 2], half, int(best[2]), int(best[3]))
    last = np.array([best[1] & 1, best[1] >> 1], np.bool_)
    return np.concatenate([chosen, last])


def _sorted_sums(items: Ints, out: Ints, scratch: Ints) -> None:
    source, target = (scratch, out) if items.size % 2 else (out, scratch)
    source[0] = 0
    for t in range(items.size):
        merge_item(source, 1 << t, int(items[t]), target)
        source, target = target, source


def _chosen_halves(row: Ints, half: int, left: int, right: int) -> Bools:
    chosen = np.empty(row.size, np.bool_)
    unpack_mask(subset_with_sum(row[:half], left), chosen[:half])
    unpack_mask(subset_with_sum(row[half:], right), chosen[half:])
    return chosen


def optimum_by_windows(
    row: Ints, target: int, *, radius: int = -1, progress: Progress | None = None
) -> Bools:
    """Optimum over `row` in 2^(n/4) memory; ends early at an error of at most `radius`.

    The sums of the left half ascend window by window while those of the right half descend, each
    half drawn from two sorted quarters (Schroeppel and Shamir, with windows for heaps). Cost about
    ``16 ns * 2^(n/2)``.
    """
    n = row.size
    half, quarter = n // 2, n // 4
    cuts = (0, quarter, half, half + (n - half) // 2, n)
    a, b, c, d = (_distinct_sums(row[i:j]) for i, j in itertools.pairwise(cuts))
    at_left = np.zeros(a.size, np.int64)
    at_right = np.full(c.size, d.size - 1, np.int64)
    size = _window(n)
    left_space, right_space = np.empty((2, 8 * size), np.int64)
    pairs = _Pairs(target, size)
    tops = _tops(a, b, c, d, target, size)
    most = len(tops)
    bottom = int(min(a[0] + b[0], target - c[-1] - d[-1])) - 1
    while tops:
        top = tops.pop()
        saved = at_left.copy(), at_right.copy()
        single = top - bottom == 1
        p = emit_below(a, b, at_left, top, single, left_space)
        q = emit_above(c, d, at_right, target - top, single, right_space) if p >= 0 else -1
        if p < 0 or q < 0:  # a crowded window: halve it
            at_left, at_right = saved
            tops += [top, bottom + (top - bottom) // 2]
            continue
        bottom = top
        if progress is not None:
            progress(100 * max(0, most - len(tops)) // most)
        pairs.add(left_space[:p], right_space[:q])
        if pairs.best[0] <= radius:
            break
    return _chosen_halves(row, half, int(pairs.best[1]), int(pairs.best[2]))


class _Pairs:
    """The pair of sums nearest to a target, over windows of which no sum is kept but the last."""

    def __init__(self, target: int, size: int) -> None:
        self.target = target
        self.best = np.array([BEYOND, 0, 0], np.int64)
        """Error, left sum, right sum."""
        self._left, self._right = np.empty((2, 8 * size), np.int64)
        self._counts = np.empty(16 * size + 2, np.int32)
        nothing = np.empty(0, np.int64)
        self._before = nothing  # largest left sum so far
        self._above = nothing  # smallest right sum so far

    def add(self, left: Ints, right: Ints) -> None:
        """Compare a window's sums with each other, and its ends with those of earlier windows."""
        sort_spread(left, self._left, self._counts)
        sort_spread(right, self._right, self._counts)
        left, right = self._left[: left.size], self._right[: right.size]
        sides = (left, right), (self._before, right[-1:]), (left[:1], self._above)
        for one, other in sides:
            nearest_pair(one, other, self.target, self.best)
        if left.size:
            self._before = left[-1:].copy()
        if right.size:
            self._above = right[:1].copy()


def _distinct_sums(items: Ints) -> Ints:
    sums = np.empty(1 << items.size, np.int64)
    sorted_sums(items, sums, np.empty_like(sums))
    return np.unique(sums)


def _tops(a: Ints, b: Ints, c: Ints, d: Ints, target: int, window: int) -> list[int]:
    """Upper ends of windows with about `window` sums of each half, the lowest last."""
    rng = np.random.default_rng(0)  # only balances the windows; no answer depends on it
    size = 1 << 14
    sample = np.concatenate(
        [
            rng.choice(a, size) + rng.choice(b, size),
            target - rng.choice(c, size) - rng.choice(d, size),
        ]
    )
    count = max(1, (a.size * b.size + c.size * d.size) // (2 * window))
    sample.sort()
    inner = sample[np.linspace(0, sample.size - 1, count + 1)[1:-1].astype(np.int64)]
    end = int(max(a[-1] + b[-1], target - c[0] - d[0])) + 1
    return [end, *(int(t) for t in np.unique(inner)[::-1] if t < end)]
