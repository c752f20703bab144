"""Locked weights met by the masks that are free: which numbers a whole layer does without.

A locked weight cannot be left out of its own sum, but the neuron that it comes from can be switched
off for all sums at once: in a gadget pair by pruning its in-weight, in a single layer by making the
copy a neuron that is always 0. Per group of numbers (one target input and half) this module leaves
out as few as it takes for the locked part of no sum to be out of reach. Without it every sum must
survive by itself, and the width grows with the square of the rarest deviation.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from slt_theory.lattice import PRODUCT_BITS
from slt_theory.laws import Law
from slt_theory.tickets.block import SourceLayer
from slt_theory.tickets.source import KernelDraws

__all__ = ["Alive", "Group", "keep_all_within_reach", "keep_within_reach", "margin_of"]

Int64Array = NDArray[np.int64]
Bools = NDArray[np.bool_]
_FEW, _MOST = 1 << 12, 8


@dataclass(frozen=True)
class Group:
    """Candidates of one sum in every row: numbers of neighbouring columns.

    Attributes
    ----------
    first : int
        Column of the first.
    slopes : int64 array (n,)
        What each number counts, 0 for a dead one.
    goals : int64 array (rows,)
    """

    first: int
    slopes: Int64Array
    goals: Int64Array


@dataclass(frozen=True)
class Alive:
    """Choose the numbers of a group that stay; says if every sum is then within reach."""

    alive: Bools
    enough: bool


def margin_of(radius: int) -> int:
    """Margin by which a sum should lie inside the reach of its free items.

    At the very ends of the reach there are few subsets; half a unit inside there are plenty for an
    error of 1/100, a little more is asked for smaller ones. Whether a sum is met is decided when it
    is solved.
    """
    digits = PRODUCT_BITS - math.log2(max(radius, 1))
    return int((4 + max(digits, 0.0)) / 20 * (1 << PRODUCT_BITS))


def keep_within_reach(
    group: Group, layer: SourceLayer, law: Law, seed: int, *, margin: int, switch: bool = True
) -> Alive:
    """Leave out numbers of a group until every sum lies within reach, or nothing helps.

    Without `switch` it is only seen whether they do with all.

    With many sums only those within `_MOST` units of the end of their reach are looked at, and at
    most so many numbers are left out: each moves a sum by a unit at most, so no other is harmed.
    Costs about 2 ns a number and sum.
    """
    from slt_theory.subset_sum.kernels.slack import GRAIN, leave_out, shares

    draws = KernelDraws.of(seed, layer, law)
    live, sums = np.flatnonzero(group.slopes), group.goals.size
    most = live.size if sums <= _FEW else _MOST
    # Pages of sums that are far from trouble are never touched.
    below, above = np.empty((2, sums, live.size), np.int32)
    slack = np.empty((sums, 2), np.int64)
    near = shares(
        *draws.keys,
        layer.columns,
        group.first,
        draws.source,
        group.slopes,
        live,
        group.goals,
        (margin + (most << PRODUCT_BITS)) >> GRAIN,
        below,
        above,
        slack,
    )
    stays = np.ones(live.size, dtype=bool)
    limit = most if switch else 0
    lacking = leave_out(below[:near], above[:near], slack[:near], margin >> GRAIN, limit, stays)
    alive = np.zeros(group.slopes.size, dtype=bool)
    alive[live[stays]] = True
    return Alive(alive, lacking == 0)


def keep_all_within_reach(
    groups: Sequence[Group],
    layer: SourceLayer,
    law: Law,
    seed: int,
    *,
    margin: int,
    switch: int | None = None,
    threads: int | None = None,
) -> Alive:
    """`keep_within_reach` for every group; `alive` has a row each.

    Only the first `switch` groups may leave numbers out; default: all. Where one group is beyond
    help the others are left as they are.
    """
    from slt_theory.subset_sum.parallel import map_blocks, row_blocks

    stop = threading.Event()

    def work(block: range) -> Alive:
        group = groups[block.start]
        if stop.is_set():
            return Alive(group.slopes != 0, False)
        may = switch is None or block.start < switch
        found = keep_within_reach(group, layer, law, seed, margin=margin, switch=may)
        if not found.enough:
            stop.set()
        return found

    parts = map_blocks(work, row_blocks(len(groups), 1), threads=threads)
    return Alive(np.stack([part.alive for part in parts]), all(part.enough for part in parts))
