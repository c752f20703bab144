"""The subset sums of a ticket, by the solvers of `slt_theory.subset_sum`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["PROVABLE", "Answer", "bits", "solve_sums"]

PROVABLE = 44
"""Up to so many live items a sum that is not reached is proved unreachable."""

_TURNS = 4

Int64Array = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Answer:
    """Per sum: which items are chosen, the exact error, and whether a subset exists.

    Zeros (dead neurons, pruned weights) are never chosen; locked items always are.
    """

    chosen: Bools
    errors: Int64Array
    found: Bools


def solve_sums(
    items: Int64Array,
    wanted: Int64Array,
    *,
    radius: int | None,
    locked: Bools | None = None,
    size: int | None = None,
    threads: int | None = None,
) -> Answer:
    """Solve every row.

    Parameters
    ----------
    items : int64 array (sums, width)
        Zeros are dead neurons and pruned weights.
    wanted : int64 array (sums,)
    radius : int or None
        None asks for exact optima.
    locked : bool array like `items`, optional
    size : int, optional
        Exactly so many items that are not 0.
    """
    if size is not None:
        return _nearest(items, wanted, radius) if size == 1 else _sized(items, wanted, size, radius)
    if locked is not None:
        wanted = wanted - np.where(locked, items, 0).sum(axis=1)
        items = np.where(locked, 0, items)
    answer = _by_live_count(items, wanted, radius, threads)
    if locked is None:
        return answer
    return Answer(answer.chosen | locked, answer.errors, answer.found)


def _by_live_count(
    items: Int64Array, wanted: Int64Array, radius: int | None, threads: int | None
) -> Answer:
    """Solve rows without their zeros, by number of live items: a proof never enumerates zeros."""
    live = np.count_nonzero(items, axis=1)
    chosen = np.zeros(items.shape, dtype=bool)
    errors = np.empty(wanted.size, dtype=np.int64)
    found = np.empty(wanted.size, dtype=bool)
    for count in np.unique(live).tolist():
        rows = np.flatnonzero(live == count)
        part = items[rows]
        order = np.argsort(part == 0, axis=1, kind="stable")[:, :count]
        numbers = np.take_along_axis(part, order, axis=1)
        if radius is not None and count > PROVABLE:
            answer = _many_items(numbers, wanted[rows], radius, threads)
        else:
            answer = _solved(numbers, wanted[rows], radius, threads)
        here = np.zeros(part.shape, dtype=bool)
        np.put_along_axis(here, order, answer.chosen, axis=1)
        chosen[rows], errors[rows], found[rows] = here, answer.errors, answer.found
    return Answer(chosen, errors, found)


def _solved(
    numbers: Int64Array, wanted: Int64Array, radius: int | None, threads: int | None
) -> Answer:
    from slt_theory.subset_sum import solve_many

    answer = solve_many(numbers, wanted, radius=radius, threads=threads)
    return Answer(bits(answer.masks, numbers.shape[1]), answer.errors, answer.found)


def _many_items(
    numbers: Int64Array, wanted: Int64Array, radius: int, threads: int | None
) -> Answer:
    """More live items than a proof can hold: the rest is added greedily towards the target first.

    A locked sum can be far off; items with the sign of what is left bring it back, and the first
    `PROVABLE` ones do the fine work. Another share of the items gets a turn where that fails.
    """
    size = numbers.shape[1]
    chosen = np.zeros(numbers.shape, dtype=bool)
    errors = np.full(wanted.size, -1, dtype=np.int64)
    open_rows = np.arange(wanted.size)
    for turn in range(_TURNS):
        if open_rows.size == 0:
            break
        order = np.roll(np.arange(size), -turn * (size // _TURNS))
        part, left = numbers[open_rows][:, order], wanted[open_rows].copy()
        taken = np.zeros(part.shape, dtype=bool)
        step = np.abs(part).max(axis=1)
        for k in range(PROVABLE, size):
            use = (np.sign(part[:, k]) == np.sign(left)) & (np.abs(left) > step)
            taken[:, k] = use
            left -= np.where(use, part[:, k], 0)
        answer = _solved(np.ascontiguousarray(part[:, :PROVABLE]), left, radius, threads)
        taken[:, :PROVABLE] = answer.chosen
        done = open_rows[answer.found]
        here = np.zeros(part.shape, dtype=bool)
        here[:, order] = taken
        chosen[done], errors[done] = here[answer.found], answer.errors[answer.found]
        open_rows = open_rows[~answer.found]
    return Answer(chosen, errors, errors >= 0)


def _nearest(items: Int64Array, wanted: Int64Array, radius: int | None) -> Answer:
    """One live item a sum: the nearest."""
    distance = np.where(items != 0, np.abs(items - wanted[:, None]), np.iinfo(np.int64).max)
    place = distance.argmin(axis=1)
    errors = distance[np.arange(wanted.size), place]
    found = errors <= radius if radius is not None else errors < np.iinfo(np.int64).max
    chosen = np.zeros(items.shape, dtype=bool)
    chosen[np.flatnonzero(found), place[found]] = True
    return Answer(chosen, np.where(found, errors, -1), found)


def _sized(items: Int64Array, wanted: Int64Array, size: int, radius: int | None) -> Answer:
    """Exactly `size` live items a sum: a few items first, more where they do not suffice."""
    from slt_theory.subset_sum import best, decide

    chosen = np.zeros(items.shape, dtype=bool)
    errors = np.full(wanted.size, -1, dtype=np.int64)
    for row, z in enumerate(wanted.tolist()):
        live = np.flatnonzero(items[row])
        offered = live.size if radius is None else min(live.size, size + 8)
        while offered >= size:
            numbers = items[row, live[:offered]]
            if radius is None:
                answer = best(numbers, z, size=size)
            else:
                answer = decide(numbers, z - radius, z + radius, size=size)  # type: ignore[assignment]
            if answer is not None:
                chosen[row, live[:offered]] = answer.chosen
                errors[row] = abs(answer.total - z)
            if answer is not None or offered == live.size:
                break
            offered = min(live.size, offered + 6)
    return Answer(chosen, errors, errors >= 0)


def bits(masks: NDArray[np.uint64], width: int) -> Bools:
    """Masks as rows of booleans, item k in column k."""
    octets = masks.astype("<u8").view(np.uint8).reshape(-1, 8)
    return np.unpackbits(octets, axis=1, count=width, bitorder="little").astype(bool)
