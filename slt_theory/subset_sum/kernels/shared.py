"""Many targets, one sample: a table with one subset for every short cell."""

from __future__ import annotations

import numpy as np

from slt_theory.subset_sum.kernels._compile import jit
from slt_theory.subset_sum.kernels._types import Ints, Scalar
from slt_theory.subset_sum.kernels.sums import sums_by_mask

_BLOCK = 12


def fill_cells_py(
    items: Ints, base: Scalar, shift: Scalar, blocks: Scalar, masks: Ints, sums: Ints
) -> Scalar:
    """Put a subset into every cell [base + k 2^shift, base + (k + 1) 2^shift) that one falls in.

    Tries at most ``4096 * blocks`` subsets; ``masks`` starts at -1. Returns the number of empty
    cells.
    """
    first = min(items.size, _BLOCK)
    table = np.empty(1 << first, np.int64)
    sums_by_mask(items[:first], table)
    empty = masks.size
    count = np.uint64(masks.size)
    offset = np.int64(0)
    rest = 0
    for block in range(min(blocks, 1 << (items.size - first))):
        if block > 0:
            j = 0
            while (block >> j) & 1 == 0:
                j += 1
            offset += -items[first + j] if (rest >> j) & 1 == 1 else items[first + j]
            rest ^= 1 << j
        for k in range(table.size):
            total = table[k] + offset
            place = (total - base) >> shift
            if place < 0:
                continue
            cell = np.uint64(place)
            if cell < count and masks[cell] < 0:
                masks[cell] = np.int64(k) | (np.int64(rest) << first)
                sums[cell] = total
                empty -= 1
        if empty == 0:
            break
    return empty


fill_cells = jit(fill_cells_py)


def look_up_py(
    targets: Ints,
    base: Scalar,
    shift: Scalar,
    cell_masks: Ints,
    cell_sums: Ints,
    masks: Ints,
    errors: Ints,
) -> Scalar:
    """Subset of the cell of every target; -2 for an empty cell. Returns how many."""
    empty = np.int64(0)
    for t in range(targets.size):
        cell = np.uint64((targets[t] - base) >> shift)
        mask = cell_masks[cell]
        masks[t] = mask if mask >= 0 else np.int64(-2)
        errors[t] = abs(cell_sums[cell] - targets[t])
        empty += np.int64(mask < 0)
    return empty


look_up = jit(look_up_py)
