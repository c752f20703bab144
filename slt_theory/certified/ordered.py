r"""Ordered sums: when the items, from the smallest on, leave no gap.

Kakeya's condition: if each magnitude is at most `width` plus the sum of the smaller ones, the
subset sums have no gap wider than `width`, from minus the sum of the negative items to the sum of
the positive ones. For laws with much mass near 0 (products) this happens early, whatever the signs.

The magnitudes are swept from 0 in cells; an item counts with the lower end of its cell and is asked
to fit with the upper end. Of a cell only as much mass is used as the density there guarantees, and
items beyond the last cell are left out of every subset. With r items still to come and a sum S so
far,

.. math:: F_j(S, r) = \sum_c \operatorname{Bin}(r, q_j)(c)\, F_{j+1}(S + c x_j, r - c),

and F = 1 as soon as ``width + S`` does not reach the end of the cell. All terms are positive, so
floating point has a relative error of at most the number of roundings in a chain times ``2**-53``;
`lift` counts them.

Source: Kakeya 1914 for the condition; own for the probability; proved in
``proofs/kakeya_sweep.py``.
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
from slt_theory.errors import BadInput

__all__ = ["lift", "ordered_failure"]

FloatArray = NDArray[np.float64]

RESERVE = 1e-8
"""Masses are lowered by this share, so that rounded chances still mean a part of the law."""

LEAST_TAIL = 0.02
"""Mass that must stay outside the cells; the chances of the last cells divide by it."""

SPARE = 1e-12
"""Added to every mass that is obtained by subtraction from 1."""

MOST_CELLS = 400
MOST_ITEMS = 1000
"""Sizes up to which `RESERVE` and `SPARE` are proved to be enough."""

STEPS = 12
"""Lattice steps in one width."""

MOST_IN_CELL = 40
"""More items than this in one cell count as a failure."""

_RARE = 1e-13  # counts less likely than this may count as a failure too
_FINE_ERROR = Fraction(1, 50)
_UNDERFLOW = Fraction(1, 10**18)


def lift(cells: int, longest: int, need: int) -> Fraction:
    """Factor that makes up for all roundings: exact value <= lift * computed value.

    A binomial weight has at most 3 roundings a trial (1 - q, product, sum). A cell multiplies by
    one and adds at most `MOST_IN_CELL` + 3 terms. One more item on one side is a dot product of
    `need` terms. With K roundings ``(1 - 2**-53)**-K <= 1 + 2 K 2**-53``. Derived in
    ``proofs/kakeya_sweep.py``.
    """
    sweep = cells * (3 * longest + MOST_IN_CELL + 5)
    side = (longest + 1) * (need + 2)
    return 1 + Fraction(2 * (max(sweep, side) + 2), 2**53)


def _cells(width: Fraction, top: Fraction) -> tuple[Fraction, list[int]]:
    """Lattice unit and the cell ends, in units: fine near 0, three per cent wide later."""
    unit = width / STEPS
    ends = [0]
    while ends[-1] * unit < top:
        ends.append(ends[-1] + max(1, ends[-1] // 32))
    return unit, ends


def _tops(law: str, error: Fraction) -> tuple[Fraction, ...]:
    """Ends of a sweep; any choice is valid, and these lose nothing on a table of cases."""
    if law in ("uniform", "uniform*uniform", "relu(uniform)*uniform"):
        return (Fraction(4, 5),)
    return (Fraction(1),) if error <= _FINE_ERROR else (Fraction(1), Fraction(2))


def _masses(law: str, keep: float, unit: Fraction, ends: list[int]) -> FloatArray:
    """Lower bounds of P(|X| in cell), lowered by `RESERVE`."""
    rows = [
        2 * float((b - a) * unit) * (1 - 1e-12) * density_floor(law, b * unit) * keep
        for a, b in itertools.pairwise(ends)
    ]
    return np.array(rows) * (1 - RESERVE)


def _binomials(q: float, longest: int) -> FloatArray:
    """Bin(r, q)(c) for r = 0 .. longest and all c that are neither many nor rare."""
    most = min(longest, MOST_IN_CELL)
    table = np.zeros((longest + 1, most + 1))
    table[0, 0] = 1.0
    for r in range(longest):
        table[r + 1] = table[r] * (1 - q)
        table[r + 1, 1:] += table[r, :-1] * q
    above = np.cumsum(table[-1][::-1])[::-1]
    return table[:, : max(1, int(np.count_nonzero(above > _RARE))) + 1]


def barrier(masses: FloatArray, ends: list[int], longest: int) -> FloatArray:
    """P(some magnitude below the last cell end does not fit) for 0 .. longest items."""
    size = max(1, ends[-1] - STEPS + 1)  # a sum that large can no longer fail
    value = np.zeros((longest + 1, size))
    tail = 1 - np.concatenate([[0.0], np.cumsum(masses)])
    for j in range(len(masses) - 1, -1, -1):
        low, high = ends[j], ends[j + 1]
        weights = _binomials(float(masses[j] / tail[j]), longest)
        first = max(0, high - STEPS)  # smaller sums fail here
        part = np.zeros((longest + 1, size - first))
        for c in range(weights.shape[1]):
            move = first + c * low
            if move >= size:
                break
            part[c:, : size - move] += weights[c:, c, None] * value[: longest + 1 - c, move:]
        if weights.shape[1] <= longest:
            # Counts left out above: their mass counts as failure.
            part += np.maximum(0.0, (1 + SPARE) - weights.sum(axis=1))[:, None]
        value = np.ones((longest + 1, size))
        value[:, first:] = part
    return value[:, 0]


def one_sided(masses: FloatArray, ends: list[int], need: int, longest: int) -> FloatArray:
    """P(sum of the positive items < need lattice units) for 0 .. longest items."""
    if need <= 0:
        return np.zeros(longest + 1)
    step = np.zeros(need)
    for low, mass in zip(ends[:-1], masses, strict=True):
        if low < need:
            step[low] += mass / 2
    step[0] += max(0.0, 1 - float(masses.sum()) / 2) * (1 + SPARE)
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
        Largest n, at most `MOST_ITEMS`.

    Returns
    -------
    tuple of int
        In units of ``2**-PROBABILITY_BITS``. Cost: a fraction of a second for 100 items.

    Raises
    ------
    BadInput
        If `longest` is above `MOST_ITEMS`.
    """
    if longest > MOST_ITEMS:
        raise BadInput("longest", longest, f"must be at most {MOST_ITEMS}", "ask for fewer items")
    width = 2 * error
    best = [ONE] * (longest + 1)
    for top in _tops(law, error):
        if top <= width:
            continue
        unit, ends = _cells(width, top)
        masses = _masses(law, float(keep), unit, ends)
        masses = masses[masses > 0]
        ends = ends[: masses.size + 1]
        if not 2 <= masses.size <= MOST_CELLS or masses.sum() > 1 - LEAST_TAIL:
            continue
        needs = [max(0, math.ceil(side / unit)) for side in (hi - error, -lo - error)]
        sides = {need: one_sided(masses, ends, need, longest) for need in set(needs)}
        total = barrier(masses, ends, longest) + sides[needs[0]] + sides[needs[1]]
        factor = lift(masses.size, longest, max(needs))
        rows = [probability_up(Fraction(float(x)) * factor + _UNDERFLOW) for x in total]
        best = [min(a, b) for a, b in zip(best, rows, strict=True)]
    return tuple(itertools.accumulate(best, min))
