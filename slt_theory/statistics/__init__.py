"""Exact binomial statistics: bounds, quantiles of hitting times, alarms with power, verdicts.

Bounds are Clopper-Pearson intervals moved outwards until ball arithmetic certifies their level, so
no bound is too tight by a rounding error.
"""

from __future__ import annotations

from slt_theory.statistics.hitting import HittingQuantile, hitting_quantile
from slt_theory.statistics.intervals import (
    DELTA,
    Interval,
    Verdict,
    binomial_tail,
    clopper_pearson,
    probability,
    verdict,
)
from slt_theory.statistics.paired import MedianInterval, Paired, median_interval, paired_verdict
from slt_theory.statistics.power import Alarm, binomial_alarm, detectable, trials_needed

__all__ = [
    "DELTA",
    "Alarm",
    "HittingQuantile",
    "Interval",
    "MedianInterval",
    "Paired",
    "Verdict",
    "binomial_alarm",
    "binomial_tail",
    "clopper_pearson",
    "detectable",
    "hitting_quantile",
    "median_interval",
    "paired_verdict",
    "probability",
    "trials_needed",
    "verdict",
]


def __dir__() -> list[str]:
    """Public names alone, for completion."""
    return __all__
