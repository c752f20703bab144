"""Certified bounds of a success probability, and the verdict on a claim about it."""

from __future__ import annotations

from enum import StrEnum
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from slt_theory.balls import up
from slt_theory.defaults import DELTA
from slt_theory.errors import BadInput
from slt_theory.rationals import to_fraction, whole_number

__all__ = [
    "DELTA",
    "Interval",
    "Verdict",
    "binomial_tail",
    "clopper_pearson",
    "probability",
    "tail_at_most",
    "verdict",
]


class Interval(NamedTuple):
    """A closed interval of probabilities."""

    lo: float
    hi: float


class Verdict(StrEnum):
    """Verdict on a claim at a stated level. Only ``proofs/`` ever says "proved"."""

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
    exact = to_fraction(name, value)
    number = float(exact) if abs(exact) < 2 else 2.0
    if not 0.0 < number < 1.0:
        raise BadInput(name, value, "must lie strictly between 0 and 1")
    return number


def tail_at_most(k: int, trials: int, p: float, level: float, *, upper: bool) -> bool:
    """Certify P(X >= k) <= level (upper) or P(X <= k) <= level for X ~ Bin(trials, p)."""
    from flint import arb

    return bool(_tail(k, trials, p, upper) <= arb(level))


def _tail(k: int, trials: int, p: float, upper: bool) -> Any:
    """Ball around P(X >= k) = I_p(k, trials - k + 1), or around P(X <= k): incomplete beta."""
    from flint import arb

    if upper:
        return arb(p).beta_lower(k, trials - k + 1, regularized=True)
    return (1 - arb(p)).beta_lower(trials - k, k + 1, regularized=True)


def binomial_tail(k: int, trials: int, p: float, *, upper: bool) -> float:
    """P(X >= k) (upper) or P(X <= k) for X ~ Bin(trials, p), rounded up: an exact p-value.

    Examples
    --------
    >>> round(binomial_tail(2, 2, 0.5, upper=True), 9), binomial_tail(0, 9, 0.5, upper=True)
    (0.25, 1.0)
    """
    if k <= 0 if upper else k >= trials:
        return 1.0
    if k > trials if upper else k < 0:
        return 0.0
    return min(1.0, up(_tail(k, trials, p, upper)))


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
    successes, trials = whole_number("successes", successes), whole_number("trials", trials)
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
            lambda p: tail_at_most(successes, trials, p, half, upper=True),
            downwards=True,
        )
    if successes < trials:
        hi = _outwards(
            # By symmetry: 1 - half would round a small level.
            1 - float(betaincinv(trials - successes, successes + 1, half)),
            lambda p: tail_at_most(successes, trials, p, half, upper=False),
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
