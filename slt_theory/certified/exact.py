"""Numbers in and out of the certified bounds: exact rationals, probabilities rounded upwards.

A probability is an integer count of ``2**-PROBABILITY_BITS``; every rounding goes up, so a sum of
such integers is still an upper bound and one integer comparison decides ``failure <= delta``.
"""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np

from slt_theory.errors import BadInput
from slt_theory.lattice import to_fraction

__all__ = [
    "ONE",
    "PROBABILITY_BITS",
    "Real",
    "failure_allowed",
    "failure_at_most",
    "inward",
    "outward",
    "probability_up",
    "rational",
]

PROBABILITY_BITS = 96
ONE = 1 << PROBABILITY_BITS

Real = int | float | str | Fraction


def rational(value: Real, argument: str) -> tuple[Fraction, Fraction]:
    """Smallest and largest rational that `value` may stand for.

    A float is read twice: as the binary number it is and as the shortest decimal that prints it
    (``0.01`` means both 1/100 and the double next to it). Bounds use the less favourable one.

    Raises
    ------
    BadInput
        If `value` is not a finite number.
    """
    first = second = to_fraction(argument, value)
    if isinstance(value, float):
        # float.__repr__: a NumPy double prints with its type.
        second = Fraction(float.__repr__(value))
    elif isinstance(value, np.floating) and value.dtype.itemsize < 8:
        second = Fraction(np.format_float_positional(value, unique=True))
    return min(first, second), max(first, second)


def inward(value: Real, argument: str) -> Fraction:
    """`value` read as small as it can be meant; must be positive."""
    low, _ = rational(value, argument)
    if low <= 0:
        raise BadInput(argument, value, "must be positive", "pass a number such as 0.01")
    return low


def failure_at_most(delta: Real) -> Fraction:
    """A failure probability to stay below, read as small as it can be meant; positive, below 1."""
    failure = inward(delta, "delta")
    if failure >= 1:
        raise BadInput("delta", delta, "must be below 1", "pass a probability such as 0.01")
    return failure


def failure_allowed(delta: Real) -> Fraction:
    """A failure probability to exceed, read as large as it can be meant; in (0, 1)."""
    failure = rational(delta, "delta")[1]
    if not 0 < failure < 1:
        raise BadInput("delta", delta, "must lie in (0, 1)", "pass a probability such as 0.01")
    return failure


def outward(lo: Real, hi: Real) -> tuple[Fraction, Fraction]:
    """The window [lo, hi] read as wide as it can be meant."""
    low, high = rational(lo, "lo")[0], rational(hi, "hi")[1]
    if low > high:
        raise BadInput("lo", lo, f"must not exceed hi = {hi!r}", "swap the ends of the window")
    return low, high


def probability_up(value: Fraction) -> int:
    """`value` in units of ``2**-PROBABILITY_BITS``, rounded up and cut at one."""
    return min(ONE, math.ceil(value * ONE))
