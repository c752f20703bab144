"""Ends of the outputs of ticket and target at single inputs, and the errors that they show.

Both networks are evaluated as balls: a centre and a proven radius of its rounding. Centres are
float64 first. In deep networks the radius that can be proved of them is far larger than any error:
inputs at which both radii together are above 1/256 of the distance of the centres (so that a bound
may be more than 65/64 times what is found), and above 2^-40 of the outputs, are evaluated again in
as many bits as make them smaller.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from slt_theory.networks import Network
from slt_theory.tickets.checking.fixed_point_run import ends_in_fixed_point
from slt_theory.tickets.checking.outward import Range
from slt_theory.tickets.checking.rounding import rounding_bound
from slt_theory.tickets.checking.unrolled import (
    SourceMap,
    copies_of_values,
    run_source,
    target_maps,
)

__all__ = ["both_ends", "errors_of_outputs", "inputs_at_once", "least_errors"]

Floats = NDArray[np.float64]
_AT_ONCE = 1 << 24
"""Numbers of all values of a batch: they take 128 MB, their radii as many."""
_OF_ERROR, _OF_OUTPUTS = 2.0**-8, 2.0**-40


def errors_of_outputs(target: Network, maps: list[SourceMap], x: Floats) -> Floats:
    """Errors (outputs,) that every output of the other network has at some of the inputs."""
    step = inputs_at_once(target, maps)
    starts = range(0, len(x), step)
    parts = [least_errors(*both_ends(target, maps, x[k : k + step])).max(axis=0) for k in starts]
    return np.asarray(np.max(parts, axis=0))


def least_errors(ours: Range, theirs: Range) -> Floats:
    """Lower bounds (batch, outputs) of the distances of two outputs within their ends."""
    least = np.maximum(ours[0] - theirs[1], theirs[0] - ours[1])
    return np.asarray(np.maximum(np.nextafter(least, -np.inf), 0.0))


def inputs_at_once(target: Network, maps: list[SourceMap]) -> int:
    """Inputs whose values in either network fit the memory of a batch."""
    copies = copies_of_values(target, [source.copies_out for source in maps])
    shapes = target.shapes_of_values
    numbers = sum(count * math.prod(shape) for count, shape in zip(copies, shapes, strict=True))
    return max(1, _AT_ONCE // numbers)


@np.errstate(over="ignore", invalid="ignore")
def both_ends(target: Network, maps: list[SourceMap], x: Floats) -> tuple[Range, Range]:
    """Ends of the outputs, at inputs (batch, numbers), of the other network and of the target."""
    networks = maps, target_maps(target)
    ours, theirs = (_balls(target, each, x) for each in networks)
    (middle, radius), (other, slip) = _centre(*ours), _centre(*theirs)
    error = np.abs(middle - other).max(axis=1)
    allowed = np.maximum(error * _OF_ERROR, np.abs(other).max(axis=1) * _OF_OUTPUTS)
    wide = (radius + slip > allowed) & (allowed > 0) & np.isfinite(allowed)
    if wide.any():
        # Outputs of one input that are nearly 0 do not ask more bits of all.
        least = float(max(allowed[wide].min(), np.abs(other[wide]).max() * _OF_OUTPUTS**2))
        finer = ends_in_fixed_point(target, networks, x[wide], least)
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
