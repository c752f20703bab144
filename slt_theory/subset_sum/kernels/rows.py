"""Many targets, one row of items each: loops over rows around `scan` and `meet`."""

from __future__ import annotations

import numpy as np

from slt_theory.subset_sum.kernels._compile import jit
from slt_theory.subset_sum.kernels._types import Ints, Scalar
from slt_theory.subset_sum.kernels.gather import reach, sum_of_mask
from slt_theory.subset_sum.kernels.meet import closest
from slt_theory.subset_sum.kernels.scan import scan_row

UNDECIDED = -2
ABSENT = -1


def scan_rows_py(
    items: Ints, lo: Ints, hi: Ints, middles: Ints, effort: float, masks: Ints, errors: Ints
) -> Scalar:
    """`scan_row` on every row: a mask, ABSENT or UNDECIDED. Returns how many are undecided."""
    rounded = np.empty(64, np.int32)
    turned = np.empty(64, np.int32)
    table = np.empty(256, np.int32)
    undecided = 0
    shift = 20
    for r in range(items.shape[0]):
        mask, total, shift = scan_row(items[r], lo[r], hi[r], effort, shift, rounded, turned, table)
        masks[r] = mask
        errors[r] = abs(total - middles[r]) if mask >= 0 else -1
        if mask == UNDECIDED:
            undecided += 1
    return undecided


scan_rows = jit(scan_rows_py)


def meet_rows_py(
    items: Ints,
    lo: Ints,
    hi: Ints,
    middles: Ints,
    used: Scalar,
    masks: Ints,
    errors: Ints,
    space: Ints,
) -> Scalar:
    """Meet in the middle on `used` items of every UNDECIDED row. Returns how many remain."""
    n = items.shape[1]
    doubled = np.empty(used, np.int64)
    undecided = 0
    for r in range(items.shape[0]):
        if masks[r] != UNDECIDED:
            continue
        lowest, highest = reach(items[r])
        low = max(lo[r], lowest)
        high = min(hi[r], highest)
        errors[r] = -1
        if low > high:
            masks[r] = ABSENT
            continue
        for k in range(used):
            doubled[k] = 2 * items[r, k]
        error, mask = closest(doubled, low + high, space)
        if error <= high - low:
            masks[r] = mask
            errors[r] = abs(sum_of_mask(items[r], mask) - middles[r])
        elif used == n:
            masks[r] = ABSENT
        else:
            undecided += 1
    return undecided


meet_rows = jit(meet_rows_py)


def closest_rows_py(items: Ints, targets: Ints, masks: Ints, errors: Ints, space: Ints) -> None:
    """The optimum of every row."""
    for r in range(items.shape[0]):
        row = items[r]
        lowest, highest = reach(row)
        target = min(max(targets[r], lowest), highest)
        mask = closest(row, target, space)[1]
        masks[r] = mask
        errors[r] = abs(sum_of_mask(row, mask) - targets[r])


closest_rows = jit(closest_rows_py)
