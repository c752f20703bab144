"""Whether the weights of a ticket move further than the others, and further than chance."""

from __future__ import annotations

from functools import cache
from statistics import fmean

from slt_theory.theorems.checks import Outcome
from slt_theory.torch.train import Tensors, magnitude, top
from slt_theory.zoo.experiments.imp import RATE, ROUNDS
from slt_theory.zoo.rig import Rig, rig
from slt_theory.zoo.systems.imp import keeps
from slt_theory.zoo.systems.movement import dealt_again, moved_ratio
from slt_theory.zoo.verdicts import FULL, Size, beats

DEALS = 20


@cache
def _dense(seed: int, size: Size) -> tuple[Rig, Tensors, Tensors]:
    """The rig, the start of the dense network, and its end."""
    r = rig(seed, size)
    start = r.start()
    return r, start, r.train(start).variables


def _ratio(
    seed: int, size: Size, copy: int | None = None, *, by_start: bool = False
) -> list[float]:
    """Of each replicate, under one-shot masks; a copy deals the movements out again first."""
    r, start, end = _dense(seed, size)
    if copy is not None:
        end = dealt_again(start, end, r.draws, copy=copy)
    masks = top(magnitude(start if by_start else end), keeps(r.model.shapes, RATE, ROUNDS)[-1])
    ratios: list[float] = moved_ratio(start, end, masks).tolist()
    return ratios


@cache
def _null(seed: int, size: Size) -> list[float]:
    """The mean of twenty deals."""
    deals = [_ratio(seed, size, copy) for copy in range(1, DEALS + 1)]
    return [fmean(values) for values in zip(*deals, strict=True)]


def further_than_others(seed: int, size: Size = FULL) -> Outcome:
    """Kept weights move further than pruned ones: the ratio of means against 1."""
    return _against_one(_ratio(seed, size), "movement of kept over pruned weights against 1")


def so_does_chance(seed: int, size: Size = FULL) -> Outcome:
    """Movements dealt out again: kept weights "move further" here too."""
    return _against_one(_ratio(seed, size, 0), "a deal's movement of kept over pruned against 1")


def _against_one(ratio: list[float], what: str) -> Outcome:
    return beats(ratio, [1] * len(ratio), what)


def further_than_chance(seed: int, size: Size = FULL) -> Outcome:
    """The same ratio against its mean over twenty deals."""
    what = "movement of kept over pruned weights against the movements dealt out again"
    return beats(_ratio(seed, size), _null(seed, size), what)


def control(seed: int, size: Size = FULL) -> Outcome:
    """One more deal against the mean of twenty."""
    return beats(_ratio(seed, size, 0), _null(seed, size), "a deal over the mean of deals")


def masked_at_start(seed: int, size: Size = FULL) -> Outcome:
    """Mutant: the masks keep the largest initial weights."""
    ratio = _ratio(seed, size, by_start=True)
    return beats(ratio, _null(seed, size), "the same under masks of the initial weights")
