"""Rows of different lengths: one subset a row within a range, or the nearest one.

A row of more items than a proof can hold is solved in two steps: items beyond the first `FINE` are
added greedily towards the target, and the first ones do the fine work. What a row gets depends on
that row alone.
"""

from __future__ import annotations

import numpy as np

from slt_theory.subset_sum.kernels._compile import jit
from slt_theory.subset_sum.kernels._types import Ints, Ints32, Rows, Scalar, TruthRows, Truths
from slt_theory.subset_sum.kernels.gather import reach, sum_of_mask, unpack_mask
from slt_theory.subset_sum.kernels.meet import closest
from slt_theory.subset_sum.kernels.scan import scan_row

FINE = 44
TURNS = 4

EFFORT = 1.5
"""Sums tried in a turn, as a multiple of reach / width; about four times what a success takes."""

SCAN_LIMIT = 4e6
"""Beyond this many sums the lists of a meet in the middle are cheaper than trying."""


def within_py(
    items: Ints,
    lo: Scalar,
    hi: Scalar,
    shift: Scalar,
    rounded: Ints32,
    turned: Ints32,
    table: Ints32,
    space: Ints,
) -> tuple[Scalar, Scalar, Scalar]:
    """Mask with ``lo <= sum <= hi`` or -1, its sum, and the `shift` for the next row."""
    n = items.size
    lowest, highest = reach(items)
    low = max(lo, lowest)
    high = min(hi, highest)
    if low > high:
        return -1, 0, shift
    tries = float(highest - lowest) / (float(hi) - float(lo) + 1.0)
    if tries < SCAN_LIMIT:
        mask, total, shift = scan_row(items, low, high, EFFORT, shift, rounded, turned, table)
        if mask >= -1:
            return mask, total, shift
    used = min(n, max(6, int(np.log2(tries + 1.0)) + 1))
    doubled = np.empty(n, np.int64)
    for k in range(n):
        doubled[k] = 2 * items[k]
    while True:
        error, mask = closest(doubled[:used], low + high, space)
        if error <= high - low:
            return mask, sum_of_mask(items, mask), shift
        if used == n:
            return -1, 0, shift
        used = min(n, used + 3)


within = jit(within_py)


def within_many_py(
    items: Ints,
    lo: Scalar,
    hi: Scalar,
    shift: Scalar,
    rounded: Ints32,
    turned: Ints32,
    table: Ints32,
    space: Ints,
    taken: Truths,
) -> tuple[Scalar, Scalar, Scalar]:
    """As `within` for more than `FINE` items, chosen ones in `taken`; -1 proves nothing.

    Another share of the items does the fine work in every turn.
    """
    n = items.size
    step = np.int64(0)
    for k in range(n):
        step = max(step, abs(items[k]))
    fine = np.empty(FINE, np.int64)
    for turn in range(TURNS):
        begin = turn * (n // TURNS)
        left = (lo + hi) // 2
        total = left
        for k in range(n):
            taken[k] = False
        at = begin + FINE
        for _ in range(FINE, n):
            if abs(left) <= step:  # no item is taken from here on
                break
            at = at if at < n else at - n
            if (items[at] > 0) == (left > 0):
                taken[at] = True
                left -= items[at]
            at += 1
        total -= left
        ahead = min(FINE, n - begin)
        fine[:ahead] = items[begin : begin + ahead]
        fine[ahead:] = items[: FINE - ahead]
        mask, part, shift = within(
            fine, lo - total, hi - total, shift, rounded, turned, table, space
        )
        if mask >= 0:
            unpack_mask(mask, taken[begin : begin + ahead])
            unpack_mask(mask >> ahead, taken[: FINE - ahead])
            return 0, total + part, shift
    for k in range(n):
        taken[k] = False
    return -1, 0, shift


within_many = jit(within_many_py)


def within_rows_py(
    items: Rows, counts: Ints, lo: Ints, hi: Ints, space: Ints, taken: TruthRows, errors: Ints
) -> None:
    """Of row r the first ``counts[r]`` items: `taken`, and the distance from the middle or -1."""
    rounded = np.empty(64, np.int32)
    turned = np.empty(64, np.int32)
    table = np.empty(256, np.int32)
    shift = 20
    for r in range(items.shape[0]):
        n = counts[r]
        row = items[r, :n]
        if n > FINE:
            mask, total, shift = within_many(
                row, lo[r], hi[r], shift, rounded, turned, table, space, taken[r]
            )
        else:
            mask, total, shift = within(row, lo[r], hi[r], shift, rounded, turned, table, space)
            unpack_mask(max(mask, 0), taken[r, :n])
        for k in range(n, items.shape[1]):
            taken[r, k] = False
        errors[r] = abs(total - (lo[r] + hi[r]) // 2) if mask >= 0 else -1


within_rows = jit(within_rows_py)


def nearest_rows_py(
    items: Rows, counts: Ints, goals: Ints, space: Ints, taken: TruthRows, errors: Ints
) -> None:
    """The optimum of every row, of at most 62 items."""
    for r in range(items.shape[0]):
        n = counts[r]
        row = items[r, :n]
        lowest, highest = reach(row)
        mask = closest(row, min(max(goals[r], lowest), highest), space)[1]
        unpack_mask(mask, taken[r, :n])
        for k in range(n, items.shape[1]):
            taken[r, k] = False
        errors[r] = abs(sum_of_mask(row, mask) - goals[r])


nearest_rows = jit(nearest_rows_py)
