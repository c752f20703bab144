"""What the stages share: evaluation, the best cases so far, and when to stop."""

from __future__ import annotations

import heapq
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count

from slt_theory.testing.frame import Case
from slt_theory.testing.lemma import Lemma
from slt_theory.testing.margins import as_float, fails

__all__ = ["Limit", "Search"]

KEPT = 12
REPORTED = 500


@dataclass(frozen=True)
class Limit:
    """How much a stage may take: cases, seconds, or whichever comes first."""

    cases: int
    seconds: float


@dataclass
class Search:
    """A search in progress.

    Attributes
    ----------
    evaluations : int
        Cases that satisfied the hypotheses.
    tried : int
        All cases.
    found : Case or None
        A counterexample.
    stage : str
        The running stage.
    """

    lemma: Lemma
    deadline: float
    evaluations: int = 0
    tried: int = 0
    found: Case | None = None
    smallest: float | None = None
    stage: str = ""
    progress: Callable[[int], None] | None = None
    _best: list[tuple[float, int, Case]] = field(default_factory=list)
    _ticket: count[int] = field(default_factory=count)
    _stage_end: float = 0.0
    _stage_cases: int = 0

    def begin(self, stage: str, limit: Limit) -> None:
        """Start a stage with its own limit."""
        self.stage = stage
        self._stage_end = min(self.deadline, time.monotonic() + limit.seconds)
        self._stage_cases = self.tried + limit.cases

    @property
    def over(self) -> bool:
        """Whether the stage has to stop."""
        return (
            self.found is not None
            or self.tried >= self._stage_cases
            or time.monotonic() >= self._stage_end
        )

    def score(self, case: Case) -> float | None:
        """Margin of a case as a float; None where a hypothesis fails. Notes counterexamples."""
        self.tried += 1
        if self.progress is not None and self.tried % REPORTED == 0:
            self.progress(REPORTED)
        margin = self.lemma.evaluate(self.lemma.frame.values(case))
        if margin is None:
            return None
        self.evaluations += 1
        if fails(margin):
            self.found = case
        value = as_float(margin)
        if self.smallest is None or value < self.smallest:
            self.smallest = value
        entry = (-value, next(self._ticket), case)
        if len(self._best) < KEPT:
            heapq.heappush(self._best, entry)
        elif entry > self._best[0]:
            heapq.heapreplace(self._best, entry)
        return value

    def best(self) -> list[Case]:
        """The cases nearest to failing, nearest first."""
        return [case for _, _, case in sorted(self._best, reverse=True)]
