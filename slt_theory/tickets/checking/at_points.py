"""Errors and classes at single inputs: both networks are evaluated as balls.

A ball is a centre and a proven radius of its rounding, so bound and error found differ by the
rounding alone. Centres are float64 first. In deep networks the radius that can be proved of them
is far larger than any error: inputs at which both radii together are above 1/256 of the distance
of the centres (so that the bound may be more than 65/64 times what is found), and above 2^-40 of
the outputs, are evaluated again in as many bits as make them smaller.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from slt_theory.networks import Network
from slt_theory.tickets.checking.claims import round_down, round_up
from slt_theory.tickets.checking.fixed_point_run import ends_in_fixed_point
from slt_theory.tickets.checking.network_pair import NetworkPair
from slt_theory.tickets.checking.outward import Range
from slt_theory.tickets.checking.rounding import rounding_bound
from slt_theory.tickets.checking.splitting import OnRegion
from slt_theory.tickets.checking.unrolled import (
    SourceMap,
    copies_of_values,
    run_source,
    target_maps,
)

__all__ = ["at_points", "errors_at"]

Floats = NDArray[np.float64]
_AT_ONCE = 1 << 24
"""Numbers of all values of a batch: they take 128 MB, their radii as many."""
_OF_ERROR, _OF_OUTPUTS = 2.0**-8, 2.0**-40


def at_points(pair: NetworkPair, x: Floats) -> list[OnRegion]:
    """Errors and classes at single inputs (batch, numbers), all roundings included."""
    found, step = list[OnRegion](), _inputs_at_once(pair)
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


def _inputs_at_once(pair: NetworkPair) -> int:
    """Inputs whose values in either network fit the memory of a batch."""
    copies = copies_of_values(pair.target, [source.copies_out for source in pair.maps])
    shapes = pair.target.shapes_of_values
    numbers = sum(count * math.prod(shape) for count, shape in zip(copies, shapes, strict=True))
    return max(1, _AT_ONCE // numbers)


@np.errstate(over="ignore", invalid="ignore")
def _both(pair: NetworkPair, x: Floats) -> tuple[Range, Range]:
    """Ends of the outputs of the other network and of the target."""
    target = pair.target
    networks = pair.maps, target_maps(target)
    ours, theirs = (_balls(target, maps, x) for maps in networks)
    (middle, radius), (other, slip) = _centre(*ours), _centre(*theirs)
    error = np.abs(middle - other).max(axis=1)
    allowed = np.maximum(error * _OF_ERROR, np.abs(other).max(axis=1) * _OF_OUTPUTS)
    wide = (radius + slip > allowed) & (allowed > 0) & np.isfinite(allowed)
    if wide.any():
        finer = ends_in_fixed_point(target, networks, x[wide], float(allowed[wide].min()))
        for ends, new in zip((ours, theirs), finer or (), strict=False):
            ends[0][wide] = np.maximum(ends[0][wide], new[0])
            ends[1][wide] = np.minimum(ends[1][wide], new[1])
    return ours, theirs


def _centre(low: Floats, high: Floats) -> tuple[Floats, Floats]:
    """Middle of the ends, and the largest distance from it of every row; rounded."""
    return low / 2 + high / 2, (high / 2 - low / 2).max(axis=1)


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
