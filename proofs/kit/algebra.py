"""Exact checks: identities, polynomial inequalities, monotonicity."""

from __future__ import annotations

import random
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

__all__ = ["identity", "increasing", "nonnegative", "nonnegative_rational", "sum_of_squares"]

_POINTS = 12


def _rational_points(count: int, size: int) -> list[list[Any]]:
    from sympy import Rational

    source = random.Random(20240229)
    return [
        [Rational(source.randint(-997, 997), source.randint(1, 991)) for _ in range(size)]
        for _ in range(count)
    ]


def identity(left: Any, right: Any) -> bool:
    """left == right: the numerator of the difference expands to 0, and values agree exactly."""
    from sympy import Poly, fraction, sympify, together

    difference = sympify(left) - sympify(right)
    symbols = sorted(difference.free_symbols, key=str)
    numerator, _ = fraction(together(difference))
    if symbols:
        if not Poly(numerator, *symbols).is_zero:
            return False
    elif numerator != 0:
        return False
    for point in _rational_points(_POINTS, len(symbols)):
        at = dict(zip(symbols, point, strict=True))
        if fraction(together(difference.subs(at)))[0] != 0:
            return False
    return True


def nonnegative(polynomial: Any, variable: Any, lo: Any, hi: Any, *, strict: bool = False) -> bool:
    """polynomial >= 0 on [lo, hi] (> 0 with `strict`), by isolating its roots exactly.

    `lo`, `hi` are rationals or infinities. No root of odd multiplicity may lie inside, and one
    inner value must be positive.
    """
    from sympy import Poly, oo, sympify

    poly = Poly(polynomial, variable)
    low, high = sympify(lo), sympify(hi)
    if poly.is_zero:
        return not strict
    for factor, power in poly.factor_list()[1]:
        inside = factor.count_roots(None if low == -oo else low, None if high == oo else high)
        ends = sum(1 for end in {low, high} if end.is_finite and factor.eval(end) == 0)
        if strict and inside:
            return False
        if power % 2 and inside - ends > 0:
            return False
    inner: Any
    if low.is_finite and high.is_finite:
        inner = (low + high) / 2
    elif low.is_finite:
        inner = low + 1
    else:
        inner = high - 1 if high.is_finite else sympify(0)
    while poly.eval(inner) == 0:
        inner = (inner + (high if high.is_finite else 2 * abs(inner) + 1)) / 2
    return bool(poly.eval(inner) > 0)


def nonnegative_rational(
    expression: Any, variable: Any, lo: Any, hi: Any, *, strict: bool = False
) -> bool:
    """As `nonnegative` for a quotient whose denominator has no root in [lo, hi]."""
    from sympy import fraction, together

    numerator, denominator = fraction(together(expression))
    if nonnegative(denominator, variable, lo, hi, strict=True):
        return nonnegative(numerator, variable, lo, hi, strict=strict)
    if nonnegative(-denominator, variable, lo, hi, strict=True):
        return nonnegative(-numerator, variable, lo, hi, strict=strict)
    return False


def increasing(expression: Any, variable: Any, lo: Any, hi: Any) -> bool:
    """The derivative of a rational function is >= 0 on [lo, hi]."""
    from sympy import diff

    return nonnegative_rational(diff(expression, variable), variable, lo, hi)


def sum_of_squares(expression: Any, terms: Sequence[tuple[Any, Any]]) -> bool:
    """expression == sum of weight * base**2 with weights that are non-negative rationals."""
    if any(Fraction(str(weight)) < 0 for weight, _ in terms):
        return False
    return identity(expression, sum(weight * base**2 for weight, base in terms))
