"""Whether a structured ticket keeps hidden channels whole."""

from __future__ import annotations

import numpy as np

from slt_theory.tickets.ticket import Ticket

__all__ = ["whole_failures"]


def whole_failures(ticket: Ticket) -> list[str]:
    """Hidden channels of which some weights are kept and some are not."""
    failures = []
    for k, block in enumerate(ticket.blocks):
        outer = block.layers[-1]
        kept = ticket.rows(k, len(block.layers) - 1, 0, outer.rows)
        linked = block.wired(np.arange(outer.rows))
        for column in range(block.columns):
            rows = np.flatnonzero(linked[:, column])
            width = outer.columns // block.columns
            part = kept[rows, column * width : (column + 1) * width]
            partial = part.any(axis=0) & ~part.all(axis=0)
            if partial.any():
                neuron = column * width + int(np.argmax(partial))
                failures.append(f"layer {k}: hidden channel {neuron} is kept in part")
                break
    return failures
