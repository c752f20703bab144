"""What a linear function of a neuron's values may leave out: exact maxima over its ranges.

A kinked activation (ReLU, leaky ReLU) makes ``a delta + e h - A d - B z`` linear on the pieces
into which the lines ``z = 0`` and ``z + d = 0`` cut the rectangle of (z, d); its maximum sits at a
corner of a piece: a corner of the rectangle, a point where a line meets an edge, or the origin. Of
a smooth activation only its range and the range of its slopes, there, are used.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from slt_theory.networks import Activation
from slt_theory.networks.steps import with_copies

__all__ = ["KINKED", "SLIP", "Neurons", "Point"]

Floats = NDArray[np.float64]
Range = tuple[Floats, Floats]
KINKED = ("relu", "leaky_relu", "identity")
SLIP = 2.0**-47
"""More than twice the rounding of a dozen operations, in units of the sizes that enter."""


class Point(NamedTuple):
    """A target's value z before and h after the activation, and the error d before, delta after."""

    z: Floats
    d: Floats
    h: Floats
    delta: Floats


@dataclass(frozen=True)
class Neurons:
    """Ranges of the values that enter one activation.

    Attributes
    ----------
    groups : tuple of tuples of Point
        A neuron's values are a sum of one convex combination of each group.
    target, mean : (lower, upper)
    spread : (lower, upper) or None
        Of every copy.
    slopes, copies_slopes : (arrays, arrays)
        Smallest and largest slope between z and z + d, and between z + d and a copy's value.
    """

    groups: tuple[tuple[Point, ...], ...]
    target: Range
    mean: Range
    spread: Range | None
    slopes: Range
    copies_slopes: Range | None

    @classmethod
    def of(
        cls,
        activation: Activation,
        target: Range,
        mean: Range | None,
        spread: Range | None = None,
        *,
        sites: int = 1,
        copies: int = 1,
    ) -> Neurons:
        """From ranges of the target's values, the shared errors and those of every copy."""
        none = np.zeros_like(target[0])
        change = (none, none) if mean is None else mean
        if activation.kind in KINKED:
            groups: tuple[tuple[Point, ...], ...] = (_corners(activation, target, change),)
        else:
            ends = _slopes(activation, target, change)
            slow = [Point(none, d, none, s * d) for d in change for s in ends]
            groups = (
                tuple(slow),
                tuple(Point(z, none, none, none) for z in target),
                tuple(Point(none, none, each, none) for each in activation.image(target)),
            )
        slopes = _slopes(activation, target, change)
        if spread is None:
            return cls(groups, target, change, None, slopes, None)
        sums = np.nextafter(target[0] + change[0], -np.inf), target[1] + change[1]
        low, high = (with_copies(end, sites, 1, copies) for end in sums)
        each = _slopes(activation, (low, np.nextafter(high, np.inf)), spread)
        return cls(groups, target, change, spread, slopes, each)

    def left(
        self, a: Floats, e: Floats, d: Floats, z: Floats
    ) -> tuple[Floats, Floats, tuple[Floats, Floats, Floats, Floats]]:
        """Sums over neurons of ``max (a delta + e h - d' d - z' z)``, their rounding, and where.

        Coefficients have shape (rows, neurons); so have the values z, d, h, delta of the points.
        """
        total = np.zeros(len(a))
        where = tuple(np.zeros_like(a) for _ in range(4))
        for group in self.groups:
            best = np.full(a.shape, -np.inf)
            chosen = [np.zeros_like(a) for _ in range(4)]
            for point in group:
                value = a * point.delta + e * point.h - d * point.d - z * point.z
                better = value > best
                np.copyto(best, value, where=better)
                for kept, new in zip(chosen, point, strict=True):
                    np.copyto(kept, np.broadcast_to(new, a.shape), where=better)
            total += best.sum(axis=1)
            where = tuple(old + new for old, new in zip(where, chosen, strict=True))
        z_size, d_size = (np.maximum(np.abs(r[0]), np.abs(r[1])) for r in (self.target, self.mean))
        h_size = z_size + 1
        sizes = np.abs(a) @ (z_size + d_size) + np.abs(e) @ h_size
        sizes += np.abs(d) @ d_size + np.abs(z) @ z_size
        slip = sizes * (SLIP + a.shape[1] * 2.0**-51)
        return total, slip, where  # type: ignore[return-value]

    def chord(self, a: Floats) -> Floats:
        """Slope of the chord over a range of errors: the better side of a for every coefficient."""
        return _chord(a, self.mean, self.slopes)

    def copies_chord(self, a: Floats) -> tuple[Floats, Floats, Floats, Floats]:
        """For spreads: slopes, offsets at the ends, what is left out, and its rounding.

        ``a delta <= slope a s + left`` summed over copies, with delta at ``slope s + offset``.
        """
        assert self.spread is not None
        assert self.copies_slopes is not None
        low, high = self.spread
        slope = _chord(a, self.spread, self.copies_slopes)
        best = np.full(a.shape, -np.inf)
        offset = np.zeros_like(a)
        for s in self.spread:
            for k in self.copies_slopes:
                value = a * (k * s) - (a * slope) * s
                better = value > best
                np.copyto(best, value, where=better)
                np.copyto(offset, k * s - slope * s, where=better)
        size = np.maximum(np.abs(low), np.abs(high))
        slip = np.abs(a) @ size * (SLIP + a.shape[1] * 2.0**-51)
        return slope, offset, best.sum(axis=1), slip


def _chord(a: Floats, change: Range, slopes: Range) -> Floats:
    least, most = slopes
    low, high = np.minimum(change[0], 0), np.maximum(change[1], 0)
    width = np.maximum(high - low, 2.0**-1000)
    # Where nothing changes any slope will do.
    still = high - low <= 2.0**-1000
    up, down = (most * high - least * low) / width, (least * high - most * low) / width
    return np.where(still, most, np.where(a > 0, up, down))


def _slopes(activation: Activation, before: Range, change: Range) -> Range:
    """Smallest and largest slope of the activation between a value and the changed value."""
    (low, high), (p, q) = before, change
    if activation.kind not in KINKED:
        moved = np.nextafter(low + p, -np.inf), np.nextafter(high + q, np.inf)
        return activation.slope_range((np.minimum(low, moved[0]), np.maximum(high, moved[1])))
    least = {"relu": 0.0, "leaky_relu": activation.slope, "identity": 1.0}[activation.kind]
    # Rounding never changes the sign of a sum.
    above = (low >= 0) & (low + p >= 0)
    below = (high <= 0) & (high + q <= 0)
    return np.where(above, 1.0, least), np.where(below, least, 1.0)


def _corners(activation: Activation, before: Range, change: Range) -> tuple[Point, ...]:
    """Eleven points of the rectangle, all corners of pieces among them."""
    (low, high), (p, q) = before, change
    zero, still = np.clip(0.0, low, high), np.clip(0.0, p, q)
    places = [(z, d) for d in (p, q) for z in (low, high, zero, np.clip(-d, low, high))]
    places += [(z, np.clip(-z, p, q)) for z in (low, high)]
    places.append((zero, still))
    points = []
    for z, d in places:
        h = activation(z)
        points.append(Point(z, d, h, activation(z + d) - h))
    return tuple(points)
