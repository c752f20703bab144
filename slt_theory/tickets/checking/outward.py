"""Outward rounding: float64 sums and ranges that enclose the exact ones.

Every float sum here is a sum of non-negative terms of k products, whose relative error is at most
``gamma_k = k u / (1 - k u)`` whatever the order of summation (u = 2**-53); multiplying by
``1 + (k + 2) 2**-52`` and adding the smallest normal number per term bounds it from above.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from slt_theory.networks import Operator

__all__ = [
    "TINY",
    "Range",
    "ball_radius",
    "dot",
    "down",
    "largest",
    "operator_terms",
    "piecewise",
    "plus",
    "up",
]

Floats = NDArray[np.float64]
Range = tuple[Floats, Floats]
TINY = 2.0**-1022
"""The smallest normal number."""


def up(values: Floats, terms: int) -> Floats:
    """At least the exact value of sums of `terms` non-negative products, given their float sums."""
    grown = values * (1.0 + (terms + 2) * 2.0**-52) + terms * TINY
    return np.asarray(np.nextafter(grown, np.inf))


def down(values: Floats, terms: int) -> Floats:
    """Lower bound of a sum of `terms` floats >= 0: ``v (1 - (terms + 2) 2^-52)``, at least 0."""
    shrunk = values * (1.0 - (terms + 2) * 2.0**-52) - terms * TINY
    return np.asarray(np.maximum(np.nextafter(shrunk, -np.inf), 0.0))


def largest(values: Range | None) -> float:
    """Largest absolute value of a range; 0 for none, infinite if any end is no finite number."""
    if values is None:
        return 0.0
    # A maximum of Python, or a comparison, would drop NaN and leave a bound that is none.
    finite = all(np.isfinite(end).all() for end in values)
    return float(np.maximum(*np.abs(values)).max()) if finite else float("inf")


def dot(matrix: Operator, lo: Floats, hi: Floats) -> Range:
    """Outward range of ``matrix @ x`` over lo <= x <= hi."""
    ends = [_dot(part, lo, hi) for part in matrix.parts()]
    return np.concatenate([low for low, _ in ends]), np.concatenate([high for _, high in ends])


def _dot(matrix: Operator, lo: Floats, hi: Floats) -> Range:
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
    """Sum of two ranges, each end rounded outwards by one float."""
    return np.nextafter(a[0] + b[0], -np.inf), np.nextafter(a[1] + b[1], np.inf)


def operator_terms(operator: Operator) -> int:
    """Numbers that one entry of a product with the transpose, or the operator, adds."""
    outputs, taps, inputs = operator.coefficients.shape
    return int(taps * max(outputs, inputs) + operator.shape[0] + taps)


def ball_radius(matrix: Operator, radius: float) -> Floats:
    """Upper bound of ``radius * ||row||_2``."""
    ones = np.ones(matrix.shape[1])
    squares = np.concatenate([part.map(np.square) @ ones for part in matrix.parts()])
    squares = up(squares, matrix.terms)
    return np.asarray(np.nextafter(np.nextafter(np.sqrt(squares), np.inf) * radius, np.inf))


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
        ends = []
        for p_rows, n_rows in zip(positive.parts(), negative.parts(), strict=True):
            least, most = _ends(p_rows.matrix, n_rows.matrix, lo, hi)
            sides = (Operator(side[:, None, :], unrolling) for side in (least, most))
            ends.append(_sum_range(*sides))
        return np.concatenate([low for low, _ in ends]), np.concatenate([high for _, high in ends])
    # Site by site: a channel out at a time, with the entries that its sites see.
    lower, upper = np.empty(positive.shape[0]), np.empty(positive.shape[0])
    sites = unrolling.sites_out
    for channel in range(len(positive.coefficients)):
        rows, columns, p = positive.entries(channel)
        least, most = _ends(p, negative.entries(channel)[2], lo[columns], hi[columns])
        terms = int(np.bincount(rows).max(initial=0))
        place = slice(channel * sites, (channel + 1) * sites)

        def total(values: Floats, rows: NDArray[np.int64] = rows) -> Floats:
            return np.asarray(np.bincount(rows, np.maximum(values, 0.0), minlength=sites))

        upper[place] = np.nextafter(up(total(most), terms) - down(total(-most), terms), np.inf)
        lower[place] = np.nextafter(down(total(least), terms) - up(total(-least), terms), -np.inf)
    return lower, upper
