r"""Ordered sums: when the items, from the smallest on, leave no gap.

Kakeya's condition: if each magnitude is at most `width` plus the sum of the smaller ones, the
subset sums have no gap wider than `width`, from minus the sum of the negative items to the sum of
the positive ones. For laws with much mass near 0 (products) this happens early, whatever the signs.

The magnitudes are swept from 0 in cells; an item counts with the lower end of its cell and is asked
to fit with the upper end. With r items still to come and a sum S so far,

.. math:: F_j(S, r) = \sum_c \operatorname{Bin}(r, q_j)(c)\, F_{j+1}(S + c x_j, r - c),

and F = 1 as soon as ``width + S`` does not reach the end of the cell. All terms are positive, so
floating point has a relative error below 1e-11; results are lifted by 1e-9.

Source: Kakeya 1914 for the condition; own for the probability; proved in ``proofs/kakeya.py``.
"""

from __future__ import annotations

import itertools
import math
from fractions import Fraction
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from slt_theory.certified.density import density_floor
from slt_theory.certified.exact import ONE, probability_up

__all__ = ["ordered_failure"]

FloatArray = NDArray[np.float64]

LIFT = 1 + 1e-9
_FINE = 12  # lattice steps in one width
_MANY = 40  # more items than this in one cell count as a failure


def _cells(width: Fraction, top: Fraction) -> tuple[Fraction, list[int]]:
    """Lattice unit and the cell ends, in units: fine near 0, three per cent wide later."""
    unit = width / _FINE
    ends = [0]
    while ends[-1] * unit < top:
        ends.append(ends[-1] + max(1, ends[-1] // 32))
    return unit, ends


def _masses(law: str, keep: float, unit: Fraction, ends: list[int]) -> FloatArray:
    """Lower bounds of P(|X| in cell), slightly lowered so that they stay so after rounding."""
    rows = [
        2 * float((b - a) * unit) * (1 - 1e-12) * density_floor(law, b * unit) * keep
        for a, b in itertools.pairwise(ends)
    ]
    return np.array(rows) * (1 - 1e-9)


def _binomials(q: float, longest: int, most: int) -> FloatArray:
    """Bin(r, q)(c) for r = 0 .. longest, c = 0 .. most."""
    table = np.zeros((longest + 1, most + 1))
    table[0, 0] = 1.0
    for r in range(longest):
        table[r + 1] = table[r] * (1 - q)
        table[r + 1, 1:] += table[r, :-1] * q
    return table


def _barrier(masses: FloatArray, ends: list[int], longest: int) -> FloatArray:
    """P(some magnitude below the last cell end does not fit) for 0 .. longest items."""
    size = ends[-1] + 1  # a sum that reaches the last end can no longer fail
    value = np.zeros((longest + 1, size))
    tail = 1 - np.concatenate([[0.0], np.cumsum(masses)])
    for j in range(len(masses) - 1, -1, -1):
        low, high = ends[j], ends[j + 1]
        q = float(masses[j] / tail[j])
        most = min(longest, _MANY)
        weights = _binomials(q, longest, most)
        # Counts that hardly occur are left out; their mass is added back as failure below.
        rest = np.cumsum(weights[-1][::-1])[::-1]
        most = max(1, int(np.count_nonzero(rest > 1e-13)))
        weights = weights[:, : most + 1]
        new = np.zeros_like(value)
        for c in range(min(most, weights.shape[1] - 1) + 1):
            column = weights[c:, c]
            shifted = np.zeros((longest + 1 - c, size))
            move = c * low
            if move < size:
                shifted[:, : size - move] = value[: longest + 1 - c, move:]
            new[c:] += column[:, None] * shifted
        new += np.maximum(0.0, (1 + 1e-12) - weights.sum(axis=1))[:, None] * (longest > most)
        new[:, : max(0, high - _FINE)] = 1.0
        value = new
    return value[:, 0]


def _one_sided(masses: FloatArray, ends: list[int], need: int, longest: int) -> FloatArray:
    """P(sum of the positive items < need lattice units) for 0 .. longest items."""
    if need <= 0:
        return np.zeros(longest + 1)
    step = np.zeros(need)
    for low, mass in zip(ends[:-1], masses, strict=True):
        if low < need:
            step[low] += mass / 2
    step[0] += max(0.0, 1 - float(masses.sum()) / 2) * (1 + 1e-12)
    row = np.zeros(need)
    row[0] = 1.0
    rows = [1.0]
    for _ in range(longest):
        row = np.convolve(row, step)[:need]
        rows.append(float(row.sum()))
    return np.array(rows)


@lru_cache(maxsize=128)
def ordered_failure(
    law: str, keep: Fraction, error: Fraction, lo: Fraction, hi: Fraction, longest: int
) -> tuple[int, ...]:
    """Failure bounds for 0 .. longest items and all targets of [lo, hi] (0 inside).

    Parameters
    ----------
    law : str
        A key of `slt_theory.certified.density.DENSITIES`.
    keep : Fraction
        Probability that an item is there at all (a random mask).
    error : Fraction
        Error guaranteed; the gaps are twice as wide.
    lo, hi : Fraction
        The targets.
    longest : int
        Largest n.

    Returns
    -------
    tuple of int
        In units of ``2**-PROBABILITY_BITS``. Cost: a fraction of a second for 100 items.
    """
    width = 2 * error
    best: FloatArray | None = None
    unit_law = law in ("uniform", "uniform*uniform", "relu(uniform)*uniform")
    tops = (Fraction(2, 5), Fraction(4, 5)) if unit_law else (Fraction(1), Fraction(2))
    for top in tops:
        if top <= width:
            continue
        unit, ends = _cells(width, top)
        masses = _masses(law, float(keep), unit, ends)
        masses = masses[masses > 0]
        ends = ends[: masses.size + 1]
        if masses.size < 2 or masses.sum() > 1:
            continue
        total = _barrier(masses, ends, longest)
        for need in (hi - error, -lo - error):
            total = total + _one_sided(masses, ends, math.ceil(need / unit), longest)
        best = total if best is None else np.minimum(best, total)
    if best is None:
        return (ONE,) * (longest + 1)
    lifted = np.minimum.accumulate(np.minimum(1.0, best * LIFT + 1e-18))
    return tuple(probability_up(Fraction(float(x))) for x in lifted)
