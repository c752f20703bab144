r"""Tables of the dynamic program for the proof kernel: integers only, every entry checked there.

A table belongs to a statement: n items of U[-1,1] reach all of :math:`[-1/2, 1/2]` within
:math:`2\epsilon` with probability at least :math:`1 - \delta`, on every lattice of step
:math:`1/M` with M even and at least `LEAST`. Shares of the window are multiples of ``2**-20``,
probabilities of ``2**-40``. A row holds a line ``a - s x`` for each cell ``[p, q]`` of shares; the
checker of ``proofs/rocq/Checker.v`` says what it has to satisfy.

The slopes are guessed in floating point. Nothing depends on that: any slope gives a true bound, and
the bound is evaluated in integers here, and again in the kernel.
"""

from __future__ import annotations

import bisect
import itertools
import math
from dataclasses import dataclass
from fractions import Fraction
from functools import cache

import numpy as np
from numpy.typing import NDArray

from slt_theory.errors import BadInput

from .text import listed

__all__ = ["LEAST", "Cell", "Table", "make_table", "table_text"]

SHARES = 1 << 20
UNIT = 1 << 40
LEAST = 1 << 20
"""The statements hold on every lattice with at least this M."""

# Of the error 2 eps this part is the reach of a sum, the rest may stay open.
_SPLITS = (Fraction(1, 2), Fraction(3, 5), Fraction(5, 8))
# Cells in a factor of two of the share below 1/2, and of the open share above; coarse ones first.
_GRIDS = ((24, 12), (24, 18), (48, 24), (96, 32))
_CHORDS = 40

Cell = tuple[int, int, int, int]
"""Left end, value there, right end, value there."""


@dataclass(frozen=True, slots=True)
class Table:
    """States ``p_0 < ... < p_S`` and, for each item, a line (a, s) on every cell."""

    shares: int
    unit: int
    states: tuple[int, ...]
    rows: tuple[tuple[tuple[int, int], ...], ...]


def _geometric(start: int, ratio: float) -> list[int]:
    """start, start ratio, ...: below one half."""
    count = math.ceil(math.log(SHARES / 2 / start) / math.log(ratio))
    return [round(start * ratio**k) for k in range(count)]


def _states(eps: Fraction, split: Fraction, grid: tuple[int, int]) -> tuple[int, ...]:
    """Shares at the ends of the cells; the rounding of both ends is charged to the error."""
    room = Fraction(3, 2 * LEAST) + Fraction(3, SHARES)
    error = 2 * eps - room
    start = math.floor(2 * split * error * SHARES)
    open_share = math.floor((1 - split) * error * SHARES)
    low = _geometric(start, 2.0 ** (1 / grid[0]))
    high = [SHARES - u for u in _geometric(open_share, 2.0 ** (1 / grid[1]))]
    return tuple(sorted({*low, *high}))


def _slope(points: NDArray[np.int64], values: NDArray[np.int64], mean: float) -> int:
    """Slope of the upper hull's edge above `mean`; the points right of it lie to its right."""
    x, y = points.astype(float), values.astype(float)
    right = x > mean
    if not right.any():
        return 0
    touch, slope = int(np.argmax(np.where(right, -1.0, y))), 0.0
    for _ in range(_CHORDS):
        slope = max(0.0, float(((y[touch] - y[right]) / (x[right] - x[touch])).min()))
        best = int(np.argmax(np.where(right, -np.inf, y + slope * x)))
        if best == touch:
            break
        touch = best
    return round(slope)


def _mean(share: int) -> float:
    return share + share * (SHARES - share) / (2 * SHARES)


def at_mean(a: int, s: int, share: int) -> int:
    """The line at the mean of the next share, rounded up, as the checker computes it."""
    return a - s * share * (3 * SHARES - share) // (2 * SHARES)


def _row(cells: list[Cell], ends: list[int]) -> tuple[tuple[int, int], ...]:
    """The lines of one step: for each cell above the polygon on all shares it can reach."""
    lines = []
    left, at_left, right, at_right = np.array(cells, dtype=np.int64).T
    for j, (p, _, q, _) in enumerate(cells):
        reach = min(2 * q, SHARES)
        stop = min(len(cells), bisect.bisect_left(ends, reach))
        beyond = [SHARES] if reach > ends[-1] else []
        points = np.concatenate([left[j:stop], right[j:stop], beyond]).astype(np.int64)
        values = np.concatenate([at_left[j:stop], at_right[j:stop], [0] * len(beyond)])
        values = values.astype(np.int64)
        s = _slope(points, values, (_mean(p) + _mean(q)) / 2)
        lines.append((int((values + s * points).max()), s))
    return tuple(lines)


def _program(states: tuple[int, ...], delta: Fraction, n: int) -> Table | None:
    """n rows, or None if they leave more than `delta`."""
    cells = [(p, UNIT, q, UNIT) for p, q in itertools.pairwise(states)]
    rows = []
    for _ in range(n):
        row = _row(cells, list(states))
        cells = [
            (p, at_mean(a, s, p), q, at_mean(a, s, q))
            for (p, _, q, _), (a, s) in zip(cells, row, strict=True)
        ]
        rows.append(row)
    if max(max(cell[1], cell[3]) for cell in cells) > delta * UNIT:
        return None
    return Table(SHARES, UNIT, states, tuple(rows))


@cache
def make_table(eps: Fraction, delta: Fraction, n: int) -> Table:
    """A table of n rows for error ``2 eps`` and failure probability `delta`.

    Raises
    ------
    BadInput
        If no grid of `_GRIDS` gives one: the bound that the program proves is larger.

    Notes
    -----
    Cost: about two seconds at 1/100.
    """
    for grid in _GRIDS:
        for split in _SPLITS:
            table = _program(_states(eps, split, grid), delta, n)
            if table is not None:
                return table
    raise BadInput(
        "n", n, f"has no table at eps = {eps}, delta = {delta}", "the dynamic program needs more"
    )


def table_text(table: Table) -> str:
    """A table as a Rocq record; one line a row."""
    rows = listed((listed(f"({a}, {s})" for a, s in row) for row in table.rows), ";\n  ")
    return (
        f"{{| shares := {table.shares};\n   unit := {table.unit};\n"
        f"   states := {listed(table.states)};\n   rows :=\n  {rows} |}}"
    )
