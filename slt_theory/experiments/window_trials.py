"""Every bound on how many numbers are needed, against a million trials: exact one-sided tests.

One sample of hitting times says, for every n at once, how many trials miss a target, and how many
do not reach the ends of the window. A claim of `slt_theory.experiments.window_claims` is refuted
where its p-value, an exact binomial tail, is at most its share of `LEVEL`: the level is shared
equally among all claims, so a true table rings with probability at most `LEVEL`, however the claims
hang together.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np

from slt_theory.arrays import Ints
from slt_theory.experiments.circle import circle_times
from slt_theory.experiments.statistical import reach_times
from slt_theory.experiments.window_claims import BoundClaim, Side, WindowSample, claims
from slt_theory.lattice import cover_range
from slt_theory.records import Record
from slt_theory.statistics import binomial_tail, detectable
from slt_theory.streams import Purpose, stream_id
from slt_theory.subset_sum.cover import hitting_times
from slt_theory.subset_sum.draws import Drawn

__all__ = [
    "CLAIMS",
    "CLAIM_LEVEL",
    "FIRST",
    "LEVEL",
    "POWER",
    "ClaimResult",
    "WindowCounts",
    "count",
    "run_sample",
]

LEVEL = Fraction(1, 10**6)
"""Probability that any claim rings although all are true."""

CLAIMS = 200
"""The level is shared equally among this many claims; there are no more."""

CLAIM_LEVEL = math.nextafter(float(LEVEL / CLAIMS), 0)
"""Level of one claim."""

POWER = 0.99
"""Power at which a row says what it would detect."""

FIRST = 1 << 14
"""Trials whose counts are stored on their own: a test of today's code draws these again."""

_BLOCK = 1 << 14
_STREAMS = 1 << 40  # other trials of the same seed have small stream numbers


@dataclass(frozen=True, slots=True)
class WindowCounts:
    """Trials that miss a target, and that do not reach the window, after n = 0 .. last numbers."""

    failures: Ints
    short: Ints


def count(
    sample: WindowSample, *, seed: int = 0, progress: Callable[[int], None] | None = None
) -> WindowCounts:
    """Run the trials of a sample.

    Cost: 1 to 9 microseconds a trial; on the circle up to 0.1 ms.
    """
    law = sample.source
    stream = stream_id(Purpose.TRIALS, _STREAMS + sample.stream)
    drawn = Drawn(law, seed, stream, sample.trials, sample.last)
    if sample.on_circle:
        times = circle_times(drawn, law.bits, sample.error, progress=progress)
        return WindowCounts(_later(times, sample), np.zeros(sample.last + 1, np.int64))
    goal = cover_range(-sample.end, sample.end, sample.error, law.unit)
    times = hitting_times(drawn, goal.width, goal.left, goal.right, progress=progress)
    level = max(0, math.ceil((sample.end - sample.error) / law.unit))
    starts = range(0, sample.trials, _BLOCK)
    reached = np.concatenate(
        [
            reach_times(drawn.block(range(s, min(s + _BLOCK, sample.trials))), level, level)
            for s in starts
        ]
    )
    return WindowCounts(_later(times, sample), _later(reached, sample))


def _later(times: Ints, sample: WindowSample) -> Ints:
    """Trials with a time above n, for n = 0 .. last; below 0 is never."""
    done = np.bincount(times[times >= 0], minlength=sample.last + 1)[: sample.last + 1]
    return np.asarray(sample.trials - done.cumsum(), np.int64)


@dataclass(frozen=True, slots=True)
class ClaimResult(Record):
    """A claim and its test.

    Attributes
    ----------
    kind, side, n, chance
        See `slt_theory.experiments.window_claims.BoundClaim`.
    failures : int
        Trials that missed; for reach, that did not reach.
    p : float
        P(at most, or at least, so many) if the claim holds barely, rounded up.
    rings : bool
        p is at most `CLAIM_LEVEL`.
    detects : float
        A true probability beyond this one rings with probability at least `POWER`.
    refused : int or None
        The nearest n in the unsafe direction at which the share of failures is beyond what would
        be detected: a bound moved as far is refuted. None for floors and reach, and where no n is.
    """

    kind: str
    side: Side
    n: int
    chance: float
    failures: int
    p: float
    rings: bool
    detects: float
    refused: int | None

    @classmethod
    def of(cls, claim: BoundClaim, sample: WindowSample, counts: WindowCounts) -> ClaimResult:
        """The exact one-sided test of a claim at `CLAIM_LEVEL`."""
        rows = counts.short if claim.kind == "reach" else counts.failures
        found, above, alpha = int(rows[claim.n]), claim.side == "above", CLAIM_LEVEL
        p = binomial_tail(found, sample.trials, claim.chance, upper=above)
        return cls(
            claim.kind,
            claim.side,
            claim.n,
            claim.chance,
            found,
            p,
            p <= alpha,
            _detects(claim.chance, sample.trials, above, alpha),
            _refused(claim, sample, counts.failures / sample.trials, alpha),
        )


@cache
def _detects(chance: float, trials: int, above: bool, alpha: float) -> float:
    """Probability beyond which the test has its power, on the safe side."""
    if not above:
        return detectable(chance, trials, alpha=alpha, power=POWER)
    success = math.nextafter(1 - chance, 0)
    return math.nextafter(1 - detectable(success, trials, alpha=alpha, power=POWER), 2)


def _refused(claim: BoundClaim, sample: WindowSample, shares: Any, alpha: float) -> int | None:
    if claim.kind in ("floor", "reach"):
        return None
    if claim.side == "above":
        wrong = np.flatnonzero(shares >= _detects(claim.chance, sample.trials, True, alpha))
        return int(wrong[-1]) if wrong.size else None
    # n is necessary if n - 1 numbers miss with probability above delta.
    limit = _detects(float(sample.delta), sample.trials, False, alpha)
    wrong = np.flatnonzero(shares <= limit)
    return int(wrong[0]) + 1 if wrong.size else None


def run_sample(sample: WindowSample, *, seed: int = 0, trials: int | None = None) -> dict[str, Any]:
    """The record of a sample: counts, tested claims, processor seconds.

    Parameters
    ----------
    sample : WindowSample
    seed : int
    trials : int, optional
        Fewer than planned, for a quick look.
    """
    planned = claims(sample)
    sample = replace(sample, trials=trials or sample.trials)
    began = time.process_time()
    counts = count(sample, seed=seed)
    seconds = time.process_time() - began
    first = count(replace(sample, trials=min(FIRST, sample.trials)), seed=seed)
    return {
        "key": sample.key,
        "law": sample.law,
        "eps": float(sample.eps),
        "delta": float(sample.delta),
        "last": sample.last,
        "trials": sample.trials,
        "failures": counts.failures.tolist(),
        "short": counts.short.tolist(),
        "first": first.failures.tolist(),
        "claims": [ClaimResult.of(claim, sample, counts).to_dict() for claim in planned],
        "seconds": round(seconds, 1),
    }
