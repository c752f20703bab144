"""Occam's hill: accuracy rises, then falls, as weights are pruned."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from functools import cache

from slt_theory.theorems.checks import Outcome
from slt_theory.torch.train import Tensors, geometric, rounds
from slt_theory.zoo.rig import RECIPE, Rig, rig
from slt_theory.zoo.verdicts import FULL, Size, beats

#: Two equal cuts to a tenth, and one to a fiftieth.
TENTH, FIFTIETH = geometric(0.1, 2), [0.02]
NOISE, LONGER = Fraction(3, 10), replace(RECIPE, steps=1500)


def _pruned(r: Rig, densities: list[float]) -> list[Tensors]:
    """Weights after each round, dense first."""
    counts = [r.keep(density) for density in densities]
    done = rounds(r.model, r.start(), r.task, r.recipe, counts, draws=r.draws)
    return [part.fitted.variables for part in done]


@cache
def _noisy(seed: int, size: Size) -> tuple[Rig, list[Tensors]]:
    """With 30 % of the training labels random, and more steps to learn them by heart."""
    r = rig(seed, size, recipe=LONGER, noise=NOISE)
    return r, _pruned(r, TENTH + FIFTIETH)


def _rises(r: Rig, dense: Tensors, tenth: Tensors, part: str = "test") -> Outcome:
    what = f"accuracy on {part} data at density 1/10 over dense"
    return beats(r.accuracy(tenth, part), r.accuracy(dense, part), what)


def rises(seed: int, size: Size = FULL) -> Outcome:
    """A tenth of the weights against all, with label noise."""
    r, (dense, *_, tenth, _) = _noisy(seed, size)
    return _rises(r, dense, tenth)


def falls(seed: int, size: Size = FULL) -> Outcome:
    """A tenth of the weights against a fiftieth, with label noise."""
    r, (*_, tenth, fiftieth) = _noisy(seed, size)
    return beats(r.accuracy(tenth), r.accuracy(fiftieth), "accuracy at density 1/10 over 1/50")


@cache
def _clean(seed: int, size: Size) -> tuple[Rig, list[Tensors]]:
    r = rig(seed, size)
    return r, _pruned(r, TENTH)


def without_noise(seed: int, size: Size = FULL) -> Outcome:
    """A tenth of the weights against all, true labels."""
    r, (dense, *_, tenth) = _clean(seed, size)
    return _rises(r, dense, tenth)


def clean_control(seed: int, size: Size = FULL) -> Outcome:
    """Dense against dense, other weights and order, true labels."""
    r, (dense, *_) = _clean(seed, size)
    return _again(r, dense)


def control(seed: int, size: Size = FULL) -> Outcome:
    """Dense against dense, other weights and order, with label noise."""
    r, (dense, *_) = _noisy(seed, size)
    return _again(r, dense)


def _again(r: Rig, dense: Tensors) -> Outcome:
    again = r.train(r.start(copy=2), copy=1).variables
    return beats(r.accuracy(dense), r.accuracy(again), "dense over dense")


def on_training_data(seed: int, size: Size = FULL) -> Outcome:
    """Mutant: the parts of the data are swapped, so memory of wrong labels counts."""
    r, (dense, *_, tenth, _) = _noisy(seed, size)
    return _rises(r, dense, tenth, "train")
