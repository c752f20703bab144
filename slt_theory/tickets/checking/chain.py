"""What a chain of masked layers computes: products of its kept weights.

The first layer splits inputs by sign, one input a neuron, so its neurons are >= 0; the layers
between keep positive weights only, so theirs are >= 0 as well and no ReLU changes anything; the
last layer is free. The chain is therefore linear in max(x, 0) and min(x, 0), like a gadget pair.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from slt_theory.lattice import HEADROOM_BITS, PRODUCT_BITS
from slt_theory.tickets.kept import MalformedTicket, kept_matrix
from slt_theory.tickets.ticket import Ticket

__all__ = ["chain_slopes"]

Int64Array = NDArray[np.int64]


def chain_slopes(
    ticket: Ticket, index: int, seen: Int64Array, u: Int64Array
) -> tuple[Int64Array, Int64Array]:
    """Slopes for inputs >= 0 and <= 0, in units of ``2**(scale_exponent - 48)``.

    Parameters
    ----------
    seen, u : int64 arrays (neurons,)
        The input that each neuron of the first layer sees, -1 for none, and its in-weight.
    """
    from scipy.sparse import csr_array

    block = ticket.blocks[index]
    lift = PRODUCT_BITS - sum(layer.bits for layer in block.layers)
    after = [kept_matrix(ticket, index, m) for m in range(1, len(block.layers))]
    for m, matrix in enumerate(after[:-1], start=1):
        if (matrix.data <= 0).any():
            raise MalformedTicket(
                f"layer {index}, mask {m}: a chain keeps a weight <= 0 before its last layer"
            )
    result = []
    for side in (u > 0, u < 0):
        live = np.flatnonzero(side & (seen >= 0))
        shape = (u.size, block.columns)
        slopes = csr_array((u[live], (live, seen[live])), shape=shape)
        for matrix in after:
            _check_headroom(matrix, slopes, lift, index)
            slopes = matrix @ slopes
        result.append(np.asarray(slopes.toarray()) << lift)
    return result[0], result[1]


def _check_headroom(matrix: Any, slopes: Any, lift: int, index: int) -> None:
    """Sums of one more layer cannot wrap around: a bound of non-negative floats, with room."""
    largest = abs(matrix).astype(np.float64) @ abs(slopes).astype(np.float64)
    top = float(largest.max()) if largest.nnz else 0.0
    if top >= 2.0 ** (HEADROOM_BITS - 1 - lift):
        raise MalformedTicket(f"layer {index}: sums of the chain can leave the exact range")
