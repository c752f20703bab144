"""Finite unions of intervals with rational ends: exact measures, and growth by one item."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from itertools import pairwise

__all__ = ["Interval", "clip", "expected_growth", "grown", "measure", "minus", "shift", "union"]

Interval = tuple[Fraction, Fraction]


def union(parts: Iterable[Interval]) -> list[Interval]:
    """Disjoint sorted intervals with the same points, up to ends."""
    rows: list[Interval] = []
    for lo, hi in sorted(p for p in parts if p[0] < p[1]):
        if rows and lo <= rows[-1][1]:
            rows[-1] = (rows[-1][0], max(rows[-1][1], hi))
        else:
            rows.append((lo, hi))
    return rows


def measure(parts: Iterable[Interval]) -> Fraction:
    """Total length."""
    return sum((hi - lo for lo, hi in union(parts)), Fraction(0))


def shift(parts: Iterable[Interval], x: Fraction) -> list[Interval]:
    """The union moved by x."""
    return [(lo + x, hi + x) for lo, hi in parts]


def clip(parts: Iterable[Interval], window: Interval) -> list[Interval]:
    """The part inside the window."""
    return union((max(a, window[0]), min(b, window[1])) for a, b in parts)


def grown(part: Iterable[Interval], x: Fraction, window: Interval) -> list[Interval]:
    """The set after one item x: itself and its translate, inside the window."""
    rows = list(part)
    return union([*rows, *clip(shift(rows, x), window)])


def minus(parts: Iterable[Interval], cut: Iterable[Interval]) -> list[Interval]:
    """Points of `parts` outside `cut`, up to ends."""
    rows = union(parts)
    for lo, hi in union(cut):
        rows = [q for a, b in rows for q in ((a, min(b, lo)), (max(a, hi), b)) if q[0] < q[1]]
    return rows


def expected_growth(
    part: Iterable[Interval], window: Interval, law: Interval = (Fraction(-1), Fraction(1))
) -> Fraction:
    """E of the measure of `grown` for an item uniform on `law`, exactly.

    As a function of x the measure is linear between differences of ends, so the trapezoid rule on
    these points has no error.
    """
    rows = union(part)
    ends = [e for p in rows for e in p]
    inside = {b - a for a in ends for b in (*ends, *window) if law[0] <= b - a <= law[1]}
    nodes = sorted({*law, *inside})
    values = [measure(grown(rows, x, window)) for x in nodes]
    strips = zip(pairwise(nodes), pairwise(values), strict=True)
    area = sum(((b - a) * (f + g) / 2 for (a, b), (f, g) in strips), Fraction(0))
    return area / (law[1] - law[0])
