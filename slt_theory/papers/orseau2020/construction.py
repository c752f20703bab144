"""Orseau, Hutter, Rivasplata 2020: one number of every golden-ratio category, and the best subset.

Numbers w_0, ..., w_(k-1) with w_c in [gamma^(c+1), gamma^c], gamma = (sqrt(5) - 1)/2, have a subset
sum within gamma^k of every target of [0, 1]. A pool that holds a number of every category for every
weight therefore reaches all weights, whatever they are.

Ours: in-weights are signs and out-weights hyperbolic on [1/m, 1] with 1/m <= gamma^k, so that the
products have exactly the density of the theorem and every category the same mass; with two
hyperbolic factors the density would be triangular in log |w|. As we recall the paper's layout, a
hidden neuron belongs to one weight, and all outputs of an input share one pool ("batch sampling":
outputs add to its size, they do not multiply it); with ``shared=True`` all outputs share a neuron,
as in Pensia et al., Lemma 3. The paper's constants are not known to us; the size of the pool is
that of the union bound in `pool_size`, which needs fewer draws than the lemma
``orseau2020-batch-sampling``.

Source: Orseau, Hutter, Rivasplata (NeurIPS 2020, arXiv 2006.12156); catalogue ids
``orseau2020-hyperbolic``, ``orseau2020-golden-ratio``.
"""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from slt_theory.lattice import PRODUCT_BITS
from slt_theory.laws import Hyperbolic, Signs
from slt_theory.papers.orseau2020.golden import golden_floor
from slt_theory.tickets.block import Block
from slt_theory.tickets.building.gadget import Design
from slt_theory.tickets.building.pairs import halves_needed
from slt_theory.tickets.building.pools import CandidatePool, Filled, Missed, build_pairs
from slt_theory.tickets.building.request import Layer, Request
from slt_theory.tickets.building.sums import solve_sums
from slt_theory.tickets.ticket import Ticket

__all__ = ["build", "categories", "pool_size"]

_FAILURE = 0.01

Int64Array = NDArray[np.int64]
Bools = NDArray[np.bool_]


def golden(power: int) -> int:
    """floor(gamma**power) on the lattice of products."""
    return golden_floor(power, PRODUCT_BITS)


def categories(radius: int) -> int:
    """Smallest k with gamma^k at most `radius` lattice units."""
    k = 1
    while golden(k) >= radius:
        k += 1
    return k


def law(radius: int) -> Hyperbolic:
    """Of out-weights: the density of the theorem on k categories, its lower end 1/m."""
    lowest = golden(categories(radius))
    return Hyperbolic(Fraction(1, -(-(1 << PRODUCT_BITS) // lowest)), 1)


def pool_size(request: Request, *, shared: bool = False) -> int:
    """Candidates of a half-sum so that no category is ever empty, at most 1 % in all.

    A live draw falls into a given category with the right sign with probability
    ``p = log(1/gamma) / (2 log m)``. Misses of all sums and categories are added up; with own
    neurons at most k a weight are taken before the last weight's turn, and the number of live
    in-weights is bounded from below by Hoeffding.
    """
    sizes = []
    halves = [halves_needed(request, k) for k in range(len(request.layers))]
    sums = sum(h * layer.targets.size for h, layer in zip(halves, request.layers, strict=True))
    groups = sum(
        h * layer.targets.shape[1] for h, layer in zip(halves, request.layers, strict=True)
    )
    for layer in request.layers:
        k = categories(layer.radius)
        hit = math.log((1 + math.sqrt(5)) / 2) / (2 * math.log(1 / law(layer.radius).lo))
        free = math.log(2 * sums * k / _FAILURE) / -math.log1p(-hit)
        live = free + (0 if shared else k * layer.targets.shape[0])
        # n/2 - sqrt(n t) >= live, t = log(2 groups / failure) / 2.
        t = math.log(2 * groups / _FAILURE) / 2
        sizes.append(math.ceil((math.sqrt(t) + math.sqrt(t + 2 * live)) ** 2))
    return max(sizes)


def build(request: Request, theorem: str, *, shared: bool = False) -> Ticket:
    """Construct the ticket, output by output; `n` of the request is the size of an input's pool."""
    n = request.n if request.n is not None else request.stretched(pool_size(request, shared=shared))
    designs = [
        Design(n, halves_needed(request, k), Signs(), law(layer.radius))
        for k, layer in enumerate(request.layers)
    ]

    def fill(block: Block, layer: Layer, index: int) -> Filled:
        return _fill(block, layer, request, index, shared=shared)

    return build_pairs(request, theorem, designs, fill)


def _fill(block: Block, layer: Layer, request: Request, index: int, *, shared: bool) -> Filled:
    pool = CandidatePool(block, layer, request.seed)
    free = pool.in_weights != 0
    ends = [(golden(c + 1) + 1, golden(c)) for c in range(categories(layer.radius))]
    outer = block.layers[1]
    out_mask = np.zeros(outer.packed_shape, dtype=np.uint8)
    used = np.zeros_like(free)
    unreached: Missed = []
    for row in range(outer.rows):
        targets = pool.targets[row]
        # Only products with the sign of the weight can reach it.
        products = pool.in_weights * pool.out_weights(row)[0] * np.sign(targets)[:, None]
        items, places = _one_a_category(np.where(free, products, 0), ends)
        answer = solve_sums(
            items, np.abs(targets), radius=request.radius[index], threads=request.threads
        )
        kept = np.zeros_like(free)
        group, category = np.nonzero(answer.chosen)
        kept[group, places[group, category]] = True
        used |= kept
        if not shared:
            free &= ~kept
        out_mask[row] = np.packbits(kept.ravel())
        unreached += pool.missed(
            row, np.flatnonzero(~answer.found | (answer.errors > layer.radius))
        )
        if request.progress is not None:
            request.progress(pool.groups)
    return Filled((pool.in_mask(used), out_mask), unreached)


def _one_a_category(
    products: Int64Array, ends: list[tuple[int, int]]
) -> tuple[Int64Array, Int64Array]:
    """The first product of every category in every group, 0 where there is none; and its place."""
    items = np.zeros((len(products), len(ends)), dtype=np.int64)
    places = np.zeros_like(items)
    for c, (low, high) in enumerate(ends):
        inside = (products >= low) & (products <= high)
        places[:, c] = inside.argmax(axis=1)
        here = inside.any(axis=1)
        items[here, c] = products[here, places[here, c]]
    return items, places
