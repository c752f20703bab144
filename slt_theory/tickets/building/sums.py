"""The subset sums of a ticket, by the solvers of `slt_theory.subset_sum`."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["PROVABLE", "Answer", "CandidateRows", "solve_candidates", "solve_sums", "work_space"]

PROVABLE = 44
"""Up to so many live items a sum that is not reached is proved unreachable."""

_BLOCK_ITEMS = 1 << 18
_BLOCK_LOOKS = 1 << 19

Int64Array = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Answer:
    """Per sum: which items are chosen, the exact error, and whether a subset exists.

    Zeros (dead neurons, pruned weights) are never chosen; locked items always are.
    """

    chosen: Bools
    errors: Int64Array
    found: Bools


@dataclass(frozen=True)
class CandidateRows:
    """Free items of many sums, moved to the front of their rows; work space that is used again.

    Attributes
    ----------
    items, places : int64 and int32 arrays (sums, width)
        Of row r the first ``counts[r]`` entries count.
    counts, shifts : int64 arrays (sums,)
        Free items, and the sum of the locked ones.
    """

    items: Int64Array
    places: NDArray[np.int32]
    counts: Int64Array
    shifts: Int64Array

    @classmethod
    def empty(cls, sums: int, width: int) -> CandidateRows:
        """Room for `sums` rows of at most `width` items."""
        return cls(
            np.empty((sums, width), np.int64),
            np.empty((sums, width), np.int32),
            np.empty(sums, np.int64),
            np.empty(sums, np.int64),
        )

    def first(self, sums: int) -> CandidateRows:
        """Room for the first `sums` rows."""
        return CandidateRows(
            self.items[:sums], self.places[:sums], self.counts[:sums], self.shifts[:sums]
        )


def solve_candidates(
    candidates: CandidateRows,
    targets: Int64Array,
    *,
    radius: int | None,
    size: int | None = None,
    space: Int64Array | None = None,
) -> tuple[Bools, Int64Array]:
    """Taken items of every row, in the order of `candidates`, and exact errors, -1 where none fits.

    Parameters
    ----------
    targets : int64 array (sums,)
        Locked items still included.
    radius, size
        As in `solve_sums`.
    space : int64 array, optional
        Of `work_space`.
    """
    from slt_theory.subset_sum.checks import check_memory
    from slt_theory.subset_sum.kernels.meet import closest_space
    from slt_theory.subset_sum.kernels.ragged import nearest_rows, within_rows

    goals = targets - candidates.shifts
    taken = np.zeros(candidates.items.shape, dtype=bool)
    errors = np.empty(goals.size, dtype=np.int64)
    if size is not None:
        (_nearest if size == 1 else _sized)(candidates, goals, size, radius, taken, errors)
    elif radius is None:
        most = int(candidates.counts.max(initial=0))
        check_memory(f"an optimum over {most} items", 8 << (most // 2), "lower n")
        if space is None or space.size < closest_space(most):
            space = np.empty(closest_space(most), np.int64)
        nearest_rows(candidates.items, candidates.counts, goals, space, taken, errors)
    else:
        if space is None:
            space = work_space()
        within_rows(
            candidates.items,
            candidates.counts,
            goals - radius,
            goals + radius,
            space,
            taken,
            errors,
        )
    return taken, errors


def work_space() -> Int64Array:
    """Work space of `solve_candidates`; pages that no proof needs are never touched."""
    from slt_theory.subset_sum.kernels.meet import closest_space

    return np.empty(closest_space(PROVABLE), np.int64)


def solve_sums(
    items: Int64Array,
    targets: Int64Array,
    *,
    radius: int | None,
    locked: Bools | None = None,
    size: int | None = None,
    threads: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> Answer:
    """Solve every row.

    Parameters
    ----------
    items : int64 array (sums, width)
        Zeros are dead neurons and pruned weights.
    targets : int64 array (sums,)
    radius : int or None
        None asks for exact optima.
    locked : bool array like `items`, optional
    size : int, optional
        Exactly so many items that are not 0.
    progress : callable, optional
        Called with the number of all sums finished so far.
    """
    from slt_theory.subset_sum.kernels.wiring import offer, spread
    from slt_theory.subset_sum.parallel import map_blocks, row_blocks

    sums, width = items.shape
    chosen = np.zeros(items.shape, dtype=bool)
    errors = np.empty(sums, dtype=np.int64)

    def work(block: range) -> None:
        part = slice(block.start, block.stop)
        candidates = CandidateRows.empty(len(block), width)
        frozen = np.empty(0, np.uint32)
        if locked is not None:
            frozen = np.where(locked[part], 0, 1).astype(np.uint32).ravel()
        offer(
            np.ascontiguousarray(items[part]).ravel(),
            frozen,
            0,
            1,
            width,
            np.tile(np.arange(width, dtype=np.int32), (len(block), 1)),
            np.ones((len(block), width), np.int64),
            candidates.items,
            candidates.places,
            candidates.counts,
            candidates.shifts,
        )
        taken, errors[part] = solve_candidates(candidates, targets[part], radius=radius, size=size)
        spread(candidates.places, candidates.counts, taken, chosen[part])

    blocks = row_blocks(sums, _block_sums(items, radius))
    map_blocks(work, blocks, threads=threads, progress=progress)
    return Answer(chosen if locked is None else chosen | locked, errors, errors >= 0)


def _block_sums(items: Int64Array, radius: int | None) -> int:
    """Sums between two looks at Ctrl-C: about a second, however small the radius is.

    A sum takes about the root of the number of subsets that it has to look through: of all where
    the optimum is asked for, else of as many as reach one that is near.
    """
    some = items[:64]
    live = int(np.count_nonzero(some, axis=1).max(initial=0))
    if radius is not None:
        reach = float(np.abs(some).sum(axis=1).mean()) if len(some) else 0.0
        live = min(live, int(math.log2(reach / (2 * radius + 1) + 1)) + 1)
    by_memory = _BLOCK_ITEMS // max(items.shape[1], 1)
    return max(1, min(int(by_memory), _BLOCK_LOOKS >> (live // 2)))


def _nearest(
    candidates: CandidateRows,
    goals: Int64Array,
    size: int,
    radius: int | None,
    taken: Bools,
    errors: Int64Array,
) -> None:
    """One live item a sum: the nearest."""
    there = np.arange(candidates.items.shape[1]) < candidates.counts[:, None]
    far = np.iinfo(np.int64).max
    distance = np.where(there, np.abs(candidates.items - goals[:, None]), far)
    place = distance.argmin(axis=1)
    errors[:] = distance[np.arange(goals.size), place]
    found = errors <= radius if radius is not None else errors < far
    taken[np.flatnonzero(found), place[found]] = True
    errors[~found] = -1


def _sized(
    candidates: CandidateRows,
    goals: Int64Array,
    size: int,
    radius: int | None,
    taken: Bools,
    errors: Int64Array,
) -> None:
    """Exactly `size` live items a sum: a few items first, more where they do not suffice."""
    from slt_theory.subset_sum import best, decide

    errors[:] = -1
    for row, z in enumerate(goals.tolist()):
        live = int(candidates.counts[row])
        few = live if radius is None else min(live, size + 8)
        while few >= size:
            numbers = candidates.items[row, :few]
            if radius is None:
                answer = best(numbers, z, size=size)
            else:
                answer = decide(numbers, z - radius, z + radius, size=size)  # type: ignore[assignment]
            if answer is not None:
                taken[row, :few] = answer.chosen
                errors[row] = abs(answer.total - z)
            if answer is not None or few == live:
                break
            few = min(live, few + 6)
