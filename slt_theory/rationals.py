"""Numbers from outside as Fractions: taken exactly, or refused.

Text is the number as written ("0.1" is 1/10, "1/3" exactly that), a float the dyadic rational that
it stores, of whatever width. Numbers of Decimal, numpy, mpmath, sympy, python-flint and torch are
known by their attributes, so that none of these libraries has to be imported.
"""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction
from numbers import Rational
from typing import Any

import numpy as np

from slt_theory.errors import BadInput

__all__ = [
    "exact_numbers",
    "float_above",
    "parse_fraction",
    "positive_fraction",
    "to_fraction",
    "whole_number",
]

_NUMBER = re.compile(
    r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d{1,3})?|[+-]?\d+/\d+", re.ASCII | re.IGNORECASE
)
_LONGEST_NUMBER = 1000
_LARGEST_EXPONENT = 20_000
"""In bits; a long double has 16384. Others can name numbers that fill the memory."""

_LARGEST = 1 << 1023

_WAY_OUT = "pass an int, a float, a Fraction, or text such as 1/100"


def to_fraction(name: str, value: Any) -> Fraction:
    """Take a number exactly.

    Raises
    ------
    BadInput
        If `value` is not a finite real number, or is one that is only enclosed (a ball of positive
        radius) or named (pi).
    """
    if isinstance(value, str):
        return parse_fraction(name, value)
    return _in_range(name, value, _exact(name, value))


def exact_numbers(name: str, values: Iterable[Any]) -> list[Fraction]:
    """Take one or more numbers exactly; an error names the place.

    Raises
    ------
    BadInput
        Without any number, or as `to_fraction`.
    """
    numbers = [to_fraction(f"{name}[{i}]", value) for i, value in enumerate(values)]
    if not numbers:
        raise BadInput(name, "empty", "must hold at least one number")
    return numbers


def _in_range(name: str, value: Any, exact: Fraction) -> Fraction:
    # Every number is also shown, or searched with, as a float64.
    if abs(exact) >= _LARGEST:
        raise BadInput(name, value, "must be below 2^1023 in size", "rescale")
    return exact


def _exact(name: str, value: Any) -> Fraction:
    if isinstance(value, bool | np.bool_):
        raise BadInput(name, value, "must be a real number", _WAY_OUT)
    if isinstance(value, Rational):
        # A numpy integer left inside a Fraction would wrap in later arithmetic.
        return Fraction(int(value.numerator), int(value.denominator))
    if isinstance(value, float | np.floating | Decimal):
        return _of_float(name, value)
    if getattr(value, "ndim", None) == 0 and hasattr(value, "item"):
        inner = value[()] if isinstance(value, np.ndarray) else value.item()
        if isinstance(value, np.ndarray) or not hasattr(inner, "ndim"):
            return _exact(name, inner)
    exact = _of_a_library(name, value)
    if exact is None:
        raise BadInput(name, value, "must be a real number", _WAY_OUT)
    return exact


def _of_float(name: str, value: Any) -> Fraction:
    if isinstance(value, Decimal):
        if value.is_finite() and value and abs(value.adjusted()) >= 1000:
            raise BadInput(name, str(value), "must have an exponent of at most three digits")
        finite = value.is_finite()
    else:
        finite = bool(np.isfinite(value))
    if not finite:
        raise BadInput(name, value, "must be finite")
    return Fraction(*map(int, value.as_integer_ratio()))


def _of_a_library(name: str, value: Any) -> Fraction | None:
    """A number of flint, mpmath or sympy; None for anything else."""
    library, kind = type(value).__module__.partition(".")[0], type(value).__name__
    if (library, kind) == ("flint", "fmpz"):
        return Fraction(int(value))
    if (library, kind) == ("flint", "fmpq"):
        return Fraction(int(value.p), int(value.q))
    if library == "flint" and kind in ("arb", "arf"):
        if not value.is_finite():
            raise BadInput(name, value, "must be finite")
        if kind == "arb" and not value.is_exact():
            raise BadInput(name, value, "is a ball, not one number", "pass its midpoint or an end")
        return _dyadic(name, value, *value.man_exp())
    if library in ("mpmath", "sympy") and kind in ("mpf", "Float"):
        sign, mantissa, exponent, _ = value._mpf_
        if not mantissa and exponent:
            raise BadInput(name, value, "must be finite")
        return _dyadic(name, value, -mantissa if sign else mantissa, exponent)
    return None


def _dyadic(name: str, value: Any, mantissa: Any, exponent: Any) -> Fraction:
    if abs(int(exponent)) > _LARGEST_EXPONENT:
        raise BadInput(name, value, f"must lie between 2^-{_LARGEST_EXPONENT} and its inverse")
    return Fraction(int(mantissa)) * Fraction(2) ** int(exponent)


def parse_fraction(name: str, text: str) -> Fraction:
    """Take a number as written: ``0.01`` is exactly 1/100, ``1/3`` is exactly that.

    Raises
    ------
    BadInput
        If it is no finite number, or has an exponent of more than three digits: Python would take
        1e999999999 at its word and never come back.
    """
    if len(text) > _LONGEST_NUMBER or not _NUMBER.fullmatch(text.strip()):
        raise BadInput(name, text, "must be a finite number", "e.g. 0.01, 1e-3 or 1/100")
    try:
        return _in_range(name, text, Fraction(text))
    except ZeroDivisionError:
        raise BadInput(name, text, "must be a finite number", "e.g. 1/100") from None


def positive_fraction(name: str, value: Any) -> Fraction:
    """Take a number exactly and insist that it is positive (errors, scales)."""
    exact = to_fraction(name, value)
    shown = str(value) if isinstance(value, Fraction) else value
    if exact <= 0:
        never = "an error of exactly 0 is almost never reached" if "eps" in name else ""
        raise BadInput(name, shown, "must be > 0", never)
    if exact * _LARGEST < 1:
        raise BadInput(name, shown, "must be above 2^-1023", "rescale")
    return exact


def float_above(value: Fraction) -> float:
    """The least float64 that is not below a number; infinite beyond the largest.

    Examples
    --------
    >>> float_above(Fraction(1, 10)), float_above(Fraction(1, 3)) > Fraction(1, 3)
    (0.1, True)
    """
    try:
        nearest = float(value)
    except OverflowError:
        return math.inf if value > 0 else -sys.float_info.max
    return nearest if Fraction(nearest) >= value else math.nextafter(nearest, math.inf)


def whole_number(name: str, value: Any) -> int:
    """Take an integer: 2, 2.0, numpy's 2 and "2" are the same.

    Raises
    ------
    BadInput
        If `value` is no integer.
    """
    exact = to_fraction(name, value)
    if exact.denominator != 1:
        raise BadInput(name, value, "must be a whole number")
    return int(exact)
