"""The hunt for a counterexample."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from random import Random
from typing import Any

from slt_theory.errors import BadInput, Stopped
from slt_theory.plural import counted
from slt_theory.testing.chance import ChanceLemma, ChanceTest
from slt_theory.testing.chance_search import refuting_test
from slt_theory.testing.counterexample import Counterexample
from slt_theory.testing.lemma import Lemma
from slt_theory.testing.margins import as_float
from slt_theory.testing.search import (
    Limit,
    SearchState,
    Tally,
    ascent,
    extremes,
    grid,
    grid_cases,
    shrunk,
    targeted,
    unsteady,
)

__all__ = ["Falsification", "falsify", "of_chance", "search_cases"]

__tracebackhide__ = True

EVER = 1 << 60


@dataclass(frozen=True)
class Falsification:
    """Result of a search for a counterexample.

    Attributes
    ----------
    lemma_id : str
    found : bool
    counterexample : Counterexample, ChanceTest or None
        A ChanceTest for a lemma with a probability.
    smallest_margin : float or None
        How close the lemma came to failing, or by how much it failed.
    evaluations : int
        Distinct cases that satisfied the hypotheses.
    stage : str
        Where it was found: grid, extremes, targeted, ascent or chance.
    seconds : float
    tally : Tally
        How the distinct cases came out.
    covered : str
        What of the search space was tried, in words.
    """

    lemma_id: str
    found: bool
    counterexample: Counterexample | ChanceTest | None
    smallest_margin: float | None
    evaluations: int
    stage: str
    seconds: float
    tally: Tally
    covered: str

    @property
    def vacuous(self) -> bool:
        """True if nothing was tested: in no case was the conclusion seen to hold or to fail.

        A margin of +inf is one of an empty set, or of a float that has overflowed, and shows none.
        """
        return not self.found and (self.tally.decided == 0 or self.smallest_margin == math.inf)

    def counted(self) -> str:
        """The numbers of cases by kind of margin, e.g. ``40 exact, 2 undefined``."""
        tally = self.tally
        kind = "chance" if self.stage == "chance" else "exact"
        parts = {
            kind: tally.decided - tally.floats,
            "float": tally.floats,
            "undecided": tally.undecided,
            "undefined": tally.undefined,
        }
        return ", ".join(f"{n} {name}" for name, n in parts.items() if n) or f"0 {kind}"

    def summary(self) -> str:
        """A few lines."""
        if self.vacuous:
            if not self.evaluations:
                reason = "the hypotheses never held"
            elif self.stage == "chance":
                reason = "no outcome of so few trials refutes so small a chance; give more trials="
            elif self.tally.decided:
                reason = f"every margin was infinite ({self.counted()})"
            else:
                reason = f"no margin was decided ({self.counted()})"
            return f"{self.lemma_id}: nothing was tested, {reason}; tried {self.covered}"
        if self.counterexample is None:
            return (
                f"{self.lemma_id}: no counterexample in {counted(self.evaluations, 'case')} "
                f"({self.counted()}; {self.seconds:.1f} s), smallest margin "
                f"{self.smallest_margin}; tried {self.covered}"
            )
        head = f"{self.lemma_id}: false, by {self.stage} after {counted(self.evaluations, 'case')}"
        return f"{head} ({self.seconds:.1f} s)\n\n{self.counterexample.code()}"

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        example = self.counterexample
        return {
            "lemma": self.lemma_id,
            "found": self.found,
            "counterexample": None if example is None else example.to_dict(),
            "smallest_margin": self.smallest_margin,
            "evaluations": self.evaluations,
            "exact": 0 if self.stage == "chance" else self.tally.decided - self.tally.floats,
            "floats": self.tally.floats,
            "undecided": self.tally.undecided,
            "undefined": self.tally.undefined,
            "vacuous": self.vacuous,
            "covered": self.covered,
            "stage": self.stage,
            "seconds": round(self.seconds, 3),
        }


def falsify(
    lemma: Lemma | ChanceLemma,
    *,
    budget: float = 60.0,
    seed: int = 0,
    progress: Callable[[int], None] | None = None,
) -> Falsification:
    """Search for a counterexample for at most `budget` seconds.

    Complete tiny grids come first, then extremal cases, hypothesis's targeted search, and
    coordinate ascent on the margin. What is found is shrunk. A lemma with a probability is tested
    on a grid of its parameters, see `chance`.

    Parameters
    ----------
    lemma : Lemma or ChanceLemma
    budget : float
        Seconds; a true lemma takes all of them.
    seed : int
    progress : callable, optional
        Called with numbers of cases tried.

    Examples
    --------
    >>> from slt_theory.testing import Lemma, least_error, samples
    >>> lemma = Lemma(
    ...     "one-half-is-always-near",
    ...     "1/2 is within 1/2 of a sum of any two items",
    ...     {"sample": samples(min_size=2, max_size=2)},
    ...     margin=lambda sample: Fraction(1, 4) - least_error(sample, Fraction(1, 2)),
    ... )
    >>> from fractions import Fraction
    >>> falsify(lemma, budget=5).counterexample.values
    {'sample': (Fraction(0, 1), Fraction(0, 1))}
    """
    if not budget > 0:
        raise BadInput("budget", budget, "must be positive (seconds)")
    if isinstance(lemma, ChanceLemma):
        started = time.monotonic()
        try:
            found = refuting_test(lemma, seconds=budget, seed=seed, progress=progress)
        except Stopped as stop:
            worst, points = stop.partial
            so_far = of_chance(lemma, worst, points, time.monotonic() - started)
            raise Stopped(stop, so_far) from None
        return of_chance(lemma, *found, time.monotonic() - started)
    quick, rest = Limit(EVER, budget / 20), Limit(EVER, budget / 4)
    return search_cases(
        lemma, ((quick,) * 4, (rest,) * 3), seconds=budget, seed=seed, progress=progress
    )


def of_chance(
    lemma: ChanceLemma, worst: ChanceTest | None, points: int, seconds: float, *, silent: int = 0
) -> Falsification:
    """Result of tests at `points` choices of the parameters, given by the worst of them.

    Of `silent` choices no outcome of so many trials would have refuted the lemma.
    """
    found = worst is not None and worst.refuted
    return Falsification(
        lemma.id,
        found,
        worst if found else None,
        None if worst is None else worst.margin,
        points,
        "chance",
        seconds,
        Tally(cases=points, undecided=silent),
        f"{points} choices of the parameters",
    )


def search_cases(
    lemma: Lemma,
    rounds: Sequence[Sequence[Limit]],
    *,
    seconds: float,
    seed: int,
    progress: Callable[[int], None] | None = None,
) -> Falsification:
    """Run rounds of the four stages, each with its limit; a stage without one takes what is left.

    The grid goes on in a later round where it stopped in the one before.
    """
    started = time.monotonic()
    source = Random(seed)
    search = SearchState(lemma, started + seconds, progress=progress)
    cases = grid_cases(search)
    for number, limits in enumerate(rounds):
        stages: tuple[tuple[str, Callable[[], None]], ...] = (
            ("grid", lambda: grid(search, cases)),
            ("extremes", lambda: extremes(search, source)),
            ("targeted", partial(targeted, search, seed + number)),
            ("ascent", lambda: ascent(search, source)),
        )
        for k, (name, run) in enumerate(stages):
            search.begin(name, limits[k] if k < len(limits) else Limit(EVER, seconds))
            try:
                run()
            except KeyboardInterrupt as cause:
                raise Stopped(cause, _outcome(search, started)) from None
            if search.found is not None or search.complete:
                break
        if search.found is not None or search.complete:
            break
    return _outcome(search, started)


def _outcome(search: SearchState, started: float) -> Falsification:
    """Result of a search, finished or not."""
    lemma, example = search.lemma, None
    search.recheck()
    if search.found is not None:
        frame = search.frame
        case = shrunk(lemma, frame, search.found)
        values = frame.values(case)
        margin = lemma.evaluate(values)
        if margin is None or not lemma.fails(margin):
            raise unsteady(lemma, "a counterexample", margin)
        example = Counterexample(lemma.id, values, margin, frame.encode(case), strict=lemma.strict)
    return Falsification(
        lemma.id,
        example is not None,
        example,
        search.smallest if example is None else as_float(example.margin),
        search.tally.cases,
        search.stage,
        time.monotonic() - started,
        search.tally,
        search.coverage(),
    )
