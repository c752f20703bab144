"""Norms of one layer, every one an upper bound of the exact value.

A bound on a network's error is only as good as the norms in it, so nothing here may come out
too small by a rounding: sums are correctly rounded and then moved up if they fell below, and the
spectral norm is certified (see `spectral`).
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from slt_theory.errors import BadInput
from slt_theory.networks.arrays import Floats

__all__ = [
    "LayerNorms",
    "column_sum",
    "frobenius",
    "l1",
    "largest",
    "layer_norms",
    "row_sum",
    "row_sums",
    "spectral",
    "spectral_certified",
]

#: Significant bits of a certified spectral norm: few enough that two BLAS libraries agree.
SPECTRAL_BITS = 36


@dataclass(frozen=True)
class LayerNorms:
    """Upper bounds of the norms of one weight array, seen as the matrix (out, everything else).

    Attributes
    ----------
    largest : float
        Largest absolute entry; exact.
    l1 : float
        Sum of all absolute entries.
    row_sum : float
        Largest absolute row sum, the operator norm from sup norm to sup norm. For a
        convolution with zero padding it bounds the same operator on images.
    column_sum : float
        Largest absolute column sum, the operator norm from l1 to l1. Of a convolution's kernel
        it is no operator norm.
    frobenius : float
        Root of the sum of squares.
    spectral : float
        Operator norm from l2 to l2. Of a convolution's kernel it is no operator norm.
    """

    largest: float
    l1: float
    row_sum: float
    column_sum: float
    frobenius: float
    spectral: float


def layer_norms(weight: Floats) -> LayerNorms:
    """All norms of one layer; cost as `spectral`."""
    return LayerNorms(
        largest=largest(weight),
        l1=l1(weight),
        row_sum=row_sum(weight),
        column_sum=column_sum(weight),
        frobenius=frobenius(weight),
        spectral=spectral(weight.reshape(weight.shape[0], -1)),
    )


def largest(weight: Floats) -> float:
    """Largest absolute entry, exactly."""
    return float(np.abs(weight).max())


def l1(weight: Floats) -> float:
    """Sum of the absolute entries, the smallest float not below it."""
    return _sum_up(np.abs(weight).ravel().tolist())


def row_sums(weight: Floats) -> Floats:
    """Sum of the absolute entries of every output, each the smallest float not below it."""
    rows = np.abs(weight).reshape(weight.shape[0], -1)
    return np.array([_sum_up(row) for row in rows.tolist()])


def row_sum(weight: Floats) -> float:
    """Largest absolute row sum: the operator norm from sup norm to sup norm."""
    return float(row_sums(weight).max())


def column_sum(weight: Floats) -> float:
    """Largest absolute column sum: the operator norm from l1 to l1."""
    return float(row_sums(weight.reshape(weight.shape[0], -1).T).max())


def frobenius(weight: Floats) -> float:
    """Root of the sum of squares, rounded up."""
    scaled, exponent = _to_unit(weight)
    total = Fraction(_sum_up(np.square(scaled).ravel().tolist()))
    if not np.array_equal(scaled.astype(np.float32), scaled):
        # The square of a number with more than 26 bits is rounded, by at most 2^-53 of itself;
        # what underflows is below 2^-1000 of the largest square.
        total *= 1 + Fraction(1, 2**52)
    return _scale_up(_sqrt_up(total), exponent)


def spectral(weight: Floats) -> float:
    """The best of three upper bounds of the largest singular value.

    They are the Frobenius norm, sqrt(largest row sum * largest column sum), and
    `spectral_certified`.

    Parameters
    ----------
    weight : array (out, in)

    Returns
    -------
    float
        Never below the largest singular value; on trained layers above it by less than 1e-9 of it.
    """
    if weight.ndim != 2:
        raise BadInput(
            "weight",
            weight.shape,
            "must be 2-d; a kernel's matrix is no operator norm",
            "use row_sum for a convolution",
        )
    scaled, exponent = _to_unit(weight)
    sums = _sqrt_up(Fraction(row_sum(scaled)) * Fraction(column_sum(scaled)))
    return min(frobenius(weight), _scale_up(sums, exponent), spectral_certified(weight))


def spectral_certified(weight: Floats) -> float:
    r"""A proved upper bound of the largest singular value, tight to about 1e-10.

    Let A be the matrix, or its transpose if that has fewer rows, and V any square matrix with
    ||I - V'V||_2 <= d < 1. Then the singular values of V are at least sqrt(1 - d), so

        ||A||_2 <= ||V'A||_2 / sqrt(1 - d).

    V is the computed eigenbasis of AA'; nothing is assumed about it. With B the computed V'A,

        ||V'A||_2 <= ||B||_2 + ||V'A - B||_F   and   ||B||_2^2 = ||BB'||_2 <= ||BB'||_inf,

    the last being nearly an equality because BB' is nearly diagonal. Every product of matrices
    with k inner terms carries an error of at most k u / (1 - k u) times the product of the
    absolute matrices, in any order of summation and with or without fused multiply-add
    (u = 2^-53). Twice that is charged here, which also pays for computing the charge.

    Parameters
    ----------
    weight : array (out, in)

    Returns
    -------
    float
        The bound, rounded up to 36 bits; infinite if the basis is no basis, or none is found
        (never seen), or an entry is not finite.

    Notes
    -----
    Cost: an eigenbasis of order min(out, in) and six products; 0.1 s for 500 by 784.
    Source: after S. M. Rump, Verified bounds for singular values, in particular for the spectral
    norm of a matrix and its inverse, BIT 51 (2011); one basis in place of two, proof above.
    """
    if not np.isfinite(weight).all():
        return math.inf
    scaled, exponent = _to_unit(weight)
    if not scaled.any():
        return 0.0
    a = scaled if scaled.shape[0] <= scaled.shape[1] else scaled.T
    return _scale_up(_spectral_bound(a), exponent)


def _spectral_bound(a: Floats) -> float:
    """The bound of `spectral_certified` for a matrix with largest entry in [1/2, 1)."""
    rows, columns = a.shape
    try:
        v: Floats = np.linalg.eigh(a @ a.T)[1]
    except np.linalg.LinAlgError:
        return math.inf
    gram = np.abs(v.T @ v - np.eye(rows))
    defect: float = _largest_row_sum(gram + _charge(rows) * (np.abs(v).T @ np.abs(v)))
    if not defect <= 0.5:
        return math.inf
    b = v.T @ a
    difference = _charge(rows) * (np.abs(v).T @ np.abs(a))
    outer = np.abs(b @ b.T) + _charge(columns) * (np.abs(b) @ np.abs(b).T)
    bound = math.sqrt(_largest_row_sum(outer)) + math.sqrt(
        _largest_row_sum(np.square(difference).reshape(1, -1))
    )
    # The bound is at least the largest entry, hence 1/2: all that underflowed above, less than
    # 2^-900 together, is far below the last rounding up, as are the few scalar roundings.
    return _few_bits_up(bound / math.sqrt(1 - defect))


def _charge(terms: int) -> float:
    return terms * 2.0**-52


def _largest_row_sum(nonnegative: Floats) -> float:
    total = float(nonnegative.sum(axis=1).max())
    return total * (1 + (int(nonnegative.shape[1]) + 8) * 2.0**-52)


def _few_bits_up(value: float) -> float:
    """The next number above with `SPECTRAL_BITS` bits."""
    mantissa, exponent = math.frexp(value)
    above = math.floor(math.ldexp(mantissa, SPECTRAL_BITS)) + 1
    return math.ldexp(float(above), exponent - SPECTRAL_BITS)


def _to_unit(weight: Floats) -> tuple[Floats, int]:
    """The array times 2^-exponent, its largest entry in [1/2, 1).

    Entries that lose digits below the smallest float (2^-1074) are moved away from zero there.
    """
    exponent = math.frexp(largest(weight))[1]
    scaled: Floats = np.ldexp(weight, -exponent)
    lost = np.abs(np.ldexp(scaled, exponent)) < np.abs(weight)
    away = np.nextafter(scaled, np.copysign(np.inf, weight))
    return np.where(lost, away, scaled), exponent


def _scale_up(value: float, exponent: int) -> float:
    try:
        scaled = math.ldexp(value, exponent)
    except OverflowError:
        return math.inf
    return scaled if math.ldexp(scaled, -exponent) >= value else math.nextafter(scaled, math.inf)


def _sum_up(terms: Iterable[float]) -> float:
    """The smallest float that is not below the exact sum of non-negative terms."""
    values = list(terms)
    try:
        total = math.fsum(values)
    except OverflowError:
        return math.inf
    below = math.fsum([*values, -total]) > 0
    return math.nextafter(total, math.inf) if below else total


def _sqrt_up(square: Fraction) -> float:
    """The smallest float that is not below the root."""
    if not square:
        return 0.0
    # Enough bits for the root to have 64, so that rounding it to a float decides nothing else.
    shift = (130 - square.numerator.bit_length() + square.denominator.bit_length()) // 2
    scaled = math.ceil(square * Fraction(4) ** shift)
    root = math.isqrt(scaled)
    exact = Fraction(root + (root * root < scaled)) / Fraction(2) ** shift
    nearest = float(exact)
    return nearest if Fraction(nearest) >= exact else math.nextafter(nearest, math.inf)
