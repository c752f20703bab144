"""Depth L + 1: a gadget pair makes copies of the first layer, single layers do the rest.

The source may be sparse, or frozen at random: weights may be locked in the subset-sum layers only,
and `slt_theory.tickets.building.locked` gives up what they rule out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from slt_theory.errors import BadInput
from slt_theory.lattice import PRODUCT_BITS, WEIGHT_BITS
from slt_theory.laws import Law
from slt_theory.tickets.block import Block
from slt_theory.tickets.building.budgets import spread
from slt_theory.tickets.building.gadget import Design, fill_pair, pair_block
from slt_theory.tickets.building.locked import SourcePlan, later_layers, plan, smallest
from slt_theory.tickets.building.pairs import halves_needed
from slt_theory.tickets.building.request import Request
from slt_theory.tickets.building.single import fill_single, single_block
from slt_theory.tickets.building.width import Offer, Sums, smallest_n
from slt_theory.tickets.checking.unrolled import copies_of_values, final_layers
from slt_theory.tickets.frozen import Freezing
from slt_theory.tickets.ticket import Ticket

__all__ = ["RandomSource", "build", "copies_do", "fill_plan", "plan_of", "sufficient_n"]

MOST_COPIES = 4096
_MOST_N = 1 << 16
_TYPICAL_COPIES = 32
_ROUNDS = 8


@dataclass(frozen=True)
class RandomSource:
    """The random source of a depth L + 1 ticket.

    Attributes
    ----------
    law : Law
        Of a weight, at 24 bits.
    prune, lock : number or sequence of numbers
        Random freezing, see `slt_theory.tickets.building.budgets.spread`.
    budget : {"uniform", "epl", "erk"}
    chosen : bool
        Whether hidden neurons of the first pair choose the input they see.
    """

    law: Law
    prune: Any = 0
    lock: Any = 0
    budget: str = "uniform"
    chosen: bool = False

    def freezing(self, shapes: list[tuple[int, int]]) -> tuple[Freezing, ...]:
        """Of every random layer; the first is the in-layer of a gadget."""
        gadgets = [k == 0 for k in range(len(shapes))]
        return spread(self.prune, self.lock, self.budget, shapes, gadgets)


def sufficient_n(request: Request, source: RandomSource) -> tuple[int, int]:
    """Numbers for a half-sum of the first pair, and copies of every hidden neuron.

    Where nothing is locked each makes any failure an estimated chance of at most 1 %; where
    something is, they are the smallest that `slt_theory.tickets.building.locked` finds to do.
    """
    found = _plan(request, source).blocks
    return found[0].n, found[0].copies_out


def build(request: Request, theorem: str, source: RandomSource) -> Ticket:
    """Construct the ticket; ``n`` of the request is the number of copies."""
    return fill_plan(request, theorem, _plan(request, source))


def fill_plan(request: Request, theorem: str, done: SourcePlan) -> Ticket:
    """The ticket of a plan; unreached sums are listed in it."""
    blocks = done.blocks
    store = request.store(blocks)
    masks, unreached = [], []
    for k, (block, layer) in enumerate(zip(blocks, request.layers, strict=True)):
        options: dict[str, Any] = {
            "seed": request.seed,
            "radius": request.radius[k],
            "threads": request.threads,
            "progress": request.progress,
            "store": store,
            "index": k,
            "off": done.off[k],
            "alive": done.alive[k],
        }
        if k == 0:
            pair, missed = fill_pair(block, layer, **options)
            masks.append(pair)
        else:
            mask, missed = fill_single(block, layer, **options)
            masks.append((mask,))
        unreached += [(k, *place) for place in missed]
    return request.ticket(theorem, blocks, tuple(masks), tuple(unreached))


def copies_do(request: Request, source: RandomSource, copies: int) -> bool:
    """True if so many copies let the single layers reach every sum, found by solving them."""
    later = _later(request, _given(request, source, 1, copies))
    return later.enough and _later_complete(request, later)


def plan_of(request: Request, source: RandomSource, pair_n: int, copies: int) -> SourcePlan:
    """The plan for given widths; `SourcePlan.enough` says whether every sum is within reach."""
    blocks = _given(request, source, pair_n, copies)
    if not any(Fraction(layer.lock) for block in blocks for layer in block.layers):
        return SourcePlan.plain(blocks)
    return plan(request, later_layers(request, blocks))


def _given(request: Request, source: RandomSource, pair_n: int, copies: int) -> tuple[Block, ...]:
    """Blocks of given widths; a budget looks at their shapes."""
    shapes = [(2, 2)] * (len(request.layers) + 1)
    for _ in range(2):
        blocks = _blocks(request, source, source.freezing(shapes), pair_n, copies)
        shapes = [shape for block in blocks for shape in block.mask_shapes]
    return blocks


def _plan(request: Request, source: RandomSource) -> SourcePlan:
    """Widths, and budgets that may depend on them: repeated until both agree."""
    frozen = source.freezing([(2, 2)] * (len(request.layers) + 1))
    for _ in range(_ROUNDS):
        found = _widths(request, source, frozen)
        shapes = [layer_shape for block in found.blocks for layer_shape in block.mask_shapes]
        before, frozen = frozen, source.freezing(shapes)
        if frozen == before:
            return found
    # They may alternate: then the last widths, frozen by the budget as it is for their shapes.
    copies = max(block.copies_out for block in found.blocks)
    return plan_of(request, source, found.blocks[0].n, copies)


def _widths(request: Request, source: RandomSource, frozen: tuple[Freezing, ...]) -> SourcePlan:
    """The smallest widths for a given freezing of each layer."""

    def blocks(pair_n: int, copies: int) -> tuple[Block, ...]:
        return _blocks(request, source, frozen, pair_n, copies)

    copies = 1
    if len(request.layers) > 1:
        copies = request.n or request.stretched(_copies(request, source.law, frozen, blocks))
        # The first pair is by far the largest: it had better not be built in vain.
        while (
            request.n is None
            and copies < MOST_COPIES
            and not _later_complete(request, _later(request, blocks(1, copies)))
        ):
            copies += max(1, copies // 30)
    if copies > MOST_COPIES:
        raise BadInput(
            "n", copies, f"copies of a neuron: at most {MOST_COPIES}", "raise eps or freeze less"
        )
    pair_n = _pair_n(request, source, frozen, copies)
    locked = any(one.lock for one in frozen)
    if not locked:
        return SourcePlan.plain(blocks(request.stretched(pair_n), copies))

    later = later_layers(request, blocks(pair_n, copies))

    def tried(n: int, *, sample: bool) -> SourcePlan:
        return plan(request, later.of(blocks(n, copies)), sample=sample)

    if later.enough:
        pair_n = smallest(lambda n: tried(n, sample=True).enough, pair_n, _MOST_N)
        # What does for some groups is a little short for all.
        pair_n = request.stretched(pair_n + pair_n // 10)
    while True:
        done = tried(pair_n, sample=False)
        if done.enough or not later.enough or pair_n >= _MOST_N:
            return done
        pair_n += max(1, pair_n // 30)


def _later(request: Request, blocks: tuple[Block, ...]) -> SourcePlan:
    """The plan of the single layers."""
    if any(Fraction(layer.lock) for block in blocks for layer in block.layers):
        return later_layers(request, blocks)
    return SourcePlan.plain(blocks)


def _later_complete(request: Request, done: SourcePlan) -> bool:
    """True if every sum of the single layers is reached."""
    return not any(
        fill_single(
            block,
            request.layers[k],
            seed=request.seed,
            radius=request.radius[k],
            threads=request.threads,
            progress=None,
            off=done.off[k],
            alive=done.alive[k],
        )[1]
        for k, block in enumerate(done.blocks)
        if k
    )


def _copies(
    request: Request,
    law: Law,
    frozen: tuple[Freezing, ...],
    blocks: Callable[[int, int], tuple[Block, ...]],
) -> int:
    """Copies of every neuron that the single layers need."""
    last = len(request.layers) - 1
    least = 1
    for k, layer in enumerate(request.layers):
        if k == 0:
            continue
        # Every layer but the last is itself copied; that count enters the estimate's logarithm.
        sums = Sums.of(layer.targets, layer.radius, 1 if k == last else _TYPICAL_COPIES)
        offer = Offer(law, lift=PRODUCT_BITS - WEIGHT_BITS, prune=float(1 - frozen[k + 1].free))
        least = max(least, smallest_n([sums], offer, seed=request.seed))
    if not any(one.lock for one in frozen[2:]):
        return least
    return smallest(lambda c: later_layers(request, blocks(1, c)).enough, least, MOST_COPIES)


def _pair_n(
    request: Request, source: RandomSource, frozen: tuple[Freezing, ...], copies: int
) -> int:
    """Numbers that the first pair needs, locked ones counted as absent."""
    first, halves = request.layers[0], halves_needed(request, 0)
    lost = float(1 - frozen[1].free)
    if source.chosen:
        # Chosen in-weights are almost 1: a product is almost the out-weight.
        offer = Offer(source.law, lift=PRODUCT_BITS - WEIGHT_BITS, prune=lost)
    else:
        offer = Offer(source.law, gadget=True, prune=lost, prune_in=float(frozen[0].prune))
    sums = Sums.of(first.targets, first.radius, halves * copies)
    return smallest_n([sums], offer, seed=request.seed)


def _blocks(
    request: Request, source: RandomSource, frozen: tuple[Freezing, ...], pair_n: int, copies: int
) -> tuple[Block, ...]:
    blocks, law = [], source.law
    final = final_layers(request.target)
    for k, layer in enumerate(request.layers):
        out = 1 if k in final else copies
        if k == 0:
            design = Design(
                pair_n,
                halves_needed(request, 0),
                law,
                law,
                frozen[1],
                frozen[0],
                copies=out,
                chosen=source.chosen,
            )
            blocks.append(pair_block(layer, design, 0))
        else:
            blocks.append(
                single_block(
                    layer,
                    law,
                    k + 1,
                    copies_in=copies,
                    copies_out=out,
                    freezing=frozen[k + 1],
                )
            )
    have = copies_of_values(request.target, [block.copies_out for block in blocks])
    for k, block in enumerate(blocks):
        if block.copies_in != have[request.target.inputs_of_layers[k]]:
            raise BadInput(
                "target",
                request.target.names[k],
                "takes a value of which there is one copy, the input or the output",
                "depth L + 1 copies what the first layer gives: use two layers for each",
            )
    return tuple(blocks)
