"""What a masked random network computes: its effective weights, recomputed from seed and masks.

For x >= 0 a hidden neuron that sees only input j with in-weight u contributes ``v u x`` if u > 0
and nothing otherwise; for x <= 0 the same with u < 0. A gadget pair is therefore the map
``y_i = sum_j P_ij max(x_j, 0) + N_ij min(x_j, 0)`` with two integer matrices of exact subset sums.
This module knows nothing of how masks were found.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slt_theory.lattice import HEADROOM_BITS, PRODUCT_BITS, WEIGHT_BITS
from slt_theory.laws import Law, parse_law
from slt_theory.tickets.ticket import Block, Ticket

__all__ = ["Effective", "MalformedTicket", "block_law", "effective_block", "masked_layers"]

Int64Array = NDArray[np.int64]
_CHUNK = 1 << 22
_LONGEST_SUM = 1 << (HEADROOM_BITS - PRODUCT_BITS)


class MalformedTicket(Exception):
    """A mask that the construction does not allow; the message says which."""


@dataclass(frozen=True)
class Effective:
    """Exact sums of one block, in units of ``2**(scale_exponent - PRODUCT_BITS)``.

    Attributes
    ----------
    positive : int64 array (outputs, columns)
        Slope for inputs >= 0.
    negative : int64 array or None
        Slope for inputs <= 0; None if that half was not built.
    """

    positive: Int64Array
    negative: Int64Array | None
    scale_exponent: int

    def to_float(self, which: str = "positive") -> NDArray[np.float64]:
        """A slope matrix in float64, exact while sums stay below 2**53 units."""
        sums = self.positive if which == "positive" or self.negative is None else self.negative
        return np.asarray(np.ldexp(sums.astype(np.float64), self.scale_exponent - PRODUCT_BITS))


def block_law(block: Block) -> Law:
    """The law of one weight of a block, on its lattice."""
    return parse_law(block.law).at(block.bits)


def effective_block(ticket: Ticket, index: int) -> Effective:
    """Recompute every subset sum of a block from the seed and the masks.

    Raises
    ------
    MalformedTicket
        If a hidden neuron sees more than one input or that of another block, padding bits are
        set, or a sum could leave the int64 range.
    """
    block = ticket.blocks[index]
    for mask, (_, columns) in zip(ticket.masks[index], block.mask_shapes, strict=True):
        spare = (-columns) % 8
        if spare and (mask[:, -1] & ((1 << spare) - 1)).any():
            raise MalformedTicket(f"layer {index}: bits beyond the mask's last column are set")
    if block.kind == "direct-sums":
        return _direct(ticket, index)
    return _gadget(ticket, index)


def _in_layer(ticket: Ticket, index: int) -> tuple[Int64Array, Int64Array]:
    """For every hidden neuron the input it sees (-1: none) and its in-weight (0: none)."""
    block = ticket.blocks[index]
    seen = np.full(block.hidden, -1, dtype=np.int64)
    rows = max(1, _CHUNK // block.columns)
    for start in range(0, block.hidden, rows):
        kept = ticket.rows(index, 0, start, min(start + rows, block.hidden))
        count = np.count_nonzero(kept, axis=1)
        if (count > 1).any():
            neuron = start + int(np.argmax(count > 1))
            raise MalformedTicket(
                f"layer {index}: hidden neuron {neuron} keeps {int(count.max())} in-weights, the "
                "gadget allows one"
            )
        seen[start : start + len(kept)] = np.where(count == 1, kept.argmax(axis=1), -1)
    weights = np.zeros(block.hidden, dtype=np.int64)
    live = np.flatnonzero(seen >= 0)
    own = live // (block.hidden // block.columns)
    if (seen[live] != own).any():
        neuron = int(live[np.argmax(seen[live] != own)])
        raise MalformedTicket(
            f"layer {index}: hidden neuron {neuron} sees input {seen[neuron]}, not its block's own"
        )
    places = live * block.columns + seen[live]
    weights[live] = block_law(block).sample_at(ticket.seed, block.streams[0], places)
    return seen, weights


def _gadget(ticket: Ticket, index: int) -> Effective:
    block = ticket.blocks[index]
    seen, u = _in_layer(ticket, index)
    law = block_law(block)
    if block.hidden // block.columns > _LONGEST_SUM:
        raise MalformedTicket(f"layer {index}: sums of so many products leave the exact range")
    positive = np.zeros((block.outputs, block.columns), dtype=np.int64)
    negative = np.zeros_like(positive)
    live = np.flatnonzero(seen >= 0)
    for i in range(block.outputs):
        kept = ticket.rows(index, 1, i, i + 1)[0]
        if block.hidden and (kept & (seen < 0)).any():
            neuron = int(np.argmax(kept & (seen < 0)))
            raise MalformedTicket(
                f"layer {index}: output {i} keeps a weight from the pruned neuron {neuron}"
            )
        used = live[kept[live]]
        v = law.sample_at(ticket.seed, block.streams[1], used + i * block.hidden)
        products = u[used] * v
        above = u[used] > 0
        np.add.at(positive[i], seen[used[above]], products[above])
        np.add.at(negative[i], seen[used[~above]], products[~above])
    both = block.signs == "both"
    return Effective(positive, negative if both else None, block.scale_exponent)


def _direct(ticket: Ticket, index: int) -> Effective:
    block = ticket.blocks[index]
    law, n = block_law(block), block.hidden
    lift = PRODUCT_BITS - block.bits
    if n * max(map(abs, law.support)) > _LONGEST_SUM:
        raise MalformedTicket(f"layer {index}: sums of so many numbers leave the exact range")
    sums = np.zeros(block.outputs * block.columns, dtype=np.int64)
    rows = max(1, _CHUNK // max(n, 1))
    for start in range(0, sums.size, rows):
        stop = min(start + rows, sums.size)
        kept = ticket.rows(index, 0, start, stop)
        if block.shared:
            numbers = law.sample(ticket.seed, block.streams[0], 0, block.outputs * n)
            offered = numbers.reshape(block.outputs, n)[np.arange(start, stop) // block.columns]
        else:
            offered = law.sample(ticket.seed, block.streams[0], start * n, (stop - start) * n)
            offered = offered.reshape(-1, n)
        sums[start:stop] = np.where(kept, offered, 0).sum(axis=1) << lift
    shape = (block.outputs, block.columns)
    return Effective(sums.reshape(shape), sums.reshape(shape), block.scale_exponent)


def masked_layers(ticket: Ticket, index: int) -> tuple[Any, Any]:
    """The two masked random layers of a gadget pair as sparse matrices (exact float64).

    Returns
    -------
    (hidden, columns) and (outputs, hidden) `scipy.sparse.csr_array`
        Kept weights only; the scale is in the second.
    """
    from scipy.sparse import csr_array

    block = ticket.blocks[index]
    law = block_law(block)
    layers = []
    for m, (rows, columns) in enumerate(block.mask_shapes):
        kept_rows, kept_columns = [], []
        step = max(1, _CHUNK // columns)
        for start in range(0, rows, step):
            r, c = np.nonzero(ticket.rows(index, m, start, min(start + step, rows)))
            kept_rows.append(r + start)
            kept_columns.append(c)
        r, c = np.concatenate(kept_rows), np.concatenate(kept_columns)
        integers = law.sample_at(ticket.seed, block.streams[m], r * columns + c)
        values = np.ldexp(integers.astype(np.float64), m * block.scale_exponent - WEIGHT_BITS)
        layers.append(csr_array((values, (r, c)), shape=(rows, columns)))
    return layers[0], layers[1]
