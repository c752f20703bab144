"""Weights in whole gains, for sources of random signs with one gain a layer."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from slt_theory.errors import BadInput
from slt_theory.lattice import PRODUCT_BITS, WEIGHT_BITS
from slt_theory.tickets.building.request import Layer

__all__ = ["gain", "steps"]

_LIFT = PRODUCT_BITS - WEIGHT_BITS

Int64Array = NDArray[np.int64]


def gain(layer: Layer) -> int:
    """The coarsest gain, in units of ``2**-24``, whose half is within the radius.

    Raises
    ------
    BadInput
        If it would be below the lattice of weights.
    """
    units = min(2 * layer.radius >> _LIFT, 1 << WEIGHT_BITS)
    if units < 1:
        raise BadInput("eps", float(layer.eps), f"needs a gain below 2^-{WEIGHT_BITS}", "raise eps")
    return units


def steps(layer: Layer) -> Int64Array:
    """Every weight in whole gains, to nearest: int64 (outputs, columns)."""
    step = gain(layer) << _LIFT
    return np.asarray((layer.targets + step // 2) // step)
