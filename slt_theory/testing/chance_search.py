"""Where a lemma with a probability looks weakest, and a fresh test there."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from random import Random
from typing import Any

from slt_theory.errors import Stopped
from slt_theory.testing.chance import ALPHA, ChanceLemma, ChanceTest, least_trials

__all__ = ["parameter_points", "refuting_test"]

SCOUT_TRIALS = 48
LONG_TEST = 8192
LONGEST_TEST = 1 << 18
CORNERS = 3
"""Cases of extremes only, as many as make the default points of a test with the simplest one."""


def parameter_points(lemma: ChanceLemma, source: Random) -> Iterator[Mapping[str, Any]]:
    """The simplest point, ends of ranges, then points of growing grids and random points.

    Each comes once. Claims that hold for small numbers alone fail at the ends.
    """
    seen: set[str] = set()
    frame = lemma.frame
    for width, depth in ((1, 1), (2, 2), (3, 3), (5, 4), (9, 6)):
        for number, case in enumerate(frame.grid(width, depth)):
            if number > 400:
                break
            yield from _new(lemma, case, seen)
        for number in range(CORNERS):
            yield from _new(lemma, frame.corner(number), seen)
    for _ in range(1000):
        yield from _new(lemma, frame.random(source), seen)


def _new(lemma: ChanceLemma, case: Any, seen: set[str]) -> Iterator[Mapping[str, Any]]:
    word = lemma.frame.encode(case)
    if word in seen:
        return
    seen.add(word)
    values = lemma.frame.values(case)
    if lemma.holds_hypotheses(values) and lemma.claimed(values) > 0:
        yield values


def refuting_test(
    lemma: ChanceLemma,
    *,
    seconds: float,
    seed: int,
    progress: Callable[[int], None] | None = None,
) -> tuple[ChanceTest | None, int]:
    """A test that refutes the lemma, or the worst of those that do not, and the points scouted.

    A few trials scout each point. Where they fall below the claim, a fresh test follows, the j-th
    one at level ``alpha / (j (j + 1))``: all tests together raise a false alarm with probability at
    most alpha. None if no parameters were found that satisfy the hypotheses.
    """
    end = time.monotonic() + seconds
    worst: ChanceTest | None = None
    tests = points = 0
    try:
        for values in parameter_points(lemma, Random(seed)):
            if time.monotonic() >= end and worst is not None:
                break
            points += 1
            if progress is not None:
                progress(1)
            seen = lemma.successes(values, seed=seed, start=1 << 40, trials=SCOUT_TRIALS)
            deficit = lemma.claimed(values) - seen / SCOUT_TRIALS
            if worst is not None and deficit <= 0:
                continue
            tests += 1
            level = ALPHA / (tests * (tests + 1))
            trials = LONG_TEST if deficit < 0.3 else 512
            least = least_trials(lemma.claimed(values), level)
            trials = min(max(trials, least), LONGEST_TEST)
            test = lemma.test(**values, trials=trials, alpha=level, seed=seed + tests)
            if worst is None or test.margin < worst.margin or test.refuted:
                worst = test
            if test.refuted:
                # Readers need the level spent in all.
                return replace(test, alpha=level), points
    except KeyboardInterrupt as cause:
        raise Stopped(cause, (worst, points)) from None
    return worst, points
