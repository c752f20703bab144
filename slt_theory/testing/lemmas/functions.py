"""Piecewise linear approximation, and weights in few bits."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from slt_theory.testing.lemma import Lemma
from slt_theory.testing.spaces import counts, one_of, polynomials, reals

__all__ = ["LEMMAS", "curvature", "interpolated", "piecewise_linear", "polynomial"]

Coefficients = Sequence[Any]


def polynomial(coefficients: Coefficients, x: Any) -> Any:
    """Value of a polynomial, constant term first."""
    value = Fraction(0)
    for c in reversed(coefficients):
        value = value * x + c
    return value


def interpolated(coefficients: Coefficients, pieces: int, x: Any) -> Any:
    """Value at x in [0, 1] of the piecewise linear function through equidistant knots."""
    piece = min(int(x * pieces), pieces - 1)
    a, b = Fraction(piece, pieces), Fraction(piece + 1, pieces)
    left, right = polynomial(coefficients, a), polynomial(coefficients, b)
    return left + (right - left) * (x - a) / (b - a)


def curvature(coefficients: Coefficients, at: Sequence[Any]) -> Any:
    """Largest |f''| at the listed points."""
    second = [k * (k - 1) * c for k, c in enumerate(coefficients)][2:]
    return max(abs(polynomial(second, x)) for x in at)


def largest_curvature(coefficients: Coefficients) -> Any:
    """sup of |f''| over [0, 1] for degree at most 3: f'' is linear, so an end decides."""
    return curvature(coefficients, (Fraction(0), Fraction(1)))


piecewise_linear = Lemma(
    "piecewise-linear-error",
    "between knots h apart, linear interpolation of f is within h^2 / 8 sup |f''|",
    {"f": polynomials(3), "pieces": counts(1, 6), "x": reals(0, 1, bits=5)},
    margin=lambda f, pieces, x: (
        largest_curvature(f) / (8 * pieces**2) - abs(interpolated(f, pieces, x) - polynomial(f, x))
    ),
    source="Burkholz et al. 2022 (universal tickets)",
)

unary_code = Lemma(
    "unary-code",
    "a sum of at most ceil(|w| / step) equal steps of the right sign is within step / 2 of w",
    {"w": reals(-1, 1, bits=6), "step": one_of([Fraction(1, k) for k in (1, 2, 3, 5, 8)])},
    margin=lambda w, step: (
        step / 2 - min(abs(abs(w) - k * step) for k in range(-int(-abs(w) // step) + 1))
    ),
    source="Diffenderfer and Kailkhura 2021",
)

binary_code = Lemma(
    "binary-code",
    "with b bits, some sum of distinct powers 1/2, ..., 2^-b is within 2^-b of every w in [0, 1]",
    {"w": reals(0, 1, bits=7), "bits": counts(1, 5)},
    margin=lambda w, bits: (
        Fraction(1, 1 << bits) - min(abs(w - Fraction(k, 1 << bits)) for k in range(1 << bits))
    ),
    source="Sreenivasan et al. 2022",
)

LEMMAS = (piecewise_linear, unary_code, binary_code)
