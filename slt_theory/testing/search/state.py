"""What the stages share: evaluation, the best cases so far, and when to stop."""

from __future__ import annotations

import heapq
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from slt_theory.errors import BadInput
from slt_theory.plural import counted
from slt_theory.testing.frame import Case, Frame
from slt_theory.testing.lemma import Lemma
from slt_theory.testing.margins import Margin, as_float, holds, is_undefined

__all__ = ["Limit", "SearchState", "Tally", "unsteady"]

__tracebackhide__ = True

KEPT = 12
REPORTED = 500
REMEMBERED = 1 << 19
"""Distinct cases that are remembered, at 150 to 600 bytes each; later ones are not counted."""


@dataclass(frozen=True)
class Limit:
    """Limit of a stage: cases, seconds, or whichever comes first."""

    cases: int
    seconds: float


@dataclass
class Tally:
    """Numbers of distinct cases.

    Attributes
    ----------
    cases : int
        Those that satisfied the hypotheses.
    unmet : int
        Those that did not.
    floats : int
        Cases whose margin was a float, so that rounding decided.
    undecided, undefined : int
        Cases whose ball reaches to both sides of 0, or encloses no number.
    """

    cases: int = 0
    unmet: int = 0
    floats: int = 0
    undecided: int = 0
    undefined: int = 0

    def count(self, margin: Margin | None, *, fails: bool, strict: bool) -> None:
        """Count one more case by its margin; None where a hypothesis fails."""
        self.unmet += margin is None
        self.cases += margin is not None
        if isinstance(margin, float):
            self.floats += 1
        elif margin is not None and is_undefined(margin):
            self.undefined += 1
        elif margin is not None and not fails:
            self.undecided += not holds(margin, strict=strict)

    @property
    def decided(self) -> int:
        """Cases in which the conclusion was seen to hold or to fail."""
        return self.cases - self.undecided - self.undefined


def unsteady(lemma: Lemma, first: str, then: object) -> BadInput:
    """The error of a lemma whose conclusion is no function of its variables."""
    problem = f"has {first} and then {then} at one case"
    way_out = "take random numbers from a variable or a ChanceLemma, and change no value"
    return BadInput("lemma", lemma.id, problem, way_out)


@dataclass
class SearchState:
    """A search in progress.

    Attributes
    ----------
    frame : Frame
        The variables; those of the lemma, or on finer grids once all cases of a grid were tried.
    tally : Tally
    tried : int
        All cases, repetitions included.
    grids : list of int
        Numbers of cases of the grids that were tried in full.
    complete : bool
        True if there are no more cases to try.
    found : Case or None
        A counterexample.
    stage : str
        The running stage.
    """

    lemma: Lemma
    deadline: float
    tally: Tally = field(default_factory=Tally)
    tried: int = 0
    grids: list[int] = field(default_factory=list)
    complete: bool = False
    found: Case | None = None
    smallest: float | None = None
    stage: str = ""
    progress: Callable[[int], None] | None = None
    _scores: dict[tuple[Any, ...], float | None] = field(default_factory=dict)
    _best: list[tuple[float, int, Case]] = field(default_factory=list)
    _ticket: count[int] = field(default_factory=count)
    _stage_end: float = 0.0
    _stage_cases: int = 0

    def __post_init__(self) -> None:
        self.frame: Frame = self.lemma.frame

    def begin(self, stage: str, limit: Limit) -> None:
        """Start a stage with its own limit."""
        self.stage = stage
        self._stage_end = min(self.deadline, time.monotonic() + limit.seconds)
        self._stage_cases = self.tried + limit.cases

    @property
    def over(self) -> bool:
        """True if the stage has to stop."""
        return (
            self.found is not None
            or self.complete
            or self.tried >= self._stage_cases
            or time.monotonic() >= self._stage_end
        )

    def exhausted(self, cases: int) -> None:
        """Note that all `cases` of the grid were tried, and go on with a finer one."""
        self.grids.append(cases)
        finer = self.frame.finer()
        if finer is None:
            self.complete = True
        else:
            self.frame = finer

    def _key(self, case: Case) -> tuple[Any, ...]:
        return tuple(case[name] for name in self.frame.names)

    def knows(self, case: Case) -> bool:
        """True if the case was tried before."""
        return self._key(case) in self._scores

    def score(self, case: Case) -> float | None:
        """Margin of a case as a float; None where there is none. Notes counterexamples.

        A case that was tried before is not evaluated again.
        """
        self.tried += 1
        if self.progress is not None and self.tried % REPORTED == 0:
            self.progress(REPORTED)
        key = self._key(case)
        if key not in self._scores:
            value = self._evaluated(case)
            if len(self._scores) >= REMEMBERED:
                return value
            self._scores[key] = value
        return self._scores[key]

    def _evaluated(self, case: Case) -> float | None:
        margin = self.lemma.evaluate(self.frame.values(case))
        fails = margin is not None and self.lemma.fails(margin)
        if len(self._scores) < REMEMBERED:
            self.tally.count(margin, fails=fails, strict=self.lemma.strict)
        if margin is None or is_undefined(margin):
            return None
        if fails:
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

    def recheck(self) -> None:
        """Evaluate the nearest cases again.

        Raises
        ------
        BadInput
            If a margin is another one now: the lemma draws random numbers, counts its calls, or
            changes a value that it was given.
        """
        for score, _, case in self._best:
            margin = self.lemma.evaluate(self.frame.values(case))
            again = None if margin is None or is_undefined(margin) else as_float(margin)
            if again != -score:
                raise unsteady(self.lemma, f"a margin of {-score}", again)

    def coverage(self) -> str:
        """Part of the search space that was tried, in words."""
        if len(self._scores) >= REMEMBERED:
            return f"at least {len(self._scores)} distinct cases"
        if self.complete and self.frame.partial:
            return f"all {counted(self.grids[-1], 'case')} of the finest grid"
        if self.complete:
            return f"all {counted(self.grids[-1], 'case')} that there are"
        if not self.grids:
            return "part of the grid"
        steps = [f"all {cases} of a grid {8**k} times finer" for k, cases in enumerate(self.grids)]
        steps[0] = f"all {self.grids[0]} cases of the grid"
        return ", ".join(steps) + f", part of one {8 ** len(steps)} times finer"
