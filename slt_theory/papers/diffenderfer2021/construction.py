"""Diffenderfer and Kailkhura 2021: random signs of one scale, a weight in unary.

In-weights are +1 or -1 and out-weights +g or -g: one positive gain a pair. A weight w is m = w/g
steps rounded to a whole number; each half-sum keeps |m| live products of the right sign, so its
error is at most g/2. A quarter of the candidates has the right signs; widths grow as 1/eps.

Ours: the gain, the coarsest that the error allows, instead of eps/(l n) from the largest weight
1/sqrt(n) that the theorem assumes; and the number of candidates, from exact binomial tails over all
sums, instead of the theorem's unnamed constant. Weights beyond 1/sqrt(n) only make the code longer.

Source: Diffenderfer and Kailkhura (ICLR 2021, arXiv 2103.09377), Theorem 2; catalogue id
``diffenderfer2021-binary``.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from slt_theory.bisection import smallest_number
from slt_theory.errors import NeedsMemory
from slt_theory.lattice import WEIGHT_BITS
from slt_theory.laws import Signs
from slt_theory.tickets.block import Block
from slt_theory.tickets.building.gadget import Design
from slt_theory.tickets.building.gains import gain, steps
from slt_theory.tickets.building.pairs import halves_needed
from slt_theory.tickets.building.pools import CandidatePool, Filled, Missed, build_pairs
from slt_theory.tickets.building.request import Layer, Request
from slt_theory.tickets.ticket import Ticket

__all__ = ["build", "signs_needed"]

_FAILURE = 0.01
_MOST = 1 << 22

Int64Array = NDArray[np.int64]


def signs_needed(request: Request) -> int:
    """Smallest n whose chance of too few signs in any half-sum is at most 1 %, by exact tails."""
    from scipy.special import bdtr

    lengths: Int64Array = np.concatenate(
        [
            np.repeat(np.abs(steps(layer)).ravel(), halves_needed(request, k))
            for k, layer in enumerate(request.layers)
        ]
    )
    values, counts = np.unique(lengths[lengths > 0], return_counts=True)

    def miss(n: int) -> float:
        # A number counts if its in-weight is live and its product has the weight's sign.
        return float((counts * bdtr(np.minimum(values - 1, n), n, 0.25)).sum())

    found = smallest_number(lambda n: miss(n) <= _FAILURE, least=1, most=_MOST)
    if found is None:
        raise NeedsMemory("the signs of one weight in unary", 2 * _MOST, _MOST, "raise eps")
    return found


def build(request: Request, theorem: str) -> Ticket:
    """Construct the ticket: nothing is searched, signs are counted."""
    n = request.n if request.n is not None else request.stretched(signs_needed(request))
    designs = [
        Design(
            n,
            halves_needed(request, k),
            Signs(),
            Signs(Fraction(gain(layer), 1 << WEIGHT_BITS)),
        )
        for k, layer in enumerate(request.layers)
    ]

    def fill(block: Block, layer: Layer, _: int) -> Filled:
        return _fill(block, layer, request)

    return build_pairs(request, theorem, designs, fill)


def _fill(block: Block, layer: Layer, request: Request) -> Filled:
    pool = CandidatePool(block, layer, request.seed)
    lengths = np.repeat(steps(layer), pool.halves, axis=1)
    outer = block.layers[1]
    out_mask = np.zeros(outer.packed_shape, dtype=np.uint8)
    used = np.zeros(pool.in_weights.shape, dtype=bool)
    unreached: Missed = []
    for row in range(outer.rows):
        length = lengths[row][:, None]
        right = pool.in_weights * pool.out_weights(row)[0] * np.sign(length) > 0
        kept = right & (np.cumsum(right, axis=1) <= np.abs(length))
        used |= kept
        out_mask[row] = np.packbits(kept.ravel())
        short = np.count_nonzero(kept, axis=1) < np.abs(length[:, 0])
        unreached += pool.missed(row, np.flatnonzero(short))
        if request.progress is not None:
            request.progress(pool.groups)
    return Filled((pool.in_mask(used), out_mask), unreached)
