"""Sreenivasan et al. 2022: random signs, a weight in binary, powers of two by depth.

A target layer becomes a chain. Its first layer splits inputs by sign into carriers; in every next
layer carriers double (two kept links of weight 1) and accumulators add the carriers whose bit is
set; the last layer takes the positive accumulator of an output minus the negative one, times one
gain. A weight is thus its b bits, and b + 2 layers of signs stand for one target layer.

Signs are random, so every neuron exists in several copies: a copy is used if each link that it
needs is +1 to some used copy of the layer before. Copies that lack one are pruned.

Ours: the arrangement (the paper's gadgets are recalled only in outline), the coarsest gain that the
error allows, and the number of copies, from a union bound over all neurons: its order log(d b /
failure) is below the theorem's width factor log^2. The gain is in the last layer of every chain.

Source: Sreenivasan, Rajput, Sohn, Papailiopoulos (AISTATS 2022, arXiv 2110.08996); catalogue id
``sreenivasan2022-binary``.
"""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from slt_theory.errors import BadInput
from slt_theory.lattice import WEIGHT_BITS
from slt_theory.laws import Signs
from slt_theory.papers.sreenivasan2022.copies import MOST_COPIES, LayerCodes, sufficient_n
from slt_theory.tickets.block import Block
from slt_theory.tickets.building.gadget import in_links, in_weights
from slt_theory.tickets.building.gains import gain
from slt_theory.tickets.building.pools import Filled, Missed, check_memory, gathered
from slt_theory.tickets.building.request import Layer, Request, source_layer
from slt_theory.tickets.draw import sample
from slt_theory.tickets.ticket import Ticket

__all__ = ["build", "sufficient_n"]

_SIGNS = Signs(bits=0)

Int64Array = NDArray[np.int64]
Bools = NDArray[np.bool_]


def build(request: Request, theorem: str) -> Ticket:
    """Construct the ticket; `n` of the request counts first-layer copies."""
    n = request.n if request.n is not None else request.stretched(sufficient_n(request))
    if n > MOST_COPIES:
        raise BadInput("n", n, f"copies of a neuron: at most {MOST_COPIES}")
    plans = [LayerCodes.of(request, k) for k in range(len(request.layers))]
    blocks, stream = [], 0
    for layer, plan in zip(request.layers, plans, strict=True):
        blocks.append(_block(layer, plan, n, stream))
        stream += len(blocks[-1].layers)
    check_memory(tuple(blocks))
    filled = []
    for block, plan in zip(blocks, plans, strict=True):
        filled.append(_Chain(block, plan, request.seed).filled())
        if request.progress is not None:
            request.progress(plan.codes.size)
    return gathered(request, theorem, tuple(blocks), filled)


def _block(layer: Layer, plan: LayerCodes, n: int, stream: int) -> Block:
    """The chain's header: carriers, then carriers and accumulators, accumulators, outputs."""
    rows, groups = plan.codes.shape
    copies = math.ceil(n / 2)
    widths = [
        layer.targets.shape[1],
        groups * n,
        *[(groups + 2 * rows) * copies] * (plan.bits - 1),
        2 * rows * copies,
        rows,
    ]
    last = Signs(Fraction(gain(layer), 1 << WEIGHT_BITS))
    laws = [_SIGNS] * (plan.bits + 1) + [last]
    layers = tuple(
        source_layer(widths[k + 1], widths[k], law, stream + k) for k, law in enumerate(laws)
    )
    return layer.block("chain", layers, n, signs="both" if plan.halves == 2 else "positive")


class _Chain:
    """Layer by layer: which copies can be used, and which of their links are kept."""

    def __init__(self, block: Block, plan: LayerCodes, seed: int) -> None:
        self.block, self.plan, self.seed = block, plan, seed
        self.groups, self.rows = plan.codes.shape[1], len(plan.codes)
        self.copies = math.ceil(block.n / 2)

    def filled(self) -> Filled:
        mask, carriers = self._first()
        masks = [mask]
        sums = np.zeros((2 * self.rows, 0), dtype=bool)
        for bit in range(self.plan.bits):
            mask, carriers, sums = self._next(bit, carriers, sums)
            masks.append(mask)
        mask, reached = self._last(sums)
        masks.append(mask)
        return Filled(tuple(_needed(masks)), self._missed(reached))

    def _plus(self, m: int, row: int, rows: int) -> Bools:
        """Mask of the positive weights of some rows of a layer."""
        layer = self.block.layers[m]
        count = rows * layer.columns
        draws = sample(_SIGNS, self.seed, layer.stream, row * layer.columns, count)
        return draws.reshape(rows, layer.columns) > 0

    def _plus_at(self, m: int, rows: Int64Array, columns: Int64Array) -> Bools:
        """The same at scattered places."""
        layer = self.block.layers[m]
        places = rows * layer.columns + columns
        return _SIGNS.sample_at(self.seed, layer.stream, places) > 0

    def _first(self) -> tuple[NDArray[np.uint8], Bools]:
        """Carriers: the in-weight of its input has the sign of its half."""
        live = in_weights(self.block, self.seed) != 0
        return in_links(self.block, np.flatnonzero(live)), live

    def _next(
        self, bit: int, carriers: Bools, sums: Bools
    ) -> tuple[NDArray[np.uint8], Bools, Bools]:
        """One layer: carriers doubled, accumulators with the carriers of this bit added.

        `carriers` (groups, copies) and `sums` (2 rows, copies) are the copies in use below; an
        accumulator that holds nothing yet has none and needs none.
        """
        m, copies = bit + 1, self.copies
        layer = self.block.layers[m]
        width = carriers.size
        holds = self._holding(bit)
        mask = np.zeros(layer.packed_shape, dtype=np.uint8)
        doubled = np.zeros((self.groups if bit < self.plan.bits - 1 else 0, copies), dtype=bool)
        below = carriers.shape[1]
        for g in range(len(doubled)):
            rows, own = np.arange(g * copies, (g + 1) * copies), g * below + np.arange(below)
            links = self._plus_at(m, rows[:, None], own) & carriers[g]
            pair = links & (np.cumsum(links, axis=1) <= 2)
            doubled[g] = pair.sum(axis=1) == 2
            kept = np.zeros((copies, layer.columns), dtype=bool)
            kept[:, own] = pair & doubled[g][:, None]
            mask[rows] = np.packbits(kept, axis=1)
        added = self.plan.added(bit)
        totals = np.zeros((2 * self.rows, copies), dtype=bool)
        for a in range(2 * self.rows):
            row = (len(doubled) + a) * copies
            plus = self._plus(m, row, copies)
            from_carriers = plus[:, :width].reshape(copies, self.groups, -1) & carriers
            one = from_carriers & (np.cumsum(from_carriers, axis=2) == 1) & added[a][:, None]
            complete = one.any(axis=2).sum(axis=1) == added[a].sum()
            kept = np.zeros_like(plus)
            kept[:, :width] = one.reshape(copies, -1)
            if holds[a]:
                own = slice(width + a * copies, width + (a + 1) * copies)
                links = plus[:, own] & sums[a]
                kept[:, own] = links & (np.cumsum(links, axis=1) == 1)
                complete &= kept[:, own].any(axis=1)
            totals[a] = complete & kept.any(axis=1)
            mask[row : row + copies] = np.packbits(kept & totals[a][:, None], axis=1)
        return mask, doubled, totals

    def _holding(self, bit: int) -> Bools:
        """Mask of the accumulators that hold something from the bits below `bit`."""
        result = np.zeros(2 * self.rows, dtype=bool)
        for below in range(bit):
            result |= self.plan.added(below).any(axis=1)
        return result

    def _last(self, sums: Bools) -> tuple[NDArray[np.uint8], Bools]:
        """Outputs: a positive link from one accumulator, a negative one from the other."""
        m, copies = self.plan.bits + 1, self.copies
        layer = self.block.layers[m]
        reached = ~self._holding(self.plan.bits)
        kept = np.zeros((layer.rows, layer.columns), dtype=bool)
        for row in range(layer.rows):
            plus = self._plus(m, row, 1)[0]
            for a, right in ((2 * row, plus), (2 * row + 1, ~plus)):
                own = slice(a * copies, (a + 1) * copies)
                links = right[own] & sums[a]
                kept[row, own] = links & (np.cumsum(links) == 1)
                reached[a] |= links.any()
        return np.packbits(kept, axis=1), reached

    def _missed(self, reached: Bools) -> Missed:
        """All sums of an accumulator that was lost on the way."""
        missed = []
        for a in np.flatnonzero(~reached).tolist():
            groups = np.any([self.plan.added(b)[a] for b in range(self.plan.bits)], axis=0)
            for g in np.flatnonzero(groups).tolist():
                missed.append(self.block.half_sum(a // 2, g))
        return sorted(missed)


def _needed(masks: list[NDArray[np.uint8]]) -> list[NDArray[np.uint8]]:
    """From the last layer back: a neuron that nobody takes keeps nothing."""
    for m in range(len(masks) - 2, 0, -1):
        taken = np.unpackbits(np.bitwise_or.reduce(masks[m + 1], axis=0), count=len(masks[m]))
        masks[m][taken == 0] = 0
    # A bit a neuron already.
    masks[0] &= np.bitwise_or.reduce(masks[1], axis=0)
    return masks
