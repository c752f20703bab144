"""approx_subsetsum: a dynamic program over 31-bit integers, for sums near a target from below."""

from __future__ import annotations

from approx_subsetsum import subsetsum as _solve

name = "approx_subsetsum"
SCALE = 1 << 20


def solve(items, target, radius, limit):
    # it takes non-negative items: a negative one is replaced by the choice to leave it out
    """Solve one instance: mask and "found". The peer is approximate, so no mask is optimal."""
    whole = [round(x * SCALE) for x in items]
    goal = round((target + (radius or 0.0)) * SCALE) - sum(w for w in whole if w < 0)
    if goal <= 0:
        return [int(w < 0) for w in whole], "found"
    picked = set(_solve([abs(w) for w in whole], goal))
    return [int((k in picked) != (w < 0)) for k, w in enumerate(whole)], "found"
