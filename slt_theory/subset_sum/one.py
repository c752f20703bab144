"""One target: the optimum with its subset, and the decision with proof of absence."""

from __future__ import annotations

import operator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from slt_theory.arrays import Bools
from slt_theory.errors import BadInput
from slt_theory.lattice import whole_number
from slt_theory.subset_sum.checks import (
    HEADROOM,
    check_memory,
    check_row,
    check_size,
    item_row,
    truth_row,
)
from slt_theory.subset_sum.halves import Progress, bytes_of_windows
from slt_theory.subset_sum.kernels.gather import sum_of_chosen
from slt_theory.subset_sum.kernels.meet import closest_space, optimum_of_few
from slt_theory.subset_sum.kernels.rows import ABSENT
from slt_theory.subset_sum.kernels.scan import decide_few
from slt_theory.subset_sum.regimes import (
    DECISION_METHODS,
    FAR,
    FEWER,
    LARGEST_MEET,
    OPTIMUM_METHODS,
    QUICK,
    SCAN_LIMIT,
    SLICED,
    nearest,
    space_kept,
    within,
)

__all__ = ["Subset", "best", "decide", "memory_needed"]


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


def memory_needed(n: int, *, method: str = "auto") -> int:
    """Bytes of work space for the optimum over `n` free items, before anything is taken."""
    if method == "windows" or (method == "auto" and n > LARGEST_MEET):
        return bytes_of_windows(n)
    return 8 * int(closest_space(n))


def best(
    items: ArrayLike,
    target: int,
    *,
    size: int | None = None,
    locked: ArrayLike | None = None,
    method: str = "auto",
    progress: Progress | None = None,
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
    progress : callable, optional
        Called with the per cent done, from 40 items on.

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
    >>> answer = best([3, 5, -2], 4)
    >>> answer.total, answer.error, answer.method
    (3, 1, 'brute')
    """
    row = item_row("items", items)
    goal = _integer("target", target)
    _one_of(method, OPTIMUM_METHODS)
    n = row.size
    if n < SLICED and locked is None and size is None and method in QUICK:
        # one call of a kernel for everything: with few items calls would cost more than the work
        entries = closest_space(n)
        check_memory("an optimum", 8 * entries, FEWER)
        chosen = np.empty(n, np.bool_)
        near = max(-HEADROOM, min(HEADROOM, goal))
        ok, total = optimum_of_few(row, near, HEADROOM, space_kept.get(entries), chosen)
        if ok:
            return Subset(
                chosen, int(total), abs(total - goal), True, "brute" if n <= 8 else "meet"
            )
    check_row("items", row)
    if locked is None:
        chosen, how = nearest(row, goal, check_size(size, n), method, progress)
    else:
        fixed = truth_row("locked", locked, row.size)
        rest = check_size(size, n, int(fixed.sum()))
        part, how = nearest(row[~fixed], goal - int(row[fixed].sum()), rest, method, progress)
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
    if method == "auto" and locked is None and size is None:
        chosen = np.empty(row.size, np.bool_)
        near, far = (max(-FAR, min(FAR, end)) for end in (low, high))
        mask, total = decide_few(row, near, far, SCAN_LIMIT, HEADROOM, chosen)
        if mask >= 0:
            total = int(total)
            return Subset(chosen, total, abs(2 * total - low - high) // 2, False, "scan")
        if mask == ABSENT:
            return None
        method = "lists"
    else:
        _one_of(method, DECISION_METHODS)
    check_row("items", row)
    size = None if size is None else whole_number("size", size)
    if locked is None:
        found = within(row, low, high, size, method)
        if found is None:
            return None
        chosen, how = found
    else:
        fixed = truth_row("locked", locked, row.size)
        shift = int(row[fixed].sum())
        rest = None if size is None else size - int(fixed.sum())
        found = within(row[~fixed], low - shift, high - shift, rest, method)
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


def _joined(fixed: Bools, part: Bools) -> Bools:
    chosen = fixed.copy()
    chosen[~fixed] = part
    return chosen
