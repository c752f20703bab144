"""Widths for sources with locked weights, and what their layers do without.

Backwards from the last layer: `slack` names the copies that each single layer has switched off,
which are rows of the layer before that must be 0; the gadget pair at the front then gives up hidden
neurons. Widths are the smallest for which this brings every sum within reach, found by trying: the
patterns come from the seed, so nothing has to be estimated.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from slt_theory.tickets.block import Block
from slt_theory.tickets.building.chosen_inputs import windows
from slt_theory.tickets.building.gadget import pair_groups, pair_windows
from slt_theory.tickets.building.request import Request
from slt_theory.tickets.building.single import single_groups
from slt_theory.tickets.building.slack import Alive, Group, keep_all_within_reach, margin_of
from slt_theory.tickets.building.window_slack import keep_windows_within_reach
from slt_theory.tickets.checking.silence import consumer
from slt_theory.tickets.source import layer_law

__all__ = ["SourcePlan", "later_layers", "plan", "smallest"]

Bools = NDArray[np.bool_]
_SAMPLE = 16


@dataclass(frozen=True)
class SourcePlan:
    """Parts of a source that may be used.

    Attributes
    ----------
    blocks : tuple of Block
    alive : tuple of (bool array or None)
        Per block the numbers (groups, n) that may be used.
    off : tuple of (bool array or None)
        Per block the rows that are to be 0.
    enough : bool
        Whether every sum is within reach.
    """

    blocks: tuple[Block, ...]
    alive: tuple[Bools | None, ...]
    off: tuple[Bools | None, ...]
    enough: bool = True

    @classmethod
    def plain(cls, blocks: tuple[Block, ...]) -> SourcePlan:
        """Everything may be used."""
        return cls(blocks, (None,) * len(blocks), (None,) * len(blocks))

    def of(self, blocks: tuple[Block, ...]) -> SourcePlan:
        """The same for blocks whose single layers are these."""
        return replace(self, blocks=blocks)


def _alive(
    request: Request,
    blocks: tuple[Block, ...],
    k: int,
    groups: list[Group],
    switch: int | None = None,
) -> Alive:
    layer = blocks[k].layers[-1]
    return keep_all_within_reach(
        groups,
        layer,
        layer_law(layer),
        request.seed,
        margin=margin_of(request.layers[k].radius),
        switch=switch,
        threads=request.threads,
    )


def _alive_of_choosers(request: Request, block: Block, off: Bools | None, *, sample: bool) -> Alive:
    """Hidden neurons of the first pair that stay, where they choose the inputs they see."""
    count, layer = len(windows(block)), block.layers[-1]
    some = [count // 2] if sample else list(range(count))
    return keep_windows_within_reach(
        len(some),
        pair_windows(block, request.layers[0], request.seed, off, some),
        layer,
        layer_law(layer),
        request.seed,
        margin=margin_of(request.layers[0].radius),
        threads=request.threads,
    )


def later_layers(request: Request, blocks: tuple[Block, ...]) -> SourcePlan:
    """The plan of all single layers; of the pair only which rows are off."""
    alive: list[Bools | None] = [None] * len(blocks)
    off: list[Bools | None] = [None] * len(blocks)
    enough = True
    for k in range(len(blocks) - 1, 0, -1):
        block = blocks[k]
        groups = single_groups(block, request.layers[k], off[k])
        # Constants are there for every copy, and only a ReLU makes a neuron 0 for good.
        free = block.inputs if consumer(request.target, k - 1) == k else 0
        found = _alive(request, blocks, k, groups, switch=free)
        alive[k] = found.alive
        if free:
            off[k - 1] = np.repeat(~found.alive[:free].ravel(), blocks[k - 1].taps)
        enough &= found.enough
    return SourcePlan(blocks, tuple(alive), tuple(off), enough)


def plan(request: Request, later: SourcePlan, *, sample: bool = False) -> SourcePlan:
    """The whole plan; with `sample`, of some groups of the pair only, to see whether it will do."""
    blocks = later.blocks
    if blocks[0].links_own_inputs(0):
        count = blocks[0].layers[0].rows // blocks[0].n
        some = sorted({k * count // _SAMPLE for k in range(_SAMPLE)}) if sample else None
        groups = pair_groups(blocks[0], request.layers[0], request.seed, later.off[0], some)
        found = _alive(request, blocks, 0, groups)
    else:
        found = _alive_of_choosers(request, blocks[0], later.off[0], sample=sample)
    alive = (None if sample else found.alive, *later.alive[1:])
    return SourcePlan(blocks, alive, later.off, later.enough and found.enough)


def smallest(enough: Callable[[int], bool], first: int, last: int) -> int:
    """Smallest number that is enough, to one part in fifty, as if more were never worse."""
    low, high = first - 1, first
    while high < last and not enough(high):
        low, high = high, min(last, high + max(1, high // 5))
    while high - low > 1 + high // 50:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high
