"""Search for the input on which a ticket errs most: a lower bound of its sup-norm error.

The difference of two ReLU networks is piecewise linear, so on a box its largest values sit at
corners of linear pieces. Of many random points the best for every output climb: to the extreme
point of the domain that the gradient asks for, in the coordinates that gain most or a part of the
way in all, fewer and shorter after every step that fails. The winner's error is reported less the
rounding error of evaluating it, so some input of the domain really has at least that error.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from slt_theory.networks import Network, Operator
from slt_theory.networks.steps import (
    Activate,
    Add,
    Flatten,
    Pool,
    Weigh,
    copies_back,
    with_copies,
)
from slt_theory.streams import Purpose, stream_id, words32
from slt_theory.tickets.checking.unrolled import (
    SourceMap,
    copies_of_values,
    pull_back,
    run_source,
    target_maps,
)
from slt_theory.tickets.domain import Box, Domain

__all__ = ["largest_error_found", "rounding_bound"]

Floats = NDArray[np.float64]
_STARTS = 512
_BEST, _CLIMBS = 16, 96
_OUTPUTS = 32
_WORK = 3e10
_GATHERING = 8
"""Looking sites up costs about so much more than multiplying."""
"""Multiplications allowed: larger networks are searched from fewer corners."""


def _extreme(domain: Domain, direction: Floats) -> Floats:
    """The point of the domain furthest along each direction."""
    if isinstance(domain, Box):
        return np.where(direction > 0, domain.hi, domain.lo)
    norm = np.linalg.norm(direction, axis=1, keepdims=True)
    return np.asarray(domain.radius * (1 - 2.0**-40) * direction / np.where(norm > 0, norm, 1))


def _starts(domain: Domain, count: int, size: int, seed: int) -> Floats:
    """Extreme points with shares of upper ends from nearly none to nearly all, and inner ones."""
    words = words32(seed, stream_id(Purpose.INPUTS, 0), 0, count * size).reshape(count, size)
    shares = (np.arange(count) + 0.5) / count
    ends = _extreme(domain, shares[:, None] - words / 2.0**32)
    if isinstance(domain, Box):
        inside = domain.lo + (domain.hi - domain.lo) * (words / 2.0**32)
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


def rounding_bound(target: Network, maps: list[SourceMap], values: list[Floats]) -> list[Floats]:
    """Bounds of the rounding errors of `run_source` on single inputs, for every value."""
    errors = [np.zeros_like(values[0])]
    shapes = target.shapes_of_values
    copies = copies_of_values(target, [source.copies_out for source in maps])
    for number, step in enumerate(target.steps):
        error, x = errors[step.of], values[step.of]
        if isinstance(step, Weigh):
            source = maps[step.layer]
            size = np.maximum(
                np.abs(source.positive.coefficients), np.abs(source.negative.coefficients)
            )
            operator = Operator(size, source.positive.unrolling)
            gamma = (2 * operator.terms + 4) * 2.0**-52
            bias = np.repeat(np.abs(source.bias), operator.unrolling.sites_out)
            magnitude = operator.apply(np.abs(x)) + bias
            moved = operator.apply(error)
            if source.loose:
                inputs = np.abs(x) + error
                moved = moved + source.loose * (inputs.sum(axis=1, keepdims=True) + 1) * (1 + gamma)
            errors.append(moved * (1 + gamma) + gamma * magnitude * (1 + gamma) + 2.0**-1000)
        elif isinstance(step, Activate):
            slip = 0.0 if step.activation.exact else 2.0**-48
            errors.append(error * (1 + slip) + slip * np.abs(values[number + 1]) + slip * 2.0**-60)
        elif isinstance(step, Pool):
            pooled = step(error, shapes[step.of])
            if step.kind == "average":
                slip = (step.side**2 + 4) * 2.0**-52
                sizes = step(np.abs(x), shapes[step.of])
                pooled = pooled * (1 + slip) + slip * sizes + 2.0**-1000
            errors.append(pooled)
        elif isinstance(step, Flatten):
            errors.append(step.move(error, shapes[step.of], copies[step.of]))
        elif isinstance(step, Add):
            sites = int(np.prod(shapes[step.skip][1:]))
            want = copies[number + 1]
            skipped = with_copies(errors[step.skip], sites, copies[step.skip], want)
            rounding = np.abs(values[number + 1]) * 2.0**-52
            errors.append((error + skipped) * (1 + 2.0**-51) + rounding)
    return errors


def _parts(rows: Floats) -> list[Floats]:
    return [rows[k : k + 256] for k in range(0, len(rows), 256)]


def _work(target: Network, ticket: list[SourceMap]) -> float:
    """Multiplications of one input through both networks."""
    work = 0.0
    for source in (*ticket, *target_maps(target)):
        unrolling = source.positive.unrolling
        each = source.positive.coefficients.size * unrolling.sites_out
        work += each if unrolling.one_site else _GATHERING * each
    return work


def largest_error_found(
    target: Network,
    domain: Domain,
    ticket: list[SourceMap],
    *,
    seed: int,
    place: int | None = None,
    numbers: NDArray[np.int64] | None = None,
    starts: int = _STARTS,
    work: float = _WORK,
) -> float:
    """Largest sup-norm error over the inputs tried, rounded down.

    Parameters
    ----------
    target : Network
    domain : Domain
    ticket : list of SourceMap
        Source layers in float64.
    seed : int
        Chooses the starting corners; the result is deterministic up to the rounding of products.
    place : int, optional
        The value that is compared; default: the output.
    numbers : int64 array, optional
        Which numbers of the source's value are compared; default: 32 evenly spread ones steer the
        search, and all count.
    starts : int
        Corners to begin with.
    work : float
        Multiplications that the search may take, one climb for every number at least.
    """
    exact = target_maps(target)
    place = len(target.steps) if place is None else place
    copies = copies_of_values(target, [source.copies_out for source in ticket])[place]
    sites = int(np.prod(target.shapes_of_values[place][1:]))
    size = int(np.prod(target.shapes_of_values[place])) * copies
    outputs = np.arange(size) if numbers is None else numbers
    judged = outputs
    if outputs.size > _OUTPUTS:
        outputs = outputs[np.linspace(0, outputs.size - 1, _OUTPUTS).astype(int)]
    rows_wanted = 2 * outputs.size
    each = int(work / (4 * _CLIMBS * rows_wanted * _work(target, ticket)))
    each = min(_BEST, starts, max(1, each))

    def gap(ours: list[Floats], theirs: list[Floats]) -> Floats:
        return ours[place] - with_copies(theirs[place], sites, 1, copies)

    def errors_at(x: Floats) -> Floats:
        return gap(run_source(target, ticket, x, place), run_source(target, exact, x, place))

    corners = _starts(domain, max(each, starts * each // _BEST), target.size_in, seed)
    values = np.concatenate([errors_at(part)[:, outputs] for part in _parts(corners)])
    # One row a (output, sign, start): all climb at once.
    order = np.argsort(-np.concatenate([values, -values], axis=1), axis=0, kind="stable")[:each]
    rows = corners[order.T.ravel()]
    signs = np.repeat([1.0, -1.0], outputs.size * each)
    seeds = np.zeros((len(rows), size))
    seeds[np.arange(len(rows)), np.tile(np.repeat(outputs, each), 2)] = signs
    one_copy = copies_back(seeds, sites, 1, copies)

    def error(x: Floats) -> tuple[Floats, Floats]:
        ours, theirs = run_source(target, ticket, x, place), run_source(target, exact, x, place)
        slope = pull_back(target, ticket, ours, place, seeds)
        slope = slope - pull_back(target, exact, theirs, place, one_copy)
        return (gap(ours, theirs) * seeds).sum(axis=1), slope

    value, slope = error(rows)
    shares = np.ones((2, len(rows)))
    for climb in range(_CLIMBS):
        # Single coordinates of a ball's point leave the ball.
        whole = not isinstance(domain, Box) or climb % 3 == 2
        share = shares[int(whole)]
        proposal = _towards(rows, _extreme(domain, slope), slope, share, whole=whole)
        new_value, new_slope = error(proposal)
        better = new_value > value
        rows[better], value[better] = proposal[better], new_value[better]
        slope[better] = new_slope[better]
        share[:] = np.where(better, np.minimum(1.0, 2 * share), share / 2)
        if (shares * rows.shape[1] < 0.25).all():
            break
    best = rows[int(np.argmax(value))][None, :]
    ours, theirs = run_source(target, ticket, best), run_source(target, exact, best)
    slip = rounding_bound(target, ticket, ours)[place]
    slip = slip + with_copies(rounding_bound(target, exact, theirs)[place], sites, 1, copies)
    safe = (np.abs(gap(ours, theirs)) - slip)[:, judged]
    return max(0.0, float(np.nextafter(safe.max(), -np.inf)))
