"""Errors and classes at single inputs: both networks are evaluated as balls.

A ball is a centre in float64 and a proven radius of its rounding, so bound and error found differ
by the rounding alone.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from slt_theory.networks import Network
from slt_theory.tickets.checking.claims import round_down, round_up
from slt_theory.tickets.checking.network_pair import NetworkPair
from slt_theory.tickets.checking.outward import Range
from slt_theory.tickets.checking.rounding import rounding_bound
from slt_theory.tickets.checking.splitting import OnRegion
from slt_theory.tickets.checking.unrolled import SourceMap, run_source, target_maps

__all__ = ["at_points", "errors_at"]

Floats = NDArray[np.float64]
_AT_ONCE = 1 << 22


def at_points(pair: NetworkPair, x: Floats) -> list[OnRegion]:
    """Errors and classes at single inputs (batch, numbers), all roundings included."""
    widest = max(int(np.prod(shape)) for shape in pair.target.shapes_of_values)
    step, found = max(1, _AT_ONCE // widest), []
    for start in range(0, len(x), step):
        ours, theirs = _both(pair, x[start : start + step])
        most = np.maximum(ours[1] - theirs[0], theirs[1] - ours[0])
        bounds, shown = np.nextafter(most, np.inf).max(axis=1), _least(ours, theirs)
        for k, (bound, low) in enumerate(zip(bounds.tolist(), shown.tolist(), strict=True)):
            kept, margin = None, None
            if theirs[0].shape[1] > 1:
                (other, lead), (best, margin) = (
                    _lead(ends[0][k], ends[1][k]) for ends in (ours, theirs)
                )
                kept = best == other and min(lead, margin) > 0
            found.append(OnRegion(round_up(bound), round_down(low), kept, margin))
    return found


def errors_at(pair: NetworkPair, x: Floats) -> Floats:
    """Lower bounds (batch,) of the errors at inputs (batch, numbers); few at a time."""
    return _least(*_both(pair, x))


def _least(ours: Range, theirs: Range) -> Floats:
    least = np.maximum(ours[0] - theirs[1], theirs[0] - ours[1])
    return np.asarray(np.maximum(np.nextafter(least, -np.inf).max(axis=1), 0.0))


def _both(pair: NetworkPair, x: Floats) -> tuple[Range, Range]:
    """Ends of the outputs of the other network and of the target."""
    target = pair.target
    return _balls(target, pair.maps, x), _balls(target, target_maps(target), x)


def _balls(target: Network, networks: list[SourceMap], x: Floats) -> Range:
    """Ends of the outputs at single inputs."""
    values = run_source(target, networks, x)
    slip = rounding_bound(target, networks, values)[-1]
    low, high = np.nextafter(values[-1] - slip, -np.inf), np.nextafter(values[-1] + slip, np.inf)
    # What has overflowed may be anything.
    known = np.isfinite(low) & np.isfinite(high)
    return np.where(known, low, -np.inf), np.where(known, high, np.inf)


def _lead(low: Floats, high: Floats) -> tuple[int, float]:
    """The class of outputs within [low, high], and by how much it leads at least."""
    best = int(np.argmax(low))
    return best, float(np.nextafter(low[best] - np.delete(high, best).max(), -np.inf))
