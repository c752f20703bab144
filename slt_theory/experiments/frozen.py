"""Frozen numbers: some are always in the sum, some never, by a fresh random pattern a trial.

Success is not monotone in n, because every further locked number moves all sums. So each n has its
own count of successes, and the threshold is read off the curve.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import cache

import numpy as np
from numpy.typing import NDArray

from slt_theory.experiments.question import Question
from slt_theory.experiments.trials import check_question, ends, fitting, rows
from slt_theory.statistics import HittingQuantile, clopper_pearson
from slt_theory.streams import Purpose, stream_id, words32_rows

__all__ = ["frozen_answers", "frozen_successes", "frozen_threshold", "search_threshold"]

_BLOCK = 1 << 16


def patterns(
    question: Question, seed: int, numbers: NDArray[np.uint64], items: int
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Pruned and locked numbers of each trial; the pattern of a number does not depend on n."""
    base = np.uint64(stream_id(Purpose.FROZEN, 0))
    words = words32_rows(seed, base + numbers, items).astype(np.uint64)
    locked = words < np.uint64(round(question.lock * (1 << 32)))
    either = words < np.uint64(round((question.lock + question.prune) * (1 << 32)))
    return either & ~locked, locked


def frozen_answers(
    question: Question,
    n: int,
    *,
    trials: int,
    seed: int,
    start: int = 0,
    threads: int | None = None,
) -> NDArray[np.bool_]:
    """Success of each trial with exactly n numbers, frozen ones included.

    Returns
    -------
    ndarray of bool, shape (trials,)
        Trials ``start .. start + trials - 1``.
    """
    from slt_theory.subset_sum import hitting_times as kernel
    from slt_theory.subset_sum.frozen import freeze

    check_question(question, trials, n)
    question = fitting(question, n)
    answers = np.zeros(trials, dtype=np.bool_)
    step = max(1, _BLOCK // max(1, n))
    for first in range(0, trials, step):
        last = min(first + step, trials)
        numbers = np.arange(start + first, start + last, dtype=np.uint64)
        if n == 0:
            free = np.zeros((numbers.size, 0), np.int64)
            shift = np.zeros(numbers.size, np.int64)
        else:
            sample = rows(question, seed, numbers, n)
            pruned, locked = patterns(question, seed, numbers, n)
            free, shift = freeze(sample, pruned=pruned, locked=locked)
        width, left, right = ends(question, seed, numbers)
        answers[first:last] = kernel(free, width, left - shift, right - shift, threads=threads) >= 0
    return answers


def frozen_successes(
    question: Question, n: int, *, trials: int, seed: int, threads: int | None = None
) -> int:
    """Trials that answer the question with exactly n numbers, frozen ones included."""
    found = frozen_answers(question, n, trials=trials, seed=seed, threads=threads)
    return int(np.count_nonzero(found))


def frozen_threshold(
    question: Question,
    delta: float,
    *,
    trials: int,
    seed: int,
    level: float,
    max_items: int,
    threads: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> tuple[HittingQuantile, dict[int, int]]:
    """Smallest n whose success share reaches 1 - delta, and the successes around it."""

    def count(n: int) -> int:
        return frozen_successes(question, n, trials=trials, seed=seed, threads=threads)

    found = search_threshold(count, delta, trials=trials, level=level, max_items=max_items)
    if progress is not None:
        progress(trials)
    return found


def search_threshold(
    count: Callable[[int], int], delta: float, *, trials: int, level: float, max_items: int
) -> tuple[HittingQuantile, dict[int, int]]:
    """The threshold from successes by n, asked for where they are needed only.

    Parameters
    ----------
    count : callable
        Successes of `trials` trials with exactly n numbers.

    Notes
    -----
    `n_low` is the smallest n tried whose exact upper bound reaches 1 - delta, `n_high` the
    smallest whose lower bound does. Below the first success of a doubling search the share is
    taken to grow with n.
    """
    goal, alpha = 1 - Fraction(delta), 1 - level
    count = cache(count)

    def first(enough: Callable[[int], bool]) -> int | None:
        high = 8
        while not enough(count(high)):
            if high >= max_items:
                return None
            high = min(2 * high, max_items)
        low = high // 2 if high > 8 else -1
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if enough(count(middle)) else (middle, high)
        return high

    found = HittingQuantile(
        n=first(lambda k: Fraction(k, trials) >= goal),
        n_low=first(lambda k: clopper_pearson(k, trials, alpha).hi >= goal),
        n_high=first(lambda k: clopper_pearson(k, trials, alpha).lo >= goal),
        delta=float(delta),
        level=level,
        trials=trials,
    )
    return found, {n: count(n) for n in _tried(found)}


def _tried(found: HittingQuantile) -> list[int]:
    """A short curve around the threshold."""
    if found.n is None:
        return []
    low, high = found.n_low or found.n, found.n_high or found.n
    return sorted({*range(max(0, low - 2), min(high + 3, low + 12)), found.n})
