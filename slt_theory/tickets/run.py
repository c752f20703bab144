"""Run a ticket: the outputs of the masked random network, from the file alone."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from slt_theory.arrays import Floats
from slt_theory.errors import BadInput
from slt_theory.networks import Dense, Network
from slt_theory.networks.attention import attend
from slt_theory.networks.graph import skeleton
from slt_theory.networks.steps import Weigh
from slt_theory.tickets.checking.attention_check import effective_heads
from slt_theory.tickets.checking.effective import source_block
from slt_theory.tickets.checking.unrolled import copies_of_values, follow
from slt_theory.tickets.ticket import Ticket

__all__ = ["attention_forward", "ticket_forward", "transformer_forward"]

_MOST_NUMBERS = 1 << 24


def ticket_forward(ticket: Ticket, x: ArrayLike) -> NDArray[np.float64]:
    """Outputs of the masked random network in float64.

    Parameters
    ----------
    ticket : Ticket
    x : array (batch, in) or (batch, channels, sites ...)

    Returns
    -------
    array (batch, out) or (batch, channels, sites ...)
        Nothing of the target enters: weights come from the seed, connections from the masks. Direct
        sums have no network; there the sums themselves are the weights.
    """
    values = np.asarray(x, dtype=np.float64)
    values = values.reshape(len(values), -1)
    network = _shape_of(ticket)
    layers = [_Layer(ticket, network, k) for k in range(len(ticket.blocks))]
    part = max(1, _MOST_NUMBERS // max(layer.numbers for layer in layers))
    shapes = network.shapes_of_values
    copies = copies_of_values(network, [block.copies_out for block in ticket.blocks])
    outputs = []
    for start in range(0, len(values), part):
        flow = [values[start : start + part]]
        for number, step in enumerate(network.steps):
            before = flow[step.of]
            if isinstance(step, Weigh):
                flow.append(layers[step.layer](before))
            else:
                flow.append(follow(step, flow, shapes, copies, number))
        outputs.append(flow[-1])
    whole = np.concatenate(outputs) if outputs else np.empty((0, int(np.prod(shapes[-1]))))
    return np.asarray(whole.reshape(len(whole), *shapes[-1]))


def _shape_of(ticket: Ticket) -> Network:
    """A network of the ticket's shape, its weights 0.

    Raises
    ------
    BadInput
        If the recorded architecture is not that of the ticket's blocks.
    """
    blocks = ticket.blocks
    if ticket.architecture is not None:
        # Before anything of a size that only the record names is allocated.
        sizes = _recorded_sizes(ticket.architecture)
        if len(sizes) != len(blocks) or any(
            size > block.outputs * block.inputs * block.taps
            for size, block in zip(sizes, blocks, strict=True)
        ):
            raise BadInput("ticket", str(sizes), "are not the weights of its blocks", "verify it")
        try:
            return skeleton(ticket.architecture)
        except (LookupError, TypeError, ValueError, AttributeError, OverflowError) as error:
            raise BadInput("ticket", str(error), "is no architecture", "verify it") from error
    weights = tuple(np.zeros((block.outputs, block.inputs)) for block in blocks)
    return Dense(weights, tuple(np.zeros(b.outputs) if b.constant_input else None for b in blocks))


def _recorded_sizes(architecture: dict[str, Any]) -> list[int]:
    """Weights of every layer of a recorded architecture, which may say anything."""
    try:
        sizes = [math.prod(layer["weight"]) for layer in architecture["layers"]]
    except (LookupError, TypeError) as error:
        raise BadInput("ticket", repr(error), "is no architecture", "verify it") from error
    if not all(type(size) is int and size > 0 for size in sizes):
        raise BadInput("ticket", str(sizes), "are no sizes of layers", "verify it")
    return sizes


class _Layer:
    """One block: masked random layers site by site, the last one gathered over the taps."""

    def __init__(self, ticket: Ticket, network: Network, index: int) -> None:
        self.block, self.unrolling = ticket.blocks[index], network.unrolling(index)
        self.kind = source_block(ticket, index)
        self.numbers = self.unrolling.sites_in * max(m.shape[0] for m in self.kind.matrices)

    def __call__(self, x: Floats) -> Floats:
        """(batch, values in) to (batch, values out)."""
        sites, batch = self.unrolling.sites_in, len(x)
        values = x.reshape(batch, -1, sites).transpose(1, 0, 2).reshape(-1, batch * sites)
        if self.block.constant_input:
            values = np.vstack([values, np.ones((self.block.copies_in, batch * sites))])
        values = self.kind.forward(values)
        if self.unrolling.one_site:
            return np.ascontiguousarray(values.T)
        channels = values.reshape(-1, self.block.taps, batch, sites)
        stacked = channels.transpose(1, 3, 0, 2).reshape(self.block.taps * sites, -1)
        summed = self.unrolling.gathers @ np.ascontiguousarray(stacked)
        gathered = summed.reshape(self.unrolling.sites_out, -1, batch).transpose(2, 1, 0)
        return np.ascontiguousarray(gathered).reshape(batch, -1)


def attention_forward(
    ticket: Ticket,
    tokens: ArrayLike,
    *,
    mask: NDArray[np.bool_] | None = None,
    asked: NDArray[np.int64] | None = None,
) -> NDArray[np.float64]:
    """Return the outputs of the masked random attention; arguments as of `Attention.forward`."""
    x = np.asarray(tokens, dtype=np.float64)
    rows = x if asked is None else x[asked]
    result: NDArray[np.float64] | None = None
    for scores, values in effective_heads(ticket):
        weights = attend((rows @ scores.T) @ x.T, mask, asked)
        part = weights @ (x @ values.T)
        result = part if result is None else result + part
    if result is None:
        raise BadInput("ticket", 0, "has no heads")
    return result


def transformer_forward(
    ticket: Ticket, tokens: ArrayLike, *, mask: NDArray[np.bool_] | None = None
) -> NDArray[np.float64]:
    """Return the outputs of a masked random transformer; `mask` as of `Attention.forward`.

    Raises
    ------
    BadInput
        If the recorded architecture is not that of the ticket's blocks.
    """
    x = np.asarray(tokens, dtype=np.float64)
    start = 0
    for heads, depth in _recorded_blocks(ticket):
        middle, stop = start + 2 * heads, start + 2 * heads + depth
        z = x + attention_forward(_part(ticket, start, middle), x, mask=mask)
        x, start = z + ticket_forward(_part(ticket, middle, stop), z), stop
    return x


def _part(ticket: Ticket, start: int, stop: int) -> Ticket:
    """Some blocks of a ticket as one of their own."""
    blocks, masks = ticket.blocks[start:stop], ticket.masks[start:stop]
    return replace(ticket, blocks=blocks, masks=masks, architecture=None)


def _recorded_blocks(ticket: Ticket) -> list[tuple[int, int]]:
    """Heads and layers of every block of a recorded transformer, which may say anything."""
    try:
        found = [(heads, depth) for heads, depth in (ticket.architecture or {})["transformer"]]
    except (LookupError, TypeError, ValueError) as error:
        raise BadInput("ticket", repr(error), "is no transformer", "verify it") from error
    counts = [count for pair in found for count in pair]
    if not all(type(count) is int and count > 0 for count in counts) or len(ticket.blocks) != sum(
        2 * heads + depth for heads, depth in found
    ):
        raise BadInput("ticket", str(found), "are not the heads and layers of its blocks")
    return found
