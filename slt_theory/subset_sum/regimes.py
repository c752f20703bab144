"""Choice of the method for each regime of the one-target problem."""

from __future__ import annotations

import threading

import numpy as np
from numpy.typing import NDArray

from slt_theory.arrays import Bools, Ints
from slt_theory.errors import BadInput
from slt_theory.subset_sum.checks import HEADROOM, check_memory
from slt_theory.subset_sum.fixed_size import optimum_of_size
from slt_theory.subset_sum.halves import (
    Progress,
    bytes_of_windows,
    optimum_by_meeting,
    optimum_by_windows,
)
from slt_theory.subset_sum.kernels.gather import reach, sum_of_chosen, unpack_mask
from slt_theory.subset_sum.kernels.meet import brute, closest, closest_space
from slt_theory.subset_sum.kernels.rows import UNDECIDED
from slt_theory.subset_sum.kernels.scan import decide_few
from slt_theory.subset_sum.kernels.windows import four_lists

__all__ = ["nearest", "within"]


class _Space(threading.local):
    """Work space that a thread keeps for its next call, up to 256 MiB (n = 48).

    Touching fresh pages takes longer than the solve itself.
    """

    def __init__(self) -> None:
        self.entries = np.empty(1 << 10, np.int64)

    def get(self, entries: int) -> NDArray[np.int64]:
        if entries > self.entries.size:
            if entries > 1 << 25:
                return np.empty(entries, np.int64)
            self.entries = np.empty(0, np.int64)  # lets the old space go first
            self.entries = np.empty(entries, np.int64)
        return self.entries


space_kept = _Space()


# From here on the kernels are called in slices, so that Ctrl-C takes effect.
SLICED = 40
# Up to here the lists of a meet in the middle take at most 0.8 GB.
LARGEST_MEET = 52
LARGEST_BRUTE = 24
# Beyond every sum.
FAR = 2 * HEADROOM
# Sums that one success takes: up to here trying is fastest, from there on four lists.
SCAN_LIMIT = 1 << 18
FOUR_LISTS = 1 << 21

FEWER = "use fewer items"
QUICK = ("auto", "meet")
OPTIMUM_METHODS = ("auto", "brute", "meet", "windows")
DECISION_METHODS = ("auto", "scan", "four-list", "meet", "windows")


def nearest(
    row: Ints, target: int, size: int | None, method: str, progress: Progress | None
) -> tuple[Bools, str]:
    """The subset nearest to `target`, and the method that found it."""
    n = row.size
    low, high = (int(end) for end in reach(row))
    if size is not None:
        # No sum lies beyond the reach: what is nearest to its end is nearest.
        return optimum_of_size(row, max(low, min(high, target)), size), "classes"
    if method == "auto":
        if target >= high:
            return row > 0, "reach"
        if target <= low:
            return row < 0, "reach"
        method = "brute" if n <= 8 else ("meet" if n <= LARGEST_MEET else "windows")
    target = max(low, min(high, target))
    if method == "windows":
        check_memory(f"an optimum over {n} items", bytes_of_windows(n), FEWER)
        return optimum_by_windows(row, target, progress=progress), method
    chosen = np.empty(n, np.bool_)
    if method == "brute":
        if n > LARGEST_BRUTE:
            raise BadInput("method", method, f"takes {LARGEST_BRUTE} items at most", "use meet")
        mask = brute(row, target, space_kept.get(1 << n))[1]
    else:
        check_memory(f"an optimum over {n} items", 8 * closest_space(n), "use method='windows'")
        space = space_kept.get(closest_space(n))
        if n >= SLICED:
            return optimum_by_meeting(row, target, space, progress=progress), method
        mask = closest(row, target, space)[1]
    unpack_mask(mask, chosen)
    return chosen, method


def within(row: Ints, lo: int, hi: int, size: int | None, method: str) -> tuple[Bools, str] | None:
    """A subset with ``lo <= sum <= hi`` and the method that found it; None if there is none.

    The method "lists" is "auto" after trying sums was given up.
    """
    n = row.size
    low, high = (int(end) for end in reach(row))
    lo, hi = max(lo, low), min(hi, high)  # also keeps huge ranges within headroom
    if lo > hi:
        return None
    middle, radius = lo + hi, hi - lo  # of doubled sums, so that an odd range stays exact
    doubled = 2 * row
    if size is not None:
        if not 0 <= size <= n:
            return None
        chosen = optimum_of_size(doubled, middle, size)
        return (chosen, "classes") if lo <= sum_of_chosen(row, chosen) <= hi else None
    if lo <= 0 <= hi:
        return np.zeros(n, np.bool_), "empty"
    tries = (high - low) // (radius + 1)
    if method in ("auto", "scan") and (method == "scan" or tries < SCAN_LIMIT):
        chosen = np.empty(n, np.bool_)
        mask, _ = decide_few(row, lo, hi, 4 * HEADROOM, HEADROOM, chosen)
        if mask != UNDECIDED:
            return (chosen, "scan") if mask >= 0 else None
    if method in ("auto", "lists", "four-list") and tries >= FOUR_LISTS:
        found = _by_four_lists(doubled, middle, radius, tries)
        if found is not None:
            return found, "four-list"
    used = min(n, max(8, tries.bit_length() - 1))
    if method != "windows":
        while used <= LARGEST_MEET:
            part = _meet_within(doubled[:used], middle, radius)
            if part is not None:
                return _padded(part, n), "meet"
            if used == n:
                return None
            used = min(n, used + 3)
    while True:
        check_memory(f"a proof over {used} items", bytes_of_windows(used), FEWER)
        part = optimum_by_windows(doubled[:used], middle, radius=radius)
        if abs(sum_of_chosen(doubled[:used], part) - middle) <= radius:
            return _padded(part, n), "windows"
        if used == n:
            return None
        used = min(n, used + 3)


def _meet_within(doubled: Ints, middle: int, radius: int) -> Bools | None:
    n = doubled.size
    check_memory(f"a proof over {n} items", 8 * closest_space(n), "use method='windows'")
    space = space_kept.get(closest_space(n))
    if n >= SLICED:
        chosen = optimum_by_meeting(doubled, middle, space)
        return chosen if abs(sum_of_chosen(doubled, chosen) - middle) <= radius else None
    error, mask = closest(doubled, middle, space)
    return _spread(mask, n) if error <= radius else None


def _by_four_lists(doubled: Ints, middle: int, radius: int, tries: int) -> Bools | None:
    """Try four lists as long as the cube root of the number of sums that one success takes."""
    group = min(-(-(tries.bit_length() - 3) // 3), 16)
    if 4 * group > doubled.size:
        return None
    masks = np.empty(4, np.int64)
    if not four_lists(doubled[: 4 * group], middle, radius, group, 32, masks):
        return None
    return _padded(np.concatenate([_spread(int(m), group) for m in masks]), doubled.size)


def _spread(mask: int, n: int) -> Bools:
    chosen = np.empty(n, np.bool_)
    unpack_mask(mask, chosen)
    return chosen


def _padded(chosen: Bools, n: int) -> Bools:
    if chosen.size == n:
        return chosen
    return np.concatenate([chosen, np.zeros(n - chosen.size, np.bool_)])
