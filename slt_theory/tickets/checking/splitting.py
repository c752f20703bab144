"""Pieces of a region: the one with the largest bound is cut in two, again and again.

A cut is across one coordinate, at a float strictly between its ends, which both halves keep: they
cover the piece, whatever rounds. What holds on a piece holds on its halves, so a half takes the
better of its own facts and its parent's. The bound of the region is the largest over its pieces,
those included that were never cut; it holds whenever the cutting ends.

The coordinate: with |W| in the place of every weight matrix, and of an activation on [l, u] its
mean slope ``(f(u) - f(l)) / (u - l)``, the width of one coordinate alone spreads an output by some
amount; the coordinate of the largest is cut. On ACAS Xu (whole box, the same 12 s) this leaves
9,700, where the widest coordinate leaves 12,100 and gradients at the middle 17,400.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from slt_theory.networks import Network
from slt_theory.networks.steps import Activate, Add, Pool, Weigh
from slt_theory.tickets.checking.outward import Range
from slt_theory.tickets.domain import Region

__all__ = ["OnRegion", "Piece", "joined", "split", "widest_axis"]

Floats = NDArray[np.float64]
_CLOSE = 1.05
"""Cutting ends where the bound is at most so many times the error found."""
_AXES = 32
"""Coordinates of which the spread is looked at: the widest."""


@dataclass(frozen=True)
class OnRegion:
    """Certified facts about one region.

    Attributes
    ----------
    error_bound : float
        No input of the region has a larger error (sup norm of the output).
    error_found : float
        Some input of it has at least this.
    class_kept : bool or None
        Whether ticket and target provably name the same class, one alone, for every input of it;
        None for a network of one output.
    margin : float or None
        The target's class leads by at least this on all of it; negative if that is not shown.
    pieces : int
        In how many pieces it was cut.
    """

    error_bound: float
    error_found: float
    class_kept: bool | None
    margin: float | None
    pieces: int = 1


@dataclass(frozen=True, eq=False)
class Piece:
    """A box, what is certain of it, and the coordinate to cut; None where no float is between."""

    region: Region
    facts: OnRegion
    axis: int | None

    @property
    def halves(self) -> tuple[Region, Region]:
        """Both sides of the cut; the float in the middle belongs to both."""
        assert self.axis is not None
        low, high = self.region.lo.copy(), self.region.hi.copy()
        low[self.axis] = high[self.axis] = _middles(self.region)[self.axis]
        return Region(self.region.lo, high), Region(low, self.region.hi)


def split(
    whole: Piece, certify: Callable[[Region], Piece], goes_on: Callable[[], bool]
) -> tuple[list[Piece], float]:
    """Cut the piece of the largest bound in two while ``goes_on()``; the pieces cover the whole.

    Ends earlier where that bound is at most 1.05 times the error found, or its piece cannot be cut.

    Returns
    -------
    pieces, largest error found on any piece there ever was
    """
    found, number = whole.facts.error_found, itertools.count()
    heap = [(-whole.facts.error_bound, next(number), whole)]
    while True:
        worst = heap[0][2]
        if worst.axis is None or worst.facts.error_bound <= _CLOSE * found or not goes_on():
            return [piece for _, _, piece in heap], found
        below, above = (_heir(certify(half), worst.facts) for half in worst.halves)
        found = max(found, below.facts.error_found, above.facts.error_found)
        heapq.heapreplace(heap, (-below.facts.error_bound, next(number), below))
        heapq.heappush(heap, (-above.facts.error_bound, next(number), above))


def _heir(piece: Piece, parent: OnRegion) -> Piece:
    """A half with what its parent knew."""
    own = piece.facts
    facts = replace(own, error_bound=min(own.error_bound, parent.error_bound))
    if own.margin is not None and parent.margin is not None:
        facts = replace(
            facts,
            class_kept=own.class_kept or parent.class_kept,
            margin=max(own.margin, parent.margin),
        )
    return replace(piece, facts=facts)


def joined(pieces: list[Piece], found: float) -> OnRegion:
    """Facts about the union of pieces: the largest bound, the smallest margin, every class."""
    facts = [piece.facts for piece in pieces]
    kept = [each.class_kept for each in facts if each.class_kept is not None]
    margins = [each.margin for each in facts if each.margin is not None]
    return OnRegion(
        max(each.error_bound for each in facts),
        found,
        all(kept) if kept else None,
        min(margins, default=None),
        len(pieces),
    )


def _middles(region: Region) -> Floats:
    # Halves first: the sum of two huge ends overflows.
    return np.asarray(region.lo / 2 + region.hi / 2)


def widest_axis(target: Network, region: Region, ranges: list[Range]) -> int | None:
    """The coordinate whose own width spreads the outputs most; None if none can be cut.

    Parameters
    ----------
    ranges : list of (lower, upper)
        Of all values over the region (`slt_theory.tickets.checking.backward.target_ranges`).
    """
    middle, width = _middles(region), region.hi / 2 - region.lo / 2
    axes = np.flatnonzero((region.lo < middle) & (middle < region.hi))
    if not axes.size:
        return None
    axes = axes[np.argsort(-width[axes], kind="stable")][:_AXES]
    spread = np.zeros((axes.size, width.size))
    spread[np.arange(axes.size), axes] = width[axes]
    sizes = _spread(target, ranges, spread).max(axis=1)
    # Where ranges have overflowed the widest is cut.
    return int(axes[np.argmax(np.where(np.isfinite(sizes), sizes, 0.0))])


def _spread(target: Network, ranges: list[Range], spread: Floats) -> Floats:
    """Spreads of the outputs, to first order and without signs; a row an input spread."""
    values = [spread]
    with np.errstate(over="ignore", invalid="ignore"):
        for number, step in enumerate(target.steps):
            x, shape = values[step.of], target.shapes_of_values[step.of]
            if isinstance(step, Weigh):
                values.append(target.operator(step.layer).map(np.abs).apply(x))
            elif isinstance(step, Activate):
                (low, high), (least, most) = ranges[step.of], ranges[number + 1]
                slope = (most - least) / np.where(high > low, high - low, 1.0)
                values.append(x * np.where(high > low, slope, 0.0))
            elif isinstance(step, Pool):
                values.append(step(x, shape))
            elif isinstance(step, Add):
                values.append(x + values[step.skip])
            else:
                values.append(step.move(x, shape, 1))
    return values[-1]
