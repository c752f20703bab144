"""Gadget pairs: a target layer as two masked random layers with a ReLU between.

Hidden neurons come in groups, one a target input and half. The first mask keeps only the in-weight
from that input, so ``v relu(u x)`` is ``u v x`` on one side of 0 and nothing on the other: neurons
with u > 0 serve x >= 0, those with u < 0 serve x <= 0, each half with its own subset sums of
products u v. In-weights are shared by all outputs, out-weights are each output's own. A constant
input carries biases. Neuron ``(j * halves + half) * n + k`` is number k offered to input j.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from slt_theory.lattice import WEIGHT_BITS
from slt_theory.laws import Law
from slt_theory.streams import Purpose, stream_id
from slt_theory.tickets.draw import sample, words32
from slt_theory.tickets.effective import layer_law
from slt_theory.tickets.frozen import NOTHING_FROZEN, Freezing, frozen_pattern
from slt_theory.tickets.request import Layer
from slt_theory.tickets.sums import Answer, solve_sums
from slt_theory.tickets.ticket import Block, SourceLayer, packed_bytes

__all__ = ["Design", "fill_pair", "pair_block"]

Int64Array = NDArray[np.int64]
Bools = NDArray[np.bool_]
_CHUNK_ITEMS = 1 << 22


@dataclass(frozen=True)
class Design:
    """What a construction chooses for a gadget pair.

    Attributes
    ----------
    n : int
        Hidden neurons offered to one half-sum, dead ones included.
    halves : int
        2, or 1 where inputs are known to be >= 0.
    law_in, law_out : Law
        Of in-weights and out-weights, at 24 bits.
    freezing : Freezing
        Random freezing of the out-layer; the in-layer is pruned at the same ratio.
    copies : int
        Copies of every output.
    size : int or None
        Exactly so many live numbers in every sum.
    """

    n: int
    halves: int
    law_in: Law
    law_out: Law
    freezing: Freezing = NOTHING_FROZEN
    copies: int = 1
    size: int | None = None


def pair_block(layer: Layer, index: int, inputs: int, design: Design, stream: int) -> Block:
    """The header of a gadget pair; its layers draw from `stream` and the next one."""
    outputs, columns = layer.wanted.shape
    hidden = columns * design.halves * design.n
    inner, outer = design.freezing.gadget, design.freezing
    return Block(
        kind="gadget-pair",
        outputs=outputs,
        inputs=inputs,
        constant_input=columns > inputs,
        layers=(
            SourceLayer(
                hidden,
                columns,
                design.law_in.name,
                WEIGHT_BITS,
                stream_id(Purpose.WEIGHTS, stream),
                str(inner.prune),
                str(inner.lock),
            ),
            SourceLayer(
                outputs * design.copies,
                hidden,
                design.law_out.name,
                WEIGHT_BITS,
                stream_id(Purpose.WEIGHTS, stream + 1),
                str(outer.prune),
                str(outer.lock),
            ),
        ),
        n=design.n,
        eps=str(layer.eps),
        scale_exponent=layer.scale_exponent,
        copies_out=design.copies,
        size=design.size,
        signs="both" if design.halves == 2 else "positive",
    )


def fill_pair(
    block: Block,
    layer: Layer,
    *,
    seed: int,
    radius: int | None,
    threads: int | None,
    progress: Callable[[int], None] | None,
) -> tuple[tuple[NDArray[np.uint8], ...], list[tuple[int, int, str]]]:
    """Both masks of a pair, and the sums (row, input, sign) that no subset reaches."""
    pair = _Pair(block, layer, seed)
    outer = block.layers[1]
    out_mask = np.zeros((outer.rows, packed_bytes(outer.columns)), dtype=np.uint8)
    used = np.zeros((pair.groups, block.n), dtype=bool)
    unreached: list[tuple[int, int, str]] = []
    step = max(1, _CHUNK_ITEMS // outer.columns)
    for start in range(0, outer.rows, step):
        stop = min(start + step, outer.rows)
        kept, answer = pair.solve(start, stop, radius, threads)
        used |= kept.any(axis=0)
        out_mask[start:stop] = np.packbits(kept.reshape(stop - start, -1), axis=1)
        unreached += pair.missed(answer, start)
        if progress is not None:
            progress((stop - start) * pair.groups)
    return (pair.in_mask(used.ravel()), out_mask), unreached


class _Pair:
    """The subset sums of one gadget pair."""

    def __init__(self, block: Block, layer: Layer, seed: int) -> None:
        self.block, self.layer, self.seed = block, layer, seed
        self.halves = 2 if block.signs == "both" else 1
        self.groups = block.columns * self.halves
        self.frozen = (block.layers[1].prune, block.layers[1].lock) != ("0", "0")
        self.live_u, self.order = self._in_weights()

    def _in_weights(self) -> tuple[Int64Array, Int64Array]:
        """In-weights of live neurons, live ones first in each group."""
        inner, n = self.block.layers[0], self.block.n
        neurons = np.arange(inner.rows)
        inputs = neurons // (self.halves * n)
        u = layer_law(inner).sample_at(self.seed, inner.stream, neurons * inner.columns + inputs)
        sign = np.where(np.arange(self.groups) % self.halves == 0, 1, -1)[:, None]
        live = u.reshape(self.groups, n) * sign > 0
        if inner.prune != "0":
            pruned, _ = frozen_pattern(self.seed, inner, 0, inner.rows, draw=words32)
            live &= ~pruned[neurons, inputs].reshape(self.groups, n)
        order = np.argsort(~live, axis=1, kind="stable")
        width = max(1, int(live.sum(axis=1).max()))
        order = order[:, :width]
        return np.take_along_axis(np.where(live, u.reshape(live.shape), 0), order, axis=1), order

    def _offered(self, start: int, stop: int) -> tuple[Int64Array, Bools | None, Bools | None]:
        """Products u v of live neurons, and which of their out-weights are pruned or locked."""
        outer = self.block.layers[1]
        shape = (stop - start, self.groups, self.block.n)
        places = np.broadcast_to(self.order, (stop - start, *self.order.shape))
        v = sample(
            layer_law(outer),
            self.seed,
            outer.stream,
            start * outer.columns,
            (stop - start) * outer.columns,
        )
        products = np.take_along_axis(v.reshape(shape), places, axis=2) * self.live_u
        if not self.frozen:
            return products, None, None
        pruned, locked = (
            p.reshape(shape) for p in frozen_pattern(self.seed, outer, start, stop, draw=words32)
        )
        return (
            products,
            np.take_along_axis(pruned, places, axis=2),
            np.take_along_axis(locked, places, axis=2),
        )

    def solve(
        self, start: int, stop: int, radius: int | None, threads: int | None
    ) -> tuple[Bools, Answer]:
        """Kept out-weights of rows ``start .. stop - 1``, and how their sums came out."""
        block, width = self.block, self.order.shape[1]
        products, pruned, locked = self._offered(start, stop)
        rows = np.arange(start, stop) // block.copies_out
        wanted = np.repeat(self.layer.wanted[rows], self.halves, axis=1).ravel()
        items = products.reshape(-1, width)
        fixed = None
        if pruned is not None and locked is not None:
            items = np.where(pruned.reshape(items.shape), 0, items)
            fixed = locked.reshape(items.shape)
        answer = solve_sums(
            items, wanted, locked=fixed, radius=radius, size=block.size, threads=threads
        )
        kept = np.zeros((stop - start, self.groups, block.n), dtype=bool)
        places = np.broadcast_to(self.order, (stop - start, *self.order.shape))
        np.put_along_axis(kept, places, answer.chosen.reshape(places.shape), axis=2)
        if self.frozen:
            # Locked weights of dead neurons are kept too: they carry nothing.
            _, every = frozen_pattern(self.seed, block.layers[1], start, stop, draw=words32)
            kept |= every.reshape(kept.shape)
        return kept, answer

    def missed(self, answer: Answer, start: int) -> list[tuple[int, int, str]]:
        """The sums that no subset brings within eps."""
        result = []
        for place in np.flatnonzero(~answer.found | (answer.errors > self.layer.radius)):
            row, group = divmod(int(place), self.groups)
            column, half = divmod(group, self.halves)
            result.append((start + row, column, "+" if half == 0 else "-"))
        return result

    def in_mask(self, used: Bools) -> NDArray[np.uint8]:
        """One bit a live neuron, from its own input; a neuron that nobody uses is pruned."""
        inner = self.block.layers[0]
        live = np.zeros((self.groups, self.block.n), dtype=bool)
        np.put_along_axis(live, self.order, self.live_u != 0, axis=1)
        mask = np.zeros((inner.rows, packed_bytes(inner.columns)), dtype=np.uint8)
        neurons = np.flatnonzero(used & live.ravel())
        inputs = neurons // (self.halves * self.block.n)
        mask[neurons, inputs // 8] = 128 >> (inputs % 8)
        return mask
