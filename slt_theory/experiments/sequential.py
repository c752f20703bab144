"""Verdicts that stop as soon as they are settled, at a level that holds at every time at once.

After t trials with s successes let ::

    M_t(p) = B(s + 1/2, t - s + 1/2) / (B(1/2, 1/2) p^s (1 - p)^(t - s)),

the likelihood of the trials under p averaged over p' ~ Beta(1/2, 1/2), over their likelihood under
p. If p is the true success probability, M_t(p) is a martingale that starts at 1, so by Ville's
inequality it ever reaches 1/alpha with probability at most alpha. Where M_t reaches 1/alpha it
does so outside an interval around s/t (log M_t is convex in p): these intervals contain p at all
times at once with probability 1 - alpha, and a verdict may be given at the first that settles it.

Half of a check's level goes to these intervals, half to one exact test at the last trial, so that
a check that does not stop early has nearly the power of a fixed sample.

Sources: Ville, Etude critique de la notion de collectif (1939), for the inequality; Robbins,
Annals of Mathematical Statistics 41 (1970) 1397-1409, for mixtures as confidence sequences;
Krichevsky and Trofimov, IEEE Transactions on Information Theory 27 (1981) 199-207, for this one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slt_theory.arrays import Bools
from slt_theory.balls import precision
from slt_theory.errors import BadInput, Stopped
from slt_theory.statistics import Interval, Verdict, clopper_pearson, probability

__all__ = ["Settled", "confidence_sequence", "excludes", "settle", "settle_at_the_end"]

FIRST_BATCH, LAST_BATCH = 64, 1024
_PRECISION = 128
_SLACK = 1e-6  # of a float logarithm that only proposes where to look


@dataclass(frozen=True)
class Settled:
    """A verdict on "success probability >= claimed" and the trials it rests on.

    Attributes
    ----------
    successes, trials : int
        Of the trials up to the one that settled it, or of all.
    ci : Interval
        Contains the success probability at the level asked for, whenever the check stopped.
    """

    verdict: Verdict
    successes: int
    trials: int
    ci: Interval


def excludes(successes: int, trials: int, p: Any, alpha: float) -> bool:
    """True if M_t(p) >= 1/alpha, certified by ball arithmetic; False for an undecided ball.

    Parameters
    ----------
    successes, trials : int
    p, alpha : number
        Taken exactly, 0 < p < 1.
    """
    from flint import arb, fmpq

    exact, level = Fraction(p), Fraction(alpha)
    s, f = successes, trials - successes
    with precision(_PRECISION):
        chance = arb(fmpq(exact.numerator, exact.denominator))
        half = arb(1) / 2
        log_m = (s + half).lgamma() + (f + half).lgamma() - arb(trials + 1).lgamma()
        log_m -= arb.pi().log() + s * chance.log() + f * (1 - chance).log()
        return bool(log_m >= -arb(fmpq(level.numerator, level.denominator)).log())


def confidence_sequence(successes: int, trials: int, alpha: float) -> Interval:
    """The interval after t trials of a sequence that contains p at all t with chance 1 - alpha.

    Examples
    --------
    >>> low, high = confidence_sequence(100, 100, 0.05)
    >>> round(low, 3), high
    (0.943, 1.0)
    """
    if trials < 1 or not 0 <= successes <= trials:
        raise BadInput("successes, trials", (successes, trials), "must be a count of trials")
    probability("alpha", alpha)
    middle = successes / trials

    def end(outer: float) -> float:
        """Certified excluded and, within a float, nearest to the share."""
        inside, outside = middle, outer
        while True:
            p = (inside + outside) / 2
            if p in (inside, outside):
                return outside
            inside, outside = (inside, p) if excludes(successes, trials, p, alpha) else (p, outside)

    return Interval(0.0 if successes == 0 else end(0.0), 1.0 if successes == trials else end(1.0))


def settle(
    answers: Callable[[int, int], Bools], *, claimed: Any, trials: int, alpha: float
) -> Settled:
    """The verdict on "success probability >= claimed", from as few trials as settle it.

    Parameters
    ----------
    answers : callable
        ``answers(start, stop)`` says which of the trials start .. stop - 1 succeed.
    claimed : number
        Taken exactly, 0 < claimed < 1.
    trials : int
        The last trial; asked for in growing batches.
    alpha : float
        A wrong VIOLATED or CONSISTENT has at most this probability, whatever the truth.

    Notes
    -----
    Where the check stops depends on the trials alone, not on batches or threads. If all n trials
    succeed it stops at the least t with sqrt(pi t) claimed^t <= alpha/2, roughly.
    """
    if trials < 1:
        raise BadInput("trials", trials, "must be >= 1")
    exact, half = Fraction(claimed), probability("alpha", alpha) / 2
    if not 0 < exact < 1:
        raise BadInput("claimed", float(exact), "must lie strictly between 0 and 1")
    successes = 0
    for start, stop in _batches(trials):
        found = _asked(answers, start, stop, successes, half)
        counts = successes + np.cumsum(found, dtype=np.int64)
        for at in _worth_a_look(counts, start, float(exact), half):
            s, t = int(counts[at]), start + int(at) + 1
            if excludes(s, t, exact, half):
                side = Verdict.CONSISTENT if s >= exact * t else Verdict.VIOLATED
                return Settled(side, s, t, confidence_sequence(s, t, half))
        successes = int(counts[-1])
    by_time = confidence_sequence(successes, trials, half)
    at_end = clopper_pearson(successes, trials, half)
    ci = Interval(max(by_time.lo, at_end.lo), min(by_time.hi, at_end.hi))
    return Settled(_at_end(at_end, exact), successes, trials, ci)


def settle_at_the_end(
    answers: Callable[[int, int], Bools], *, claimed: Any, trials: int, alpha: float
) -> Settled:
    """The verdict of one exact test after all trials; arguments as in `settle`."""
    successes = 0
    for start, stop in _batches(trials):
        successes += int(np.count_nonzero(_asked(answers, start, stop, successes, alpha)))
    ci = clopper_pearson(successes, trials, alpha)
    return Settled(_at_end(ci, Fraction(claimed)), successes, trials, ci)


def _asked(
    answers: Callable[[int, int], Bools], start: int, stop: int, successes: int, alpha: float
) -> Bools:
    """The answers of a batch.

    At Ctrl-C what is known before the batch: its interval holds at whatever time one looks.
    """
    try:
        return answers(start, stop)
    except KeyboardInterrupt as cause:
        if not start:
            raise Stopped(cause, None) from None
        ci = confidence_sequence(successes, start, alpha)
        raise Stopped(cause, Settled(Verdict.INCONCLUSIVE, successes, start, ci)) from None


def _at_end(ci: Interval, claimed: Fraction) -> Verdict:
    if ci.hi < claimed:
        return Verdict.VIOLATED
    return Verdict.CONSISTENT if ci.lo >= claimed else Verdict.INCONCLUSIVE


def _batches(trials: int) -> Iterator[tuple[int, int]]:
    start, size = 0, FIRST_BATCH
    while start < trials:
        stop = min(start + size, trials)
        yield start, stop
        start, size = stop, min(2 * size, LAST_BATCH)


def _worth_a_look(
    counts: NDArray[np.int64], start: int, claimed: float, alpha: float
) -> NDArray[np.intp]:
    """Positions where a float logarithm of M_t comes near 1/alpha; the rest need no ball."""
    from scipy.special import betaln

    t = start + 1 + np.arange(counts.size)
    failures = t - counts
    log_m = betaln(counts + 0.5, failures + 0.5) - math.log(math.pi)
    log_m -= counts * math.log(claimed) + failures * math.log1p(-claimed)
    return np.flatnonzero(log_m >= -math.log(alpha) - _SLACK)
