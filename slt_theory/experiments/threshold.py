"""The smallest n that suffices, measured from hitting times with exact bounds."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from slt_theory.errors import Stopped
from slt_theory.experiments.frozen import frozen_threshold
from slt_theory.experiments.pictures import success_picture
from slt_theory.experiments.question import Question
from slt_theory.experiments.trials import MAX_ITEMS, hitting_times, never
from slt_theory.progress import Progress, shown
from slt_theory.records import Record
from slt_theory.statistics import DELTA, clopper_pearson, hitting_quantile, probability

__all__ = ["CurvePoint", "Threshold", "threshold"]


@dataclass(frozen=True)
class CurvePoint:
    """Success after n items: counts and exact bounds."""

    n: int
    successes: int
    lo: float
    hi: float


@dataclass(frozen=True)
class Threshold(Record):
    """A measured threshold.

    Attributes
    ----------
    n : int or None
        Smallest n whose success share reaches 1 - delta.
    n_low, n_high : int or None
        Exact nonparametric bounds of the true threshold at `level`.
    histogram : dict of int to int
        Number of trials by hitting time; -1 counts those that were not done at the item limit.
        Empty for frozen patterns, under which a trial has no hitting time.
    counts : dict of int to int
        Successes by n around the threshold, for frozen patterns.
    never : str
        Why no n suffices, where the law's support or lattice alone says so.
    """

    question: dict[str, Any]
    delta: float
    level: float
    trials: int
    seed: int
    n: int | None
    n_low: int | None
    n_high: int | None
    histogram: dict[int, int]
    counts: dict[int, int] = field(default_factory=dict)
    never: str = ""

    def interval(self) -> dict[str, int | None]:
        """n and its bounds, for a row of a table."""
        return {"n": self.n, "n_low": self.n_low, "n_high": self.n_high}

    @property
    def quantiles(self) -> dict[str, int | None]:
        """Empirical quantiles of the hitting time."""
        if not self.histogram:
            return {}
        return {
            f"{share:g}": hitting_quantile(self._times(), 1 - share, level=self.level).n
            for share in (0.5, 0.9, 0.99, 0.999)
        }

    def _times(self) -> np.ndarray[Any, np.dtype[np.int64]]:
        values = np.array(list(self.histogram), dtype=np.int64)
        return np.repeat(values, list(self.histogram.values()))

    def successes(self, n: int) -> int:
        """Trials done after n items."""
        if self.counts:
            return self.counts[n]
        return sum(count for time, count in self.histogram.items() if 0 <= time <= n)

    def curve(self) -> list[CurvePoint]:
        """Success against n from the first to the last hitting time, with exact bounds."""
        done = [time for time in self.histogram if time >= 0]
        alpha = 1 - self.level
        places = range(min(done) - 1, max(done) + 1) if done else sorted(self.counts)
        return [
            CurvePoint(n, k, *clopper_pearson(k, self.trials, alpha))
            for n in places
            for k in (self.successes(n),)
        ]

    def plot(self, axis: Any = None) -> Any:
        """Draw success against n with exact intervals on a matplotlib axis, new without one."""
        return success_picture(self, axis)

    def summary(self) -> str:
        """One line, and what the answer has to say about its law."""
        note = self.question.get("law_note")
        return "\n".join(filter(None, (self._line(), note)))

    def _line(self) -> str:
        if self.never:
            return f"not reached: {self.never}"
        if self.n is None:
            return (
                f"not reached: {self.successes(MAX_ITEMS)} of {self.trials} trials were done "
                f"within {MAX_ITEMS} numbers"
            )
        if self.n_high is None:
            return (
                f"n >= {self.n_low}, no upper bound at {self.level:.0%}: {self.trials} trials "
                f"cannot settle delta = {self.delta:g}; take about {math.ceil(8 / self.delta)}"
            )
        return (
            f"n = {self.n} (in {self.n_low} .. {self.n_high} at {self.level:.0%}) for success "
            f"{1 - self.delta:g}, {self.trials} trials"
        )

    def to_dict(self) -> dict[str, Any]:
        """Question, smallest n with its interval, and the settings; plain data for JSON."""
        return {
            **self.question,
            "delta": self.delta,
            **self.interval(),
            "level": self.level,
            "trials": self.trials,
            "seed": self.seed,
            "quantiles": self.quantiles,
            "histogram": {str(k): v for k, v in self.histogram.items()},
            "counts": {str(k): v for k, v in self.counts.items()},
            "never": self.never,
        }


def threshold(
    *,
    law: Any = "uniform",
    eps: Any,
    delta: float = DELTA,
    targets: str | tuple[Any, Any] = "all",
    lo: Any = -1,
    hi: Any = 1,
    size: int | None = None,
    lock: Any = 0,
    prune: Any = 0,
    dim: int = 1,
    trials: int = 2000,
    seed: int = 0,
    level: float = 0.95,
    max_items: int = MAX_ITEMS,
    threads: int | None = None,
    progress: Progress = None,
) -> Threshold:
    """Measure how many random numbers suffice.

    Parameters
    ----------
    law : Law, str or frozen distribution
        Law of one number, see `slt_theory.laws.read_law`.
    eps : number
        Error allowed, taken exactly.
    delta : float
        Failure probability.
    targets : "all", "fixed:Z", "random" or (lo, hi)
        One sample for every target of the window, one target, or a random one each trial.
    lo, hi : number
        The window.
    size : int, optional
        Only subsets of exactly this many of the n numbers count.
    lock, prune : number
        Shares of numbers that are always in the sum, and never; a random pattern a trial.
    dim : int
        Vectors with this many coordinates, sup-norm; targets fixed or random.
    trials, seed : int
        Independent trials, and the 64-bit seed they come from.
    level : float
        Confidence of the bounds.
    max_items, threads
        See `slt_theory.experiments.trials.hitting_times`.
    progress : callable or True
        Called with the number of finished trials; True writes a line on stderr.

    Returns
    -------
    Threshold
        Cost about 30 / eps nanoseconds a trial, whatever n is.

    Raises
    ------
    Stopped
        At Ctrl-C, with the threshold of the finished trials as `partial`.

    Examples
    --------
    >>> threshold(eps=0.1, delta=0.1, trials=500, seed=1).n
    11
    >>> threshold(eps=0.1, delta=0.1, lock=0.25, trials=500, seed=1).n
    22
    """
    delta = probability("delta", delta)
    question = Question.of(law, eps, targets, lo, hi, size=size, lock=lock, prune=prune, dim=dim)
    run: dict[str, Any] = {
        "trials": trials,
        "seed": seed,
        "max_items": max_items,
        "threads": threads,
    }
    measure = _of_frozen if question.is_frozen else _of_times
    return measure(question, delta, level, run, progress)


def _of_frozen(
    question: Question, delta: float, level: float, run: dict[str, Any], progress: Progress
) -> Threshold:
    """The threshold from successes at some n: under locked numbers a trial has no hitting time."""
    with shown(progress, "trials", None) as advance:
        found, counts = frozen_threshold(question, delta, level=level, progress=advance, **run)
    return Threshold(
        question=question.to_dict(),
        delta=float(delta),
        level=level,
        trials=run["trials"],
        seed=int(run["seed"]),
        n=found.n,
        n_low=found.n_low,
        n_high=found.n_high,
        histogram={},
        counts=counts,
    )


def _of_times(
    question: Question, delta: float, level: float, run: dict[str, Any], progress: Progress
) -> Threshold:
    """The threshold from hitting times: those of the finished trials at Ctrl-C."""
    stopped: Stopped | None = None
    try:
        with shown(progress, "trials", run["trials"]) as advance:
            times = hitting_times(question, progress=advance, **run)
    except Stopped as early:
        if early.partial is None:
            raise
        stopped, times = early, early.partial
    found = hitting_quantile(times, delta, level=level)
    values, shares = np.unique(times, return_counts=True)
    answer = Threshold(
        question=question.to_dict(),
        delta=float(delta),
        level=level,
        trials=len(times),
        seed=int(run["seed"]),
        n=found.n,
        n_low=found.n_low,
        n_high=found.n_high,
        histogram={int(v): int(c) for v, c in zip(values, shares, strict=True)},
        never=never(question),
    )
    if stopped is not None:
        raise Stopped(stopped, answer)
    return answer
