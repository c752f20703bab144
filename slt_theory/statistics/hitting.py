"""Quantiles of hitting times with exact nonparametric bounds."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from slt_theory.errors import BadInput
from slt_theory.records import Record
from slt_theory.statistics.intervals import clopper_pearson, probability

__all__ = ["HittingQuantile", "hitting_quantile"]


@dataclass(frozen=True)
class HittingQuantile(Record):
    """The smallest n with P(hitting time <= n) >= 1 - delta, measured.

    Attributes
    ----------
    n : int or None
        Point estimate; None if the sample does not reach the quantile.
    n_low, n_high : int or None
        Exact nonparametric bounds at `level`; None where the sample ends before them.
    delta, level : float
        Failure probability and confidence level.
    trials : int
        Independent trials.
    """

    n: int | None
    n_low: int | None
    n_high: int | None
    delta: float
    level: float
    trials: int


def hitting_quantile(times: ArrayLike, delta: float, *, level: float = 0.95) -> HittingQuantile:
    """Smallest n that suffices with probability 1 - delta, with exact bounds.

    Parameters
    ----------
    times : array_like of int, shape (trials,)
        Hitting times; negative means "not within the items drawn".
    delta : float
        Failure probability.
    level : float
        Two-sided confidence level.

    Notes
    -----
    ``n_low`` is the first n whose upper bound reaches 1 - delta and ``n_high`` the first whose
    lower bound does. Counts grow with n, so each errs with probability at most (1 - level) / 2,
    for any law of the hitting time.
    """
    delta = probability("delta", delta)
    alpha = 1 - probability("level", level)
    values = np.asarray(times)
    if values.ndim != 1 or values.size == 0 or values.dtype.kind not in "iu":
        raise BadInput("times", values.shape, "must be a non-empty vector of integers")
    trials = values.size
    distinct, counts = np.unique(values[values >= 0], return_counts=True)
    reached = np.cumsum(counts)

    def first(enough: Any) -> int | None:
        low, high = 0, reached.size
        while low < high:  # counts, hence bounds, are monotone
            middle = (low + high) // 2
            low, high = (low, middle) if enough(int(reached[middle])) else (middle + 1, high)
        return int(distinct[low]) if low < reached.size else None

    goal = 1 - Fraction(delta)
    # With few trials even a count of 0 excludes no n.
    nothing = clopper_pearson(0, trials, alpha).hi >= goal
    return HittingQuantile(
        n=first(lambda k: Fraction(k, trials) >= goal),
        n_low=0 if nothing else first(lambda k: clopper_pearson(k, trials, alpha).hi >= goal),
        n_high=first(lambda k: clopper_pearson(k, trials, alpha).lo >= goal),
        delta=delta,
        level=level,
        trials=trials,
    )
