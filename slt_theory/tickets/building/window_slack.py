"""Locked weights met by masks that are free, where hidden neurons choose among near inputs.

As `slt_theory.tickets.building.slack`, for the sums of a window together: its columns are drawn
once, whichever group they belong to.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from slt_theory.lattice import PRODUCT_BITS, WEIGHT_BITS
from slt_theory.laws import Law
from slt_theory.tickets.block import SourceLayer
from slt_theory.tickets.building.slack import Alive
from slt_theory.tickets.source import KernelDraws

__all__ = ["WindowSums", "keep_windows_within_reach"]

Int64Array = NDArray[np.int64]
_MOST = 8
"""Numbers that a group does without, at most."""


@dataclass(frozen=True)
class WindowSums:
    """Sums of every row over neighbouring columns, which belong to its groups in any order.

    Attributes
    ----------
    first : int
        The first column.
    places, slopes : int64 arrays (groups, n)
        Columns of every group, counted from the first, and what their numbers count.
    goals : int64 array (rows, groups)
    """

    first: int
    places: Int64Array
    slopes: Int64Array
    goals: Int64Array


def keep_windows_within_reach(
    count: int,
    window: Callable[[int], WindowSums],
    layer: SourceLayer,
    law: Law,
    seed: int,
    *,
    margin: int,
    threads: int | None = None,
) -> Alive:
    """Leave out numbers of `count` windows until every sum is within reach, or nothing helps.

    ``window(k)`` makes one of them. Where one is beyond help the others are left as they are.
    """
    from slt_theory.subset_sum.parallel import map_blocks, row_blocks

    stop = threading.Event()

    def work(block: range) -> Alive:
        own = window(block.start)
        if stop.is_set():
            return Alive(own.slopes != 0, False)
        found = _keep_within_reach(own, layer, law, seed, margin)
        if not found.enough:
            stop.set()
        return found

    parts = map_blocks(work, row_blocks(count, 1), threads=threads)
    return Alive(np.concatenate([part.alive for part in parts]), all(p.enough for p in parts))


def _keep_within_reach(
    window: WindowSums, layer: SourceLayer, law: Law, seed: int, margin: int
) -> Alive:
    """At most `_MOST` numbers a group are left out: each moves a sum by a unit at most.

    So sums further than that from the end of their reach need no look.
    """
    from slt_theory.subset_sum.kernels.slack import GRAIN, leave_out, window_shares

    draws = KernelDraws.of(seed, layer, law)
    bound = (margin + (_MOST << PRODUCT_BITS)) >> GRAIN
    down = window.goals >> GRAIN
    near = _near(draws, layer.columns, window, down, bound)
    alive, enough = window.slopes != 0, True
    for g in np.flatnonzero(near.any(axis=0)):
        rows = np.flatnonzero(near[:, g])
        shares = np.empty((2, rows.size, alive.shape[1]), np.int32)
        own, where = (window.places[g], window.slopes[g]), (layer.columns, window.first)
        window_shares(draws.keys, where, draws.source, *own, rows, shares)
        goals = np.stack([down[rows, g], -down[rows, g]], axis=1)
        slack = goals + shares.sum(axis=2, dtype=np.int64).T
        few = slack.min(axis=1) < bound
        below, above = (np.ascontiguousarray(side[few]) for side in shares)
        lacking = leave_out(below, above, slack[few], margin >> GRAIN, _MOST, alive[g])
        enough &= lacking == 0
    return Alive(alive, bool(enough))


def _near(
    draws: KernelDraws, columns: int, window: WindowSums, down: Int64Array, bound: int
) -> NDArray[np.bool_]:
    """(rows, groups): sums whose slack may be below `bound`, at least those where it is.

    `down` are the goals in units of shares.
    """
    from slt_theory.subset_sum.kernels.lanes import (
        LANES,
        MOST_NUMBERS,
        ROUGH,
        SHARE_ERROR,
        rough_slacks,
    )
    from slt_theory.subset_sum.kernels.slack import window_slacks

    where, (low, doubled, pruned, locked) = (columns, window.first), draws.source
    largest = max(abs(low), int(doubled) // 2 + low, int(np.abs(window.slopes).max(initial=0)))
    n = window.places.shape[1]
    if len(down) < 4 * LANES or n > MOST_NUMBERS or largest > 1 << WEIGHT_BITS:
        slack = np.stack([down, -down], axis=2)
        window_slacks(draws.keys, where, draws.source, window.places, window.slopes, slack)
        return np.asarray(slack.min(axis=2) < bound)
    groups, slopes = np.empty((2, window.places.size), np.int32)
    groups[window.places] = np.arange(len(window.places))[:, None]
    slopes[window.places] = window.slopes >> 9
    freezing = np.uint32(pruned), np.uint32(locked)
    rough = np.int32(low >> 10), np.uint32(int(doubled) >> 10), *freezing
    sums = np.empty((*down.shape, 2), np.int32)
    rough_slacks(draws.keys, where, rough, groups, slopes, sums)
    goals = down >> ROUGH
    least = np.minimum(goals + sums[..., 0], sums[..., 1] - goals)
    return np.asarray(least <= (bound >> ROUGH) + SHARE_ERROR * n + 2)
