"""Pensia et al. 2020: a target layer as two masked random layers with a ReLU between.

Hidden neurons come in blocks, one a target input. The first mask keeps only the in-weight from that
input, so ``v relu(u x)`` is ``u v x`` on one side of 0 and nothing on the other: neurons with u > 0
serve x >= 0, those with u < 0 serve x <= 0, each half with its own subset sums of products u v. In-
weights are shared by all outputs, out-weights are each output's own. A constant input carries
biases.

Source: Pensia, Rajput, Nagle, Vishwakarma, Papailiopoulos (NeurIPS 2020), Theorem 1 and Lemmas 1-3;
catalogue id ``pensia2020-two-layer``.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from slt_theory.errors import NeedsMemory
from slt_theory.lattice import WEIGHT_BITS
from slt_theory.laws import Uniform
from slt_theory.networks import target_hash
from slt_theory.streams import Purpose, stream_id
from slt_theory.tickets.request import Layer, Request
from slt_theory.tickets.ticket import Block, Ticket, packed_bytes
from slt_theory.tickets.width import Sums, live_law, smallest_n

__all__ = ["build", "sufficient_n"]

THEOREM = "pensia2020-two-layer"
_ITEMS_LIMIT = 63
_CHUNK_ITEMS = 1 << 22
_MASK_LIMIT = 4 << 30
_LAW = Uniform(bits=WEIGHT_BITS)

Int64Array = NDArray[np.int64]


def _halves(request: Request, index: int) -> int:
    """1 if only the positive half is built: asked for, and inputs are known to be >= 0."""
    non_negative = index > 0 or request.domain.non_negative
    return 1 if request.signs == "needed" and non_negative else 2


def sufficient_n(request: Request) -> int:
    """Smallest n with an estimated chance of any failure of at most 1 %."""
    families = [
        Sums(layer.wanted, layer.radius, _halves(request, k))
        for k, layer in enumerate(request.layers)
    ]
    return smallest_n(families, live_law(), live=0.5, seed=request.seed)


def build(request: Request) -> Ticket:
    """Construct the ticket; unreached sums are listed in it, its certificate is still empty."""
    n = request.n if request.n is not None else sufficient_n(request)
    blocks = tuple(_block(request, k, n) for k in range(len(request.layers)))
    needed = sum(
        rows * packed_bytes(columns) for block in blocks for rows, columns in block.mask_shapes
    )
    if needed > _MASK_LIMIT:
        raise NeedsMemory(f"the packed masks at n = {n}", needed, _MASK_LIMIT, "lower n")
    masks, unreached = [], []
    for k, (block, layer) in enumerate(zip(blocks, request.layers, strict=True)):
        pair = _Pair(request.seed, block, layer, n)
        masks.append(pair.solve(request.radius[k], request))
        unreached += [(k, *sum_id) for sum_id in pair.unreached]
    return Ticket(
        theorem=THEOREM,
        seed=request.seed,
        target_sha256=target_hash(request.target),
        domain=str(request.domain),
        blocks=blocks,
        masks=tuple(masks),
        unreached=tuple(unreached),
        network_eps=None if request.network_eps is None else float(request.network_eps),
        norm_exponents=request.target.rescaled().exponents,
    )


def _block(request: Request, index: int, n: int) -> Block:
    layer = request.layers[index]
    outputs, columns = layer.wanted.shape
    halves = _halves(request, index)
    inputs = request.target.weights[index].shape[1]
    return Block(
        kind="gadget-pair",
        outputs=outputs,
        inputs=inputs,
        constant_input=columns > inputs,
        hidden=columns * halves * n,
        law=_LAW.name,
        bits=WEIGHT_BITS,
        streams=(
            stream_id(Purpose.WEIGHTS, 2 * index),
            stream_id(Purpose.WEIGHTS, 2 * index + 1),
        ),
        eps=str(layer.eps),
        n=n,
        scale_exponent=layer.scale_exponent,
        signs="both" if halves == 2 else "positive",
    )


class _Pair:
    """The subset sums of one gadget pair.

    Hidden neuron ``(j * halves + half) * n + k`` is number k offered to the half-sums of input j.
    """

    def __init__(self, seed: int, block: Block, layer: Layer, n: int) -> None:
        self.seed, self.block, self.layer, self.n = seed, block, layer, n
        self.halves = 2 if block.signs == "both" else 1
        self.groups = block.columns * self.halves
        self.unreached: list[tuple[int, int, str]] = []
        self.live_u, self.order = self._in_weights()

    def _in_weights(self) -> tuple[Int64Array, Int64Array]:
        """In-weights of live neurons, live ones first in each group, at most 63 a group."""
        neurons = np.arange(self.block.hidden)
        inputs = neurons // (self.halves * self.n)
        u = _LAW.sample_at(self.seed, self.block.streams[0], neurons * self.block.columns + inputs)
        u = u.reshape(self.groups, self.n)
        sign = np.where(np.arange(self.groups) % self.halves == 0, 1, -1)[:, None]
        live = u * sign > 0
        order = np.argsort(~live, axis=1, kind="stable")
        width = min(_ITEMS_LIMIT, max(1, int(live.sum(axis=1).max())))
        order = order[:, :width]
        return np.take_along_axis(np.where(live, u, 0), order, axis=1), order

    def solve(self, radius: int | None, request: Request) -> tuple[NDArray[np.uint8], ...]:
        """Masks of both layers."""
        from slt_theory.subset_sum import solve_many

        block, width = self.block, self.order.shape[1]
        out_mask = np.zeros((block.outputs, packed_bytes(block.hidden)), dtype=np.uint8)
        used = np.zeros((self.groups, self.n), dtype=bool)
        step = max(1, _CHUNK_ITEMS // max(block.hidden, 1))
        for start in range(0, block.outputs, step):
            stop = min(start + step, block.outputs)
            v = _LAW.sample(
                self.seed, block.streams[1], start * block.hidden, (stop - start) * block.hidden
            ).reshape(stop - start, self.groups, self.n)
            v = np.take_along_axis(
                v, np.broadcast_to(self.order, (stop - start, *self.order.shape)), axis=2
            )
            items = (v * self.live_u).reshape(-1, width)
            wanted = np.repeat(self.layer.wanted[start:stop], self.halves, axis=1).ravel()
            answer = solve_many(items, wanted, radius=radius, threads=request.threads)
            chosen = _bits(answer.masks, width).reshape(stop - start, self.groups, width)
            # A dead neuron is a zero: it never enters a mask.
            chosen &= self.live_u != 0
            kept = np.zeros((stop - start, self.groups, self.n), dtype=bool)
            np.put_along_axis(kept, np.broadcast_to(self.order, chosen.shape), chosen, axis=2)
            used |= kept.any(axis=0)
            out_mask[start:stop] = np.packbits(kept.reshape(stop - start, -1), axis=1)
            self._record(answer.found, answer.errors, start)
            if request.progress is not None:
                request.progress((stop - start) * self.groups)
        return self._in_mask(used.ravel()), out_mask

    def _record(self, found: NDArray[np.bool_], errors: Int64Array, start: int) -> None:
        """Note the sums that no subset brings within eps."""
        missed = np.flatnonzero(~found | (errors > self.layer.radius))
        for place in missed:
            row, group = divmod(int(place), self.groups)
            column, half = divmod(group, self.halves)
            self.unreached.append((start + row, column, "+" if half == 0 else "-"))

    def _in_mask(self, used: NDArray[np.bool_]) -> NDArray[np.uint8]:
        """One bit a live neuron, from its own input; a neuron that nobody uses is pruned."""
        mask = np.zeros((self.block.hidden, packed_bytes(self.block.columns)), dtype=np.uint8)
        neurons = np.flatnonzero(used)
        inputs = neurons // (self.halves * self.n)
        mask[neurons, inputs // 8] = 128 >> (inputs % 8)
        return mask


def _bits(masks: NDArray[np.uint64], width: int) -> NDArray[np.bool_]:
    """Masks as rows of booleans, item k in column k."""
    octets = masks.astype("<u8").view(np.uint8).reshape(-1, 8)
    return np.unpackbits(octets, axis=1, count=width, bitorder="little").astype(bool)
