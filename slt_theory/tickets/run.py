"""Run a ticket: the outputs of the masked random network, from the file alone."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from slt_theory.tickets.effective import effective_block, sparse_layers
from slt_theory.tickets.ticket import Ticket

__all__ = ["ticket_forward"]


def ticket_forward(ticket: Ticket, x: ArrayLike) -> NDArray[np.float64]:
    """Outputs of the masked random network in float64.

    Parameters
    ----------
    ticket : Ticket
    x : array (batch, in)

    Returns
    -------
    array (batch, out)
        Nothing of the target enters: weights come from the seed, connections from the masks. Direct
        sums have no network; there the sums themselves are the weights.
    """
    values = np.asarray(x, dtype=np.float64).T
    for k, block in enumerate(ticket.blocks):
        if k:
            values = np.maximum(values, 0)
        if block.constant_input:
            values = np.vstack([values, np.ones((block.copies_in, values.shape[1]))])
        if block.kind == "direct-sums":
            values = effective_block(ticket, k).to_float() @ values
            continue
        for m, layer in enumerate(sparse_layers(ticket, k)):
            values = layer @ (np.maximum(values, 0) if m else values)
    return np.asarray(values.T)
