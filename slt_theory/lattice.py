"""Numbers as integers on a dyadic grid.

A number is ``k * 2**-bits`` with ``k`` an int64. Sums of subsets are then exact, and whether a sum
lies within ``eps`` of a target is a question about integers: a real condition ``|z - s| <= eps`` on
a lattice sum ``s`` holds if and only if ``lo <= s <= hi`` for the two integers of `target_range`,
and every target of an interval is within ``eps`` of some sum if and only if the integers of
`cover_range` say so. Neither conversion rounds anything that matters: ``eps`` and ``z`` may be any
rational numbers.

A statement about the lattice transfers to the continuous law at ``eps + n * coupling``, where
``coupling`` (a property of each law) bounds how far a draw lies from the one it rounds.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from slt_theory.arrays import Ints
from slt_theory.errors import BadInput
from slt_theory.rationals import (
    exact_numbers,
    parse_fraction,
    positive_fraction,
    to_fraction,
    whole_number,
)

__all__ = [
    "HEADROOM_BITS",
    "PRODUCT_BITS",
    "SUM_BITS",
    "WEIGHT_BITS",
    "CoverRange",
    "Lattice",
    "TargetRange",
    "check_headroom",
    "cover_range",
    "exact_numbers",
    "parse_fraction",
    "positive_fraction",
    "target_range",
    "to_fraction",
    "whole_number",
]


WEIGHT_BITS = 24
"""Network weights: each is exactly a float32, a product of two is exact in float64 and int64."""

PRODUCT_BITS = 2 * WEIGHT_BITS
"""Products of two network weights, and the targets compared with their sums."""

SUM_BITS = 52
"""Pure subset sums of uniform draws."""

HEADROOM_BITS = 61
"""Kernels add sums, targets and sentinels: all stay below 2**61, so that nothing wraps."""


class TargetRange(NamedTuple):
    """Integers ``lo <= s <= hi``: the lattice sums within eps of one target (empty if lo > hi)."""

    lo: int
    hi: int


class CoverRange(NamedTuple):
    """Integers that decide whether all targets of an interval are within eps of a sum.

    They are, if and only if there are sums ``s_1 < ... < s_m`` with ``s_1 <= left``,
    ``s_m >= right`` and neighbours at most ``width`` apart.
    """

    width: int
    left: int
    right: int


def target_range(target: Fraction, eps: Fraction, unit: Fraction) -> TargetRange:
    """Lattice sums within `eps` of `target`, as integer multiples of `unit` (exact)."""
    return TargetRange(math.ceil((target - eps) / unit), math.floor((target + eps) / unit))


def cover_range(lo: Fraction, hi: Fraction, eps: Fraction, unit: Fraction) -> CoverRange:
    """The integers that decide coverage of all real targets in ``[lo, hi]`` at `eps` (exact)."""
    if lo > hi:
        raise BadInput("lo, hi", (str(lo), str(hi)), "must satisfy lo <= hi")
    return CoverRange(
        math.floor(2 * eps / unit), math.floor((lo + eps) / unit), math.ceil((hi - eps) / unit)
    )


def check_headroom(name: str, largest_sum: int, *, bits: int) -> None:
    """Refuse sums that could leave the int64 range, before any kernel runs.

    Parameters
    ----------
    name : str
        The argument to blame.
    largest_sum : int
        An upper bound (Python int) of every absolute value that the kernel forms.
    bits : int
        Resolution of the lattice, for the message.
    """
    if largest_sum >= 1 << HEADROOM_BITS:
        raise BadInput(
            name,
            f"absolute sum up to {largest_sum / 2**bits:.3g}",
            f"exceeds the lattice's range of 2^{HEADROOM_BITS - bits} at {bits} bits",
            "scale the sample down or use fewer bits",
        )


@dataclass(frozen=True)
class Lattice:
    """The grid of multiples of ``2**-bits``.

    Examples
    --------
    >>> Lattice(24).nearest([0.5, -1.0])
    array([  8388608, -16777216])
    >>> Lattice(4).to_float([3])
    array([0.1875])
    """

    bits: int

    def __post_init__(self) -> None:
        if not 0 <= self.bits <= HEADROOM_BITS:
            raise BadInput("bits", self.bits, f"must lie in 0..{HEADROOM_BITS}")

    @property
    def unit(self) -> Fraction:
        """The value of one integer step."""
        return Fraction(1, 1 << self.bits)

    def nearest(self, values: ArrayLike, *, name: str = "values") -> Ints:
        """Nearest lattice integers (ties to even); `values` are finite floats, or integers.

        Exact where the value lies on the grid, otherwise off by at most half a unit. Of any shape.

        Raises
        ------
        BadInput
            For NaN, infinities, and values beyond the lattice's range.
        """
        given = np.asarray(values)
        if given.dtype.kind in "iu":  # exact beyond 2^53, too
            largest = max(int(given.max(initial=0)), -int(given.min(initial=0)))
            self._check_range(name, largest, largest << self.bits)
            return np.asarray(given.astype(np.int64) << self.bits)
        array = given.astype(np.float64)
        if given.dtype == np.longdouble and not (array == given).all():
            raise BadInput(name, str(given.dtype), "must be no wider than float64")
        if not np.isfinite(array).all():
            bad = int(np.count_nonzero(~np.isfinite(array)))
            raise BadInput(name, f"{bad} of {array.size} entries", "are NaN or infinite")
        scaled = np.rint(np.ldexp(array, self.bits))
        if array.size:
            self._check_range(name, float(np.abs(array).max()), float(np.abs(scaled).max()))
        return np.asarray(scaled.astype(np.int64))

    def _check_range(self, name: str, value: float, steps: float) -> None:
        if steps >= 1 << HEADROOM_BITS:
            raise BadInput(
                name,
                value,
                f"exceeds the lattice's range of 2^{HEADROOM_BITS - self.bits}",
                "rescale, or use a coarser lattice",
            )

    def to_float(self, integers: ArrayLike) -> NDArray[np.float64]:
        """Values as float64: exact up to 53 significant bits, rounded to nearest beyond."""
        return np.asarray(np.ldexp(np.asarray(integers, dtype=np.float64), -self.bits))
