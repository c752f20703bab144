"""Gadget pairs whose sums are written by a rule instead of a search.

A pool holds the candidates of a pair: live in-weights, a group of them for every target input and
half, and rows of out-weights. Constructions pick from it and get masks back. The layout is that of
`slt_theory.tickets.building.gadget`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from slt_theory.errors import NeedsMemory
from slt_theory.tickets.block import Block
from slt_theory.tickets.building.gadget import Design, in_links, in_weights, pair_block
from slt_theory.tickets.building.request import Layer, Request
from slt_theory.tickets.draw import sample
from slt_theory.tickets.source import layer_law
from slt_theory.tickets.ticket import Ticket

__all__ = ["CandidatePool", "Filled", "build_pairs", "check_memory", "gathered"]

Int64Array = NDArray[np.int64]
Bools = NDArray[np.bool_]
Packed = NDArray[np.uint8]
Missed = list[tuple[int, int, str]]
_MASK_LIMIT = 4 << 30


class CandidatePool:
    """Candidates and targets of one gadget pair.

    Attributes
    ----------
    halves, groups, n : int
        A group is a target input and a half: number ``input * halves + half``.
    in_weights : int64 array (groups, n)
        0 where the neuron's in-weight has the sign of the other half.
    targets : int64 array (rows, groups)
        Target of every half-sum, a row a source output; 0 where nothing is wired.
    """

    def __init__(self, block: Block, layer: Layer, seed: int) -> None:
        self.block, self.seed, self.n = block, seed, block.n
        self.halves = block.halves
        self.groups = block.columns * self.halves
        rows = np.arange(block.layers[1].rows)
        targets = np.where(block.wired(rows), layer.targets[block.target_rows(rows)], 0)
        self.targets = np.repeat(targets, self.halves, axis=1)
        self.in_weights = in_weights(block, seed)

    def out_weights(self, row: int, rows: int = 1) -> Int64Array:
        """Out-weights of source outputs ``row .. row + rows - 1``: int64 (rows, groups, n)."""
        outer = self.block.layers[1]
        first, count = row * outer.columns, rows * outer.columns
        v = sample(layer_law(outer), self.seed, outer.stream, first, count)
        return v.reshape(rows, self.groups, self.n)

    def in_mask(self, used: Bools) -> Packed:
        """The in-layer's mask: live neurons of `used` (groups, n) keep their input's weight."""
        return in_links(self.block, np.flatnonzero(used & (self.in_weights != 0)))

    def missed(self, row: int, groups: Int64Array) -> Missed:
        """Names of half-sums that were not reached."""
        return [self.block.half_sum(row, g) for g in groups.tolist()]


@dataclass(frozen=True)
class Filled:
    """Masks of one block, the sums that it misses, and what it stores besides."""

    masks: tuple[Packed, ...]
    unreached: Missed
    choices: tuple[Packed, ...] = ()


def check_memory(blocks: tuple[Block, ...]) -> None:
    """Refuse masks beyond 4 GiB before anything is drawn."""
    needed = sum(block.mask_bytes() for block in blocks)
    if needed > _MASK_LIMIT:
        n = max(block.n for block in blocks)
        raise NeedsMemory(f"the packed masks at n = {n}", needed, _MASK_LIMIT, "lower n")


def build_pairs(
    request: Request,
    theorem: str,
    designs: list[Design],
    fill: Callable[[Block, Layer, int], Filled],
    complete: Callable[[Block], Block] = lambda block: block,
) -> Ticket:
    """One pair a target layer, with a `complete` header, filled by ``fill(.., index)``."""
    blocks = tuple(
        complete(pair_block(layer, design, 2 * k))
        for k, (layer, design) in enumerate(zip(request.layers, designs, strict=True))
    )
    check_memory(blocks)
    filled = [
        fill(block, layer, k)
        for k, (block, layer) in enumerate(zip(blocks, request.layers, strict=True))
    ]
    return gathered(request, theorem, blocks, filled)


def gathered(
    request: Request, theorem: str, blocks: tuple[Block, ...], filled: list[Filled]
) -> Ticket:
    """The ticket of filled blocks."""
    unreached = tuple((k, *place) for k, one in enumerate(filled) for place in one.unreached)
    ticket = request.ticket(theorem, blocks, tuple(one.masks for one in filled), unreached)
    choices = tuple(one.choices for one in filled)
    return replace(ticket, choices=choices) if any(choices) else ticket
