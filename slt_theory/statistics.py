"""Exact binomial statistics: bounds, quantiles of hitting times, alarms with power, verdicts.

Bounds are Clopper-Pearson intervals moved outwards until ball arithmetic certifies their level, so
no bound is too tight by a rounding error.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from fractions import Fraction
from functools import lru_cache
from math import comb
from statistics import median
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from slt_theory.errors import BadInput

__all__ = [
    "Alarm",
    "HittingQuantile",
    "Interval",
    "MedianInterval",
    "Paired",
    "Verdict",
    "binomial_alarm",
    "clopper_pearson",
    "hitting_quantile",
    "median_interval",
    "paired_verdict",
    "probability",
    "trials_needed",
    "verdict",
]


class Interval(NamedTuple):
    """A closed interval of probabilities."""

    lo: float
    hi: float


class Verdict(StrEnum):
    """What the evidence says about a claim. Only ``proofs/`` ever says "proved"."""

    CONSISTENT = "CONSISTENT"
    VIOLATED = "VIOLATED"
    INCONCLUSIVE = "INCONCLUSIVE"
    VACUOUS = "VACUOUS"
    NOT_APPLICABLE = "NOT_APPLICABLE"

    @property
    def exit_code(self) -> int:
        """0 settled in favour or nothing to settle, 1 violated, 3 open."""
        return {"VIOLATED": 1, "INCONCLUSIVE": 3}.get(self.value, 0)


def probability(name: str, value: Any) -> float:
    """A probability strictly between 0 and 1.

    Raises
    ------
    BadInput
        Otherwise.
    """
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise BadInput(name, value, "must be a number") from None
    if not 0.0 < number < 1.0:
        raise BadInput(name, value, "must lie strictly between 0 and 1")
    return number


def _tail_at_most(k: int, trials: int, p: float, level: float, *, upper: bool) -> bool:
    """Certify P(X >= k) <= level (upper) or P(X <= k) <= level for X ~ Bin(trials, p)."""
    from flint import arb

    # P(X >= k) = I_p(k, trials - k + 1), the regularised incomplete beta function.
    if upper:
        tail = arb(p).beta_lower(k, trials - k + 1, regularized=True)
    else:
        tail = (1 - arb(p)).beta_lower(trials - k, k + 1, regularized=True)
    return bool(tail <= arb(level))


@lru_cache(maxsize=4096)
def clopper_pearson(successes: int, trials: int, alpha: float = 0.05) -> Interval:
    """Exact two-sided bounds of a success probability, certified outwards.

    Parameters
    ----------
    successes, trials : int
        0 <= successes <= trials, trials >= 1.
    alpha : float
        Two-sided level; each side errs with probability at most ``alpha / 2``.

    Returns
    -------
    Interval
        Float bounds that hold at the stated level; 1 to 30 ms, remembered.

    Notes
    -----
    Source: Clopper and Pearson, Biometrika 26 (1934) 404-413.

    Examples
    --------
    >>> clopper_pearson(0, 10).lo
    0.0
    >>> round(clopper_pearson(0, 10).hi, 6)
    0.308497
    """
    if trials < 1:
        raise BadInput("trials", trials, "must be >= 1")
    if not 0 <= successes <= trials:
        raise BadInput("successes", successes, f"must lie in 0..{trials}")
    half = probability("alpha", alpha) / 2
    from scipy.special import betaincinv

    lo, hi = 0.0, 1.0
    if successes > 0:
        lo = _outwards(
            float(betaincinv(successes, trials - successes + 1, half)),
            lambda p: _tail_at_most(successes, trials, p, half, upper=True),
            downwards=True,
        )
    if successes < trials:
        hi = _outwards(
            # By symmetry: 1 - half would round a small level.
            1 - float(betaincinv(trials - successes, successes + 1, half)),
            lambda p: _tail_at_most(successes, trials, p, half, upper=False),
            downwards=False,
        )
    return Interval(lo, hi)


def _outwards(start: float, certified: Any, *, downwards: bool) -> float:
    """Step away from the estimate by 1, 2, 4, ... ulp until the level is certified."""
    end = 0.0 if downwards else 1.0
    point, step = start, 1
    while point != end and not certified(point):
        ulp = float(np.spacing(point))
        point = max(0.0, point - step * ulp) if downwards else min(1.0, point + step * ulp)
        step *= 2
    return point


def verdict(successes: int, trials: int, claimed: float, alpha: float = 1e-3) -> Verdict:
    """The verdict on "success probability >= claimed" at false-alarm level `alpha`.

    VIOLATED if the exact upper bound lies below the claim, CONSISTENT if the lower bound reaches
    it, INCONCLUSIVE otherwise.

    Examples
    --------
    >>> str(verdict(999, 1000, 0.9)), str(verdict(800, 1000, 0.9)), str(verdict(900, 1000, 0.9))
    ('CONSISTENT', 'VIOLATED', 'INCONCLUSIVE')
    """
    lo, hi = clopper_pearson(successes, trials, alpha)
    if hi < claimed:
        return Verdict.VIOLATED
    return Verdict.CONSISTENT if lo >= claimed else Verdict.INCONCLUSIVE


@dataclass(frozen=True)
class HittingQuantile:
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

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


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


class Alarm(NamedTuple):
    """An exact one-sided test of p >= p0: alarm if successes <= `threshold`.

    `level` is its false-alarm probability at p0 and `power` the alarm probability at p1.
    """

    threshold: int
    level: float
    power: float


def binomial_alarm(p0: float, p1: float, trials: int, *, alpha: float = 1e-9) -> Alarm:
    """The exact test of "p >= p0" with false-alarm level at most `alpha`.

    Parameters
    ----------
    p0, p1 : float
        The claim and the alternative against which the power is stated, p1 < p0.
    trials : int
    alpha : float

    Returns
    -------
    Alarm
        ``threshold`` is -1 if no outcome may raise an alarm at this level.

    Examples
    --------
    >>> binomial_alarm(0.99, 0.95, 1000).threshold
    965
    """
    p0, p1 = probability("p0", p0), probability("p1", p1)
    if p1 >= p0:
        raise BadInput("p1", p1, f"must be below p0 = {p0}")
    alpha = probability("alpha", alpha)
    from scipy.special import bdtr

    low, high = -1, trials
    while low < high:
        middle = (low + high + 1) // 2
        if _tail_at_most(middle, trials, p0, alpha, upper=False):
            low = middle
        else:
            high = middle - 1
    if low < 0:
        return Alarm(-1, 0.0, 0.0)
    return Alarm(low, float(bdtr(low, trials, p0)), float(bdtr(low, trials, p1)))


def trials_needed(p0: float, p1: float, *, alpha: float = 1e-3, power: float = 0.9) -> int:
    """Trials after which a truth p1 < p0 comes out VIOLATED with probability `power`.

    The verdict is two-sided at `alpha`, so each side has ``alpha / 2``. Found by doubling and
    bisection; the power of an exact test is not quite monotone in the trials, the returned number
    has the power asked for.
    """
    power = probability("power", power)

    def enough(trials: int) -> bool:
        return binomial_alarm(p0, p1, trials, alpha=alpha / 2).power >= power

    high = 8
    while not enough(high):
        high *= 2
        if high > 1 << 34:
            raise BadInput("p1", p1, f"is too close to p0 = {p0} to be told apart")
    low = high // 2
    while low + 1 < high:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


def _coin_tail(trials: int, least: int) -> Fraction:
    """P(Bin(trials, 1/2) >= least), exactly."""
    return Fraction(sum(comb(trials, k) for k in range(least, trials + 1)), 1 << trials)


@dataclass(frozen=True)
class Paired:
    """The sign test of one arm against another; see `paired_verdict`.

    `wins`, `losses` and `ties` count replicates after the margin; `median` is of the differences
    themselves.
    """

    verdict: Verdict
    wins: int
    losses: int
    ties: int
    median: float
    alpha: float

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def paired_verdict(
    differences: Sequence[int | float | Fraction],
    *,
    margin: int | float | Fraction = 0,
    smallest: int | float | Fraction = 0,
    alpha: float = 1e-3,
) -> Paired:
    """The verdict on "arm A is at least arm B - margin" from paired replicates.

    Parameters
    ----------
    differences : sequence of numbers
        A - B of each replicate, taken exactly; counts are best.
    margin : number
        0 for "A beats B"; positive for non-inferiority.
    smallest : number
        CONSISTENT also needs a median of difference + margin of at least this.
    alpha : float
        Level of each side.

    Returns
    -------
    Paired
        CONSISTENT if so many wins among the replicates without ties have probability at most
        `alpha` under a fair coin, VIOLATED if so many losses have, INCONCLUSIVE otherwise. The
        test is exact and assumes no law; it is about the random replicates, given the data set.

    Examples
    --------
    >>> str(paired_verdict([3, 1, 2, 5, 1, 1, 2, 4, 1, 2]).verdict)
    'CONSISTENT'
    >>> str(paired_verdict([3, 1, -2, 5, 1, 1, 2, 4, 1, 2]).verdict)
    'INCONCLUSIVE'
    """
    if not differences or not np.isfinite(np.array([float(d) for d in differences])).all():
        raise BadInput("differences", len(differences), "must be finite numbers, at least one")
    level = Fraction(probability("alpha", alpha))
    exact = [Fraction(d) for d in differences]
    moved = [d + Fraction(margin) for d in exact]
    wins, losses = sum(d > 0 for d in moved), sum(d < 0 for d in moved)
    if _coin_tail(wins + losses, wins) <= level and median(moved) >= Fraction(smallest):
        found = Verdict.CONSISTENT
    elif _coin_tail(wins + losses, losses) <= level:
        found = Verdict.VIOLATED
    else:
        found = Verdict.INCONCLUSIVE
    return Paired(found, wins, losses, len(moved) - wins - losses, float(median(exact)), alpha)


class MedianInterval(NamedTuple):
    """Two order statistics that enclose the median of a law with probability at least `level`."""

    lo: float
    hi: float
    level: float


def median_interval(values: Sequence[float], *, level: float = 0.95) -> MedianInterval:
    """An exact interval for the median of what replicates are drawn from, for any law.

    The narrowest symmetric pair of order statistics that reaches `level`; with fewer than six
    values none reaches 0.95, and smallest and largest are given with the level they have.

    Examples
    --------
    >>> median_interval([0.96, 0.97, 0.95, 0.97, 0.96])
    MedianInterval(lo=0.95, hi=0.97, level=0.9375)
    """
    level = probability("level", level)
    ordered, count = sorted(values), len(values)
    if count == 0:
        raise BadInput("values", count, "must be at least one number")

    def coverage(cut: int) -> Fraction:
        return 1 - 2 * _coin_tail(count, count - cut)

    cut = 0
    while 2 * (cut + 1) < count and coverage(cut + 1) >= level:
        cut += 1
    return MedianInterval(ordered[cut], ordered[-1 - cut], float(max(coverage(cut), Fraction(0))))
