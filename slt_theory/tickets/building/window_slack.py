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

from slt_theory.lattice import PRODUCT_BITS
from slt_theory.laws import Law, Uniform
from slt_theory.tickets.block import SourceLayer
from slt_theory.tickets.building.slack import Alive
from slt_theory.tickets.frozen import frozen_stream
from slt_theory.tickets.source import FrozenRows

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
    from slt_theory.subset_sum.kernels.slack import GRAIN, leave_out, window_shares, window_slacks

    assert isinstance(law, Uniform)
    frozen = FrozenRows(seed, layer, 0)
    low, high = (int(end / law.unit) for end in law.support)
    keys = np.uint64(seed), np.uint64(layer.stream), np.uint64(frozen_stream(layer))
    where = layer.columns, window.first
    source = low, np.uint64(2 * (high - low)), frozen.pruned, frozen.locked
    down = window.goals >> GRAIN
    slack = np.stack([down, -down], axis=2)
    window_slacks(keys, where, source, window.places, window.slopes, slack)
    bound = (margin + (_MOST << PRODUCT_BITS)) >> GRAIN
    near = slack.min(axis=2) < bound
    alive, enough = window.slopes != 0, True
    for g in np.flatnonzero(near.any(axis=0)):
        rows = np.flatnonzero(near[:, g])
        shares = np.empty((2, rows.size, alive.shape[1]), np.int32)
        window_shares(keys, where, source, window.places[g], window.slopes[g], rows, shares)
        own = np.ascontiguousarray(slack[rows, g])
        lacking = leave_out(shares[0], shares[1], own, margin >> GRAIN, _MOST, alive[g])
        enough &= lacking == 0
    return Alive(alive, bool(enough))
