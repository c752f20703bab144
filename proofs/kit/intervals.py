"""Finite unions of intervals with rational ends: exact measures for checks of set facts."""

from __future__ import annotations

import random
from collections.abc import Iterable
from fractions import Fraction

__all__ = [
    "Interval",
    "clip",
    "expected_gain",
    "measure",
    "minus",
    "random_union",
    "shift",
    "union",
]

Interval = tuple[Fraction, Fraction]


def union(parts: Iterable[Interval]) -> list[Interval]:
    """Disjoint sorted intervals with the same points (up to ends)."""
    rows: list[Interval] = []
    for lo, hi in sorted(p for p in parts if p[0] < p[1]):
        if rows and lo <= rows[-1][1]:
            rows[-1] = (rows[-1][0], max(rows[-1][1], hi))
        else:
            rows.append((lo, hi))
    return rows


def measure(parts: Iterable[Interval]) -> Fraction:
    """Length of a union."""
    return sum((hi - lo for lo, hi in union(parts)), Fraction(0))


def shift(parts: Iterable[Interval], x: Fraction) -> list[Interval]:
    """The union moved by x."""
    return [(lo + x, hi + x) for lo, hi in parts]


def clip(parts: Iterable[Interval], lo: Fraction, hi: Fraction) -> list[Interval]:
    """The part inside [lo, hi]."""
    return union((max(a, lo), min(b, hi)) for a, b in parts)


def minus(parts: Iterable[Interval], cut: Iterable[Interval]) -> list[Interval]:
    """Points of `parts` outside `cut`."""
    rows = union(parts)
    for lo, hi in union(cut):
        rows = [q for a, b in rows for q in ((a, min(b, lo)), (max(a, hi), b)) if q[0] < q[1]]
    return rows


def random_union(source: random.Random, lo: Fraction, hi: Fraction, pieces: int) -> list[Interval]:
    """At most `pieces` random intervals inside [lo, hi], ends multiples of (hi - lo)/360."""
    ends = sorted(source.sample(range(361), 2 * pieces))
    unit = (hi - lo) / 360
    return [(lo + a * unit, lo + b * unit) for a, b in zip(ends[::2], ends[1::2], strict=True)]


def expected_gain(part: list[Interval], window: Interval) -> Fraction:
    """E of the measure that X ~ U[-1,1] adds inside the window, exactly.

    As a function of x the measure of ``((C + x) in W) minus C`` is linear between differences of
    ends, so the trapezoid rule on those points is exact.
    """
    ends = [e for p in part for e in p]
    fixed = [*ends, *window]
    points = {Fraction(-1), Fraction(1)} | {b - a for a in ends for b in fixed}
    nodes = sorted(x for x in points if -1 <= x <= 1)
    values = [measure(minus(clip(shift(part, x), *window), part)) for x in nodes]
    rows = zip(nodes[:-1], nodes[1:], values[:-1], values[1:], strict=True)
    return sum(((b - a) * (f + g) / 2 for a, b, f, g in rows), Fraction(0)) / 2
