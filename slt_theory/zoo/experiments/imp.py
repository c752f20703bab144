"""Frankle and Carbin: tickets of iterative pruning against every arm that could explain them."""

from __future__ import annotations

from fractions import Fraction
from functools import cache

from slt_theory.theorems.checks import Outcome
from slt_theory.torch.train import Round, Tensors, magnitude, rounds, shuffled, top
from slt_theory.zoo.experiments.speed import Learned, learned, sooner
from slt_theory.zoo.rig import Rig, rig
from slt_theory.zoo.systems.imp import controls, keeps
from slt_theory.zoo.verdicts import FULL, Size, beats

RATE, ROUNDS = Fraction(7, 20), 7
SMALLEST = Fraction(1, 100)


@cache
def found(seed: int, size: Size) -> tuple[Rig, tuple[Round, ...]]:
    """The dense round and seven rounds that each remove 35 % (17.5 % of the output layer)."""
    r = rig(seed, size)
    counts = keeps(r.model.shapes, RATE, ROUNDS)
    return r, tuple(rounds(r.model, r.start(), r.task, r.recipe, counts, draws=r.draws))


def places(r: Rig, imp: tuple[Round, ...], name: str) -> tuple[Tensors, Tensors]:
    """Initial weights and masks of an arm: the ticket, or the one thing changed."""
    dense, last = imp[0], imp[-1]
    start, masks = dense.start, last.masks
    match name:
        case "ticket":
            return start, masks
        case "one-shot":
            return start, one_cut(dense.fitted.variables, masks)
        case "random masks":
            return start, shuffled(masks, r.draws)
        case "other fresh":
            return r.start(copy=2), masks
    return controls(r.model, start, masks, draws=r.draws)[name], masks


def one_cut(trained: Tensors, like: Tensors) -> Tensors:
    """Masks of the largest trained weights, as many a layer as other masks have."""
    return top(magnitude(trained), {layer: int(mask[0].sum()) for layer, mask in like.items()})


@cache
def arm(seed: int, size: Size, name: str) -> Learned:
    """An arm trained; all with the same batches but "other fresh"."""
    r, imp = found(seed, size)
    return learned(r, *places(r, imp, name), copy=1 if name == "other fresh" else 0)


def over(
    seed: int, size: Size, first: str, second: str, *, smallest: Fraction = Fraction(0)
) -> Outcome:
    """Test accuracy of one arm against another."""
    one, other = (arm(seed, size, name).accuracy for name in (first, second))
    return beats(one, other, f"accuracy of {first} over {second}", smallest=smallest)


def beats_fresh(seed: int, size: Size = FULL) -> Outcome:
    """The ticket against its masks with new random weights."""
    return over(seed, size, "ticket", "fresh", smallest=SMALLEST)


def beats_scaled(seed: int, size: Size = FULL) -> Outcome:
    """The same, the new weights scaled to the density of each layer."""
    return over(seed, size, "ticket", "scaled", smallest=SMALLEST)


def beats_shuffled(seed: int, size: Size = FULL) -> Outcome:
    """The ticket against its own kept weights in random order within each layer."""
    return over(seed, size, "ticket", "shuffled", smallest=SMALLEST)


def learns_sooner(seed: int, size: Size = FULL) -> Outcome:
    """Steps until the ticket, and its re-initialisation, reach what both reach."""
    ticket, fresh = (arm(seed, size, name) for name in ("ticket", "fresh"))
    return sooner(ticket, fresh, "minus steps of the ticket over minus steps of fresh")


def fresh_control(seed: int, size: Size = FULL) -> Outcome:
    """Re-initialised against re-initialised, other weights and order."""
    return over(seed, size, "fresh", "other fresh")


def shared_start(seed: int, size: Size = FULL) -> Outcome:
    """Mutant: the new weights are drawn from the stream of the first ones."""
    r, imp = found(seed, size)
    drawn = learned(r, r.start(), imp[-1].masks).accuracy
    ticket = arm(seed, size, "ticket").accuracy
    return beats(ticket, drawn, "accuracy of ticket over a copy", smallest=SMALLEST)


def beats_one_shot(seed: int, size: Size = FULL) -> Outcome:
    """Iterative against one-shot pruning, the same counts in every layer."""
    return over(seed, size, "ticket", "one-shot")


def one_shot_control(seed: int, size: Size = FULL) -> Outcome:
    """One-shot tickets against one-shot tickets of other dense networks, other order."""
    r, imp = found(seed, size)
    other = r.start(copy=2)
    masks = one_cut(r.train(other, copy=1).variables, imp[-1].masks)
    again = learned(r, other, masks, copy=1).accuracy
    return beats(arm(seed, size, "one-shot").accuracy, again, "one-shot over one-shot")


def untrained_between(seed: int, size: Size = FULL) -> Outcome:
    """Mutant: seven cuts, no training between them."""
    r, imp = found(seed, size)
    masks, scores = imp[0].masks, magnitude(imp[0].fitted.variables)
    for keep in keeps(r.model.shapes, RATE, ROUNDS):
        masks = top({n: score * masks[n] for n, score in scores.items()}, keep)
    cut = learned(r, imp[0].start, masks).accuracy
    return beats(cut, arm(seed, size, "one-shot").accuracy, "cuts without training over one-shot")


def beats_random_masks(seed: int, size: Size = FULL) -> Outcome:
    """The ticket against the same start under masks dealt out at random within each layer."""
    return over(seed, size, "ticket", "random masks", smallest=SMALLEST)


def masks_beat_random(seed: int, size: Size = FULL) -> Outcome:
    """The masks alone: re-initialised tickets against random masks."""
    return over(seed, size, "fresh", "random masks")


def random_control(seed: int, size: Size = FULL) -> Outcome:
    """Random masks against random masks, other weights and order."""
    r, imp = found(seed, size)
    masks = shuffled(imp[-1].masks, r.draws, copy=2)
    again = learned(r, r.start(copy=2), masks, copy=1).accuracy
    return beats(arm(seed, size, "random masks").accuracy, again, "random over random masks")


def places_lost(seed: int, size: Size = FULL) -> Outcome:
    """Mutant: of the ticket's masks only the counts arrive."""
    r, imp = found(seed, size)
    lost = learned(r, imp[0].start, shuffled(imp[-1].masks, r.draws, copy=3)).accuracy
    other = arm(seed, size, "random masks").accuracy
    return beats(lost, other, "accuracy of a ticket without places over random masks")
