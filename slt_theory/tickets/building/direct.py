"""Direct sums: a number a candidate, every weight a subset sum of n draws of one law.

No source network computes these sums, so the result is a record of subset sums, not a ticket of a
theorem about networks. Several published experiments are of this form.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from slt_theory.lattice import PRODUCT_BITS, WEIGHT_BITS
from slt_theory.laws import Uniform
from slt_theory.tickets.block import Block
from slt_theory.tickets.building.pools import Filled, gathered
from slt_theory.tickets.building.request import Layer, Request, source_layer
from slt_theory.tickets.building.sums import solve_sums
from slt_theory.tickets.building.width import Offer, Sums, smallest_n
from slt_theory.tickets.draw import sample
from slt_theory.tickets.ticket import Ticket

__all__ = ["LARGEST_N", "LIFT", "build", "range_of", "sufficient_n"]

LARGEST_N = 63
"""A sum of the solver has at most this many items."""
_CHUNK_ITEMS = 1 << 22
LIFT = PRODUCT_BITS - WEIGHT_BITS
"""Bits between the lattice of the candidates and that of the targets."""


def range_of(request: Request) -> Uniform:
    """Return U[min, max] over all weights and biases, ends outwards on the 2**-24 lattice."""
    lows, highs = zip(
        *((int(layer.targets.min()), int(layer.targets.max())) for layer in request.layers),
        strict=True,
    )
    # Outwards, so that the extreme weights stay inside.
    low, high = min(lows) >> LIFT, -(-max(highs) >> LIFT)
    unit = Fraction(1, 1 << WEIGHT_BITS)
    return Uniform(low * unit, max(high, low + 1) * unit, bits=WEIGHT_BITS)


def sufficient_n(request: Request, law: Uniform) -> int:
    """Return the smallest n with an estimated chance of any failure of at most 1 %."""
    families = [Sums.of(layer.targets, layer.radius, 1) for layer in request.layers]
    return smallest_n(families, Offer(law, lift=LIFT), seed=request.seed)


def build(request: Request, theorem: str, law: Uniform, *, shared: bool = False) -> Ticket:
    """Solve every sum of draws of `law`; unreached ones are proved unreachable and listed.

    With `shared` all weights of a row are sums of the same n numbers.
    """
    n = request.n
    if n is None:
        n = min(request.stretched(sufficient_n(request, law)), LARGEST_N)
    if request.keeping.expect is not None:
        request.keeping.expect(sum(layer.targets.size for layer in request.layers))
    blocks, filled = [], []
    for k, layer in enumerate(request.layers):
        rows, columns = layer.targets.shape
        source = source_layer(rows * columns, n, law, k)
        block = layer.block("direct-sums", (source,), n, shared=shared)
        mask, missed = _solve(request, block, layer, law, request.radius[k])
        blocks.append(block)
        places = [(*divmod(place, columns), "+") for place in missed.tolist()]
        filled.append(Filled((mask,), places))
    return gathered(request, theorem, tuple(blocks), filled)


def _steps(progress: Callable[[int], None] | None) -> Callable[[int], None] | None:
    """Progress by new sums, from the number of all that are finished."""
    if progress is None:
        return None
    last = 0

    def tell(finished: int) -> None:
        nonlocal last
        progress(finished - last)
        last = finished

    return tell


def _solve(
    request: Request, block: Block, layer: Layer, law: Uniform, radius: int | None
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    n, targets = block.n, layer.targets.ravel()
    mask = np.zeros((targets.size, (n + 7) // 8), dtype=np.uint8)
    missed = np.zeros(targets.size, dtype=bool)
    step = max(1, _CHUNK_ITEMS // n)
    stream = block.layers[0].stream
    row_numbers = law.sample(request.seed, stream, 0, block.rows * n) if block.shared else None
    wired = block.wired(np.arange(block.rows)).ravel()
    for start in range(0, targets.size, step):
        stop = min(start + step, targets.size)
        if row_numbers is not None:
            rows = np.arange(start, stop) // block.columns
            items = row_numbers.reshape(block.rows, n)[rows]
        else:
            items = sample(law, request.seed, stream, start * n, (stop - start) * n).reshape(-1, n)
        # A constant input reaches one tap of a kernel only: through the others no sum is needed.
        linked = np.flatnonzero(wired[start:stop])
        answer = solve_sums(
            items[linked] << LIFT,
            targets[start:stop][linked],
            radius=radius,
            threads=request.threads,
            progress=_steps(request.progress),
        )
        if request.progress is not None:
            request.progress(stop - start - linked.size)
        mask[start + linked] = np.packbits(answer.chosen, axis=1)
        missed[start + linked] = ~answer.found | (answer.errors > layer.radius)
    return mask, np.flatnonzero(missed)
