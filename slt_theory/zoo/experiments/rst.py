"""Random tickets, transformed: against training them from scratch, and what the cut can cost."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from slt_theory.theorems.checks import Outcome
from slt_theory.torch.train import Recipe, Tensors, ramp, random_masks
from slt_theory.zoo.rig import Rig, rig
from slt_theory.zoo.systems.rst import Transformed, transform
from slt_theory.zoo.verdicts import FULL, Size, beats, not_worse

#: 900 steps under pressure, grown over the first 600, and 600 after the cut; scratch has them all.
PRESS, TUNE = 900, 600
SGD = Recipe(steps=PRESS + TUNE, method="sgd", rate=0.05)
#: rate * strength is 1/5.
STRENGTH = ramp(4.0, until=2 / 3)
DENSITY, MARGIN = "1/10", 0.01


# What is cached has no defaults: one arm is one key.


@cache
def descent(seed: int, size: Size) -> Rig:
    return rig(seed, size, recipe=SGD)


def start(r: Rig, copy: int = 0) -> Tensors:
    return r.start(law="kaiming-normal", copy=copy)


def masks_of(r: Rig, density: str) -> Tensors:
    """Masks chosen before anything is trained."""
    return random_masks(r.model.shapes, r.draws, r.keep(density))


@cache
def ticket(seed: int, size: Size, density: str, pressure: bool) -> Transformed:
    """The transformed ticket; without pressure, what is cut was trained like the rest."""
    r = descent(seed, size)
    press, tune = (replace(r.recipe, steps=r.steps(steps)) for steps in (PRESS, TUNE))
    return transform(
        r.model,
        start(r),
        masks_of(r, density),
        r.task,
        press,
        tune,
        draws=r.draws,
        strength=STRENGTH if pressure else lambda _: 0.0,
    )


@cache
def scratch(seed: int, size: Size, density: str, copy: int) -> Tensors:
    """The same masks, trained from their initial weights for as many steps in all."""
    r = descent(seed, size)
    return r.train(start(r), masks_of(r, density), copy=copy).variables


@cache
def dense(seed: int, size: Size, copy: int) -> Tensors:
    r = descent(seed, size)
    return r.train(start(r, copy), copy=copy).variables


def over_scratch(seed: int, size: Size = FULL) -> Outcome:
    """Accuracy at density 1/10 against scratch with as many steps."""
    return _over_scratch(seed, size, DENSITY, pressure=True)


def over_scratch_sparser(seed: int, size: Size = FULL) -> Outcome:
    """The same at 1/20."""
    return _over_scratch(seed, size, "1/20", pressure=True)


def no_pressure(seed: int, size: Size = FULL) -> Outcome:
    """Mutant: strength 0, so that the cut takes away weights that were in use."""
    return _over_scratch(seed, size, DENSITY, pressure=False)


def _over_scratch(seed: int, size: Size, density: str, *, pressure: bool) -> Outcome:
    r = descent(seed, size)
    found = r.accuracy(ticket(seed, size, density, pressure).ticket)
    what = f"accuracy of the transformed random ticket over scratch at density {density}"
    return beats(found, r.accuracy(scratch(seed, size, density, 0)), what)


def control(seed: int, size: Size = FULL) -> Outcome:
    """Scratch against itself, other batches."""
    r = descent(seed, size)
    first, second = (r.accuracy(scratch(seed, size, DENSITY, copy)) for copy in (0, 1))
    return beats(first, second, "accuracy of scratch over scratch")


def as_dense(seed: int, size: Size = FULL) -> Outcome:
    """Accuracy at density 1/10 against the dense network, all steps equal."""
    return _as_dense(seed, size, DENSITY)


def whole_as_dense(seed: int, size: Size = FULL) -> Outcome:
    """What the check can see: the two phases with nothing to cut."""
    return _as_dense(seed, size, "1")


def _as_dense(seed: int, size: Size, density: str) -> Outcome:
    r = descent(seed, size)
    found = r.accuracy(ticket(seed, size, density, True).ticket)
    what = f"accuracy of the transformed random ticket over dense at density {density}"
    return not_worse(found, r.accuracy(dense(seed, size, 0)), what, margin=MARGIN)


def dense_control(seed: int, size: Size = FULL) -> Outcome:
    """The dense network against itself, other weights and batches."""
    r = descent(seed, size)
    first, second = (r.accuracy(dense(seed, size, copy)) for copy in (0, 1))
    return beats(first, second, "accuracy of dense over dense")
