"""What the solvers accept: integers with headroom. Checked here, before any kernel runs."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from slt_theory.errors import BadInput
from slt_theory.lattice import whole_number
from slt_theory.room import check_room
from slt_theory.subset_sum.kernels.gather import largest, magnitude

__all__ = [
    "HEADROOM",
    "as_integers",
    "check_headroom",
    "check_memory",
    "check_size",
    "item_row",
    "item_rows",
]

HEADROOM = 1 << 58
"""Largest sum of absolute values a solver accepts, targets included."""


def as_integers(name: str, values: ArrayLike) -> NDArray[np.int64]:
    """`values` as a contiguous int64 array; anything that is not an integer is refused."""
    array = np.asarray(values)
    if array.dtype == np.int64:
        return array if array.flags.c_contiguous else np.ascontiguousarray(array)
    if array.size == 0 and array.dtype == np.float64:  # np.asarray([])
        return array.astype(np.int64)
    if array.dtype.kind not in "iu":
        wide = _beyond_int64(values)
        if wide is not None:
            raise BadInput(name, wide, f"must be at most {HEADROOM} in size", "use a coarser unit")
        raise BadInput(
            name, str(array.dtype), "must be integers", "put real numbers on a lattice first"
        )
    if array.dtype == np.uint64 and array.size and int(array.max()) > HEADROOM:
        raise BadInput(name, int(array.max()), f"must be at most {HEADROOM}", "use a coarser unit")
    return np.ascontiguousarray(array, dtype=np.int64)


def _beyond_int64(values: Any) -> int | None:
    """The largest of integers that numpy takes for floats or objects, such as [1, 2**63]."""
    if isinstance(values, np.ndarray) and values.dtype.kind != "O":
        return None
    entries = np.asarray(values, dtype=object).ravel().tolist()
    integers = all(type(entry) is int for entry in entries)
    return max(entries, key=abs, default=None) if integers else None


def _no_headroom(name: str, total: float) -> BadInput:
    return BadInput(
        name,
        f"{total:.4g}",
        f"sum of absolute values must be at most {HEADROOM}",
        "use a coarser unit or fewer items",
    )


def item_row(name: str, values: ArrayLike) -> NDArray[np.int64]:
    """One row of items; its headroom is left to the caller."""
    items = as_integers(name, values)
    if items.ndim != 1:
        raise BadInput(name, items.shape, "must have one dimension", "flatten it")
    return items


def check_row(name: str, items: NDArray[np.int64]) -> None:
    """Refuse a row whose sum of absolute values is too large."""
    total = magnitude(items)
    if total > HEADROOM:
        raise _no_headroom(name, total)


def item_rows(name: str, values: ArrayLike) -> NDArray[np.int64]:
    """Rows of items; their headroom is checked block by block, by `check_headroom`."""
    items = as_integers(name, values)
    if items.ndim != 2:
        raise BadInput(name, items.shape, "must have two dimensions", "one row a trial or target")
    return items


def check_headroom(name: str, rows: NDArray[np.int64]) -> None:
    """Refuse rows whose sum of absolute values is too large."""
    most = largest(rows)
    if 0 <= most * rows.shape[1] <= HEADROOM:
        return
    total = max(
        magnitude(row) for row in rows
    )  # exact enough, and only where the quick bound fails
    if total > HEADROOM:
        raise _no_headroom(name, total)


def truth_row(name: str, values: Any, n: int) -> NDArray[np.bool_]:
    """A mask over `n` items."""
    mask = np.asarray(values)
    if n == 0 and mask.size == 0:
        mask = mask.astype(bool)  # np.asarray([]) is float64
    if mask.shape != (n,) or mask.dtype != np.bool_:
        raise BadInput(
            name, f"{mask.dtype}{mask.shape}", f"must be {n} truth values", "one for every item"
        )
    return mask


def check_size(size: Any, n: int, locked: int = 0) -> int | None:
    """Number of free items in a subset of exactly `size` items; None for any number.

    Raises
    ------
    BadInput
        If no subset of `n` items that holds all locked ones has that size.
    """
    if size is None:
        return None
    exact = whole_number("size", size)
    if not locked <= exact <= n:
        held = f", the {locked} locked ones included" if locked else ""
        raise BadInput("size", exact, f"must be from {locked} to {n} items{held}")
    return exact - locked


def available_bytes() -> int:
    """Memory that can be taken now; 4 GiB where the system does not say."""
    try:
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return 1 << 32


def check_memory(what: str, needed: int, way_out: str) -> None:
    """Refuse a request beyond the memory at hand, or announce it, before anything is allocated."""
    if needed < 1 << 28:
        return
    check_room(what, needed, available_bytes(), way_out)
