"""Ends of balls of python-flint as floats, and powers, also where the midpoint is exactly 0."""

from __future__ import annotations

import math
from typing import Any

__all__ = ["down", "to_power", "up"]


def up(value: Any) -> float:
    """A float not below any point of a ball: the conversion may be off by one neighbour."""
    return math.nextafter(float(value.upper()), math.inf)


def down(value: Any) -> float:
    """A float not above any point of a ball."""
    return math.nextafter(float(value.lower()), -math.inf)


def to_power(base: Any, exponent: int) -> Any:
    """``base**exponent`` for a ball, or for an exact number.

    python-flint 0.9.0 makes NaN of a power of a ball of midpoint 0 and positive radius. Over a ball
    that holds 0, ``|base| <= top`` gives a power in [0, top^k] for even k, [-top^k, top^k] for odd.

    Examples
    --------
    >>> from flint import arb
    >>> to_power(arb(0, 1), 4).is_finite(), (arb(0, 1) ** 4).is_finite()
    (True, False)
    """
    if not hasattr(base, "mid"):
        return base**exponent
    if exponent < 0:
        return to_power(1 / base, -exponent)
    if exponent == 0 or not base.contains(0):
        return base**exponent  # the midpoint is not 0
    top = base.abs_upper() ** exponent
    return (-top if exponent % 2 else 0 * top).union(top)
