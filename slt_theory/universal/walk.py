"""The walk through a tube: a piecewise-linear function within a tolerance, one kink at a time.

From a line that is inside the tube up to some point, a kink leads on to another one. It may be a
hinge that exists already (one kept weight), two of them, or a new one (two more, and its
in-neurons).
The search goes by the number of kept weights: of the walks with equally many it follows the few
that have come furthest, and the first one through is taken. A line is only replaced while it is
inside, so errors never add up: what one coefficient misses, the next one sees and corrects, and a
coefficient needs a few per cent of accuracy, whatever the tolerance is. Where kinks lie is free,
and so are the values there; lines swing between both walls of the tube, which takes half the error
of interpolation.

Everything here is float64 and a search; the certificate of the finished ticket decides.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from slt_theory.arrays import Floats, Ints

__all__ = ["HingeStep", "Hinges", "Tube", "Walk", "shortest_walk"]

_SURVIVORS = 256
_PAIRS = 20
_CHILDREN = 4


@dataclass(frozen=True, eq=False)
class Tube:
    """A function on a grid of distances from 0, and the tolerance around it: arrays (g,)."""

    x: Floats
    f: Floats
    tolerance: Floats


@dataclass(frozen=True, eq=False)
class Hinges:
    """Candidate hinges, sorted by place: arrays (k,).

    Attributes
    ----------
    place : float64
    change : float64
        Change of slope that it makes for this output.
    key : int64
        Row of the source; one walk takes it once.
    new : bool
        Whether they are yet to be made.
    cost : callable
        From indices, and the indices of new hinges taken so far, to weights kept by taking each.
    """

    place: Floats
    change: Floats
    key: Ints
    new: bool
    cost: Callable[[Ints, tuple[int, ...]], Ints]


@dataclass(frozen=True)
class HingeStep:
    """Hinges taken at once: new ones or existing ones, by index."""

    new: bool
    index: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Walk:
    """A piecewise-linear function, continued beyond its last kink.

    Attributes
    ----------
    line : float64 array (g,)
    cost : int
        Weights kept.
    exit : int
        First grid index outside the tube; g if there is none.
    start, last : int
        Grid index of the last kink but one and of the last: kinks may lie from `start` on.
    steps, keys
        How it came about, and the rows that it uses.
    """

    line: Floats
    cost: int
    exit: int
    start: int
    last: int
    steps: tuple[HingeStep, ...] = ()
    keys: tuple[int, ...] = ()


def first_exit(tube: Tube, line: Floats) -> int:
    """First grid index at which a line is outside; g if it never is."""
    outside = np.abs(line - tube.f) > tube.tolerance
    return int(outside.argmax()) if outside.any() else tube.x.size


def _exits(tube: Tube, walk: Walk, places: Floats, changes: Floats) -> Ints:
    """Exits of the walk plus each row of hinges: arrays (k, h) to (k,)."""
    result = np.full(places.shape[0], tube.x.size, dtype=np.int64)
    alive = np.arange(places.shape[0])
    start, width = walk.start, max(32, 2 * (walk.exit - walk.start))
    # Ever longer stretches, for those that are still inside.
    while alive.size and start < tube.x.size:
        part = slice(start, start + width)
        gap = np.tile(walk.line[part] - tube.f[part], (alive.size, 1))
        for h in range(places.shape[1]):
            gap += changes[alive, h, None] * np.maximum(tube.x[part] - places[alive, h, None], 0)
        outside = np.abs(gap) > tube.tolerance[part]
        left = outside.any(axis=1)
        result[alive[left]] = start + outside[left].argmax(axis=1)
        alive = alive[~left]
        start, width = start + width, 2 * width
    return result


def _within(tube: Tube, walk: Walk, hinges: Hinges) -> Ints:
    """Hinges where the next kink may lie that pass the present exit.

    While there are too many, ever later gates thin them out.
    """
    lo, hi = tube.x[walk.start], tube.x[max(walk.exit - 1, walk.start)]
    first, last = np.searchsorted(hinges.place, lo), np.searchsorted(hinges.place, hi, "right")
    index = np.arange(first, last)
    index = index[hinges.change[index] != 0]
    gate, step = walk.exit, max(1, (walk.exit - walk.start) // 4)
    while gate < tube.x.size and index.size:
        gap = walk.line[gate] - tube.f[gate]
        gap = gap + hinges.change[index] * np.maximum(tube.x[gate] - hinges.place[index], 0)
        inside = index[np.abs(gap) <= tube.tolerance[gate]]
        if gate > walk.exit and inside.size < _SURVIVORS // 4:
            break
        index, gate = inside, gate + step
        if index.size <= _SURVIVORS:
            break
    index = index[~np.isin(hinges.key[index], walk.keys)]
    return np.asarray(index[:: max(1, -(-index.size // _SURVIVORS))])


def _taken(tube: Tube, walk: Walk, hinges: Hinges, index: Ints, cost: int) -> Walk:
    """The walk after one more step."""
    line = walk.line
    for t, a in zip(hinges.place[index].tolist(), hinges.change[index].tolist(), strict=True):
        line = line + a * np.maximum(tube.x - t, 0)
    last = int(min(np.searchsorted(tube.x, hinges.place[index].max()), tube.x.size - 1))
    return Walk(
        line,
        walk.cost + cost,
        first_exit(tube, line),
        walk.last,
        last,
        (*walk.steps, HingeStep(hinges.new, tuple(index.tolist()))),
        (*walk.keys, *hinges.key[index].tolist()),
    )


def _singles(tube: Tube, walk: Walk, hinges: Hinges) -> Iterator[Walk]:
    """The furthest walks by one hinge, of the cheapest kind and of all."""
    index = _within(tube, walk, hinges)
    if index.size == 0:
        return
    reached = _exits(tube, walk, hinges.place[index, None], hinges.change[index, None])
    taken = tuple(k for step in walk.steps if step.new for k in step.index) if hinges.new else ()
    cost = hinges.cost(index, taken)
    order = np.argsort(-reached, kind="stable")
    cheap = order[cost[order] == cost.min()]
    for k in dict.fromkeys([*order[:_CHILDREN], *cheap[:_CHILDREN]]):
        if reached[k] > walk.exit:
            yield _taken(tube, walk, hinges, index[k : k + 1], int(cost[k]))


def _pairs(tube: Tube, walk: Walk, hinges: Hinges) -> Iterator[Walk]:
    """The furthest walk by two existing hinges."""
    lo, hi = tube.x[walk.start], tube.x[max(walk.exit - 1, walk.start)]
    useful = (hinges.place >= lo) & (hinges.place <= hi) & ~np.isin(hinges.key, walk.keys)
    near = np.flatnonzero(useful & (hinges.change != 0))[-_PAIRS:]
    if near.size < 2:
        return
    pairs = np.stack([near[k] for k in np.triu_indices(near.size, 1)], axis=1)
    reached = _exits(tube, walk, hinges.place[pairs], hinges.change[pairs])
    best = int(reached.argmax())
    if reached[best] > walk.exit:
        yield _taken(tube, walk, hinges, pairs[best], 2)


def shortest_walk(
    tube: Tube,
    level: float,
    existing: Hinges,
    candidates: Hinges,
    *,
    beam: int,
) -> Walk:
    """The walk through the whole tube with the fewest kept weights that the search finds.

    Parameters
    ----------
    tube : Tube
    level : float
        Value at 0, a constant line to begin with.
    existing, candidates : Hinges
    beam : int
        Walks followed a number of kept weights.

    Returns
    -------
    Walk
        Its `exit` is short of the end if the search got stuck there.
    """
    line = np.full(tube.x.size, level)
    first = Walk(line, 0, first_exit(tube, line), 0, 0)
    levels: dict[int, list[Walk]] = {0: [first]}
    furthest = first
    seen: list[int] = []
    while levels:
        cost = min(levels)
        ahead = sorted(levels.pop(cost), key=lambda w: -w.exit)
        if ahead[0].exit > furthest.exit:
            furthest = ahead[0]
        if furthest.exit >= tube.x.size:
            break
        for walk in ahead[:beam]:
            # Enough cheaper walks have come further.
            if sum(e >= walk.exit for e in seen) >= 4 * beam:
                break
            seen.append(walk.exit)
            for child in (
                *_singles(tube, walk, candidates),
                *_singles(tube, walk, existing),
                *_pairs(tube, walk, existing),
            ):
                levels.setdefault(child.cost, []).append(child)
    return furthest
