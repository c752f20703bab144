"""Which of two networks learns sooner, without a tolerance: by exact counts on validation data."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from slt_theory.papers.trained.shared.arms import Comparison, Run
from slt_theory.papers.trained.shared.lazy import training
from slt_theory.papers.trained.shared.rig import Rig
from slt_theory.papers.trained.shared.verdicts import Scale, beats
from slt_theory.theorems.checks import Outcome

__all__ = ["Learned", "Sooner", "learned", "sooner"]

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

    weights: training.Tensors
    accuracy: list[Fraction]
    curve: list[list[int]]


def learned(
    r: Rig, start: training.Tensors, masks: training.Tensors | None = None, copy: int = 0
) -> Learned:
    """Train with the batches of a copy, and count right validation examples on the way."""
    seen: list[list[int]] = []

    def look(moment: training.Moment) -> None:
        if moment.step % EVERY == 0:
            now = (
                training.applied(moment.variables, masks) if masks is not None else moment.variables
            )
            seen.append(training.correct(r.model, now, r.task, "validation").tolist())

    weights = r.train(start, masks, on_step=[look], copy=copy).variables
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


@dataclass(frozen=True)
class Sooner(Comparison):
    """The first arm is sooner at what both reach; the arms are `Learned`."""

    def __str__(self) -> str:
        return f"{self.first} sooner than {self.second}"

    def __call__(self, seed: int, size: Scale | None = None) -> Outcome:
        run = Run(seed, size or self.arms.size)
        first, second = (self.arms.made(name, *run) for name in (self.first, self.second))
        default = f"minus steps of {self.first} over minus steps of {self.second}"
        return sooner(first, second, self.what or default)
