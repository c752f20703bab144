"""Curved activations of numbers in fixed point: the nearest number of units, by ball arithmetic."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from slt_theory.balls import precision
from slt_theory.networks import Activation
from slt_theory.tickets.checking.fixed_point import DigitBase

__all__ = ["curved", "digits_of_integers", "integers_of"]

Floats = NDArray[np.float64]
_SPARE = 64
"""Bits beyond those of a unit: a ball that holds two roundings is one in some 2^60."""


def curved(activation: Activation, digits: Floats, base: DigitBase) -> Floats | None:
    """Digits of the numbers of units nearest to f(z), each off by 1/2 at most.

    None where a ball does not tell which number is the nearest one.

    Parameters
    ----------
    digits : array (count, ...)
        Of the numbers z.

    Notes
    -----
    Cost: some 10 microseconds a number, for 100 to 200 bits; equal numbers share their value.
    """
    numbers = integers_of(digits, base.bits)
    below = base.bits * base.places
    every = set(numbers.ravel().tolist())
    above = max(0, max(map(int.bit_length, every), default=0) - below)
    # Within the tanh form of GELU stands a cube.
    with precision(below + 3 * above + _SPARE):
        found = {number: _nearest(activation, number, below) for number in every}
    if None in found.values():
        return None
    return digits_of_integers(np.vectorize(found.get, otypes=[object])(numbers), base.bits)


def _nearest(activation: Activation, number: int, below: int) -> int | None:
    """The integer nearest to ``2^below f(number / 2^below)``, the higher one of two."""
    from flint import arb

    ball = activation.ball(arb((number, -below))) * arb((1, below))
    whole = (ball + arb(0.5)).floor().unique_fmpz()
    return None if whole is None else int(whole)


def integers_of(digits: Floats, bits: int) -> NDArray[Any]:
    """Python integers ``sum_i digits_i 2^(bits i)``."""
    numbers = np.zeros(digits.shape[1:], dtype=object)
    for digit in digits[::-1]:
        numbers = (numbers << bits) + digit.astype(np.int64).astype(object)
    return numbers


def digits_of_integers(numbers: NDArray[Any], bits: int) -> Floats:
    """The inverse of `integers_of`: digits in [-B/2, B/2), as many as the longest number has."""
    size, half, digits = 1 << bits, 1 << (bits - 1), list[Floats]()
    while not digits or numbers.any():
        digit = (numbers + half) % size - half
        digits.append(digit.astype(np.float64))
        numbers = (numbers - digit) >> bits
    return np.stack(digits)
