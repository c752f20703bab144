"""Networks of twice the depth: a gadget pair for every target layer, its sums found by search."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slt_theory.lattice import WEIGHT_BITS
from slt_theory.laws import Law, Uniform
from slt_theory.tickets.block import Block
from slt_theory.tickets.building.gadget import Design, fill_pair, pair_block
from slt_theory.tickets.building.pools import Filled, Missed, check_memory, gathered
from slt_theory.tickets.building.request import Request
from slt_theory.tickets.building.width import Offer, Sums, smallest_n, smallest_n_of_singles
from slt_theory.tickets.ticket import Ticket

__all__ = ["build", "halves_needed", "sufficient_n", "sufficient_n_of_singles"]

_UNIFORM = Uniform(bits=WEIGHT_BITS)


def halves_needed(request: Request, index: int) -> int:
    """1 if only the positive half is built: asked for, and inputs are known to be >= 0."""
    return 1 if request.signs == "needed" and request.non_negative[index] else 2


def sufficient_n(request: Request, law: Law = _UNIFORM) -> int:
    """Smallest n with an estimated chance of any failure of at most 1 %."""
    families = [
        Sums.of(layer.targets, layer.radius, halves_needed(request, k))
        for k, layer in enumerate(request.layers)
    ]
    return smallest_n(families, Offer(law, gadget=True), seed=request.seed)


def sufficient_n_of_singles(request: Request) -> int:
    """As `sufficient_n` where every sum is a single number."""
    layers = [
        (layer.targets, layer.radius, halves_needed(request, k))
        for k, layer in enumerate(request.layers)
    ]
    return smallest_n_of_singles(layers, Offer(_UNIFORM, gadget=True), seed=request.seed)


def build(
    request: Request, theorem: str, *, law: Law = _UNIFORM, size: int | None = None
) -> Ticket:
    """Construct the ticket; unreached sums are listed in it, its certificate is still empty.

    Parameters
    ----------
    request : Request
    theorem : str
        Id of the statement that the construction belongs to.
    law : Law
        Of every weight, at 24 bits.
    size : int, optional
        Exactly so many live numbers in every sum; then the request must say n.
    """
    n = request.n if request.n is not None else request.stretched(sufficient_n(request, law))
    blocks = tuple(
        pair_block(
            layer,
            Design(n, halves_needed(request, k), law, law, size=size),
            request.first_stream + 2 * k,
        )
        for k, layer in enumerate(request.layers)
    )
    filled = [Filled(*masks) for masks in _solved(request, blocks)]
    return gathered(request, theorem, blocks, filled)


def _solved(
    request: Request, blocks: tuple[Block, ...]
) -> Iterator[tuple[tuple[NDArray[np.uint8], ...], Missed]]:
    """Masks of every pair, and the sums that it misses."""
    rest: dict[str, Any] = {
        "seed": request.seed,
        "threads": request.threads,
        "progress": request.progress,
    }
    pairs = zip(blocks, request.layers, strict=True)
    if request.solver is not None:
        check_memory(blocks)
        yield from (request.solver(block, layer, **rest) for block, layer in pairs)
        return
    store = request.store(blocks)
    for k, (block, layer) in enumerate(pairs):
        yield fill_pair(block, layer, radius=request.radius[k], store=store, index=k, **rest)
