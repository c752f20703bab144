"""Rows with frozen items: the free ones moved to the front, and masks moved back."""

from __future__ import annotations

import numpy as np

from slt_theory.subset_sum.kernels._compile import jit
from slt_theory.subset_sum.kernels._types import Ints, Rows, Truths, Words


def compact_py(items: Rows, pruned: Truths, locked: Truths, out: Rows, shift: Ints) -> None:
    """Free items to the front of `out`, zeros behind them; sums of locked ones to `shift`."""
    for r in range(items.shape[0]):
        at = 0
        total = np.int64(0)
        for k in range(items.shape[1]):
            if locked[r, k]:
                total += items[r, k]
            elif not pruned[r, k]:
                out[r, at] = items[r, k]
                at += 1
        for k in range(at, out.shape[1]):
            out[r, k] = 0
        shift[r] = total


compact = jit(compact_py)


def expand_py(pruned: Truths, locked: Truths, masks: Words) -> None:
    """Truths over the free items become masks over all, locked items added; in place."""
    one = np.uint64(1)
    for r in range(masks.size):
        source = masks[r]
        full = np.uint64(0)
        for k in range(pruned.shape[1]):
            bit = one << np.uint64(k)
            if locked[r, k]:
                full |= bit
            elif not pruned[r, k]:
                if source & one != np.uint64(0):
                    full |= bit
                source >>= one
        masks[r] = full


expand = jit(expand_py)
