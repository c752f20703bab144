"""Sorting of values that spread evenly, as sums in a short window do."""

from __future__ import annotations

import numpy as np

from slt_theory.subset_sum.kernels._compile import jit
from slt_theory.subset_sum.kernels._types import Ints, Ints32

_CROWD = 32


def sort_spread_py(values: Ints, out: Ints, counts: Ints32) -> None:
    """Sort `values` into `out`; `counts` has room for at least twice as many entries, plus two.

    One pass into buckets of one or two values, one insertion sort over all. Where many values crowd
    in one bucket, an ordinary sort.
    """
    n = values.size
    if n == 0:
        return
    low = values[0]
    high = values[0]
    for k in range(n):
        low = min(low, values[k])
        high = max(high, values[k])
    shift = 0
    while (high - low) >> shift >= 2 * n:
        shift += 1
    buckets = ((high - low) >> shift) + 1
    for b in range(buckets + 1):
        counts[b] = 0
    for k in range(n):
        counts[np.uint64((values[k] - low) >> shift) + np.uint64(1)] += np.int32(1)
    most = np.int32(0)
    total = np.int32(0)
    for b in range(buckets + 1):
        most = max(most, counts[b])
        total = np.int32(total + counts[b])
        counts[b] = total
    if most > _CROWD:
        out[:n] = np.sort(values)
        return
    for k in range(n):
        bucket = np.uint64((values[k] - low) >> shift)
        at = counts[bucket]
        out[at] = values[k]
        counts[bucket] = np.int32(at + 1)
    for k in range(1, n):
        value = out[k]
        j = k
        while j > 0 and out[j - 1] > value:
            out[j] = out[j - 1]
            j -= 1
        out[j] = value


sort_spread = jit(sort_spread_py)
