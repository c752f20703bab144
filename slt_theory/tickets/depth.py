"""Depth L + 1: a gadget pair makes copies of the first layer, single layers do the rest.

Source: Burkholz (2022), ``burkholz2022-depth``; with a random sparse source Gadhikar, Mukherjee and
Burkholz (2023), ``gadhikar2023-network``; with random frozen weights Otsuka et al. (2024),
``otsuka2024-frozen-network``. Weights may be frozen to their value in the subset-sum layers only;
in the in-layer of the first pair frozen weights are pruned.
"""

from __future__ import annotations

from dataclasses import dataclass

from slt_theory.errors import BadInput
from slt_theory.lattice import PRODUCT_BITS, WEIGHT_BITS
from slt_theory.laws import Law
from slt_theory.tickets.frozen import NOTHING_FROZEN, Freezing
from slt_theory.tickets.gadget import Design, fill_pair, pair_block
from slt_theory.tickets.pensia import check_memory, halves_needed
from slt_theory.tickets.request import Request
from slt_theory.tickets.single import fill_single, single_block
from slt_theory.tickets.ticket import Block, Ticket
from slt_theory.tickets.width import Offer, Sums, smallest_n

__all__ = ["Source", "build", "sufficient_n"]

MOST_COPIES = 512
_TYPICAL_COPIES = 32


@dataclass(frozen=True)
class Source:
    """The random source of a depth L + 1 ticket: law of a weight (24 bits) and random freezing."""

    law: Law
    freezing: Freezing = NOTHING_FROZEN


def sufficient_n(request: Request, source: Source) -> tuple[int, int]:
    """Numbers for a half-sum of the first pair, and copies of every hidden neuron.

    Each makes any failure an estimated chance of at most 1 %.
    """
    layers = request.layers
    copies = 1
    if len(layers) > 1:
        # Every layer but the last is itself copied; that count enters the estimate's logarithm.
        later = [
            Sums(layer.wanted, layer.radius, 1 if k == len(layers) - 1 else _TYPICAL_COPIES)
            for k, layer in enumerate(layers)
        ][1:]
        offer = Offer(
            source.law,
            lift=PRODUCT_BITS - WEIGHT_BITS,
            prune=float(source.freezing.prune),
            lock=float(source.freezing.lock),
        )
        copies = smallest_n(later, offer, seed=request.seed)
    halves = halves_needed(request, 0)
    first = [Sums(layers[0].wanted, layers[0].radius, halves * copies)]
    pair = Offer(
        source.law,
        gadget=True,
        prune=float(source.freezing.prune),
        lock=float(source.freezing.lock),
        prune_in=float(source.freezing.gadget.prune),
    )
    return smallest_n(first, pair, seed=request.seed), copies


def build(request: Request, theorem: str, source: Source) -> Ticket:
    """Construct the ticket; ``n`` of the request is the number of copies."""
    pair_n, copies = (request.stretched(n) for n in sufficient_n(request, source))
    copies = copies if len(request.layers) > 1 else 1
    if request.n is not None and len(request.layers) > 1:
        copies = request.n
    if copies > MOST_COPIES:
        raise BadInput(
            "n", copies, f"copies of a neuron: at most {MOST_COPIES}", "raise eps or freeze less"
        )
    blocks = _blocks(request, source, pair_n, copies)
    check_memory(blocks, pair_n)
    masks, unreached = [], []
    for k, (block, layer) in enumerate(zip(blocks, request.layers, strict=True)):
        options = {
            "seed": request.seed,
            "radius": request.radius[k],
            "threads": request.threads,
            "progress": request.progress,
        }
        if k == 0:
            pair, missed = fill_pair(block, layer, **options)  # type: ignore[arg-type]
            masks.append(pair)
        else:
            mask, missed = fill_single(block, layer, **options)  # type: ignore[arg-type]
            masks.append((mask,))
        unreached += [(k, *place) for place in missed]
    return request.ticket(theorem, blocks, tuple(masks), tuple(unreached))


def _blocks(request: Request, source: Source, pair_n: int, copies: int) -> tuple[Block, ...]:
    blocks = []
    last = len(request.layers) - 1
    for k, layer in enumerate(request.layers):
        inputs = request.target.weights[k].shape[1]
        out = 1 if k == last else copies
        if k == 0:
            design = Design(
                pair_n,
                halves_needed(request, 0),
                source.law,
                source.law,
                source.freezing,
                copies=out,
            )
            blocks.append(pair_block(layer, k, inputs, design, 0))
        else:
            blocks.append(
                single_block(
                    layer,
                    inputs,
                    source.law,
                    k + 1,
                    copies_in=copies,
                    copies_out=out,
                    freezing=source.freezing,
                )
            )
    return tuple(blocks)
