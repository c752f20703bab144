"""Sums modulo 2 of uniform numbers, decided exactly."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from slt_theory.arrays import Ints
from slt_theory.lattice import cover_range
from slt_theory.subset_sum.checks import check_headroom
from slt_theory.subset_sum.cover import hitting_times
from slt_theory.subset_sum.draws import RowSource

__all__ = ["circle_reached", "circle_times"]


def circle_reached(items: NDArray[np.int64], bits: int, eps: Fraction) -> bool:
    """True if every residue modulo 2 is within eps of a subset sum; items in units of 2^-bits.

    Between two neighbouring sums at most ``2 eps`` apart every residue is within eps, and the
    middle of a wider gap is not. Cost: ``n 2^n``.
    """
    circle = 2 << bits
    sums = np.zeros(1, np.int64)
    for item in items.tolist():
        sums = np.concatenate([sums, (sums + item) % circle])
    sums.sort()
    gaps = np.diff(sums, append=sums[0] + circle)
    return int(gaps.max()) <= math.floor(2 * eps * (1 << bits))


@dataclass(frozen=True)
class _Unrolled:
    """Rows behind items ``+-2, +-4, ...``, whose sums are the multiples of 2."""

    rows: RowSource
    turns: tuple[int, ...]

    @property
    def shape(self) -> tuple[int, int]:
        count, n = self.rows.shape
        return count, len(self.turns) + n

    def block(self, rows: range) -> Ints:
        items = self.rows.block(rows)
        turns = np.broadcast_to(np.array(self.turns, np.int64), (len(rows), len(self.turns)))
        whole = np.ascontiguousarray(np.hstack([turns, items]))
        check_headroom("items", whole)
        return whole


def circle_times(
    rows: RowSource, bits: int, eps: Fraction, *, progress: Callable[[int], None] | None = None
) -> Ints:
    """First number of items after which every residue modulo 2 is within eps < 1 of a sum.

    Parameters
    ----------
    rows : RowSource, shape (T, n)
        Items of [-1, 1] in units of ``2^-bits``, one trial a row.
    bits : int
    eps : Fraction
        Below 1.
    progress : callable, optional
        Called with the number of finished rows.

    Returns
    -------
    int64 array, shape (T,)
        -1 where n items are not enough.

    Raises
    ------
    BadInput
        If sums need more than 58 bits: beyond 12 items at ``bits`` = 52, 250 at 48.

    Notes
    -----
    On the line: a residue z of [-1, 1] is within eps of a sum s modulo 2 exactly if it is within
    eps of some ``s + 2 j``, and then ``2 |j| <= n + 2``, as ``|s| <= n``. Cost: 0.1 ms a trial at
    an error of 0.001.
    """
    most = (rows.shape[1] + 3) // 2  # 2^octaves - 1 is at least this
    octaves = range(most.bit_length())
    turns = tuple(sign * 2 << bits + k for k in octaves for sign in (1, -1))
    goal = cover_range(Fraction(-1), Fraction(1), eps, Fraction(1, 1 << bits))
    unrolled = _Unrolled(rows, turns)
    times = hitting_times(unrolled, goal.width, goal.left, goal.right, progress=progress)
    return np.where(times < 0, -1, times - len(turns))
