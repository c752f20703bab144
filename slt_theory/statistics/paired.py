"""Replicates without an assumed law: the sign test of two arms, an interval for the median."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import comb
from statistics import median
from typing import NamedTuple

import numpy as np

from slt_theory.errors import BadInput
from slt_theory.records import Record
from slt_theory.statistics.intervals import Verdict, probability

__all__ = ["MedianInterval", "Paired", "median_interval", "paired_verdict"]


def _coin_tail(trials: int, least: int) -> Fraction:
    """P(Bin(trials, 1/2) >= least), exactly."""
    return Fraction(sum(comb(trials, k) for k in range(least, trials + 1)), 1 << trials)


@dataclass(frozen=True)
class Paired(Record):
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
