"""Independent trials, the thresholds they measure, and verdicts on claims."""

from __future__ import annotations

from slt_theory.experiments.check import CheckReport, check
from slt_theory.experiments.threshold import Threshold, threshold

__all__ = ["CheckReport", "Threshold", "check", "threshold"]


def __dir__() -> list[str]:
    """Public names alone, for completion."""
    return __all__
