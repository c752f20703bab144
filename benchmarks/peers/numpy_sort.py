"""Coverage as most people test it: all sums of n items, sorted, one n only."""

from __future__ import annotations

import numpy as np

from peers.numpy_meet import sums

name = "numpy sort of all sums"


def covers(items, width, left, right):
    """True if steps of at most `width` lead from a sum <= left to a sum >= right."""
    near = sums(items)
    near = np.sort(near[(near >= left - width) & (near <= right + width)])
    below = np.searchsorted(near, left, side="right") - 1
    above = np.searchsorted(near, right)
    if below < 0 or above == near.size:
        return False
    return bool((np.diff(near[below : above + 1]) <= width).all())
