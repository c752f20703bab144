"""Rigorous sup-norm error of a ticket over its whole domain of inputs.

Ranges of the target's values and of the ticket's deviation are propagated step by step as intervals
with the exact weight errors, site by site: border and interior of an image each by
itself. For one linear layer and a box the result is the exact maximum.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from slt_theory.networks import Network, Operator
from slt_theory.networks.steps import Activate, Add, Move, Pool, Step, Weigh, with_copies
from slt_theory.tickets.checking.outward import (
    TINY,
    Range,
    ball_radius,
    dot,
    piecewise,
    plus,
    up,
)
from slt_theory.tickets.domain import Ball, Inputs

__all__ = [
    "Gap",
    "carried",
    "changed",
    "copied",
    "deviation_ranges",
    "loose",
    "moved",
    "pooled",
    "pooled_deviation",
    "stepped",
    "value_ranges",
]

Floats = NDArray[np.float64]


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


def _on_ball(domain: Inputs, of: int) -> bool:
    """True if value `of` is the input, and that a ball."""
    return of == 0 and isinstance(domain, Ball)


def pooled(step: Pool, values: Range, shape: tuple[int, ...]) -> Range:
    """Windows of a range of values."""
    lo, hi = step(values[0], shape), step(values[1], shape)
    if step.kind == "max":
        return lo, hi
    # A mean of m numbers: m + 1 roundings of at most the mean of the sizes.
    sizes = step(np.abs(values[0]), shape), step(np.abs(values[1]), shape)
    terms = step.numbers(shape) + 2
    return lo - _slip(sizes[0], terms), hi + _slip(sizes[1], terms)


def pooled_deviation(step: Pool, deviation: Range, values: Range, shape: tuple[int, ...]) -> Range:
    """Range of pool(z + d) - pool(z) for d within `deviation` and z within `values`.

    With M the largest value of a window, ``z_i + d_i - M(z)`` is at most d_i, as M(z) >= z_i, and
    at most ``upper(z_i + d_i) - max_j lower(z_j)``: the smaller of both, and of all i the largest,
    bounds ``M(z + d) - M(z)`` from above. From below it is the same with z + d and -d in the place
    of z and d. A place that is never the largest passes on nothing.
    """
    if step.kind != "max":
        return pooled(step, deviation, shape)
    (down, up), (lo, hi) = deviation, values
    moved = np.nextafter(lo + down, -np.inf), np.nextafter(hi + up, np.inf)

    def rise(most: Floats, highest: Floats, least: Floats) -> Floats:
        """Largest over a window of min(most, highest - max least); what is beyond never counts."""
        each, top = (step.gather(part, shape, -np.inf) for part in (most, highest))
        floor = step.gather(least, shape, -np.inf).max(axis=-1, keepdims=True)
        reach = np.minimum(each, np.nextafter(top - floor, np.inf))
        return np.asarray(reach.max(axis=-1).ravel())

    return -rise(-down, hi, moved[0]), rise(up, moved[1], lo)


def _slip(sizes: Floats, terms: int) -> Floats:
    return np.asarray(sizes * ((terms + 2) * 2.0**-51) + terms * TINY)


def value_ranges(target: Network, domain: Inputs) -> list[Range]:
    """Ranges of the input and of what every step of the target gives, rounded outwards."""
    ranges = [domain.ends(target.size_in)]
    for step in target.steps:
        ranges.append(stepped(target, domain, step, ranges))
    return ranges


def stepped(target: Network, domain: Inputs, step: Step, ranges: list[Range]) -> Range:
    """Range of what one step of the target gives, from those before it, rounded outwards."""
    before, shape = ranges[step.of], target.shapes_of_values[step.of]
    if isinstance(step, Weigh):
        operator, bias = target.operator(step.layer), target.biases[step.layer]
        if _on_ball(domain, step.of) and isinstance(domain, Ball):
            reach = ball_radius(operator, domain.radius)
            values: Range = (-reach, reach)
        else:
            values = dot(operator, *before)
        if bias is None:
            return values
        each = target.spread(step.layer, bias)
        return plus(values, (each, each))
    if isinstance(step, Activate):
        return step.activation.image(before)
    if isinstance(step, Pool):
        return pooled(step, before, shape)
    if isinstance(step, Add):
        return plus(before, ranges[step.skip])
    low, high = (step.move(end, shape, 1) for end in before)
    return low, high


def changed(target: Network, domain: Inputs, gap: Gap, step: Weigh, before: Range) -> Range:
    """Range of the error that a source layer makes on the target's own values."""
    lo, hi = before
    if _on_ball(domain, step.of) and isinstance(domain, Ball):
        worst = np.maximum(np.abs(gap.positive.coefficients), np.abs(gap.negative.coefficients))
        reach = ball_radius(Operator(worst, gap.positive.unrolling), domain.radius)
        change: Range = (-reach, reach)
    else:
        change = piecewise(gap.positive, gap.negative, lo, hi)
    constant = target.spread(step.layer, gap.constant)
    return plus(change, (constant, constant))


def loose(gap: Gap, lo: Floats, hi: Floats) -> Range:
    """Bound on what rounding the targets to the lattice adds."""
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


# Copies. A deviation has one number a source value: copy by copy, never a mean. A weighted layer
# takes ``sum_jk w_jk (z_j + e_jk) - sum_j W_j z_j = sum_j (P_j - W_j) z_j + sum_jk w_jk e_jk`` with
# ``P_j = sum_k w_jk``: `changed` bounds the first part, `carried` the second with the wiring w. A
# residual sum takes copy ``c mod have`` of its skip; activations and pools act on each copy, from
# the target's value on.
# Slack. A weight W that is no lattice point is half a unit off in the first part only: w is exact.
# Slopes that are not their sums (leaky ReLU, tanh) belong to gadgets of the first layer, whose
# inputs deviate by nothing. So `loose` takes the target's values alone.


def deviation_ranges(
    target: Network, domain: Inputs, gaps: list[Gap], ranges: list[Range] | None = None
) -> list[Range | None]:
    """Ranges of ticket minus target for the input and after every step.

    Parameters
    ----------
    target : Network
    domain : Inputs
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
        else:
            values = copied(known[step.of], shapes[step.of], copies[step.of])
            deviations.append(moved(step, before, values, shapes[step.of], copies[step.of]))
    return deviations


def copied(values: Range, shape: tuple[int, ...], copies: int) -> Range:
    """A range a source value: that of its target value."""
    sites = int(np.prod(shape[1:]))
    low, high = (with_copies(end, sites, 1, copies) for end in values)
    return low, high


def moved(
    step: Activate | Pool | Move,
    deviation: Range,
    values: Range,
    shape: tuple[int, ...],
    copies: int,
) -> Range:
    """Range of f(z + d) - f(z) for a step f that has no weights, given those of d and z."""
    if isinstance(step, Activate):
        return step.activation.deviation(deviation, values)
    if isinstance(step, Pool):
        return pooled_deviation(step, deviation, values, shape)
    low, high = (step.move(end, shape, copies) for end in deviation)
    return low, high


def _added(
    step: Add, shape: tuple[int, ...], deviations: list[Range | None], copies: list[int]
) -> Range | None:
    ours, skipped = deviations[step.of], deviations[step.skip]
    if skipped is None:
        return ours
    sites = int(np.prod(shape[1:]))
    low, high = (with_copies(end, sites, copies[step.skip], copies[step.of]) for end in skipped)
    return (low, high) if ours is None else plus(ours, (low, high))
