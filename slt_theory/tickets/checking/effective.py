"""What a masked random network computes: its effective weights, recomputed from seed and masks.

For x >= 0 a hidden neuron that sees only input j with in-weight u contributes ``v u x`` if u > 0
and nothing otherwise; for x <= 0 the same with u < 0. A gadget pair is therefore the map
``y_i = sum_j P_ij max(x_j, 0) + N_ij min(x_j, 0)`` with two integer matrices of exact subset sums.
A single layer over copies of its inputs is a matrix whose sums over the copies of one input stand
for a weight. This module knows nothing of how masks were found.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slt_theory.lattice import HEADROOM_BITS, PRODUCT_BITS
from slt_theory.networks import parse_activation
from slt_theory.tickets.bends import bend_units, largest_input, leaky_slopes
from slt_theory.tickets.block import Block, SourceLayer
from slt_theory.tickets.checking.chain import chain_slopes
from slt_theory.tickets.checking.recompute import pair_sums, wiring_of, wrongly_frozen
from slt_theory.tickets.domain import parse_domain
from slt_theory.tickets.kept import KeptWeights, MalformedTicket, chunks, kept_matrix, layer_law
from slt_theory.tickets.ticket import Ticket

__all__ = ["Effective", "MalformedTicket", "effective_block", "layer_law", "sparse_layers"]

Int64Array = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Effective:
    """Exact sums of one block, in units of ``2**(scale_exponent - 48)``.

    Attributes
    ----------
    positive : int64 array (rows, columns)
        Slope for inputs >= 0; a row a source neuron, a column a target input, bias last.
    negative : int64 array or None
        Slope for inputs <= 0; None if that half was not built.
    wiring : float64 array (rows, source inputs) or None
        What copies of one input get each, where there are several; their sums are `positive`.
    scale_exponent : int
    loose : int
        Units by which a true slope may differ from its sum: 0 for ReLU.
    """

    positive: Int64Array
    negative: Int64Array | None
    scale_exponent: int
    wiring: Floats | None = None
    loose: int = 0

    def to_float(self, which: str = "positive") -> Floats:
        """A slope matrix in float64, exact while sums stay below 2**53 units."""
        sums = self.positive if which == "positive" or self.negative is None else self.negative
        return np.asarray(np.ldexp(sums.astype(np.float64), self.scale_exponent - PRODUCT_BITS))


def effective_block(ticket: Ticket, index: int) -> Effective:
    """Recompute every subset sum of a block from the seed and the masks.

    Raises
    ------
    MalformedTicket
        If a hidden neuron sees more than one input or that of another block, a frozen weight is
        not as its pattern says, a sum has not its size or could leave the int64 range, or padding
        bits are set.
    """
    block = ticket.blocks[index]
    for m, layer in enumerate(block.layers):
        _check_padding(ticket, index, m)
        if (layer.prune, layer.lock) != ("0", "0"):
            _check_frozen(ticket, index, m)
    if block.unwired:
        _check_constants(ticket, index)
    if block.kind == "direct-sums":
        return _direct(ticket, index)
    if block.kind == "chain":
        positive, negative = chain_slopes(ticket, index, *_in_layer(ticket, index))
        if (np.abs(positive) + np.abs(negative))[~block.wired(np.arange(block.rows))].any():
            raise MalformedTicket(f"layer {index}: a constant goes through another tap")
        both = block.signs == "both"
        return Effective(positive, negative if both else None, block.scale_exponent)
    if block.kind == "single-layer":
        return _single(ticket, index)
    return _gadget(ticket, index) if block.kind == "gadget-pair" else _product(ticket, index)


def _check_padding(ticket: Ticket, index: int, m: int) -> None:
    spare = (-ticket.blocks[index].layers[m].columns) % 8
    mask = ticket.masks[index][m]
    if spare and (mask[:, -1] & ((1 << spare) - 1)).any():
        raise MalformedTicket(f"layer {index}: bits beyond the mask's last column are set")


def _links(block: Block, start: int, stop: int) -> NDArray[np.bool_]:
    """Which links of rows ``start .. stop - 1`` of the last mask the source has."""
    if block.kind == "direct-sums":
        rows = np.arange(start // block.columns, -(-stop // block.columns))
        first = start - int(rows[0]) * block.columns
        return np.asarray(block.wired(rows).ravel()[first : first + stop - start, None])
    repeats = block.layers[-1].columns // block.columns
    return np.repeat(block.wired(np.arange(start, stop)), repeats, axis=1)


def _check_constants(ticket: Ticket, index: int) -> None:
    """Constants reach a kernel through the one tap that never sees padding."""
    block = ticket.blocks[index]
    m = len(block.layers) - 1
    layer = block.layers[m]
    for start, stop in chunks(layer.rows, layer.columns):
        wrong = ticket.rows(index, m, start, stop) & ~_links(block, start, stop)
        if wrong.any():
            row = start + int(np.nonzero(wrong)[0][0])
            row = row // block.columns if block.kind == "direct-sums" else row
            raise MalformedTicket(
                f"layer {index}: a bias of output {row // block.taps // block.copies_out} goes "
                f"through tap {row % block.taps} of the kernel, which meets the zero padding, so "
                f"it would be wrong at the border; only tap {block.constant_tap} carries constants"
            )


def _check_frozen(ticket: Ticket, index: int, m: int) -> None:
    """A locked weight is kept and a pruned one is not."""
    wrong = wrongly_frozen(ticket, index, m)
    if wrong is not None:
        row, column, state = wrong
        raise MalformedTicket(
            f"layer {index}, mask {m}: weight ({row}, {column}) is frozen {state}, the mask says "
            "otherwise"
        )


def _check_size(block: Block, counts: Int64Array, index: int) -> None:
    """`counts` of live numbers: (..., rows, columns)."""
    if block.size is None:
        return
    wrong = (counts != block.size) & block.wired(np.arange(block.rows))
    if wrong.any():
        raise MalformedTicket(
            f"layer {index}: a sum keeps {int(counts[wrong][0])} live numbers, not {block.size}"
        )


def _check_headroom(count: int, layers: tuple[SourceLayer, ...], index: int) -> None:
    """Sums of `count` products, one weight of each layer, cannot wrap around."""
    largest = Fraction(count)
    for layer in layers:
        largest *= max(abs(end) for end in layer_law(layer).support) + Fraction(layer.move)
    if largest >= 1 << (HEADROOM_BITS - PRODUCT_BITS):
        raise MalformedTicket(f"layer {index}: sums of {count} numbers can leave the exact range")


def _in_layer(ticket: Ticket, index: int) -> tuple[Int64Array, Int64Array]:
    """For every hidden neuron the input it sees (-1: none) and its in-weight (0: none)."""
    layer = ticket.blocks[index].layers[0]
    seen = np.full(layer.rows, -1, dtype=np.int64)
    for start, stop in chunks(layer.rows, layer.columns):
        kept = ticket.rows(index, 0, start, stop)
        count = np.count_nonzero(kept, axis=1)
        if (count > 1).any():
            neuron = start + int(np.argmax(count > 1))
            raise MalformedTicket(
                f"layer {index}: hidden neuron {neuron} keeps {int(count.max())} in-weights, the "
                "gadget allows one"
            )
        seen[start:stop] = np.where(count == 1, kept.argmax(axis=1), -1)
    weights = np.zeros(layer.rows, dtype=np.int64)
    live = np.flatnonzero(seen >= 0)
    # Hidden neurons come in blocks, one a target input.
    strangers = live[seen[live] != live // (layer.rows // layer.columns)]
    if strangers.size:
        raise MalformedTicket(
            f"layer {index}: hidden neuron {strangers[0]} sees input {seen[strangers[0]]}, not the "
            "one of its block"
        )
    places = live * layer.columns + seen[live]
    weights[live] = KeptWeights(ticket, index, 0)(places)
    return seen, weights


def _gadget(ticket: Ticket, index: int) -> Effective:
    block = ticket.blocks[index]
    seen, u = _in_layer(ticket, index)
    run = pair_sums if block.layers[1].choices == 1 else _chosen_sums
    positive, negative, counts, most = run(ticket, index, seen, u)
    _check_headroom(most, block.layers, index)
    both = block.signs == "both"
    if counts is not None:
        _check_size(block, counts if both else counts[0], index)
    if block.activation != "relu":
        return _activated(ticket, index, u, positive, negative)
    return Effective(positive, negative if both else None, block.scale_exponent)


def _activated(
    ticket: Ticket, index: int, u: Int64Array, positive: Int64Array, negative: Int64Array
) -> Effective:
    """The slopes of a gadget whose neurons are no ReLUs (`slt_theory.tickets.bends`)."""
    block, activation = ticket.blocks[index], parse_activation(ticket.blocks[index].activation)
    if block.signs == "both":
        sums = (positive, negative), (negative, positive)
        slopes = [leaky_slopes(*pair, activation.slope) for pair in sums]
        return Effective(slopes[0], slopes[1], block.scale_exponent, loose=1)
    if (u < 0).any():
        raise MalformedTicket(
            f"layer {index}: hidden neuron {int(np.argmax(u < 0))} keeps a negative in-weight, the "
            f"one half of a {activation.kind} gadget none"
        )
    if activation.kind == "leaky_relu":
        return Effective(positive, None, block.scale_exponent)
    largest = largest_input(parse_domain(ticket.domain), block.constant_input)
    loose = bend_units(block.n, block.shrink, largest)
    return Effective(positive, positive, block.scale_exponent, loose=loose)


def _product(ticket: Ticket, index: int) -> Effective:
    """Two linear layers: in-weights of both signs serve every input."""
    block = ticket.blocks[index]
    positive, negative, _, most = pair_sums(ticket, index, *_in_layer(ticket, index))
    _check_headroom(2 * most, block.layers, index)
    return Effective(positive + negative, None, block.scale_exponent)


def _chosen_sums(
    ticket: Ticket, index: int, seen: Int64Array, u: Int64Array
) -> tuple[Int64Array, Int64Array, Int64Array | None, int]:
    """`pair_sums` where kept weights take one of several numbers."""
    block = ticket.blocks[index]
    outer = block.layers[1]
    weights, before = KeptWeights(ticket, index, 1), 0
    positive = np.zeros((outer.rows, block.columns), dtype=np.int64)
    negative, counts = np.zeros_like(positive), np.zeros((2, *positive.shape), dtype=np.int64)
    for i in range(outer.rows):
        kept = np.flatnonzero(ticket.rows(index, 1, i, i + 1)[0])
        v = weights(kept + i * outer.columns, before)
        before += kept.size
        # A neuron without in-weight is 0, whatever leaves it.
        live = seen[kept] >= 0
        used = kept[live]
        products = u[used] * v[live]
        for half, sums, side in ((0, positive, u[used] > 0), (1, negative, u[used] < 0)):
            np.add.at(sums[i], seen[used[side]], products[side])
            np.add.at(counts[half, i], seen[used[side]], products[side] != 0)
    return positive, negative, counts, int(counts.max())


def _single(ticket: Ticket, index: int) -> Effective:
    block = ticket.blocks[index]
    layer = block.layers[0]
    _check_headroom(block.copies_in, block.layers, index)
    wiring = wiring_of(ticket, index)
    groups = wiring.reshape(layer.rows, block.columns, block.copies_in)
    _check_size(block, np.count_nonzero(groups, axis=2), index)
    sums = groups.sum(axis=2) << (PRODUCT_BITS - layer.bits)
    source_inputs = block.inputs * block.copies_in
    each = np.ldexp(wiring[:, :source_inputs].astype(np.float64), block.scale_exponent - layer.bits)
    return Effective(sums, sums, block.scale_exponent, each)


def _direct(ticket: Ticket, index: int) -> Effective:
    block = ticket.blocks[index]
    layer = block.layers[0]
    law, n = layer_law(layer), layer.columns
    _check_headroom(n, block.layers, index)
    sums = np.zeros(layer.rows, dtype=np.int64)
    counts = np.zeros(layer.rows, dtype=np.int64)
    for start, stop in chunks(layer.rows, n):
        kept = ticket.rows(index, 0, start, stop)
        if block.shared:
            numbers = law.sample(ticket.seed, layer.stream, 0, block.rows * n)
            offered = numbers.reshape(block.rows, n)[np.arange(start, stop) // block.columns]
        else:
            offered = law.sample(ticket.seed, layer.stream, start * n, (stop - start) * n)
            offered = offered.reshape(-1, n)
        sums[start:stop] = np.where(kept, offered, 0).sum(axis=1) << (PRODUCT_BITS - layer.bits)
        counts[start:stop] = np.count_nonzero(kept & (offered != 0), axis=1)
    _check_size(block, counts.reshape(block.rows, block.columns), index)
    matrix = sums.reshape(block.rows, block.columns)
    return Effective(matrix, matrix, block.scale_exponent)


def sparse_layers(ticket: Ticket, index: int) -> list[Any]:
    """The masked random layers of a block as sparse matrices, exact in float64.

    Returns
    -------
    list of `scipy.sparse.csr_array`
        Kept weights only; the block's scale is in the last.
    """
    block = ticket.blocks[index]
    result = []
    for m, layer in enumerate(block.layers):
        matrix = kept_matrix(ticket, index, m)
        last = m == len(block.layers) - 1
        exponent = block.scale_exponent + block.shrink if last else -block.shrink
        matrix.data = np.ldexp(matrix.data.astype(np.float64), exponent - layer.bits)
        result.append(matrix)
    return result
