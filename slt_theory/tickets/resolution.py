"""Targets of finite precision: every weight rounded to the nearest multiple of a resolution."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from slt_theory.lattice import PRODUCT_BITS

__all__ = ["resolution_units", "rounded"]


def resolution_units(resolution: str, scale_exponent: int) -> int:
    """A resolution in units of ``2**(scale_exponent - 48)``, 0 if it is no whole number of them."""
    units = Fraction(resolution) / Fraction(2) ** (scale_exponent - PRODUCT_BITS)
    return int(units) if units.denominator == 1 else 0


def rounded(targets: NDArray[np.int64], units: int) -> NDArray[np.int64]:
    """The nearest multiples of `units`, halves up."""
    return np.asarray((targets + units // 2) // units * units)
