"""Few numbers whose sum lies in a range."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["fewest"]

_SIZED, _AMONG, _MOST = 6, 32, 60


def fewest(items: NDArray[np.int64], lo: int, hi: int) -> NDArray[np.bool_] | None:
    """A subset with ``lo <= sum <= hi`` of the first 60 live items, or None if none does.

    It is a smallest one if up to 6 of the first 32 do; else it is any.

    Parameters
    ----------
    items : int64 array (n,)
        Zeros are never chosen.
    """
    from slt_theory.subset_sum import decide

    chosen = np.zeros(items.size, dtype=bool)
    if lo <= 0 <= hi:
        return chosen
    live = np.flatnonzero(items)[:_MOST]
    few = live[:_AMONG]
    attempts = [(few, size) for size in range(1, min(_SIZED, few.size) + 1)]
    for chosen_from, size in (*attempts, (live, None)):
        answer = decide(items[chosen_from], lo, hi, size=size)
        if answer is not None:
            chosen[chosen_from] = answer.chosen
            return chosen
    return None
