"""Univariate functions as walks over the hinges of one source."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from slt_theory.arrays import Floats
from slt_theory.errors import NotFoundWithinLimits
from slt_theory.universal.functions import Function
from slt_theory.universal.smallest import fewest
from slt_theory.universal.source import HingeCandidates, HingeSource
from slt_theory.universal.walk import Hinges, Tube, Walk, shortest_walk

__all__ = ["Job", "fill", "pieces", "reach_needed"]

_GRID = 2048
_START = 0.7


@dataclass(frozen=True)
class Job:
    """One output: a function of one input on [-left, right], and the error that the search allows.

    Attributes
    ----------
    output, input : int
    function : Function
    left, right : float
    tolerance : float
    spared : float
        The tolerance falls by this share of ``|f|``: an error that enters through the input of
        exp(-z) fades as the function does.
    """

    output: int
    input: int
    function: Function
    left: float
    right: float
    tolerance: float
    spared: float = 0.0

    def tube(self, side: int) -> Tube:
        """The tube on one side of 0."""
        length = self.right if side > 0 else self.left
        count = max(_GRID, 64 * math.ceil(pieces(self.function, side * length, self.tolerance)))
        x = np.linspace(0.0, length, count)
        f = self.function.on(side * x)
        return Tube(x, f, self.tolerance - self.spared * np.abs(f))

    @property
    def sides(self) -> tuple[int, ...]:
        """Directions from 0 in which the domain extends: 1 right, -1 left."""
        return tuple(side for side, length in ((1, self.right), (-1, self.left)) if length > 0)


def pieces(function: Function, end: float, eps: float) -> float:
    """Pieces of the best piecewise-linear function: integral of sqrt(|f''| / (16 eps)) from 0."""
    x = np.linspace(0.0, end, 257)
    step = abs(x[1] - x[0])
    return float(np.sqrt(np.abs(np.diff(function.on(x), 2)) / (16 * eps)).sum()) if step else 0.0


def reach_needed(function: Function, ends: tuple[float, float], eps: float) -> float:
    """Largest coefficient that a function needs in the third layer.

    It is the largest of the value at 0, the slope at 0, and the changes of slope.

    The best pieces are ``4 sqrt(eps / |f''|)`` long, so neighbours differ by ``4 sqrt(eps |f''|)``.
    """
    x = np.linspace(*ends, 257)
    step = x[1] - x[0]
    bend = np.abs(np.diff(function.on(x), 2)).max() / step**2
    start = function.on(np.array([0.0, step if ends[1] > 0 else -step]))
    return float(max(abs(start[0]), abs(start[1] - start[0]) / step, 4 * np.sqrt(eps * bend)))


@dataclass
class _Made:
    """Hinges that exist, of one input and side."""

    rows: list[int] = field(default_factory=list)
    places: list[float] = field(default_factory=list)
    slopes: list[float] = field(default_factory=list)

    def hinges(self, coefficients: Floats) -> Hinges:
        """Coefficients of the hinges in one output."""
        order = np.argsort(self.places, kind="stable")
        rows = np.array(self.rows, dtype=np.int64)[order]
        return Hinges(
            np.array(self.places)[order],
            np.array(self.slopes)[order] * coefficients[rows],
            rows,
            False,
            lambda index, _: np.ones(index.size, dtype=np.int64),
        )


def fill(source: HingeSource, jobs: list[Job], *, size: int, beam: int) -> None:
    """Keep what the jobs need.

    Raises
    ------
    NotFoundWithinLimits
        If no candidate leads on; names the function and the place.
    """
    made: dict[tuple[int, int], _Made] = {}
    for job in jobs:
        level = _constant(source, job)
        for side in job.sides:
            known = made.setdefault((job.input, side), _Made())
            _follow(source, job, side, level, known, size, beam)


def _constant(source: HingeSource, job: Job) -> float:
    """Constants that bring the walk into the tube at 0."""
    items, locked = source.constants(job.output)
    value = float(job.function.on(np.zeros(1))[0])
    radius = _START * (job.tolerance - job.spared * abs(value))
    lo, hi = ((value + s * radius) / source.scale - locked for s in (-1, 1))
    chosen = fewest(items, math.ceil(lo), math.floor(hi))
    if chosen is None:
        raise _stuck(job, "no constants reach its value", 0.0)
    source.use_constants(job.output, chosen)
    return (int(items[chosen].sum()) + locked) * source.scale


def _follow(
    source: HingeSource, job: Job, side: int, level: float, made: _Made, size: int, beam: int
) -> None:
    """One side of one output."""
    tube = job.tube(side)
    coefficients = source.coefficients(job.output)
    found = source.candidates(job.input, side, source.fits(job.output), size, float(tube.x[-1]))
    existing = made.hinges(coefficients)
    candidates = Hinges(
        found.place,
        found.slope * coefficients[found.row],
        found.row,
        True,
        lambda index, taken: source.cost(found, index, taken),
    )
    walk = shortest_walk(tube, level, existing, candidates, beam=beam)
    if walk.exit < tube.x.size:
        raise _stuck(job, "no hinge leads on", side * float(tube.x[walk.exit]))
    _keep(source, job.output, walk, found, existing, made)


def _keep(
    source: HingeSource,
    output: int,
    walk: Walk,
    found: HingeCandidates,
    existing: Hinges,
    made: _Made,
) -> None:
    for step in walk.steps:
        for k in step.index:
            row = int(found.row[k] if step.new else existing.key[k])
            if step.new:
                source.keep_row(row, found.links[k])
                made.rows.append(row)
                made.places.append(float(found.place[k]))
                made.slopes.append(float(found.slope[k]))
            source.use_row(output, row)


def _stuck(job: Job, why: str, place: float) -> NotFoundWithinLimits:
    return NotFoundWithinLimits(
        f"{job.function.name}: {why} near {place:.4g}; allow more with n or knots, raise eps, or "
        "take another seed"
    )
