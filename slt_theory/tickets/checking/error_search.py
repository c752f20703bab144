"""Search for the input on which a ticket errs most: a lower bound of its sup-norm error.

What an input shows is evaluated rigorously (`errors_shown`); how it was found is no part of that.

The difference of two ReLU networks is piecewise linear, so on a box its largest values sit at
corners of linear pieces. Of many random points the best for every output climb: to the extreme
point of the domain that the gradient asks for, in the coordinates that gain most or a part of the
way in all, fewer and shorter after every step that fails. Where outputs are many, each takes one
step, and those that came furthest climb. Again and again the half that came less far gives up. The
winner's error is reported less the rounding error of evaluating it, so some input of the domain
really has at least that error.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from slt_theory.networks import Network
from slt_theory.networks.steps import copies_back, with_copies
from slt_theory.streams import Purpose, stream_id, words32
from slt_theory.tickets.checking.output_ends import errors_of_outputs
from slt_theory.tickets.checking.rounding import rounding_bound
from slt_theory.tickets.checking.unrolled import (
    SourceMap,
    copies_of_values,
    pull_back,
    run_source,
    target_maps,
)
from slt_theory.tickets.domain import Ball, Inputs

__all__ = ["error_nearby", "errors_shown", "evaluations", "start_inputs", "worst_input"]

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]
_STARTS = 512
_BEST, _CLIMBS, _FEWEST = 16, 96, 2
"""Starts of every output and sign; steps of a climb, and those that are taken at any cost, before
half of the climbs give up."""
_OUTPUTS = 32
"""So many outputs climb."""
_WORK = 2.5e9
"""Multiplications allowed: larger networks are searched from fewer corners in fewer steps."""
_AT_ONCE = 1 << 22
"""Numbers of a value that are held at once."""
_FIRST_STEPS = 0.25
"""Part of them for the first step of every output; 64 outputs take it whatever that costs."""


def _extreme(domain: Inputs, direction: Floats) -> Floats:
    """The point of the domain furthest along each direction."""
    if not isinstance(domain, Ball):
        lo, hi = domain.ends(direction.shape[1])
        return np.where(direction > 0, hi, lo)
    # Squares of unscaled entries can underflow: the norm would be too small.
    size = np.abs(direction).max(axis=1, keepdims=True)
    scaled = direction / np.where(size > 0, size, 1)
    norm = np.linalg.norm(scaled, axis=1, keepdims=True)
    return np.asarray(domain.radius * (1 - 2.0**-40) * scaled / np.where(norm > 0, norm, 1))


def start_inputs(domain: Inputs, count: int, size: int, seed: int) -> Floats:
    """Extreme points with shares of upper ends from nearly none to nearly all, and inner ones."""
    words = words32(seed, stream_id(Purpose.INPUTS, 0), 0, count * size).reshape(count, size)
    shares = (np.arange(count) + 0.5) / count
    ends = _extreme(domain, shares[:, None] - words / 2.0**32)
    if not isinstance(domain, Ball):
        lo, hi = domain.ends(size)
        inside = np.clip(lo + (hi - lo) * (words / 2.0**32), lo, hi)
    else:
        inside = ends * (words[:, :1] / 2.0**32)
    # Every fourth lies inside.
    return np.where(np.arange(count)[:, None] % 4 == 3, inside, ends)


def _towards(x: Floats, extreme: Floats, slope: Floats, share: Floats, *, whole: bool) -> Floats:
    """Move a share of the way, or all the way in the share of coordinates that gains most."""
    if whole:
        # A convex combination, rounded: back between both ends.
        moved = x + share[:, None] * (extreme - x)
        return np.clip(moved, np.minimum(x, extreme), np.maximum(x, extreme))
    gain = slope * (extreme - x)
    rank = np.argsort(np.argsort(-gain, axis=1, kind="stable"), axis=1, kind="stable")
    count = np.maximum(1, np.ceil(share * (gain > 0).sum(axis=1)))
    return np.where(rank < count[:, None], extreme, x)


def _parts(rows: Floats) -> list[Floats]:
    return [rows[k : k + 256] for k in range(0, len(rows), 256)]


def evaluations(target: Network, ticket: list[SourceMap]) -> float:
    """Multiplications of one input through both networks, twice: values and their rounding."""
    return 2 * sum(source.positive.work for source in (*ticket, *target_maps(target)))


@dataclass(frozen=True)
class _Difference:
    """Ticket minus target at one value of the network, number by number of the ticket's."""

    target: Network
    ticket: list[SourceMap]
    exact: list[SourceMap]
    place: int

    @property
    def copies(self) -> int:
        return copies_of_values(self.target, [s.copies_out for s in self.ticket])[self.place]

    @property
    def sites(self) -> int:
        return int(np.prod(self.target.shapes_of_values[self.place][1:]))

    @property
    def size(self) -> int:
        return int(np.prod(self.target.shapes_of_values[self.place])) * self.copies

    def of(self, ours: list[Floats], theirs: list[Floats]) -> Floats:
        return ours[self.place] - with_copies(theirs[self.place], self.sites, 1, self.copies)

    def at(self, x: Floats) -> Floats:
        """(batch, numbers in) to (batch, numbers of the ticket's value)."""
        ours, theirs = (
            run_source(self.target, maps, x, self.place) for maps in (self.ticket, self.exact)
        )
        return self.of(ours, theirs)

    def climb(self, x: Floats, seeds: Floats) -> tuple[Floats, Floats]:
        """Combinations ``seeds``, a row each, and their gradients."""
        ours, theirs = (
            run_source(self.target, maps, x, self.place) for maps in (self.ticket, self.exact)
        )
        slope = pull_back(self.target, self.ticket, ours, self.place, seeds)
        one_copy = copies_back(seeds, self.sites, 1, self.copies)
        slope = slope - pull_back(self.target, self.exact, theirs, self.place, one_copy)
        return (self.of(ours, theirs) * seeds).sum(axis=1), slope


def _units(size: int, numbers: Indices, signs: Floats) -> Floats:
    rows = np.zeros((numbers.size, size))
    rows[np.arange(numbers.size), numbers] = signs
    return rows


def _promising(
    gap: _Difference, domain: Inputs, corners: Floats, gains: Floats, outputs: Indices, steps: int
) -> Indices:
    """Columns of `gains` (corners, both signs of all outputs) that are largest after one step.

    `steps` of them, the largest before it, take one from their best corner.
    """
    before, best = gains.max(axis=0), gains.argmax(axis=0)
    tried = np.argsort(-before, kind="stable")[:steps]
    after = before[tried]
    for start in range(0, tried.size, 256):
        columns = tried[start : start + 256]
        signs = np.where(columns < outputs.size, 1.0, -1.0)
        seeds = _units(gap.size, outputs[columns % outputs.size], signs)
        slope = gap.climb(corners[best[columns]], seeds)[1]
        new = (gap.at(_extreme(domain, slope)) * seeds).sum(axis=1)
        after[start : start + 256] = np.fmax(after[start : start + 256], new)
    return np.sort(tried[np.argsort(-after, kind="stable")[: 2 * _OUTPUTS]])


def worst_input(
    target: Network,
    domain: Inputs,
    ticket: list[SourceMap],
    *,
    seed: int,
    place: int | None = None,
    numbers: Indices | None = None,
    starts: int = _STARTS,
    work: float = _WORK,
) -> Floats:
    """The input (numbers in,) with the largest error of those tried.

    Parameters
    ----------
    target : Network
    domain : Inputs
    ticket : list of SourceMap
        Source layers in float64.
    seed : int
        Chooses the starting corners; the result is deterministic up to the rounding of products.
    place : int, optional
        The value that is compared; default: the output.
    numbers : int64 array, optional
        Which numbers of the source's value are compared; default: all.
    starts : int
        Corners to begin with.
    work : float
        Multiplications that the search may take, a short climb for every number at least.
    """
    place = len(target.steps) if place is None else place
    gap = _Difference(target, ticket, target_maps(target), place)
    outputs = np.arange(gap.size) if numbers is None else numbers
    once = 2 * evaluations(target, ticket)
    each = int(work / (once * _CLIMBS * 2 * min(outputs.size, _OUTPUTS)))
    each = min(_BEST, starts, max(1, each))
    corners = start_inputs(domain, max(each, starts * each // _BEST), target.size_in, seed)
    values = np.concatenate([gap.at(part)[:, outputs] for part in _parts(corners)])
    gains = np.concatenate([values, -values], axis=1)
    columns = np.arange(2 * outputs.size)
    if outputs.size > _OUTPUTS:
        steps = max(2 * _OUTPUTS, int(_FIRST_STEPS * work / once))
        columns = _promising(gap, domain, corners, gains, outputs, steps)
    # One row a (output, sign, start): all climb at once.
    order = np.argsort(-gains[:, columns], axis=0, kind="stable")[:each]
    signs = np.repeat(np.where(columns < outputs.size, 1.0, -1.0), each)
    seeds = _units(gap.size, np.repeat(outputs[columns % outputs.size], each), signs)
    return _climbed(gap, domain, corners[order.T.ravel()], seeds, work / once)


class _Climb:
    """Inputs (rows, numbers in) on their way up, each along a combination `seeds` of errors."""

    def __init__(self, gap: _Difference, domain: Inputs, rows: Floats, seeds: Floats) -> None:
        self._gap, self._domain = gap, domain
        self.rows, self._seeds = rows, seeds
        self._value, self._slope = gap.climb(rows, seeds)
        self._shares = np.ones((2, len(rows)))
        self._taken = 0

    def step(self) -> bool:
        """Move every input that gains by it; False if all steps have become too short."""
        # Single coordinates of a ball's point leave the ball.
        whole = isinstance(self._domain, Ball) or self._taken % 3 == 2
        share, extreme = self._shares[int(whole)], _extreme(self._domain, self._slope)
        proposal = _towards(self.rows, extreme, self._slope, share, whole=whole)
        value, slope = self._gap.climb(proposal, self._seeds)
        better = value > self._value
        self.rows[better], self._value[better] = proposal[better], value[better]
        self._slope[better] = slope[better]
        share[:] = np.where(better, np.minimum(1.0, 2 * share), share / 2)
        self._taken += 1
        return bool((self._shares * self.rows.shape[1] >= 0.25).any())

    def keep(self, count: int) -> None:
        """The `count` inputs that came furthest go on."""
        value = np.where(np.isnan(self._value), -np.inf, self._value)
        best = np.sort(np.argsort(-value, kind="stable")[:count])
        self.rows, self._seeds, self._shares = (
            self.rows[best],
            self._seeds[best],
            self._shares[:, best],
        )
        self._value, self._slope = self._value[best], self._slope[best]


def _climbed(gap: _Difference, domain: Inputs, rows: Floats, seeds: Floats, steps: float) -> Floats:
    """The input with the largest of the values that the rows reach in so many steps of one row."""
    climb, rounds = _Climb(gap, domain, rows, seeds), len(rows).bit_length()
    for _ in range(rounds):
        each = steps / (rounds * len(climb.rows))
        for _ in range(int(np.clip(each, _FEWEST, max(_FEWEST, _CLIMBS // rounds)))):
            if not climb.step():
                break
        climb.keep((len(climb.rows) + 1) // 2)
    climb.keep(1)
    return np.asarray(climb.rows[0])


def errors_shown(target: Network, ticket: list[SourceMap], x: Floats) -> list[Floats]:
    """Errors that some of the inputs (batch, numbers) really have, less all rounding.

    Returns
    -------
    list of arrays (numbers of the ticket's value,)
        One a value of the network, 0 where nothing is shown: what has overflowed shows nothing.
    """
    exact = target_maps(target)
    places = [_Difference(target, ticket, exact, place) for place in range(len(target.steps) + 1)]
    shown = [np.zeros(place.size) for place in places]
    step = max(1, _AT_ONCE // max(place.size for place in places))
    for start in range(0, len(x), step):
        ours, theirs = (
            run_source(target, maps, x[start : start + step]) for maps in (ticket, exact)
        )
        slips = rounding_bound(target, ticket, ours), rounding_bound(target, exact, theirs)
        for place, best in zip(places, shown, strict=True):
            slip = slips[0][place.place]
            slip = slip + with_copies(slips[1][place.place], place.sites, 1, place.copies)
            sizes = np.nextafter(np.abs(place.of(ours, theirs)) - slip, -np.inf)
            sizes = np.where(np.isfinite(sizes), sizes, 0.0)
            np.maximum(best, sizes.max(axis=0), out=best)
    if not shown[-1].any():
        # In a deep network the roundings of float64 may hide every error of the output.
        shown[-1] = errors_of_outputs(target, ticket, x)
    return shown


def error_nearby(target: Network, region: Inputs, ticket: list[SourceMap]) -> tuple[float, Floats]:
    """Sup-norm error that some input of a small region has, rounded down; the target's outputs.

    Looks at the middle, and for both signs of every output at the point that the gradient there
    asks for. The outputs are those of the middle, in float64.
    """
    low, high = region.ends(target.size_in)
    middle = np.clip(low + (high - low) / 2, low, high)[None, :]
    gap = _Difference(target, ticket, target_maps(target), len(target.steps))
    inputs, outputs = [middle], np.arange(gap.size)
    for start in range(0, gap.size, 128):
        some = outputs[start : start + 128]
        seeds = _units(gap.size, some, np.ones(some.size))
        slope = gap.climb(np.repeat(middle, len(seeds), axis=0), seeds)[1]
        inputs += [_extreme(region, slope), _extreme(region, -slope)]
    found = errors_shown(target, ticket, np.concatenate(inputs))[-1].max(initial=0.0)
    return float(found), target.run(middle)[-1][0]
