"""Rational numbers into balls of python-flint, and balls into floats rounded outwards."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

__all__ = ["ball", "down", "hull", "up"]


def ball(value: Fraction | int) -> Any:
    """A ball that holds the number."""
    from flint import arb, fmpq

    exact = Fraction(value)
    return arb(fmpq(exact.numerator, exact.denominator))


def hull(a: Any, b: Any) -> Any:
    """A ball that holds everything between two balls."""
    return a.union(b)


def up(value: Any) -> float:
    """A float that no number of the ball exceeds; NaN becomes infinity."""
    bound = float(value.upper())
    return math.nextafter(bound, math.inf) if bound == bound else math.inf


def down(value: Any) -> float:
    """A float below every number of the ball; NaN becomes minus infinity."""
    return -up(-value)
