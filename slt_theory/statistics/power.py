"""Exact one-sided tests of a success probability: alarms, their power, the trials they need."""

from __future__ import annotations

from typing import NamedTuple

from slt_theory.errors import BadInput
from slt_theory.statistics.intervals import clopper_pearson, probability, tail_at_most

__all__ = ["Alarm", "binomial_alarm", "detectable", "trials_needed"]


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

    low = _lowest_alarm(p0, trials, alpha)
    if low < 0:
        return Alarm(-1, 0.0, 0.0)
    return Alarm(low, float(bdtr(low, trials, p0)), float(bdtr(low, trials, p1)))


def _lowest_alarm(p0: float, trials: int, alpha: float) -> int:
    """Largest k with P(Bin(trials, p0) <= k) <= alpha, certified; -1 if there is none."""
    low, high = -1, trials
    while low < high:
        middle = (low + high + 1) // 2
        if tail_at_most(middle, trials, p0, alpha, upper=False):
            low = middle
        else:
            high = middle - 1
    return low


def detectable(p0: float, trials: int, *, alpha: float, power: float = 0.99) -> float:
    """Largest p1 < p0 that the exact test of "p >= p0" detects with probability `power`.

    Rounded down; 0 if no outcome may raise an alarm at the level `alpha`.

    Examples
    --------
    >>> p1 = detectable(0.99, 1000, alpha=1e-9)
    >>> 0.95 < p1 < 0.96 and binomial_alarm(0.99, p1, 1000).power > 0.9899
    True
    """
    p0, alpha = probability("p0", p0), probability("alpha", alpha)
    low = _lowest_alarm(p0, trials, alpha)
    if low < 0:
        return 0.0
    # P(X >= low + 1 | p1) <= 1 - power; an interval has half of its level on either side.
    return clopper_pearson(low + 1, trials, 2 * (1 - probability("power", power))).lo


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
