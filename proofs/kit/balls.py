"""Rigorous numerics: subdivision with balls, and integrals with error bounds."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

__all__ = ["above", "ball", "integral", "positive_on"]


def ball(value: Fraction | int | str) -> Any:
    """A ball around an exact rational."""
    from flint import arb

    exact = Fraction(value)
    return arb(exact.numerator) / exact.denominator


def above(value: Any, bound: Fraction | int | str) -> bool:
    """The whole ball lies strictly above a rational."""
    return bool(value > ball(bound)) is True


def _hull(lo: Fraction, hi: Fraction) -> Any:
    from flint import arb

    middle, radius = (lo + hi) / 2, (hi - lo) / 2
    return ball(middle) + ball(radius) * arb(0, 1)


def positive_on(
    function: Callable[[Any], Any], lo: Fraction, hi: Fraction, *, depth: int = 16
) -> bool:
    """function > 0 on [lo, hi], by halving until every ball is positive.

    Returns False where the balls never separate from 0 down to `depth` halvings; a function that
    touches 0 cannot be settled this way.
    """
    stack = [(lo, hi, 0)]
    while stack:
        a, b, level = stack.pop()
        if bool(function(_hull(a, b)) > 0):
            continue
        if level == depth:
            return False
        middle = (a + b) / 2
        stack += [(a, middle, level + 1), (middle, b, level + 1)]
    return True


def integral(function: Callable[[Any, Any], Any], lo: Fraction, hi: Fraction) -> Any:
    """Ball around the integral of an analytic function of a complex ball (python-flint)."""
    from flint import acb

    return acb.integral(function, acb(ball(lo)), acb(ball(hi))).real
