"""Morcos et al.: tickets found on digits 0 to 4, trained on digits 5 to 9."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from functools import cache

from slt_theory.theorems.checks import Outcome
from slt_theory.torch.train import (
    Mlp,
    Round,
    Tensors,
    count_of,
    geometric,
    kept,
    magnitude,
    shuffled,
    sizes,
    split_task,
    top,
)
from slt_theory.zoo.rig import Rig, all_digits, rig
from slt_theory.zoo.systems.rewinding import rewound
from slt_theory.zoo.systems.transfer import classes, new_output
from slt_theory.zoo.verdicts import FULL, Size, beats, not_worse

SOURCE, TARGET = (0, 4), (5, 9)
DENSITIES, LATE = geometric(0.039, 5), 60
MANY, FEW, MARGIN = 500, 60, Fraction(2, 100)


@cache
def _half(seed: int, size: Size, digits: tuple[int, int], train: int = MANY) -> Rig:
    """The rig on five classes."""
    r = rig(seed, size)
    task = split_task("five digits", classes(all_digits(), *digits), r.draws, (train, 100, 296))
    return replace(r, model=Mlp((64, 100, 50, 5)), task=task)


@cache
def _rounds(seed: int, size: Size, digits: tuple[int, int], train: int = MANY) -> tuple[Round, ...]:
    """The dense round, and five of global pruning with late resetting."""
    r = _half(seed, size, digits, train)
    total = sum(sizes(r.model.shapes).values())
    counts = [count_of(density, total) for density in DENSITIES]
    late = r.steps(LATE)
    return tuple(rewound(r.model, r.start(), r.task, r.recipe, counts, draws=r.draws, late=late))


@cache
def _arm(seed: int, size: Size, name: str) -> list[Fraction]:
    """Accuracy on the target of an arm trained there; every output layer is fresh but "own"."""
    r = _half(seed, size, TARGET)
    fresh = r.start(copy=1)

    def trained(start: Tensors, masks: Tensors, copy: int = 0) -> list[Fraction]:
        return r.accuracy(r.train(new_output(start, fresh), masks, copy=copy).variables)

    if name == "dense":
        return r.accuracy(r.train(fresh).variables)
    if name == "own":
        return r.accuracy(_rounds(seed, size, TARGET)[-1].fitted.variables)
    dense, *_, source = _rounds(seed, size, SOURCE, FEW if name == "few" else MANY)
    match name:
        case "source" | "few":
            return trained(source.start, source.masks)
        case "masks":
            return trained(fresh, source.masks)
        case "random":
            return trained(fresh, shuffled(source.masks, r.draws))
        case "weights":
            return trained(source.start, shuffled(source.masks, r.draws))
        case "largest removed":
            worth = magnitude(dense.fitted.variables)
            keep = int(kept(source.masks)[0])
            return trained(source.start, top({n: -v for n, v in worth.items()}, keep))
    masks = shuffled(source.masks, r.draws, copy=1)
    return trained(r.start(copy=2), masks, copy=1)


def _over(seed: int, size: Size, first: str, second: str) -> Outcome:
    one, other = (_arm(seed, size, name) for name in (first, second))
    return beats(one, other, f"accuracy on the target of {first} over {second}")


def beats_random(seed: int, size: Size = FULL) -> Outcome:
    """The transferred ticket against random masks with as many weights in every layer."""
    return _over(seed, size, "source", "random")


def as_good_as_own(seed: int, size: Size = FULL) -> Outcome:
    """The transferred ticket, at most two points below the target's own."""
    source, own = (_arm(seed, size, name) for name in ("source", "own"))
    return not_worse(source, own, "accuracy on the target of source over own", margin=MARGIN)


def dense_as_own(seed: int, size: Size = FULL) -> Outcome:
    """Mutant: the dense network against the target's own ticket."""
    dense, own = (_arm(seed, size, name) for name in ("dense", "own"))
    return not_worse(dense, own, "accuracy on the target of dense over own", margin=MARGIN)


def masks_alone(seed: int, size: Size = FULL) -> Outcome:
    """The transferred masks with fresh weights against random masks."""
    return _over(seed, size, "masks", "random")


def weights_alone(seed: int, size: Size = FULL) -> Outcome:
    """The transferred weights under random masks against random tickets."""
    return _over(seed, size, "weights", "random")


def largest_removed(seed: int, size: Size = FULL) -> Outcome:
    """Mutant: the transferred masks keep the smallest weights of the source."""
    return _over(seed, size, "largest removed", "random")


def control(seed: int, size: Size = FULL) -> Outcome:
    """Random tickets against random tickets, other weights and order."""
    return _over(seed, size, "random", "other random")


def never_pruned(seed: int, size: Size = FULL) -> Outcome:
    """Mutant: the dense network in place of the ticket found with 500 examples."""
    return _over(seed, size, "dense", "few")


def more_data(seed: int, size: Size = FULL) -> Outcome:
    """A ticket found with 500 source examples against one found with 60."""
    return _over(seed, size, "source", "few")
