"""Masks that are mapped to a file: read some rows at a time, so that memory holds few of them."""

from __future__ import annotations

import mmap
from collections.abc import Iterator

import numpy as np

from slt_theory.arrays import Packed

__all__ = ["let_go", "ones", "stretches", "used_columns"]

_AT_ONCE = 1 << 24
"""Bytes of a mask that are looked at together."""


def let_go(mask: Packed, first: int = 0, last: int | None = None) -> None:
    """Let go of the memory of rows ``first .. last - 1``, by default of all; the file keeps them.

    A mask that is not mapped, and a part of one, stay as they are.
    """
    mapped = getattr(mask, "_mmap", None)
    if not isinstance(mapped, mmap.mmap) or not hasattr(mmap, "MADV_DONTNEED"):
        return
    if not isinstance(mask, np.memmap) or isinstance(mask.base, np.ndarray):
        return
    row = mask.nbytes // max(len(mask), 1)
    begin = mask.offset % mmap.ALLOCATIONGRANULARITY + first * row
    begin -= begin % mmap.PAGESIZE
    end = len(mapped) if last is None else mask.offset % mmap.ALLOCATIONGRANULARITY + last * row
    if end > begin:
        mapped.madvise(mmap.MADV_DONTNEED, begin, end - begin)


def stretches(mask: Packed) -> Iterator[Packed]:
    """Parts of a mask, some rows each; memory of a mapped one is let go of behind them."""
    step = max(1, _AT_ONCE // max(mask.nbytes // max(len(mask), 1), 1))
    for first in range(0, len(mask), step):
        yield mask[first : first + step]
        let_go(mask, first, min(first + step, len(mask)))


def ones(mask: Packed) -> int:
    """Count the bits that are set."""
    return sum(int(np.bitwise_count(part).sum(dtype=np.int64)) for part in stretches(mask))


def used_columns(mask: Packed, columns: int) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """Columns of a packed mask that any row keeps: bool (columns,)."""
    used = np.zeros(mask.shape[1], np.uint8)
    for part in stretches(mask):
        used |= np.bitwise_or.reduce(part, axis=0)
    return np.unpackbits(used, count=columns).astype(bool)
