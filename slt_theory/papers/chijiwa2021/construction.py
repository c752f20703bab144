"""Chijiwa et al. 2021 (IteRand): two hidden neurons an input, every weight drawn up to R times.

Width is traded for redraws. The in-weight of each neuron is drawn until it is large enough for the
weights of its input, then each out-weight until u v is within eps of its target: one number a sum,
as in Malach et al., with no more than two neurons for every weight. Which draw was kept is not in
the seed: the ticket stores log2 R bits a kept weight. Weights within eps of 0 keep nothing.

Ours: R from the exact chance of one draw and the union over all weights, about
log(weights / failure) / eps, instead of the theorem's C l^2 d^3 / eps^2 log(l d / delta); its
assumption ||W||_max <= 1/sqrt(d) is not needed, the largest weight of an input only sets the
in-weight.

Source: Chijiwa et al. (NeurIPS 2021, arXiv 2106.09269), Theorem 4.1; catalogue id
``chijiwa2021-redraws``.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from slt_theory.bisection import smallest_number
from slt_theory.errors import BadInput
from slt_theory.lattice import PRODUCT_BITS, WEIGHT_BITS
from slt_theory.laws import Uniform
from slt_theory.tickets.block import Block
from slt_theory.tickets.building.gadget import Design, half_signs, in_links
from slt_theory.tickets.building.pairs import halves_needed
from slt_theory.tickets.building.pools import CandidatePool, Filled, Missed, build_pairs
from slt_theory.tickets.building.request import Layer, Request
from slt_theory.tickets.choices import pack_choices
from slt_theory.tickets.ticket import Ticket

__all__ = ["MOST_REDRAWS", "build", "redraws_needed"]

MOST_REDRAWS = 1 << 24
_FAILURE = 0.01
_LAW = Uniform(bits=WEIGHT_BITS)

Int64Array = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


def _threshold(layer: Layer) -> Floats:
    """Per input the in-weight that will do: half an eps below its largest weight, at least 1/2."""
    largest = np.abs(layer.targets).max(axis=0) - layer.radius / 2
    return np.asarray(np.maximum(largest / 2.0**PRODUCT_BITS, 0.5))


def redraws_needed(request: Request) -> int:
    """Smallest R whose expected number of failing weights is at most 1 %."""
    hits, counts = [], []
    for k, layer in enumerate(request.layers):
        halves, low = halves_needed(request, k), _threshold(layer)
        hits.append((1 - low) / 2)
        counts.append(np.full(low.size, halves))
        eps = layer.radius / 2.0**PRODUCT_BITS
        size = np.abs(layer.targets) / 2.0**PRODUCT_BITS
        # The chance of a draw first grows and then falls with the in-weight: smallest at an end.
        chance = np.minimum(
            *((np.minimum((size + eps) / u, 1) - (size - eps) / u) / 2 for u in (low, np.ones(1)))
        )
        open_sums = size > eps
        hits.append(chance[open_sums])
        counts.append(np.full(hits[-1].size, halves))
    logs, weights = np.log1p(-np.minimum(np.concatenate(hits), 0.75)), np.concatenate(counts)

    def failures(draws: int) -> float:
        return float((weights * np.exp(draws * logs)).sum())

    found = smallest_number(lambda k: failures(k) <= _FAILURE, least=1, most=MOST_REDRAWS)
    if found is None:
        asks = f"asks for more than {MOST_REDRAWS} redraws"
        raise BadInput("eps", float(request.layers[0].eps), asks, "raise eps")
    return found


def build(request: Request, theorem: str, redraws: int | None = None) -> Ticket:
    """Construct the ticket; the first draw that fits is kept, the best with ``objective="best"``.

    Raises
    ------
    BadInput
        If the request says an n: it is 1 here, redraws take the place of width.
    """
    if request.n not in (None, 1):
        raise BadInput("n", request.n, f"is 1 for {theorem}", "give redraws instead")
    draws = redraws if redraws is not None else request.stretched(redraws_needed(request))
    designs = [Design(1, halves_needed(request, k), _LAW, _LAW) for k in range(len(request.layers))]

    def redrawn(block: Block) -> Block:
        return replace(block, layers=tuple(replace(one, choices=draws) for one in block.layers))

    def fill(block: Block, layer: Layer, _: int) -> Filled:
        return _Redrawn(block, layer, request).filled()

    return build_pairs(request, theorem, designs, fill, redrawn)


class _Redrawn:
    """One pair whose weights are drawn again and again."""

    def __init__(self, block: Block, layer: Layer, request: Request) -> None:
        self.block, self.layer, self.request = block, layer, request
        self.pool = CandidatePool(block, layer, request.seed)

    def filled(self) -> Filled:
        pool, (inner, outer) = self.pool, self.block.layers
        u, first = self._in_weights()
        kept, choice = self._out_weights(u)
        lost = (np.abs(pool.targets) > self.layer.radius) & ~kept
        unreached: Missed = []
        for row, group in np.argwhere(lost).tolist():
            unreached += pool.missed(row, np.array([group]))
        used: Bools = np.asarray(kept.any(axis=0))
        if self.request.progress is not None:
            self.request.progress(kept.size)
        return Filled(
            (in_links(self.block, np.flatnonzero(used)), np.packbits(kept, axis=1)),
            unreached,
            (pack_choices(first[used], inner), pack_choices(choice[kept], outer)),
        )

    def _in_weights(self) -> tuple[Int64Array, Int64Array]:
        """The first draw of every in-weight that is large enough, else 0; and its number."""
        pool, inner = self.pool, self.block.layers[0]
        groups = np.arange(pool.groups)
        places = groups * inner.columns + groups // pool.halves
        low = np.repeat(_threshold(self.layer), pool.halves) * (1 << WEIGHT_BITS)
        u, first = np.zeros(pool.groups, dtype=np.int64), np.zeros(pool.groups, dtype=np.int64)
        for c in range(inner.choices):
            todo = np.flatnonzero(u == 0)
            if todo.size == 0:
                break
            number = places[todo] + c * inner.rows * inner.columns
            draw = _LAW.sample_at(self.request.seed, inner.stream, number)
            fits = draw * half_signs(todo, pool.halves) >= low[todo]
            u[todo[fits]], first[todo[fits]] = draw[fits], c
        return u, first

    def _out_weights(self, u: Int64Array) -> tuple[Bools, Int64Array]:
        """Out-weights that are kept, and the draw of each."""
        pool, outer = self.pool, self.block.layers[1]
        best = self.request.objective == "best"
        errors = np.where(pool.targets == 0, 0, np.iinfo(np.int64).max).ravel()
        if not best:
            errors = np.where(np.abs(pool.targets).ravel() <= self.layer.radius, 0, errors)
        kept = np.zeros(errors.size, dtype=bool)
        choice = np.zeros(errors.size, dtype=np.int64)
        slopes, targets = np.tile(u, outer.rows), pool.targets.ravel()
        todo = np.flatnonzero((errors > 0) & (slopes != 0))
        for c in range(outer.choices):
            if todo.size == 0:
                break
            number = todo + c * outer.rows * outer.columns
            draw = _LAW.sample_at(self.request.seed, outer.stream, number)
            error = np.abs(slopes[todo] * draw - targets[todo])
            better = (error <= self.layer.radius) & (error < errors[todo])
            at = todo[better]
            errors[at], choice[at], kept[at] = error[better], c, True
            if not best:
                todo = todo[~better]
        return kept.reshape(outer.rows, -1), choice.reshape(outer.rows, -1)
