"""Numbers of sympy as exact margins: Fractions where they are rational, else enclosing balls."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

__all__ = ["number", "signed_float"]

__tracebackhide__ = True

DIGITS = 40


def signed_float(value: Any) -> float:
    """The nearest float64 of a longer float, but 0 for 0 alone: the sign decides."""
    nearest = float(value)
    return nearest if nearest or not value else math.copysign(5e-324, value)


def number(value: Any) -> Any:
    """A sympy number as a Fraction, a float, or a ball that encloses it; None for anything else.

    What is no real number (nan, infinities, the square root of -1) is an undefined ball.
    """
    import sympy

    if not isinstance(value, sympy.Expr) or value.free_symbols:
        return None
    if value.is_Rational:
        return Fraction(int(value.p), int(value.q))
    from flint import arb

    if value.is_Float:
        return signed_float(value)
    # A strict evalf is right to the digits asked for; two fewer are trusted.
    try:
        digits = value.evalf(DIGITS, maxn=1000, strict=True)
    except sympy.core.evalf.PrecisionExhausted:
        return arb(0, 1e-300)  # perhaps 0: undecided, so never a counterexample
    if not digits.is_Float:
        return arb("nan")
    return arb(str(digits), float(abs(digits)) * 10.0 ** (2 - DIGITS) + 1e-300)
