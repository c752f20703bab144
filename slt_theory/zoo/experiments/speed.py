"""Which of two networks learns sooner, without a tolerance: by exact counts on validation data."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from slt_theory.theorems.checks import Outcome
from slt_theory.torch.train import Moment, Tensors, applied, correct
from slt_theory.zoo.rig import Rig
from slt_theory.zoo.verdicts import beats

__all__ = ["Learned", "learned", "sooner"]

EVERY = 10


@dataclass(frozen=True, eq=False)
class Learned:
    """A training under masks: weights at the end, test accuracies, and how it came there.

    Attributes
    ----------
    weights : dict of Tensor
    accuracy : list of Fraction
        Of each replicate.
    curve : list of list of int
        Right answers on validation data of each replicate, after every tenth step.
    """

    weights: Tensors
    accuracy: list[Fraction]
    curve: list[list[int]]


def learned(r: Rig, start: Tensors, masks: Tensors | None = None, **hooks: Any) -> Learned:
    """Train, and look on."""
    seen: list[list[int]] = []

    def look(moment: Moment) -> None:
        if moment.step % EVERY == 0:
            now = applied(moment.variables, masks) if masks is not None else moment.variables
            seen.append(correct(r.model, now, r.task, "validation").tolist())

    weights = r.train(start, masks, on_step=[look], **hooks).variables
    curve = [list(counts) for counts in zip(*seen, strict=True)]
    return Learned(weights, r.accuracy(weights), curve)


def sooner(first: Learned, second: Learned, what: str) -> Outcome:
    """The verdict on "the first is sooner where both arrive".

    Both arrive at the smaller of their best counts; compared are the steps at which they first do.
    The two arms enter alike, so equal ones come out INCONCLUSIVE.
    """
    early, late = [], []
    for one, other in zip(first.curve, second.curve, strict=True):
        goal = min(max(one), max(other))
        early.append(-_arrival(one, goal))
        late.append(-_arrival(other, goal))
    return beats(early, late, what)


def _arrival(curve: list[int], goal: int) -> int:
    """The step after which a curve is first at least at the goal."""
    return EVERY * (1 + next(k for k, count in enumerate(curve) if count >= goal))
