"""Structured tickets: a hidden channel is kept whole or removed, with all its filters.

Hidden channel k of an input channel multiplies it by u_k and passes it through the filters V_k of
all outputs at once, so what is chosen is a subset of the vectors ``u_k V_k``, one coordinate a tap
and output: a subset sum in D = taps * outputs dimensions. Solving it takes about 2^(live / 2) steps
over the live vectors, of which about D log2(1 / eps) are needed: small D only.

Source: da Cunha, d'Amore, Natale (NeurIPS 2023, arXiv 2311.09858); catalogue id
``dacunha2023b-structured``.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from slt_theory.errors import BadInput
from slt_theory.lattice import PRODUCT_BITS, WEIGHT_BITS
from slt_theory.laws import Normal
from slt_theory.tickets.block import Block
from slt_theory.tickets.building.gadget import Design, in_mask, in_weights
from slt_theory.tickets.building.pairs import halves_needed
from slt_theory.tickets.building.pools import Filled, build_pairs
from slt_theory.tickets.building.request import Layer, Request
from slt_theory.tickets.source import layer_law
from slt_theory.tickets.ticket import Ticket

__all__ = ["build", "sufficient_n"]

_LAW = Normal(WEIGHT_BITS)
_MOST_LIVE = 46
_MOST_DIMENSIONS = 8
_SPARE = 6


def _live(layer: Layer) -> int:
    """Live vectors with which a sum of D normal coordinates is all but sure to come within eps.

    L vectors have 2^L subsets, whose sums fill a cloud of width about sqrt(L) a coordinate, so
    ``L = D log2(sqrt(L) / eps)`` just suffices; a few more make it sure.
    """
    dimensions = len(layer.targets)
    eps = max(layer.radius, 1) / 2.0**PRODUCT_BITS
    live = 8.0
    for _ in range(20):
        live = max(8.0, dimensions * math.log2(max(2.0, math.sqrt(live) / eps)))
    return math.ceil(live) + _SPARE


def sufficient_n(request: Request) -> int:
    """Hidden channels for an input channel and half, dead ones included.

    Raises
    ------
    BadInput
        If a layer has too many coordinates at once; says what it would cost.
    """
    most = 0
    for layer, name in zip(request.layers, request.target.names, strict=True):
        dimensions, live = len(layer.targets), _live(layer)
        if dimensions > _MOST_DIMENSIONS or live > _MOST_LIVE:
            raise BadInput(
                "target",
                f"{name}: {dimensions} taps and outputs",
                f"are approximated at once: about {live} vectors, 2^{live // 2} steps a sum; at "
                f"most {_MOST_DIMENSIONS} coordinates and {_MOST_LIVE} vectors are solved",
                "fewer outputs, a smaller kernel or a larger eps; dacunha2022-cnn prunes weights",
            )
        most = max(most, live)
    # Half of the in-weights have the sign that serves; four deviations of their number more.
    return 2 * most + 4 * math.ceil(math.sqrt(most))


def build(request: Request, theorem: str) -> Ticket:
    """Construct the ticket; vectors that no subset reaches are listed, a sum a coordinate."""
    n = request.n if request.n is not None else request.stretched(sufficient_n(request))
    designs = [Design(n, halves_needed(request, k), _LAW, _LAW) for k in range(len(request.layers))]

    def fill(block: Block, layer: Layer, index: int) -> Filled:
        return _filled(request, block, layer, request.radius[index])

    return build_pairs(request, theorem, designs, fill)


def _filled(request: Request, block: Block, layer: Layer, radius: int | None) -> Filled:
    outer, seed = block.layers[1], request.seed
    slopes = in_weights(block, seed)
    kept = np.zeros((outer.rows, outer.columns), dtype=bool)
    wired = block.wired(np.arange(outer.rows))
    law, missed = layer_law(outer), []
    for group, u in enumerate(slopes):
        column = group // block.halves
        rows, live = np.flatnonzero(wired[:, column]), np.flatnonzero(u)
        neurons = group * block.n + live
        places = rows[None, :] * outer.columns + neurons[:, None]
        v = law.sample_at(seed, outer.stream, places.ravel()).reshape(places.shape)
        goal = layer.targets[block.target_rows(rows), column]
        chosen = _chosen(u[live, None] * v, goal, layer.radius, radius)
        if chosen is None:
            missed += [block.half_sum(int(row), group) for row in rows]
        else:
            kept[np.ix_(rows, neurons[chosen])] = True
        if request.progress is not None:
            request.progress(rows.size)
    out_mask = np.packbits(kept, axis=1)
    return Filled((in_mask(block, slopes, out_mask), out_mask), missed)


def _chosen(
    items: NDArray[np.int64], goal: NDArray[np.int64], limit: int, radius: int | None
) -> NDArray[np.bool_] | None:
    """Vectors of a subset within the limit in every coordinate; None if there is none."""
    from slt_theory.subset_sum import vector

    if bool((np.abs(goal) <= limit).all()) and radius is not None:
        return np.zeros(len(items), dtype=bool)
    part = items[:_MOST_LIVE]
    if radius is None:
        best = vector.best(part, goal)
        found = best if best.error <= limit else None
    else:
        found = vector.decide(part, goal - radius, goal + radius)
    if found is None:
        return None
    chosen = np.zeros(len(items), dtype=bool)
    chosen[: len(part)] = found.chosen
    return chosen
