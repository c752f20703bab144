"""Ranges of a target's values by linear forms carried back to the input, outwards.

An upper bound of ``c . z`` over the domain goes back step by step: a weighted layer maps c, an
activation replaces each ``c f(z)`` by ``B z + G`` with

    G >= max (c f(z) - B z)   over the neuron's range [l, u],

for any B. A kinked f has the maximum at l, u or 0. A curved one with slopes of at least m on [l, u]
lies below ``f(u) + m (z - u)`` and above ``f(l) + m (z - l)``. Where c > 0 a ReLU takes the slope
of its chord, where c < 0 that of the nearer of 0 and z. At the input the form's maximum is exact.
Forms remember that neurons share their inputs, intervals do not.

Rounding: as in `slt_theory.tickets.checking.linear_pass`, a sum of k products is charged
``(k + 16) 2**-51`` times the sizes that it adds, each neuron's maximum ``2**-47`` times its own.

Source: CROWN (Zhang, Weng, Chen, Hsieh, Daniel 2018).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from slt_theory.networks import Network
from slt_theory.networks.steps import Activate, Add, Pool, Weigh
from slt_theory.tickets.checking.error_bound import stepped
from slt_theory.tickets.checking.linear_form import charge
from slt_theory.tickets.checking.neuron_bounds import KINKED, SLIP
from slt_theory.tickets.checking.outward import Range, operator_terms
from slt_theory.tickets.domain import Ball, Inputs

__all__ = ["largest_forms", "target_ranges"]

Floats = NDArray[np.float64]
_ROWS = 256
_WORK = 2e10
"""Multiplications for the forms of one value; of larger ones the intervals are left."""
_NEARER = 1.001
"""How much further a ReLU has to reach above 0 than below to count as z: ties are broken alike on
every machine."""


def target_ranges(target: Network, domain: Inputs) -> list[Range]:
    """Ranges of the input and of what every step gives: of forms and intervals the tighter.

    Returns
    -------
    list of (lower, upper), rounded outwards
    """
    ranges = [domain.ends(target.size_in)]
    cost = 0.0
    for number, step in enumerate(target.steps):
        values = stepped(target, domain, step, ranges)
        ranges.append(values)
        if not isinstance(step, Weigh):
            continue
        operator, size = target.operator(step.layer), values[0].size
        # Of the first layer intervals are exact, and so is the interval of one value alone.
        if cost and 0 < 2 * size * cost <= _WORK:
            low, high = values
            for start in range(0, size, _ROWS):
                which = np.arange(start, min(start + _ROWS, size))
                rows = np.zeros((which.size, size))
                rows[np.arange(which.size), which] = 1.0
                most, least = (
                    largest_forms(target, domain, ranges, each, number + 1)
                    for each in (rows, -rows)
                )
                low[which] = np.maximum(low[which], -least)
                high[which] = np.minimum(high[which], most)
        cost += operator.work
    return ranges


def largest_forms(
    target: Network, domain: Inputs, ranges: list[Range], rows: Floats, place: int
) -> Floats:
    """Upper bounds of ``rows @ value`` of value `place` over the domain, a row each.

    Parameters
    ----------
    ranges : list of (lower, upper)
        Of the values before `place`, for the same domain.
    rows : array (forms, numbers)

    Returns
    -------
    array (forms,)
        Infinite where a product overflows.
    """
    parts: dict[int, Floats] = {place: rows}
    constant, slip = np.zeros((2, len(rows)))
    for number in reversed(range(place)):
        c = parts.pop(number + 1, None)
        if c is None:
            continue
        passed, left, lost = _passed(target, ranges, number, c)
        for value, coefficients in passed:
            parts[value] = parts[value] + coefficients if value in parts else coefficients
        constant = constant + left
        slip = slip + lost + (np.abs(constant) + slip) * 2.0**-50
    inputs, charged = _on_inputs(domain, ranges[0], parts.get(0, np.zeros((len(rows), 0))))
    tiny = 2.0**-900 * (1 + sum(float(np.abs(end).sum()) for part in ranges for end in part))
    total = constant + inputs + 2 * (slip + charged) + tiny
    bound = np.nextafter(total + np.abs(total) * 2.0**-50, np.inf)
    return np.asarray(np.where(np.isfinite(bound), bound, np.inf))


def _passed(
    target: Network, ranges: list[Range], number: int, c: Floats
) -> tuple[list[tuple[int, Floats]], Floats, Floats]:
    """Coefficients on the values before a step, what is left over, and the charge for rounding."""
    step, nothing = target.steps[number], np.zeros(len(c))
    before, shape = ranges[step.of], target.shapes_of_values[step.of]
    sizes = np.maximum(np.abs(before[0]), np.abs(before[1]))
    if isinstance(step, Weigh):
        operator, bias = target.operator(step.layer), target.biases[step.layer]
        heavy = charge(operator_terms(operator)) * operator.sizes_times(sizes)
        back = [(step.of, operator.back(c))]
        if bias is None:
            return back, nothing, np.abs(c) @ heavy
        each = target.spread(step.layer, bias)
        return back, c @ each, np.abs(c) @ (heavy + charge(each.size) * np.abs(each))
    if isinstance(step, Activate):
        slopes, left, lost = _activated(step, before, c)
        return [(step.of, slopes)], left, lost
    if isinstance(step, Pool) and step.kind == "max":
        # Ranges end the form: a window's largest value is no linear function.
        low, high = ranges[number + 1]
        lost = charge(low.size) * (np.abs(c) @ np.maximum(np.abs(low), np.abs(high)))
        return [], (np.where(c > 0, high, low) * c).sum(axis=1), lost
    if isinstance(step, Pool):
        lost = charge(2 * step.numbers(shape)) * (np.abs(c) @ step(sizes, shape))
        return [(step.of, step.back(c, np.zeros((len(c), sizes.size)), shape))], nothing, lost
    if isinstance(step, Add):
        return [(step.of, c), (step.skip, c)], nothing, nothing
    return [(step.of, step.back(c, shape, 1))], nothing, nothing


def _activated(step: Activate, before: Range, c: Floats) -> tuple[Floats, Floats, Floats]:
    """Slopes B of ``B z + G``, the sums of G, and what rounding may hide of them."""
    (low, high), activation = before, step.activation
    image = activation.image(before)
    if activation.kind in KINKED:
        zero = np.clip(0.0, low, high)
        corners = [(z, activation(z)) for z in (low, high, zero)]
        width = np.maximum(high - low, 2.0**-1000)
        chord = np.where(high > low, (image[1] - image[0]) / width, 1.0)
        least = {"relu": 0.0, "leaky_relu": activation.slope, "identity": 1.0}[activation.kind]
        near = np.where(low >= 0, 1.0, np.where(high > -_NEARER * low, 1.0, least))
        near = np.where(high <= 0, least, near)
        b = c * np.where(c > 0, chord, near)
        best = np.maximum.reduce([c * h - b * z for z, h in corners])
    else:
        slope = activation.slope_range(before)[0]
        b = c * slope
        best = np.where(c > 0, c * image[1] - b * high, c * image[0] - b * low)
    z_size = np.maximum(np.abs(low), np.abs(high))
    h_size = np.maximum(np.abs(image[0]), np.abs(image[1]))
    lost = (np.abs(c) @ h_size + np.abs(b) @ z_size) * (SLIP + low.size * 2.0**-51)
    return b, best.sum(axis=1), lost


def _on_inputs(domain: Inputs, ends: Range, c: Floats) -> tuple[Floats, Floats]:
    """The largest value of a form of the input, and its charge."""
    if not c.shape[1]:
        return np.zeros(len(c)), np.zeros(len(c))
    if isinstance(domain, Ball):
        length = np.sqrt((c * c).sum(axis=1)) * domain.radius
        return length, charge(c.shape[1]) * length + domain.radius * 2.0**-500
    low, high = ends
    best = np.where(c > 0, c * high, c * low).sum(axis=1)
    return best, charge(c.shape[1]) * (np.abs(c) @ np.maximum(np.abs(low), np.abs(high)))
