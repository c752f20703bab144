"""What most people write: all sums of both halves, one sorted, the other searched in it."""

from __future__ import annotations

import numpy as np

name = "numpy meet in the middle"


def sums(items):
    """All subset sums, by mask."""
    out = np.zeros(1, items.dtype)
    for x in items:
        out = np.concatenate([out, out + x])
    return out


def least_error(items, target):
    """The least distance; `items` as integers."""
    half = len(items) // 2
    left, right = sums(items[:half]), np.sort(sums(items[half:]))
    at = np.searchsorted(right, target - left)
    above = np.abs(left + right[np.minimum(at, right.size - 1)] - target)
    below = np.abs(left + right[np.maximum(at - 1, 0)] - target)
    return int(min(above.min(), below.min()))
