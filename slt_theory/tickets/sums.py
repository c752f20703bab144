"""The subset sums of a ticket, by the solver of `slt_theory.subset_sum`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Answer", "bits", "solve_sums"]

Int64Array = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Answer:
    """Per sum: mask of the chosen free items, exact error, and whether one exists."""

    masks: NDArray[np.uint64]
    errors: Int64Array
    found: Bools


def solve_sums(
    items: Int64Array,
    wanted: Int64Array,
    *,
    radius: int | None,
    locked: Bools | None = None,
    size: int | None = None,
    threads: int | None = None,
) -> Answer:
    """Solve every row; locked items are always in, `size` counts chosen items that are not 0.

    Parameters
    ----------
    items : int64 array (sums, width), width <= 63
    wanted : int64 array (sums,)
    radius : int or None
        None asks for exact optima.
    """
    if size is not None:
        return _of_size(items, wanted, size, radius)
    from slt_theory.subset_sum import solve_many

    if locked is not None:
        wanted = wanted - np.where(locked, items, 0).sum(axis=1)
        items = np.where(locked, 0, items)
    found = solve_many(np.ascontiguousarray(items), wanted, radius=radius, threads=threads)
    return Answer(found.masks, found.errors, found.found)


def _of_size(items: Int64Array, wanted: Int64Array, size: int, radius: int | None) -> Answer:
    """Exactly `size` live items a sum, one row at a time."""
    from slt_theory.subset_sum import best, decide

    masks = np.zeros(wanted.size, dtype=np.uint64)
    errors = np.full(wanted.size, -1, dtype=np.int64)
    for row, (numbers, z) in enumerate(zip(items, wanted.tolist(), strict=True)):
        live = np.flatnonzero(numbers)
        if live.size < size:
            continue
        if radius is None:
            answer = best(numbers[live], z, size=size)
        else:
            found = decide(numbers[live], z - radius, z + radius, size=size)
            if found is None:
                continue
            answer = found
        masks[row] = np.bitwise_or.reduce(np.uint64(1) << live[answer.chosen].astype(np.uint64))
        errors[row] = abs(answer.total - z)
    return Answer(masks, errors, errors >= 0)


def bits(masks: NDArray[np.uint64], width: int) -> Bools:
    """Masks as rows of booleans, item k in column k."""
    octets = masks.astype("<u8").view(np.uint8).reshape(-1, 8)
    return np.unpackbits(octets, axis=1, count=width, bitorder="little").astype(bool)
