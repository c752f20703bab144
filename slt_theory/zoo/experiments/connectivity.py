"""Linear mode connectivity: networks that part early end far apart, those that part late do not."""

from __future__ import annotations

from fractions import Fraction
from functools import cache

from slt_theory.theorems.checks import Outcome
from slt_theory.torch.train import Tensors
from slt_theory.zoo.rig import Rig, rig
from slt_theory.zoo.systems.rewinding import barrier, rest
from slt_theory.zoo.verdicts import FULL, Size, beats, not_worse

LATE = 120
#: What the paper calls stable.
STABLE = Fraction(2, 100)


@cache
def _parents(seed: int, size: Size) -> tuple[Rig, dict[int, Tensors]]:
    """Weights at step 0 and at step 120."""
    r = rig(seed, size)
    late = r.steps(LATE)
    early = r.train(r.start(), snapshots=(0, late)).snapshots
    return r, {0: early[0], LATE: early[late]}


@cache
def _barrier(seed: int, size: Size, parted: int, first: int, second: int) -> list[Fraction]:
    """Of two children that go on from a step, each with its own batches."""
    r, parents = _parents(seed, size)
    recipe = rest(r.recipe, r.steps(parted) if parted else 0)
    one, other = (
        r.train(parents[parted], recipe=recipe, copy=copy).variables for copy in (first, second)
    )
    return barrier(r.model, one, other, r.task)


def falls(seed: int, size: Size = FULL) -> Outcome:
    """Error barrier of children that part at step 0 over those that part at step 120."""
    early, late = (_barrier(seed, size, parted, 1, 2) for parted in (0, LATE))
    return beats(early, late, "barrier of networks that part at step 0 over step 120")


def control(seed: int, size: Size = FULL) -> Outcome:
    """Barriers of two pairs that part at step 0."""
    one, other = _barrier(seed, size, 0, 1, 2), _barrier(seed, size, 0, 3, 4)
    return beats(one, other, "barrier of one pair over another's, both part at step 0")


def strangers(seed: int, size: Size = FULL) -> Outcome:
    """Mutant: the networks that part at step 0 have starts of their own, too."""
    late = _barrier(seed, size, LATE, 1, 2)
    return beats(_between_strangers(seed, size), late, "barrier of strangers over step 120")


@cache
def _between_strangers(seed: int, size: Size) -> list[Fraction]:
    r, _ = _parents(seed, size)
    one, other = (r.train(r.start(copy=copy), copy=copy).variables for copy in (1, 2))
    return barrier(r.model, one, other, r.task)


def stable(seed: int, size: Size = FULL) -> Outcome:
    """The barrier of children that part at step 0 against two points of error."""
    return _low(_barrier(seed, size, 0, 1, 2))


def strangers_stable(seed: int, size: Size = FULL) -> Outcome:
    """Mutant: the barrier of strangers."""
    return _low(_between_strangers(seed, size))


def _low(barriers: list[Fraction]) -> Outcome:
    minus, none = [-height for height in barriers], [0] * len(barriers)
    return not_worse(minus, none, "minus the barrier over none", margin=STABLE)
