"""Rigorous sup-norm error of a ticket over its whole domain of inputs.

Ranges of the target's values and of the ticket's deviation are propagated step by step as intervals
with the exact weight errors, site by site: border and interior of an image are told apart by
construction. For one linear layer and a box the result is the exact maximum.

Every float sum here is a sum of non-negative terms of k products, whose relative error is at most
``gamma_k = k u / (1 - k u)`` whatever the order of summation (u = 2**-53); multiplying by
``1 + (k + 2) 2**-52`` and adding the smallest normal number per term bounds it from above.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from slt_theory.networks import Network, Operator
from slt_theory.networks.steps import Activate, Add, Flatten, Pool, Weigh, with_copies
from slt_theory.tickets.domain import Ball, Box, Domain

__all__ = [
    "Gap",
    "Range",
    "carried",
    "changed",
    "deviation_ranges",
    "dot",
    "down",
    "layer_error_ranges",
    "loose",
    "piecewise",
    "plus",
    "pooled",
    "up",
    "value_ranges",
]

Floats = NDArray[np.float64]
Range = tuple[Floats, Floats]
_TINY = 2.0**-1022


@dataclass(frozen=True)
class Gap:
    """One source layer against its target layer.

    Attributes
    ----------
    wiring : Operator
        What source channels get from those of the layer before, one by one where an input has
        several copies; for inputs >= 0 where there are two halves. Constant inputs are left out.
    positive, negative : Operator
        Ticket minus target for inputs >= 0 and <= 0, summed over copies: (source channels, taps,
        target channels).
    constant : array (source channels,)
        Ticket minus target of the bias.
    slack : float
        What the targets' rounding to the lattice may add to any entry.
    copies : int
        Source channels of every target channel, neighbours.
    """

    wiring: Operator
    positive: Operator
    negative: Operator
    constant: Floats
    slack: float
    copies: int = 1


def up(values: Floats, terms: int) -> Floats:
    """At least the exact value of sums of `terms` non-negative products, given their float sums."""
    grown = values * (1.0 + (terms + 2) * 2.0**-52) + terms * _TINY
    return np.asarray(np.nextafter(grown, np.inf))


def down(values: Floats, terms: int) -> Floats:
    shrunk = values * (1.0 - (terms + 2) * 2.0**-52) - terms * _TINY
    return np.asarray(np.maximum(np.nextafter(shrunk, -np.inf), 0.0))


def dot(matrix: Operator, lo: Floats, hi: Floats) -> Range:
    """Outward range of ``matrix @ x`` over lo <= x <= hi."""
    above = matrix.map(lambda m: np.maximum(m, 0))
    below = matrix.map(lambda m: np.maximum(-m, 0))
    hi_p, hi_n = np.maximum(hi, 0), np.maximum(-hi, 0)
    lo_p, lo_n = np.maximum(lo, 0), np.maximum(-lo, 0)
    k = 2 * matrix.terms
    upper = np.nextafter(
        up(above @ hi_p + below @ lo_n, k) - down(above @ hi_n + below @ lo_p, k), np.inf
    )
    lower = np.nextafter(
        down(above @ lo_p + below @ hi_n, k) - up(above @ lo_n + below @ hi_p, k), -np.inf
    )
    return np.asarray(lower), np.asarray(upper)


def plus(a: Range, b: Range) -> Range:
    return np.nextafter(a[0] + b[0], -np.inf), np.nextafter(a[1] + b[1], np.inf)


def _ball_radius(matrix: Operator, radius: float) -> Floats:
    """Upper bound of ``radius * ||row||_2``."""
    squares = matrix.map(np.square) @ np.ones(matrix.shape[1])
    squares = up(squares, matrix.terms)
    return np.asarray(np.nextafter(np.nextafter(np.sqrt(squares), np.inf) * radius, np.inf))


def _input_range(domain: Domain, size: int) -> Range:
    if isinstance(domain, Box):
        return np.full(size, domain.lo), np.full(size, domain.hi)
    return np.full(size, -domain.radius), np.full(size, domain.radius)


def _on_ball(domain: Domain, of: int) -> bool:
    """Whether value `of` is the input, and that a ball."""
    return of == 0 and isinstance(domain, Ball)


def pooled(step: Pool, values: Range, shape: tuple[int, ...]) -> Range:
    """Windows of a range of values."""
    lo, hi = step(values[0], shape), step(values[1], shape)
    if step.kind == "max":
        return lo, hi
    # A mean of m numbers: m + 1 roundings of at most the mean of the sizes.
    sizes = step(np.abs(values[0]), shape), step(np.abs(values[1]), shape)
    terms = step.side**2 + 2
    return lo - _slip(sizes[0], terms), hi + _slip(sizes[1], terms)


def pooled_deviation(step: Pool, deviation: Range, shape: tuple[int, ...]) -> Range:
    """How far the windows' results move when the values move within `deviation`.

    The largest value of a window moves at least as its least moving value may, at most as its most
    moving one.
    """
    if step.kind == "max":
        return -step(-deviation[0], shape), step(deviation[1], shape)
    return pooled(step, deviation, shape)


def _slip(sizes: Floats, terms: int) -> Floats:
    return np.asarray(sizes * ((terms + 2) * 2.0**-51) + terms * _TINY)


def value_ranges(target: Network, domain: Domain) -> list[Range]:
    """Ranges of the input and of what every step of the target gives, rounded outwards."""
    ranges = [_input_range(domain, target.size_in)]
    for step in target.steps:
        before = ranges[step.of]
        if isinstance(step, Weigh):
            operator, bias = target.operator(step.layer), target.biases[step.layer]
            if _on_ball(domain, step.of) and isinstance(domain, Ball):
                reach = _ball_radius(operator, domain.radius)
                values: Range = (-reach, reach)
            else:
                values = dot(operator, *before)
            if bias is not None:
                each = target.spread(step.layer, bias)
                values = plus(values, (each, each))
            ranges.append(values)
        elif isinstance(step, Activate):
            ranges.append(step.activation.image(before))
        elif isinstance(step, Pool):
            ranges.append(pooled(step, before, target.shapes_of_values[step.of]))
        elif isinstance(step, Add):
            ranges.append(plus(before, ranges[step.skip]))
        else:
            ranges.append(before)
    return ranges


def _ends(positive: Floats, negative: Floats, lo: Floats, hi: Floats) -> Range:
    """Per entry the range of P max(x, 0) + N min(x, 0): at lo, at hi, or at 0 between them."""
    low_end = np.where(lo < 0, negative * lo, positive * lo)
    high_end = np.where(hi > 0, positive * hi, negative * hi)
    inside = np.where((lo < 0) & (hi > 0), 0.0, low_end)
    most = np.maximum(np.maximum(low_end, high_end), inside)
    least = np.minimum(np.minimum(low_end, high_end), inside)
    return least, most


def _sum_range(least: Operator, most: Operator) -> Range:
    ones = np.ones(least.shape[1])
    return dot(least, ones, ones)[0], dot(most, ones, ones)[1]


def piecewise(positive: Operator, negative: Operator, lo: Floats, hi: Floats) -> Range:
    """Outward range of sum_j (P_ij max(x_j, 0) + N_ij min(x_j, 0)), each x_j free in its range."""
    if (lo >= 0).all():
        return dot(positive, np.maximum(lo, 0), np.maximum(hi, 0))
    unrolling = positive.unrolling
    if unrolling.one_site:
        least, most = _ends(positive.matrix, negative.matrix, lo, hi)
        sides = (Operator(side[:, None, :], unrolling) for side in (least, most))
        return _sum_range(*sides)
    # Site by site: a channel out at a time, with the entries that its sites see.
    lower, upper = np.empty(positive.shape[0]), np.empty(positive.shape[0])
    sites = unrolling.sites_out
    for channel in range(len(positive.coefficients)):
        rows, columns, p = positive.entries(channel)
        least, most = _ends(p, negative.entries(channel)[2], lo[columns], hi[columns])
        terms = int(np.bincount(rows).max())
        place = slice(channel * sites, (channel + 1) * sites)

        def total(values: Floats, rows: NDArray[np.int64] = rows) -> Floats:
            return np.asarray(np.bincount(rows, np.maximum(values, 0.0), minlength=sites))

        upper[place] = np.nextafter(up(total(most), terms) - down(total(-most), terms), np.inf)
        lower[place] = np.nextafter(down(total(least), terms) - up(total(-least), terms), -np.inf)
    return lower, upper


def changed(target: Network, domain: Domain, gap: Gap, step: Weigh, before: Range) -> Range:
    """Range of the error that a source layer makes on the target's own values."""
    lo, hi = before
    if _on_ball(domain, step.of) and isinstance(domain, Ball):
        worst = np.maximum(np.abs(gap.positive.coefficients), np.abs(gap.negative.coefficients))
        reach = _ball_radius(Operator(worst, gap.positive.unrolling), domain.radius)
        change: Range = (-reach, reach)
    else:
        change = piecewise(gap.positive, gap.negative, lo, hi)
    constant = target.spread(step.layer, gap.constant)
    return plus(change, (constant, constant))


def loose(gap: Gap, lo: Floats, hi: Floats) -> Range:
    """What the rounding of targets to the lattice may add."""
    slip = np.full(1, gap.slack * float(np.maximum(np.abs(lo), np.abs(hi)).sum() + 1))
    slip = up(slip, lo.size + 1)
    return -slip, slip


def carried(gap: Gap, deviation: Range, *, non_negative: bool) -> Range:
    """Range of what a source layer makes of the deviation of its inputs."""
    moved = dot(gap.wiring, *deviation)
    if non_negative or gap.negative is gap.positive:
        return moved
    # Between inputs of both signs a slope lies between those of the two halves.
    between = np.abs(gap.positive.coefficients - gap.negative.coefficients)
    between = np.nextafter(between, np.inf)
    size = np.maximum(np.abs(deviation[0]), np.abs(deviation[1]))
    reach = dot(Operator(between, gap.positive.unrolling), size, size)[1]
    return plus(moved, (-reach, reach))


def deviation_ranges(
    target: Network, domain: Domain, gaps: list[Gap], ranges: list[Range] | None = None
) -> list[Range | None]:
    """Ranges of ticket minus target for the input and after every step.

    Parameters
    ----------
    target : Network
    domain : Domain
    gaps : list of Gap
        One a weighted layer.
    ranges : list of (lower, upper), optional
        Of `value_ranges`, or tighter.

    Returns
    -------
    list of (lower, upper) or None
        A number a source value; None where both are equal. Rounded outwards; the largest absolute
        value of the last is the certified error.
    """
    known = value_ranges(target, domain) if ranges is None else ranges
    shapes = target.shapes_of_values
    signs = target.non_negative(domain.non_negative)
    deviations: list[Range | None] = [None]
    copies = [1]
    for step in target.steps:
        before = deviations[step.of]
        if isinstance(step, Weigh):
            gap = gaps[step.layer]
            change = changed(target, domain, gap, step, known[step.of])
            if before is not None:
                known_sign = signs[step.of]
                change = plus(change, carried(gap, before, non_negative=known_sign))
            deviations.append(plus(change, loose(gap, *known[step.of])))
            copies.append(gap.copies)
            continue
        copies.append(copies[step.of])
        if isinstance(step, Add):
            deviations.append(_added(step, shapes[step.skip], deviations, copies))
        elif before is None:
            deviations.append(None)
        elif isinstance(step, Activate):
            deviations.append(step.activation.deviation(before))
        elif isinstance(step, Pool):
            deviations.append(pooled_deviation(step, before, shapes[step.of]))
        elif isinstance(step, Flatten):
            low, high = (step.move(end, shapes[step.of], copies[step.of]) for end in before)
            deviations.append((low, high))
    return deviations


def _added(
    step: Add, shape: tuple[int, ...], deviations: list[Range | None], copies: list[int]
) -> Range | None:
    ours, skipped = deviations[step.of], deviations[step.skip]
    if skipped is None:
        return ours
    sites = int(np.prod(shape[1:]))
    low, high = (with_copies(end, sites, copies[step.skip], copies[step.of]) for end in skipped)
    return (low, high) if ours is None else plus(ours, (low, high))


def layer_error_ranges(
    target: Network, domain: Domain, gaps: list[Gap], ranges: list[Range] | None = None
) -> list[Range]:
    """Ranges of ticket minus target after every weighted layer, before its activation."""
    deviations = deviation_ranges(target, domain, gaps, ranges)
    places = {
        step.layer: value + 1 for value, step in enumerate(target.steps) if isinstance(step, Weigh)
    }
    found = (deviations[places[layer]] for layer in range(target.depth))
    return [each for each in found if each is not None]
