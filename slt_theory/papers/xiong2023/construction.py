"""Xiong, Liao, Kyrillidis 2023: kept weights may move by at most eps_p.

With every candidate free to move, a subset S reaches not one sum but an interval around it, and
fewer candidates reach all targets. Here out-weights move, those of one sum by the same amount t: as
t runs through [-eps_p, eps_p] the sum of u (v + t) runs through all of S's interval, so moves of
their own could reach no more, but for the step between the moves on offer. Moves are not in the
seed: the ticket stores one a kept out-weight, and its size counts them.

Ours: that in-weights stay (all outputs share them), the number of moves on offer (steps of at most
the error for subsets with total in-weight up to 4), and the estimate of n, which takes every sum
for reached that comes within eps + eps_p / 2. The paper's rate log(1/eta)/log(5/4 + eps_p/2) is
recalled and far from what is measured, see the catalogue.

Source: Xiong, Liao, Kyrillidis (AISTATS 2023, arXiv 2210.16589); catalogue id
``xiong2023-perturbation``.
"""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from slt_theory.lattice import PRODUCT_BITS, WEIGHT_BITS
from slt_theory.laws import Uniform
from slt_theory.tickets.block import Block
from slt_theory.tickets.building.gadget import Design
from slt_theory.tickets.building.pairs import halves_needed
from slt_theory.tickets.building.pairs import sufficient_n as unmoved_n
from slt_theory.tickets.building.pools import CandidatePool, Filled, Missed, build_pairs
from slt_theory.tickets.building.request import Layer, Request
from slt_theory.tickets.building.sums import solve_sums
from slt_theory.tickets.choices import NO_CHOICES, moves, pack_choices
from slt_theory.tickets.ticket import Ticket

__all__ = ["build", "sufficient_n"]

_LAW = Uniform(bits=WEIGHT_BITS)
_CHUNK_ITEMS = 1 << 21
_MOST_STEPS = 127

Bools = NDArray[np.bool_]


def sufficient_n(request: Request, move: Fraction) -> int:
    """Estimated n: as without moves, at an error larger by half a move."""
    room = int(move * (1 << PRODUCT_BITS)) // 2
    wider = tuple(replace(layer, radius=layer.radius + room) for layer in request.layers)
    return unmoved_n(replace(request, layers=wider), _LAW)


def build(request: Request, theorem: str, move: Fraction) -> Ticket:
    """Construct the ticket: the smallest move that reaches a sum is kept."""
    n = request.n if request.n is not None else request.stretched(sufficient_n(request, move))
    designs = [Design(n, halves_needed(request, k), _LAW, _LAW) for k in range(len(request.layers))]
    finest = min(layer.eps / Fraction(2) ** layer.scale_exponent for layer in request.layers)
    steps = math.ceil(2 * move / finest)
    choices = 2 * min(steps, _MOST_STEPS) + 1

    def moving(block: Block) -> Block:
        inner, outer = block.layers
        return replace(block, layers=(inner, replace(outer, choices=choices, move=str(move))))

    def fill(block: Block, layer: Layer, index: int) -> Filled:
        return _fill(block, layer, request, index)

    return build_pairs(request, theorem, designs, fill, moving)


def _fill(block: Block, layer: Layer, request: Request, index: int) -> Filled:
    pool, outer = CandidatePool(block, layer, request.seed), block.layers[1]
    out_mask = np.zeros(outer.packed_shape, dtype=np.uint8)
    used = np.zeros(pool.in_weights.shape, dtype=bool)
    unreached: Missed = []
    stored = []
    step = max(1, _CHUNK_ITEMS // outer.columns)
    for start in range(0, outer.rows, step):
        rows = range(start, min(start + step, outer.rows))
        kept, choice, missed = _solve(pool, layer, request, index, rows)
        used |= kept.any(axis=0)
        out_mask[rows.start : rows.stop] = np.packbits(kept.reshape(len(rows), -1), axis=1)
        stored.append(np.broadcast_to(choice[:, :, None], kept.shape)[kept])
        for row, open_sums in zip(rows, missed, strict=True):
            unreached += pool.missed(row, np.flatnonzero(open_sums))
        if request.progress is not None:
            request.progress(len(rows) * pool.groups)
    choices = (NO_CHOICES, pack_choices(np.concatenate(stored), outer))
    return Filled((pool.in_mask(used), out_mask), unreached, choices)


def _solve(
    pool: CandidatePool, layer: Layer, request: Request, index: int, rows: range
) -> tuple[Bools, NDArray[np.int64], Bools]:
    """Kept out-weights, the choice of every sum, and which sums no move brings within reach."""
    shifts = moves(pool.block.layers[1])
    weights = pool.out_weights(rows.start, len(rows)).reshape(-1, pool.n)
    ins = np.tile(pool.in_weights, (len(rows), 1))
    targets = pool.targets[rows.start : rows.stop].ravel()
    # 0 needs no number, and where nothing is wired there must be none.
    errors = np.where(targets == 0, 0, np.iinfo(np.int64).max)
    kept = np.zeros(weights.shape, dtype=bool)
    choice = np.full(targets.size, shifts.size // 2)
    for c in np.argsort(np.abs(shifts), kind="stable").tolist():
        todo = np.flatnonzero(errors > (0 if request.objective == "best" else layer.radius))
        if todo.size == 0:
            break
        items = ins[todo] * (weights[todo] + shifts[c])
        answer = solve_sums(
            items, targets[todo], radius=request.radius[index], threads=request.threads
        )
        better = answer.found & (answer.errors < errors[todo])
        at = todo[better]
        errors[at], choice[at], kept[at] = answer.errors[better], c, answer.chosen[better]
    shape = (len(rows), pool.groups)
    return kept.reshape(*shape, -1), choice.reshape(shape), errors.reshape(shape) > layer.radius
