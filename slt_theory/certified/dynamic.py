r"""The robust dynamic program: the worst law that the two facts of a step allow.

Facts, for the approximated part C of a window W (v its share of W):
:math:`v \le v' \le \min(2v, 1)` and :math:`E v' \ge m(v)`. Let :math:`F_t(v)` be the largest
probability, over all C of share at least v, that t further items leave a share of `stop` or more
unapproximated. F does not increase in v (a subset does no better), and by Jensen

.. math:: F_{t+1}(v) \le \operatorname{conc}_{[v, \min(2v,1)]} F_t \;(m(v)).

A concave envelope is the smallest line above the points, so *any* slope gives a valid bound: the
slopes are guessed in floating point, the bound itself is evaluated in integers, exactly.

Source: own; proved in ``proofs/dynamic_program.py``.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from slt_theory.certified.exact import ONE, PROBABILITY_BITS
from slt_theory.errors import BadInput

__all__ = ["SHARE_BITS", "VALUE_BITS", "Window", "dynamic_program", "envelope_bound"]

Int64Array = NDArray[np.int64]

SHARE_BITS = 24
"""Shares of the window are integers in units of ``2**-24``."""

VALUE_BITS = 46
"""Probabilities inside the program are integers in units of ``2**-46``."""

_TRIES = 24
_STEEPEST = 1 << 36
_NEGLIGIBLE = 1 << 8


@dataclass(frozen=True, slots=True)
class Window:
    """The process on one window, in shares of that window.

    Attributes
    ----------
    start : Fraction
        Share approximated before the first item; rounded down.
    stop : Fraction
        The end is reached once less than this share is left.
    kappa : Fraction
        ``E v' >= v + kappa v (1 - v) - loss``.
    loss : Fraction
        Share lost at the corners when the window is longer than the reach of one item.
    """

    start: Fraction
    stop: Fraction
    kappa: Fraction = Fraction(1, 2)
    loss: Fraction = Fraction(0)

    def __post_init__(self) -> None:
        # m' = 1 + kappa (1 - 2 v) >= 0 for kappa <= 1: the mean does not decrease.
        if not 0 < self.kappa <= 1:
            raise BadInput("kappa", self.kappa, "must lie in (0, 1]", "1/2 for U[-1, 1]")

    def mean(self, v: int) -> int:
        """Lower bound of E v' in share units: the concave m(v), rounded down."""
        one = 1 << SHARE_BITS
        gain = self.kappa * v * (one - v) / one - self.loss * one
        return v + gain.numerator // gain.denominator


def known_shares(window: Window, per_octave: int) -> Int64Array:
    """Shares at which the step function F is known: even in log v below 1/2, in log u above."""
    one = 1 << SHARE_BITS
    start = int(window.start * one)
    # Behind the last state nothing may fail, so `stop` is rounded down.
    last = one - window.stop.numerator * one // window.stop.denominator
    ratio = 2.0 ** (1 / per_octave)
    low, high = [start], [last]
    while low[-1] * ratio < one / 2:
        low.append(max(low[-1] + 1, int(low[-1] * ratio)))
    while (one - high[-1]) * ratio < one / 2:
        high.append(one - max(one - high[-1] + 1, int((one - high[-1]) * ratio)))
    states = np.array(sorted({p for p in (*low, *high) if start <= p <= last}), dtype=np.int64)
    return states if states.size else np.array([start], dtype=np.int64)


def envelope_bound(
    points: Int64Array, values: Int64Array, mean: int, slope: int
) -> tuple[int, int]:
    """Upper bound of E f(v') when f lies below the polygon of `points`, `values`; exact.

    The line ``alpha - slope * (v' - mean)``, alpha the maximum below, lies above the polygon; with
    ``slope >= 0`` and ``E v' >= mean`` its mean is at most alpha. Returns alpha and the index of
    the vertex that the line touches.
    """
    cells = ShareCells(points, np.array([0]), np.array([points.size]), np.array([mean]))
    bound, touch = cells.envelope_bounds(values, np.array([0]), np.array([slope]))
    return int(bound[0]), int(touch[0])


@dataclass(frozen=True)
class ShareCells:
    """The cells of the states, and the polygons above them: vertices ``first[i] .. last[i] - 1``.

    Attributes
    ----------
    points : int64 array
        Shares of the vertices.
    first, last, means : int64 arrays (states,)
    """

    points: Int64Array
    first: Int64Array
    last: Int64Array
    means: Int64Array

    def envelope_bounds(
        self, values: Int64Array, which: Int64Array, slopes: Int64Array
    ) -> tuple[Int64Array, Int64Array]:
        """`envelope_bound` for some states at once; in 64 bits, as 2**24 * 2**36 + 2**46 fits."""
        first, counts = self.first[which], self.last[which] - self.first[which]
        starts = np.cumsum(counts) - counts
        # Vertices of all these states, one state behind the other.
        vertex = np.arange(counts.sum()) + np.repeat(first - starts, counts)
        part = self.points[vertex] * np.repeat(slopes, counts)
        part += values[vertex]
        highest = np.maximum.reduceat(part, starts)
        touched = np.flatnonzero(part == np.repeat(highest, counts))
        touch = vertex[touched[np.searchsorted(touched, starts)]]
        return highest - self.means[which] * slopes, touch

    def best_slopes(self, values: Int64Array, guesses: Int64Array) -> tuple[Int64Array, Int64Array]:
        """Bounds and slopes of the edges of the hulls above the means, by chords that close in.

        Every try is a valid bound; the search only decides how good the best one is. Slope 0 with
        the first value is one as well, since F itself does not increase.
        """
        best, chosen = values[self.first], np.zeros_like(guesses)
        left, right = self.first.copy(), self.last - 1
        active, slopes = np.arange(guesses.size), guesses.copy()
        for attempt in range(_TRIES):
            low, high = left[active], right[active]
            run = np.maximum(1, self.points[high] - self.points[low])
            chords = np.minimum(_STEEPEST, (values[low] - values[high]) // run)
            slopes = np.where(slopes > 0, slopes, chords) if attempt == 0 else chords
            active, slopes = active[slopes > 0], slopes[slopes > 0]
            if not active.size:
                break
            bounds, touch = self.envelope_bounds(values, active, slopes)
            better = bounds < best[active]
            best[active[better]], chosen[active[better]] = bounds[better], slopes[better]
            settled = (touch == left[active]) | (touch == right[active])
            beyond = self.points[touch] > self.means[active]
            right[active[beyond]], left[active[~beyond]] = touch[beyond], touch[~beyond]
            if attempt:
                active = active[~settled]
        return best, chosen


@lru_cache(maxsize=256)
def dynamic_program(window: Window, steps: int, per_octave: int = 96) -> tuple[int, ...]:
    """Failure bounds F_t(start) for t = 0 .. steps.

    Between two neighbouring states F lies below a line: with the slope s that gave the bound at
    the left state p, ``F(v) <= F(p) - s (m(v) - m(p))`` for every v up to the next state, and m is
    concave. So the rounding of the grid is of second order.

    Parameters
    ----------
    window : Window
        Start, stop and mean of the process.
    steps : int
        Number of items.
    per_octave : int, optional
        States in a factor of two of v, and of 1 - v.

    Returns
    -------
    tuple of int
        In units of ``2**-PROBABILITY_BITS``. Cost: about 10 ms a step.
    """
    one = 1 << SHARE_BITS
    states = known_shares(window, per_octave)
    size = states.size
    # Cell j reaches from state j to the next one (the last cell is a point): two vertices each.
    # Behind them one vertex for everything beyond the last state, where F = 0.
    right = np.append(states[1:], states[-1])
    points = np.append(np.stack([states, right], axis=1).ravel(), one)
    values = np.append(np.full(2 * size, 1 << VALUE_BITS), 0).astype(np.int64)
    reach = np.minimum(2 * right, one)
    last = 2 * np.searchsorted(states, reach, side="right") + (reach > states[-1])
    means = np.array([window.mean(int(p)) for p in states])
    ends = np.array([window.mean(int(p)) for p in right])
    rises = np.maximum(0, ends - means)
    cells = ShareCells(points, 2 * np.arange(size), last, means)
    slopes = np.zeros(size, np.int64)
    rows = [int(values[0])]
    while len(rows) <= steps and rows[-1] > _NEGLIGIBLE:
        bounds, slopes = cells.best_slopes(values, slopes)
        tails = bounds - slopes * rises  # at most 2**36 * 2**24
        pairs = np.stack([bounds, tails], axis=1)
        old = values[:-1].reshape(size, 2)
        better = bounds + tails <= old.sum(axis=1)
        values = np.append(np.where(better[:, None], pairs, old).ravel(), 0)
        rows.append(int(values[0]))
    rows += [rows[-1]] * (steps + 1 - len(rows))
    shift = PROBABILITY_BITS - VALUE_BITS
    return tuple(min(ONE, row << shift) for row in rows)
