r"""Arrays of long fixed-point numbers whose products are those of float64, without a rounding.

A number is ``sum_i d_i B^i`` units, its digits d_i integers in [-B/2, B/2), B = 2^bits; the unit is
``B^-places``. A float w is cut in slices, ``w = sum_k w_k B^-k + rest`` with integers |w_k| <= B/2.
One slice of weights times one digit of numbers is a product of matrices of small integers: in
float64 it is exact, in whatever order it is added, while all sums stay within 2^53.

Products below ``B^-1`` units are left out. With L digits a slice k >= 2 leaves out the digits
i < k - 1, which make less than ``B^(k-1) B / (2 (B - 1))``; a rest |rest| <= B^-L / 2 leaves out
less than ``B^L B / (2 (B - 1))``. So a sum of products is off by less than

    (2 sum_k |w_k| + B [rest != 0]) / (4 (B - 1)) units a product, and 1/2 for its own last digit.

Source: error-free products of slices, after K. Ozaki, T. Ogita, S. Oishi, S. M. Rump, Error-free
transformations of matrix multiplication by using fast routines of matrix multiplication and its
applications, Numer. Algorithms 59 (2012); the fixed point and the charges above.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from slt_theory.networks import Operator
from slt_theory.networks.unrolling import Unrolling

__all__ = [
    "DigitBase",
    "Slices",
    "bits_of_digits",
    "carried",
    "cut",
    "digits_of",
    "largest_of_windows",
    "multiplied",
    "nearest_floats",
    "plus",
    "reciprocals",
    "scaled",
    "signs",
]

Floats = NDArray[np.float64]
_EXACT_BITS = 52
"""Sums stay below 2^52, so that a carry, too, is exact."""


class DigitBase(NamedTuple):
    """Base ``2^bits`` of the digits, and how many stand after the point."""

    bits: int
    places: int


class Slices(NamedTuple):
    """Coefficients as ``sum_k parts[k] B^-exponents[k] + rest``.

    Attributes
    ----------
    exponents : list of int
        Rising; slices that are all 0 are left out.
    parts : list of arrays of integers
    rest : bool array
        Where something is left: at most ``B^-last / 2``, if slices went up to `last`.
    """

    exponents: list[int]
    parts: list[Floats]
    rest: NDArray[np.bool_]

    def lost(self, bits: int) -> Floats:
        """Units that every coefficient may lose of a number, times ``4 (B - 1)``; exact."""
        total = 2.0**bits * self.rest
        for exponent, part in zip(self.exponents, self.parts, strict=True):
            if exponent >= 2:
                total = total + 2 * np.abs(part)
        return np.asarray(total)


def bits_of_digits(terms: int, most: int) -> int:
    """Bits of a digit such that `most` sums of `terms` products each stay below 2^52."""
    return (_EXACT_BITS + 2 - math.ceil(math.log2(max(terms, 2) * most))) // 2


def cut(values: Floats, bits: int, last: int) -> Slices:
    """Slices of finite floats with exponents up to `last`; exact, and what is left below."""
    rest, exponents, parts = values, list[int](), list[Floats]()
    size = math.frexp(float(np.abs(values).max(initial=0.0)))[1]
    # From here down, as |values| < 2^size <= B^-k B / 2.
    for k in range(-max(0, -(-(size + 1 - bits) // bits)), last + 1):
        if not rest.any():
            break
        part = np.rint(np.ldexp(rest, bits * k))
        if part.any():
            # A float less its nearest multiple of a power of two is a float.
            rest = rest - np.ldexp(part, -bits * k)
            exponents.append(k)
            parts.append(part)
    return Slices(exponents, parts, rest != 0)


def reciprocals(divisors: Floats, bits: int, last: int) -> Slices:
    """Slices of 1/n for integers n >= 1."""
    each, where = np.unique(divisors, return_inverse=True)
    rests, parts = [Fraction(1, int(n)) for n in each.tolist()], list[Floats]()
    for k in range(last + 1):
        whole = [round(rest * 2 ** (bits * k)) for rest in rests]
        rests = [rest - Fraction(n, 2 ** (bits * k)) for rest, n in zip(rests, whole, strict=True)]
        parts.append(np.array(whole, dtype=np.float64)[where])
    return Slices(list(range(last + 1)), parts, np.array([rest != 0 for rest in rests])[where])


def digits_of(values: Floats, base: DigitBase) -> tuple[Floats, bool]:
    """Digits (count, ...) of floats, and whether they are all; else they are off by 1/2 unit."""
    slices = cut(values, base.bits, base.places)
    highest = min([0, *slices.exponents])
    sums = np.zeros((base.places - highest + 1, *values.shape))
    for exponent, part in zip(slices.exponents, slices.parts, strict=True):
        sums[base.places - exponent] = part
    return carried(sums, base.bits), not slices.rest.any()


def carried(sums: Floats, bits: int) -> Floats:
    """Digits of ``sum_i sums_i B^i`` for integers below 2^52; the array is overwritten."""
    size, half, carry = 2.0**bits, 2.0 ** (bits - 1), np.zeros(sums.shape[1:])
    for digit in sums:
        digit += carry
        carry = np.floor((digit + half) / size)
        digit -= carry * size
    more = []
    while carry.any():
        following = np.floor((carry + half) / size)
        more.append(carry - following * size)
        carry = following
    if more:
        return np.concatenate([sums, np.stack(more)])
    used = np.flatnonzero(sums.reshape(len(sums), -1).any(axis=1))
    return sums[: max(1, int(used[-1]) + 1 if used.size else 1)]


def plus(a: Floats, b: Floats, bits: int) -> Floats:
    """Digits of a sum."""
    sums = np.zeros((max(len(a), len(b)), *a.shape[1:]))
    sums[: len(a)] += a
    sums[: len(b)] += b
    return carried(sums, bits)


def signs(digits: Floats) -> Floats:
    """-1, 0 or 1: that of the highest digit that is not 0, as all lower ones make less than 1."""
    sign = np.sign(digits[-1])
    for digit in digits[-2::-1]:
        sign = np.where(sign == 0, np.sign(digit), sign)
    return np.asarray(sign)


def multiplied(
    factors: Sequence[tuple[Floats, Slices, Unrolling]], bias: Floats, bits: int
) -> Floats:
    """Digits of sums of layers' products and a bias; products below ``B^-1`` are left out.

    Parameters
    ----------
    factors : sequence of (digits, slices, unrolling)
        Digits (count, batch, numbers), slices of coefficients (channels out, taps, channels in).
    bias : array (digits, numbers out)
    """
    batch, outputs = factors[0][0].shape[1], bias.shape[1]
    heights = [len(d) - min(s.exponents, default=len(d)) for d, s, _ in factors]
    # Row 0 is the place below the unit.
    sums = np.zeros((max(*heights, len(bias), 0) + 1, batch, outputs))
    sums[1 : len(bias) + 1] += bias[:, None]
    for digits, slices, unrolling in factors:
        if not slices.parts:
            continue
        stacked, channels = np.concatenate(slices.parts), len(slices.parts[0])
        for i, digit in enumerate(digits):
            places = [i - k for k in slices.exponents if i - k >= -1]
            if not places or not digit.any():
                continue
            own = Operator(stacked[: channels * len(places)], unrolling)
            products = own.apply(digit).reshape(batch, len(places), outputs)
            for number, place in enumerate(places):
                sums[place + 1] += products[:, number]
    return _without_lowest(sums, bits)


def scaled(digits: Floats, slices: Slices, bits: int) -> Floats:
    """Digits of every number times a coefficient of its own; products below ``B^-1`` left out."""
    height = len(digits) - min(slices.exponents, default=len(digits))
    sums = np.zeros((max(height, 0) + 1, *digits.shape[1:]))
    for exponent, part in zip(slices.exponents, slices.parts, strict=True):
        for i, digit in enumerate(digits):
            if i - exponent >= -1:
                sums[i - exponent + 1] += part * digit
    return _without_lowest(sums, bits)


def _without_lowest(sums: Floats, bits: int) -> Floats:
    """Digits of the nearest number of units."""
    digits = carried(sums, bits)[1:]
    return digits if len(digits) else np.zeros((1, *sums.shape[1:]))


def largest_of_windows(digits: Floats) -> Floats:
    """Largest number over the last axis; digits of -infinity are never it.

    Digits are unique, and lower ones make less than 1 of the next: numbers have the order of their
    digits, the highest first.
    """
    largest, still = np.empty(digits.shape[:-1]), np.ones(digits.shape[1:], dtype=bool)
    for place in range(len(digits) - 1, -1, -1):
        left = np.where(still, digits[place], -np.inf)
        largest[place] = left.max(axis=-1)
        still &= left == largest[place][..., None]
    return largest


def nearest_floats(digits: Floats, bits: int) -> tuple[Floats, Floats]:
    """Numbers in float64, in units, and bounds of their roundings.

    Added from above, the highest digit first: partial sums are at most 3 times the number, as lower
    digits make less than 2/3 of the next, so every one of L additions is off by ``3 u`` of it.
    """
    total = digits[-1]
    for digit in digits[-2::-1]:
        total = total * 2.0**bits + digit
    return total, np.abs(total) * (len(digits) * 2.0**-51)
