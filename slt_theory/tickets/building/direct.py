"""The simplified experiments of Pensia et al. 2020, da Cunha et al. 2022: a number a candidate.

Every weight is a subset sum of n numbers drawn uniformly: from [min, max] of all target weights, or
from [-1, 1]. No source network computes these sums, so this is a record of subset sums, not a
ticket of the theorem.

Source: Pensia et al. (NeurIPS 2020), Experiment 1, as in the authors' code; catalogue id
``pensia2020-direct``; the code shares one vector along each row (``shared=True``). Da Cunha,
Natale, Viennot (ICLR 2022), the experiment; catalogue id ``dacunha2022-direct``.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from slt_theory.lattice import PRODUCT_BITS, WEIGHT_BITS
from slt_theory.laws import Uniform
from slt_theory.tickets.block import Block
from slt_theory.tickets.building.pools import Filled, gathered
from slt_theory.tickets.building.request import Layer, Request, source_layer
from slt_theory.tickets.building.width import Offer, Sums, smallest_n
from slt_theory.tickets.building.wired import solve_wired
from slt_theory.tickets.draw import sample
from slt_theory.tickets.ticket import Ticket

__all__ = ["CNN_THEOREM", "LARGEST_N", "LIFT", "build", "candidate_law", "sufficient_n"]

THEOREM = "pensia2020-direct"
CNN_THEOREM = "dacunha2022-direct"
LARGEST_N = 63
"""A sum of the solver has at most this many items."""
_CHUNK_ITEMS = 1 << 22
LIFT = PRODUCT_BITS - WEIGHT_BITS
"""Bits between the lattice of the candidates and that of the targets."""


def candidate_law(request: Request, theorem: str = THEOREM) -> Uniform:
    """U[min, max] over all target weights and biases, ends on the 2**-24 lattice; or U[-1, 1]."""
    if theorem == CNN_THEOREM:
        return Uniform(bits=WEIGHT_BITS)
    lows, highs = zip(
        *((int(layer.wanted.min()), int(layer.wanted.max())) for layer in request.layers),
        strict=True,
    )
    # Outwards, so that the extreme weights stay inside.
    low, high = min(lows) >> LIFT, -(-max(highs) >> LIFT)
    unit = Fraction(1, 1 << WEIGHT_BITS)
    return Uniform(low * unit, max(high, low + 1) * unit, bits=WEIGHT_BITS)


def sufficient_n(request: Request, theorem: str = THEOREM) -> int:
    """Smallest n with an estimated chance of any failure of at most 1 %."""
    families = [Sums.of(layer.wanted, layer.radius, 1) for layer in request.layers]
    return smallest_n(
        families, Offer(candidate_law(request, theorem), lift=LIFT), seed=request.seed
    )


def build(request: Request, theorem: str = THEOREM, *, shared: bool = False) -> Ticket:
    """Solve every sum; unreached ones are proved unreachable and listed."""
    law = candidate_law(request, theorem)
    n = request.n
    if n is None:
        n = min(request.stretched(sufficient_n(request, theorem)), LARGEST_N)
    blocks, filled = [], []
    for k, layer in enumerate(request.layers):
        rows, columns = layer.wanted.shape
        offers = source_layer(rows * columns, n, law, k)
        block = layer.block("direct-sums", (offers,), n, shared=shared)
        mask, missed = _solve(request, block, layer, law, request.radius[k])
        blocks.append(block)
        places = [(*divmod(place, columns), "+") for place in missed.tolist()]
        filled.append(Filled((mask,), places))
    return gathered(request, theorem, tuple(blocks), filled)


def _solve(
    request: Request, block: Block, layer: Layer, law: Uniform, radius: int | None
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    n, wanted = block.n, layer.wanted.ravel()
    mask = np.zeros((wanted.size, (n + 7) // 8), dtype=np.uint8)
    missed = np.zeros(wanted.size, dtype=bool)
    step = max(1, _CHUNK_ITEMS // n)
    stream = block.layers[0].stream
    row_numbers = law.sample(request.seed, stream, 0, block.rows * n) if block.shared else None
    wired = block.wired(np.arange(block.rows)).ravel()
    for start in range(0, wanted.size, step):
        stop = min(start + step, wanted.size)
        if row_numbers is not None:
            rows = np.arange(start, stop) // block.columns
            items = row_numbers.reshape(block.rows, n)[rows]
        else:
            items = sample(law, request.seed, stream, start * n, (stop - start) * n).reshape(-1, n)
        answer = solve_wired(
            wired[start:stop],
            items << LIFT,
            wanted[start:stop],
            radius=radius,
            threads=request.threads,
        )
        mask[start:stop] = np.packbits(answer.chosen, axis=1)
        missed[start:stop] = ~answer.found | (answer.errors > layer.radius)
        if request.progress is not None:
            request.progress(stop - start)
    return mask, np.flatnonzero(missed)
