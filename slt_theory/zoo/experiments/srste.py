"""N:M patterns: what they keep, what they lose, and whether training with them calms down."""

from __future__ import annotations

from fractions import Fraction
from functools import cache

from slt_theory.theorems.checks import Outcome
from slt_theory.torch.train import Recipe, Tensors, applied
from slt_theory.zoo.rig import Rig, rig
from slt_theory.zoo.systems.srste import STRENGTH, Patterned, fit_pattern
from slt_theory.zoo.verdicts import FULL, Size, beats, not_worse

#: Inputs of every layer are a multiple of 16.
WIDTHS = (64, 96, 48, 10)
#: Optimiser of the paper, at a rate for small networks.
RECIPE = Recipe(steps=1000, method="sgd", rate=0.05, decay=5e-5, schedule="cosine")
TWO_OF_FOUR, ONE_OF_SIXTEEN, MARGIN = (2, 4), (1, 16), 0.01


@cache
def arms(seed: int, size: Size) -> Rig:
    return rig(seed, size, widths=WIDTHS, recipe=RECIPE)


def start(r: Rig, copy: int = 0) -> Tensors:
    return r.start(law="kaiming-normal", copy=copy)


# What is cached has no defaults: one arm is one key.


@cache
def trained(seed: int, size: Size, strength: float, kept: tuple[int, int], copy: int) -> Patterned:
    r = arms(seed, size)
    n, m = kept
    return fit_pattern(
        r.model, start(r, copy), r.task, r.recipe, draws=r.draws, n=n, m=m, strength=strength
    )


@cache
def dense(seed: int, size: Size) -> Tensors:
    r = arms(seed, size)
    return r.train(start(r)).variables


def accuracy(
    seed: int,
    size: Size,
    *,
    strength: float = STRENGTH,
    kept: tuple[int, int] = TWO_OF_FOUR,
    copy: int = 0,
) -> list[Fraction]:
    found = trained(seed, size, strength, kept, copy)
    return arms(seed, size).accuracy(applied(found.weights, found.masks))


def over_plain(seed: int, size: Size = FULL) -> Outcome:
    """Accuracy of a 2:4 network by SR-STE against the plain straight-through estimator."""
    return _over_plain(seed, size, TWO_OF_FOUR)


def wide_groups(seed: int, size: Size = FULL) -> Outcome:
    """Mutant: 1 of 16 instead of 2 of 4."""
    return _over_plain(seed, size, ONE_OF_SIXTEEN)


def _over_plain(seed: int, size: Size, kept: tuple[int, int]) -> Outcome:
    first, second = accuracy(seed, size, kept=kept), accuracy(seed, size, strength=0.0)
    return beats(first, second, "accuracy of SR-STE over the plain estimator")


def as_dense(seed: int, size: Size = FULL) -> Outcome:
    """Accuracy of a 2:4 network against the dense one, both for 1,000 steps."""
    return _as_dense(seed, size, TWO_OF_FOUR)


def wide_as_dense(seed: int, size: Size = FULL) -> Outcome:
    """Mutant: 1 of 16 instead of 2 of 4."""
    return _as_dense(seed, size, ONE_OF_SIXTEEN)


def _as_dense(seed: int, size: Size, kept: tuple[int, int]) -> Outcome:
    whole = arms(seed, size).accuracy(dense(seed, size))
    what = "accuracy of the N:M network over the dense one"
    return not_worse(accuracy(seed, size, kept=kept), whole, what, margin=MARGIN)


def accuracy_control(seed: int, size: Size = FULL) -> Outcome:
    """SR-STE against itself, other initial weights."""
    first, second = (accuracy(seed, size, copy=copy) for copy in (0, 1))
    return beats(first, second, "accuracy of SR-STE over SR-STE")


def calmer(seed: int, size: Size = FULL) -> Outcome:
    """Mask bits that flip in a run, SR-STE against the plain estimator; fewer is better."""
    return _calmer(seed, size, (STRENGTH, 0), (0.0, 0))


def wrong_sign(seed: int, size: Size = FULL) -> Outcome:
    """Mutant: weights outside the pattern grow."""
    return _calmer(seed, size, (-STRENGTH, 0), (0.0, 0))


def calm_control(seed: int, size: Size = FULL) -> Outcome:
    """SR-STE against itself, other initial weights."""
    return _calmer(seed, size, (STRENGTH, 0), (STRENGTH, 1))


def _calmer(seed: int, size: Size, *pair: tuple[float, int]) -> Outcome:
    """Two arms, each a strength and a copy of the initial weights."""
    first, second = (
        [-k for k in trained(seed, size, strength, TWO_OF_FOUR, copy).flips.tolist()]
        for strength, copy in pair
    )
    return beats(first, second, "minus the mask bits flipped, 2:4")
