"""One target: the optimum with its subset, and the decision with proof of absence."""

from __future__ import annotations

import operator
import threading
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from slt_theory.errors import BadInput
from slt_theory.subset_sum.checks import HEADROOM, check_memory, item_row, truth_row
from slt_theory.subset_sum.fixed_size import optimum_of_size
from slt_theory.subset_sum.halves import (
    bytes_of_windows,
    optimum_by_meeting,
    optimum_by_windows,
)
from slt_theory.subset_sum.kernels.gather import reach, sum_of_chosen, unpack_mask
from slt_theory.subset_sum.kernels.meet import brute, closest, closest_space, optimum_of_few
from slt_theory.subset_sum.kernels.scan import scan_one
from slt_theory.subset_sum.kernels.windows import four_lists

__all__ = ["Subset", "best", "decide", "memory_needed"]

Row = NDArray[np.int64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Subset:
    """A subset of the items and what it sums to.

    Attributes
    ----------
    chosen : bool array, shape (n,)
        Locked items included.
    total : int
        Exact sum of the chosen items.
    error : int
        ``|total - target|``; for a decision the distance from the middle of the range, rounded
        down.
    optimal : bool
        Whether no subset is nearer (of the given size and with the locked items, if any).
    method : str
        What found it.
    """

    chosen: NDArray[np.bool_]
    total: int
    error: int
    optimal: bool
    method: str


class _Space(threading.local):
    """Work space kept by each thread: fresh pages cost more than a small solve."""

    def __init__(self) -> None:
        self.entries = np.empty(1 << 10, np.int64)

    def get(self, entries: int) -> NDArray[np.int64]:
        if entries <= self.entries.size:
            return self.entries
        fresh = np.empty(entries, np.int64)
        if entries <= 1 << 21:  # 16 MiB
            self.entries = fresh
        return fresh


_space = _Space()


# From here on the kernels are called in slices, so that Ctrl-C takes effect.
_SLICED = 40
# Up to here the lists of a meet in the middle take at most 0.8 GB.
_LARGEST_MEET = 52
_LARGEST_BRUTE = 24
# Sums that one success takes: up to here trying is fastest, from there on four lists.
_SCAN_LIMIT = 1 << 18
_FOUR_LISTS = 1 << 21

_FEWER = "use fewer items"
_QUICK = ("auto", "meet")
_OPTIMUM_METHODS = ("auto", "brute", "meet", "windows")
_DECISION_METHODS = ("auto", "scan", "four-list", "meet", "windows")


def memory_needed(n: int, *, method: str = "auto") -> int:
    """Bytes of work space for the optimum over `n` free items, before anything is taken."""
    if method == "windows" or (method == "auto" and n > _LARGEST_MEET):
        return bytes_of_windows(n)
    return 8 * int(closest_space(n))


def best(
    items: ArrayLike,
    target: int,
    *,
    size: int | None = None,
    locked: ArrayLike | None = None,
    method: str = "auto",
) -> Subset:
    """Subset of `items` whose sum is nearest to `target`.

    Parameters
    ----------
    items : integer array, shape (n,)
        In units of the lattice. An empty sample has one subset, the empty one.
    target : int
    size : int, optional
        Number of chosen items, locked ones included. Default: any.
    locked : bool array, shape (n,), optional
        Items that every subset must contain.
    method : {"auto", "brute", "meet", "windows"}
        By default "brute" up to 8 items, "meet" to 52, "windows" beyond. A size has its own method.

    Returns
    -------
    Subset
        With ``optimal=True``.

    Raises
    ------
    BadInput
        Not integers, no headroom, or a size that no subset has.
    NeedsMemory
        The work space does not fit; nothing was allocated.

    Notes
    -----
    "meet" takes about ``6 ns * 2^(n/2)`` and ``12 * 2^(n/2)`` bytes, "windows" three times as long
    and hardly any memory, a size about ``18 ns * 2^(n/2)``. From 40 items on the kernels are called
    in slices, so that Ctrl-C takes effect.

    Examples
    --------
    >>> nearest = best([3, 5, -2], 4)
    >>> nearest.total, nearest.error, nearest.method
    (3, 1, 'brute')
    """
    row = item_row("items", items)
    goal = _integer("target", target)
    _one_of(method, _OPTIMUM_METHODS)
    if locked is None and size is None and method in _QUICK and row.size < _SLICED:
        n = row.size
        check_memory(f"an optimum over {n} items", 8 * closest_space(n), _FEWER)
        chosen = np.empty(n, np.bool_)
        nearest = max(-HEADROOM, min(HEADROOM, goal))
        total = int(optimum_of_few(row, nearest, _space.get(closest_space(n)), chosen))
        return Subset(chosen, total, abs(total - goal), True, "brute" if n <= 8 else "meet")
    if locked is None:
        chosen, how = _optimum(row, goal, size, method)
    else:
        fixed = truth_row("locked", locked, row.size)
        rest = None if size is None else size - int(fixed.sum())
        part, how = _optimum(row[~fixed], goal - int(row[fixed].sum()), rest, method)
        chosen = _joined(fixed, part)
    total = int(sum_of_chosen(row, chosen))
    return Subset(chosen, total, abs(total - goal), True, how)


def decide(
    items: ArrayLike,
    lo: int,
    hi: int,
    *,
    size: int | None = None,
    locked: ArrayLike | None = None,
    method: str = "auto",
) -> Subset | None:
    """A subset of `items` with ``lo <= sum <= hi``, or None, which is a proof that there is none.

    Parameters are those of `best`; an error at most `eps` about a target `z` is
    ``lo = ceil((z - eps) / unit)``, ``hi = floor((z + eps) / unit)``.

    Notes
    -----
    Sums are tried at wide ranges; four lists of sums are matched at narrow ones if there are many
    items; else the first items are met in the middle, then more and more, in the end all of them.
    """
    row = item_row("items", items)
    low, high = _integer("lo", lo), _integer("hi", hi)
    _one_of(method, _DECISION_METHODS)
    if locked is None:
        found = _within(row, low, high, size, method)
        if found is None:
            return None
        chosen, how = found
    else:
        fixed = truth_row("locked", locked, row.size)
        shift = int(row[fixed].sum())
        rest = None if size is None else size - int(fixed.sum())
        found = _within(row[~fixed], low - shift, high - shift, rest, method)
        if found is None:
            return None
        chosen, how = _joined(fixed, found[0]), found[1]
    total = int(sum_of_chosen(row, chosen))
    return Subset(chosen, total, abs(2 * total - low - high) // 2, False, how)


def _integer(name: str, value: int) -> int:
    try:
        return operator.index(value)
    except TypeError:
        raise BadInput(name, value, "must be an integer", "in units of the lattice") from None


def _one_of(method: str, methods: tuple[str, ...]) -> None:
    if method not in methods:
        raise BadInput("method", method, f"must be one of {', '.join(methods)}")


def _joined(fixed: Mask, part: Mask) -> Mask:
    chosen = fixed.copy()
    chosen[~fixed] = part
    return chosen


def _optimum(row: Row, target: int, size: int | None, method: str) -> tuple[Mask, str]:
    n = row.size
    if size is not None:
        if not 0 <= size <= n:
            raise BadInput("size", size, f"must be from 0 to {n} free items", "change the size")
        return optimum_of_size(row, target, size), "classes"
    low, high = (int(end) for end in reach(row))
    if method == "auto":
        if target >= high:
            return row > 0, "reach"
        if target <= low:
            return row < 0, "reach"
        method = "brute" if n <= 8 else ("meet" if n <= _LARGEST_MEET else "windows")
    target = max(low, min(high, target))
    if method == "windows":
        check_memory(f"an optimum over {n} items", bytes_of_windows(n), _FEWER)
        return optimum_by_windows(row, target), method
    chosen = np.empty(n, np.bool_)
    if method == "brute":
        if n > _LARGEST_BRUTE:
            raise BadInput("method", method, f"takes {_LARGEST_BRUTE} items at most", "use meet")
        mask = brute(row, target, _space.get(1 << n))[1]
    else:
        check_memory(f"an optimum over {n} items", 8 * closest_space(n), "use method='windows'")
        if n >= _SLICED:
            return optimum_by_meeting(row, target), method
        mask = closest(row, target, _space.get(closest_space(n)))[1]
    unpack_mask(mask, chosen)
    return chosen, method


def _within(row: Row, lo: int, hi: int, size: int | None, method: str) -> tuple[Mask, str] | None:
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
    if method in ("auto", "scan") and tries < _SCAN_LIMIT:
        few = row[:62]
        mask = scan_one(few, lo, hi, 1.5)
        if mask >= 0:
            return _spread(mask, n), "scan"
    if method in ("auto", "four-list") and tries >= _FOUR_LISTS:
        found = _by_four_lists(doubled, middle, radius, tries)
        if found is not None:
            return found, "four-list"
    if method != "windows":
        used = min(n, max(8, tries.bit_length() - 1))
        while used <= 46 or used == n <= 54:
            part = _meet_within(doubled[:used], middle, radius)
            if part is not None:
                return _padded(part, n), "meet"
            if used == n:
                return None
            used = min(n, used + 3)
    check_memory(f"a proof over {n} items", bytes_of_windows(n), _FEWER)
    chosen = optimum_by_windows(doubled, middle, radius=radius)
    return (chosen, "windows") if lo <= sum_of_chosen(row, chosen) <= hi else None


def _meet_within(doubled: Row, middle: int, radius: int) -> Mask | None:
    n = doubled.size
    check_memory(f"a proof over {n} items", 8 * closest_space(n), "use method='windows'")
    if n >= _SLICED:
        chosen = optimum_by_meeting(doubled, middle)
        return chosen if abs(sum_of_chosen(doubled, chosen) - middle) <= radius else None
    error, mask = closest(doubled, middle, _space.get(closest_space(n)))
    return _spread(mask, n) if error <= radius else None


def _by_four_lists(doubled: Row, middle: int, radius: int, tries: int) -> Mask | None:
    """Try four lists as long as the cube root of the number of sums that one success takes."""
    group = min(-(-(tries.bit_length() - 3) // 3), 16)
    if 4 * group > doubled.size:
        return None
    masks = np.empty(4, np.int64)
    if not four_lists(doubled[: 4 * group], middle, radius, group, 32, masks):
        return None
    return _padded(np.concatenate([_spread(int(m), group) for m in masks]), doubled.size)


def _spread(mask: int, n: int) -> Mask:
    chosen = np.empty(n, np.bool_)
    unpack_mask(mask, chosen)
    return chosen


def _padded(chosen: Mask, n: int) -> Mask:
    if chosen.size == n:
        return chosen
    return np.concatenate([chosen, np.zeros(n - chosen.size, np.bool_)])
