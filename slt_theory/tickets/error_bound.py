"""Rigorous sup-norm error of a ticket over its whole domain of inputs.

Ranges of the target's activations and of the ticket's deviation are propagated layer by layer as
intervals with the exact weight errors. For one layer and a box the result is the exact maximum.

Every float sum here is a sum of non-negative terms of k products, whose relative error is at most
``gamma_k = k u / (1 - k u)`` whatever the order of summation (u = 2**-53); multiplying by
``1 + (k + 2) 2**-52`` and adding the smallest normal number per term bounds it from above.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from slt_theory.networks import Dense
from slt_theory.tickets.domain import Ball, Box, Domain

__all__ = ["layer_error_ranges", "target_ranges"]

Floats = NDArray[np.float64]
Range = tuple[Floats, Floats]
_TINY = 2.0**-1022


def _up(values: Floats, terms: int) -> Floats:
    """At least the exact value of sums of `terms` non-negative products, given their float sums."""
    grown = values * (1.0 + (terms + 2) * 2.0**-52) + terms * _TINY
    return np.asarray(np.nextafter(grown, np.inf))


def _down(values: Floats, terms: int) -> Floats:
    shrunk = values * (1.0 - (terms + 2) * 2.0**-52) - terms * _TINY
    return np.asarray(np.maximum(np.nextafter(shrunk, -np.inf), 0.0))


def _dot(matrix: Floats, lo: Floats, hi: Floats) -> Range:
    """Outward range of ``matrix @ x`` over lo <= x <= hi."""
    above, below = np.maximum(matrix, 0), np.maximum(-matrix, 0)
    hi_p, hi_n = np.maximum(hi, 0), np.maximum(-hi, 0)
    lo_p, lo_n = np.maximum(lo, 0), np.maximum(-lo, 0)
    k = 2 * matrix.shape[1]
    upper = np.nextafter(
        _up(above @ hi_p + below @ lo_n, k) - _down(above @ hi_n + below @ lo_p, k), np.inf
    )
    lower = np.nextafter(
        _down(above @ lo_p + below @ hi_n, k) - _up(above @ lo_n + below @ hi_p, k), -np.inf
    )
    return np.asarray(lower), np.asarray(upper)


def _plus(a: Range, b: Range) -> Range:
    return np.nextafter(a[0] + b[0], -np.inf), np.nextafter(a[1] + b[1], np.inf)


def _ball_radius(matrix: Floats, radius: float) -> Floats:
    """Upper bound of ``radius * ||row||_2``."""
    squares = _up((matrix * matrix).sum(axis=1), matrix.shape[1])
    return np.asarray(np.nextafter(np.nextafter(np.sqrt(squares), np.inf) * radius, np.inf))


def _input_range(domain: Domain, size: int) -> Range:
    if isinstance(domain, Box):
        return np.full(size, domain.lo), np.full(size, domain.hi)
    return np.full(size, -domain.radius), np.full(size, domain.radius)


def _relu(values: Range) -> Range:
    return np.maximum(values[0], 0), np.maximum(values[1], 0)


def target_ranges(target: Dense, domain: Domain) -> list[Range]:
    """Ranges of the inputs and of every layer's values before its ReLU, rounded outwards."""
    ranges = [_input_range(domain, target.widths[0])]
    for k, weight in enumerate(target.weights):
        if k == 0 and isinstance(domain, Ball):
            reach = _ball_radius(weight, domain.radius)
            values: Range = (-reach, reach)
        else:
            values = _dot(weight, *(ranges[-1] if k == 0 else _relu(ranges[-1])))
        bias = target.biases[k]
        ranges.append(values if bias is None else _plus(values, (bias, bias)))
    return ranges


def _piecewise(positive: Floats, negative: Floats, lo: Floats, hi: Floats) -> Range:
    """Outward range of sum_j (P_ij max(x_j, 0) + N_ij min(x_j, 0)), each x_j free in its range."""
    above = _dot(positive, np.maximum(lo, 0), np.maximum(hi, 0))
    if (lo >= 0).all():
        return above
    # Per input the extremes are at lo, at hi, or at 0 when 0 lies between.
    low_end = np.where(lo < 0, negative * lo, positive * lo)
    high_end = np.where(hi > 0, positive * hi, negative * hi)
    inside = np.where((lo < 0) & (hi > 0), 0.0, low_end)
    most = np.maximum(np.maximum(low_end, high_end), inside)
    least = np.minimum(np.minimum(low_end, high_end), inside)
    ones = np.ones(positive.shape[1])
    return _dot(least, ones, ones)[0], _dot(most, ones, ones)[1]


def layer_error_ranges(
    target: Dense,
    domain: Domain,
    wirings: list[Floats],
    errors: list[tuple[Floats, Floats]],
    slack: list[float],
) -> list[Range]:
    """Ranges of ticket minus target after every layer, before its ReLU.

    Parameters
    ----------
    target : Dense
    domain : Domain
    wirings : list of arrays (rows, source inputs)
        What the source neurons of a layer get from those of the layer before: effective weights,
        one by one where an input has several copies; the constant input left out.
    errors : list of (positive, negative) arrays (rows, in + 1)
        Ticket minus target, a row a source neuron; the last column is the bias (zero where there
        is none).
    slack : list of float
        What the targets' rounding to the lattice may add to an entry of `errors`.

    Returns
    -------
    list of (lower, upper)
        Rounded outwards; the largest absolute value of the last is the certified error.
    """
    ranges = target_ranges(target, domain)
    deviation: Range | None = None
    result = []
    for k in range(target.depth):
        lo, hi = ranges[k] if k == 0 else _relu(ranges[k])
        positive, negative = (e[:, :-1] for e in errors[k])
        if k == 0 and isinstance(domain, Ball):
            worst = np.maximum(np.abs(positive), np.abs(negative))
            reach = _ball_radius(worst, domain.radius)
            change: Range = (-reach, reach)
        else:
            change = _piecewise(positive, negative, lo, hi)
        constant = errors[k][0][:, -1]
        change = _plus(change, (constant, constant))
        if deviation is not None:
            change = _plus(change, _dot(wirings[k], *deviation))
        loose = np.full(1, slack[k] * float(np.maximum(np.abs(lo), np.abs(hi)).sum() + 1))
        loose = _up(loose, lo.size + 1)
        change = _plus(change, (-loose, loose))
        result.append(change)
        # ReLU is 1-Lipschitz and monotone, so a deviation keeps its sign and cannot grow.
        deviation = np.minimum(change[0], 0), np.maximum(change[1], 0)
    return result
