"""Exact sums and bounds of one row of items."""

from __future__ import annotations

import numpy as np

from slt_theory.subset_sum.kernels._compile import jit
from slt_theory.subset_sum.kernels._types import Ints, Scalar, Truths


def reach_py(items: Ints) -> tuple[Scalar, Scalar]:
    """Sum of the negative items and sum of the positive ones: every subset sum lies between."""
    low = np.int64(0)
    high = np.int64(0)
    for k in range(items.size):
        low += min(items[k], np.int64(0))
        high += max(items[k], np.int64(0))
    return low, high


reach = jit(reach_py)


def sum_of_mask_py(items: Ints, mask: Scalar) -> Scalar:
    """Sum of the items whose bit is set in `mask`."""
    total = np.int64(0)
    for k in range(items.size):
        total += items[k] & -((mask >> k) & 1)
    return total


sum_of_mask = jit(sum_of_mask_py)


def magnitude_py(items: Ints) -> float:
    """Sum of the absolute values, in floating point so that it cannot overflow."""
    total = 0.0
    for k in range(items.size):
        total += abs(float(items[k]))
    return total


magnitude = jit(magnitude_py)


def unpack_mask_py(mask: Scalar, chosen: Truths) -> None:
    """Spread the bits of `mask` over `chosen`."""
    for k in range(chosen.size):
        chosen[k] = (mask >> k) & 1 != 0


unpack_mask = jit(unpack_mask_py)


def sum_of_chosen_py(items: Ints, chosen: Truths) -> Scalar:
    """Sum of the chosen items."""
    total = np.int64(0)
    for k in range(items.size):
        total += items[k] * np.int64(chosen[k])
    return total


sum_of_chosen = jit(sum_of_chosen_py)


def largest_py(items: Ints) -> Scalar:
    """Largest absolute value; -1 for one that has none in int64."""
    flat = items.ravel()
    low = np.int64(0)
    high = np.int64(0)
    for k in range(flat.size):
        low = min(low, flat[k])
        high = max(high, flat[k])
    if low == -(1 << 63):
        return -1
    return max(high, -low)


largest = jit(largest_py)
