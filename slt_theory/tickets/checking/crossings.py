"""Neurons of two networks that may change their sign on a box, as affine forms see them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from slt_theory.tickets.checking.outward import TINY, Range, up

__all__ = ["Crossings", "crossings"]

Floats = NDArray[np.float64]
_SLIP = 2.0**-48
"""Of what is added: a dozen roundings."""


class Crossings(NamedTuple):
    """``psi(p + f) - psi(p) = slope f + shift + size e`` with some e in [-1, 1], a neuron each.

    Attributes
    ----------
    slope, size : arrays
        Of both networks.
    shift, shift_of_other : arrays
    second : array
        In the other network e is ``e + second e'`` with the target's own e.
    """

    slope: Floats
    size: Floats
    shift: Floats
    shift_of_other: Floats
    second: Floats


def crossings(values: Range, centres: list[Range], apart: Range, least: float) -> Crossings:
    """Forms of psi(z) = max(z, least z) for neurons with both signs.

    Parameters
    ----------
    values : (lower, upper)
        Of z in either network, ``lower < 0 < upper``.
    centres : list of (lower, upper)
        Of p in the target and in the other network.
    apart : (lower, upper)
        Of z in the other network less that in the target, at the same input.
    least : float
        Slope below 0, in [0, 1].

    Notes
    -----
    With the chord's slope l, or any in [least, 1], phi(z) = psi(z) - l z lies in [0, kappa], and
    rises by ``least - l`` to ``1 - l`` times what z does. So phi(z) - phi(p) is
    ``kappa / 2 - phi(p)`` up to ``kappa / 2``, and in the other network it differs from that by
    ``[phi(z') - phi(z)] - [phi(p') - phi(p)]``.
    """
    low, high = values
    slope = np.clip((high - least * low) / np.maximum(high - low, TINY), least, 1.0)
    rise, fall = 1 - slope, least - slope
    top = up(np.maximum(fall * low, rise * high), 4)
    middles, widths = [], np.zeros(low.size)
    for p_low, p_high in centres:
        middle = np.clip(p_low / 2 + p_high / 2, p_low, p_high)
        at = np.where(middle < 0, fall * middle, rise * middle)
        widths = widths + (p_high - p_low) + _SLIP * np.abs(at)
        middles.append(at)
    size = up(top / 2 + widths + _SLIP * top, 4) + TINY
    products = [side * end for side in (rise, fall) for end in apart]
    most = np.minimum(np.maximum.reduce(products), top)
    least_ = np.maximum(np.minimum.reduce(products), -top)
    shift = top / 2 - middles[0]
    more = most / 2 + least_ / 2 - (middles[1] - middles[0])
    sizes = np.abs(most) + np.abs(least_) + np.abs(more)
    other = up((most - least_) / 2 + widths + _SLIP * (sizes + top), 4)
    return Crossings(slope, size, shift, shift + more, up(other / size, 2))
