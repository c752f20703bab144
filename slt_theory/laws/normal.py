"""The standard normal law by an integer quantile table."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from slt_theory.errors import BadInput
from slt_theory.laws.law import FloatArray, Int64Array, Law

__all__ = ["NORMAL_NODES", "NORMAL_OCTAVES", "NORMAL_TABLE_BITS", "Normal"]

NORMAL_TABLE_BITS = 44
NORMAL_OCTAVES = 44
NORMAL_NODES = 256


def _rounded(x: Any, shift: int) -> Any:
    """x / 2**shift to nearest, halves up."""
    return (x + ((1 << shift) >> 1)) >> shift


@cache
def normal_table() -> Int64Array:
    """Quantiles that ship with the package: int64, multiples of ``2^-NORMAL_TABLE_BITS``."""
    with files("slt_theory").joinpath("tables/normal_quantiles.npy").open("rb") as handle:
        table: Int64Array = np.load(handle, allow_pickle=False)
    return table


@dataclass(frozen=True)
class Normal(Law):
    """N(0, 1) by an integer quantile table with quadratic interpolation.

    Octave ``e`` holds the tail probabilities ``[2**-(e+2), 2**-(e+1))``; the table's nodes are
    correctly rounded (``tools/make_normal_table.py``). A draw lies within `coupling` of the exact
    quantile, apart from tails of probability 2**-40 a side, which a 64-bit word resolves no better
    than 2**-21; beyond 2**-45 they are cut, at |x| = 7.5.
    """

    bits: int = NORMAL_TABLE_BITS

    def __post_init__(self) -> None:
        if not 1 <= self.bits <= NORMAL_TABLE_BITS:
            raise BadInput("bits", self.bits, f"must lie in 1..{NORMAL_TABLE_BITS} for a normal")

    @property
    def name(self) -> str:
        return "normal"

    @property
    def slots(self) -> int:
        return 2

    @property
    def support(self) -> tuple[Fraction, Fraction]:
        end = _rounded(int(normal_table()[0]), NORMAL_TABLE_BITS - self.bits) * self.unit
        return -end, end

    @property
    def coupling(self) -> Fraction:
        # Interpolation, sup |t (t - 1/2) (t - 1)| / 6 h^3 |x'''|, and the place in the segment cut
        # to 20 bits: together < 2^-26 in every segment (tests/ground/test_normal.py encloses it);
        # then rounding to the lattice.
        return Fraction(1, 1 << 26) + self.unit / 2

    @property
    def variation(self) -> Fraction:
        return Fraction(1, 1 << 39)  # tails of 2^-40 a side

    @property
    def is_symmetric(self) -> bool:
        return True

    def at(self, bits: int) -> Normal:
        return replace(self, bits=bits)

    def integers(self, words: NDArray[np.uint32]) -> Int64Array:
        word = words[:, 0].astype(np.uint64) | (words[:, 1].astype(np.uint64) << np.uint64(32))
        negative = (word >> np.uint64(63)) == 1
        tail = np.maximum(word & np.uint64((1 << 63) - 1), np.uint64(1 << (63 - NORMAL_OCTAVES)))
        # 53 leading bits are exact in float64, so frexp gives the exact octave.
        octave = 53 - np.frexp((tail >> np.uint64(10)).astype(np.float64))[1].astype(np.int64)
        mantissa = (tail << (octave + 1).astype(np.uint64)) & np.uint64((1 << 63) - 1)
        segment = (mantissa >> np.uint64(56)).astype(np.int64)
        t = ((mantissa >> np.uint64(36)) & np.uint64((1 << 20) - 1)).astype(np.int64)
        node = (NORMAL_OCTAVES - 1 - octave) * NORMAL_NODES + 2 * segment
        table = normal_table()
        x0, x1, x2 = table[node], table[node + 1], table[node + 2]
        bend = ((t * (t - (1 << 19))) >> 20) * (x2 - 2 * x1 + x0)
        x = x0 + ((t * (x1 - x0)) >> 19) + (bend >> 19)
        x = _rounded(x, NORMAL_TABLE_BITS - self.bits)
        return np.asarray(np.where(negative, -x, x))

    def density(self, x: ArrayLike) -> FloatArray:
        points = np.asarray(x, dtype=np.float64)
        return np.asarray(np.exp(-0.5 * points * points) / math.sqrt(2 * math.pi))
