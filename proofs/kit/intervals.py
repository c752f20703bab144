"""Random unions of intervals, and the exact expected gain of one item, for checks of set facts."""

from __future__ import annotations

import random
from fractions import Fraction

from slt_theory.intervals import Interval, expected_growth, measure

__all__ = ["expected_gain", "random_union"]


def random_union(source: random.Random, lo: Fraction, hi: Fraction, pieces: int) -> list[Interval]:
    """At most `pieces` random intervals inside [lo, hi], ends multiples of (hi - lo)/360."""
    ends = sorted(source.sample(range(361), 2 * pieces))
    unit = (hi - lo) / 360
    return [(lo + a * unit, lo + b * unit) for a, b in zip(ends[::2], ends[1::2], strict=True)]


def expected_gain(part: list[Interval], window: Interval) -> Fraction:
    """E of the measure that X ~ U[-1,1] adds inside the window, exactly: ``E|C'| - |C|``."""
    return expected_growth(part, window) - measure(part)
