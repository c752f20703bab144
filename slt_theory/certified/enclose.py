"""From balls to floats rounded outwards, and powers with few roundings.

A float computed from non-negative floats by K sums, products and quotients has a relative error of
at most ``(1 - 2**-53)**-K - 1``. No chain of the modules that use `MARGIN` has more than 4,000,000
roundings, so `MARGIN` = 1e-9 is above it: K u <= 1/2 gives ``1 + 2 K u``, see
``proofs/smoothed_density.py``. What falls below the normal range changes a value by less than
`TINY`.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from slt_theory.balls import down, up

__all__ = ["MARGIN", "TINY", "FloatArray", "ball", "down", "downs", "point", "power", "up", "ups"]

FloatArray = NDArray[np.float64]
_Number = TypeVar("_Number", np.float64, np.complex128)

MARGIN = 1e-9
"""Relative error of any chain of roundings, with room to spare."""

TINY = 1e-290
"""Absolute error of whatever left the normal range."""


def ball(value: Fraction | int) -> Any:
    """A ball around an exact rational."""
    from flint import arb

    exact = Fraction(value)
    return arb(exact.numerator) / exact.denominator


def point(value: float) -> Any:
    """The ball of radius 0 at a float."""
    from flint import arb

    return arb(float(value))


def ups(values: Iterable[Any]) -> FloatArray:
    """Upper ends of balls."""
    return np.array([up(value) for value in values])


def downs(values: Iterable[Any]) -> FloatArray:
    """Lower ends of balls."""
    return np.array([down(value) for value in values])


def power(base: NDArray[_Number], exponent: int) -> NDArray[_Number]:
    """base ** exponent by products: at most 2 `exponent` roundings deep, whatever the platform."""
    result = np.ones_like(base)
    square, rest = base, exponent
    while rest:
        if rest & 1:
            result = result * square
        rest >>= 1
        if rest:
            square = square * square
    return result
