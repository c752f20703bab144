r"""From a covered base interval outwards: the large items in order, and how far the sums reach.

Items with ``|X| <= cut`` are small; at most `core` of them, the first ones, make a base interval of
length `length` about half their sum A. The other small items extend it, as none is longer than it.
A large item extends it when it is no longer than the interval so far: Kakeya's condition, started
at `length`. At the end the interval holds [-w, w] if

.. math:: \sum_i a(X_i) \ge w - \text{length}/2, \qquad
          a(x) = x/2 \text{ for an item of the core}, \; \max(x, 0) \text{ for any other},

and the same for -X. Items beyond `top` are left out of every subset.

Both bounds are polynomials with non-negative coefficients in the masses of cells, so masses are
rounded up and nothing is subtracted.

Source: own; proved in ``proofs/base_interval.py``.
"""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np

from slt_theory.certified.enclose import MARGIN, TINY, FloatArray, ball, up, ups
from slt_theory.certified.magnitudes import MAGNITUDES

__all__ = ["counts", "ladder", "misfit", "short", "sweep"]

STEPS = 24
"""Lattice steps in one cut, for the sweep of the large items."""

FINE = 128
"""Lattice steps in one cut, for the sums of one side."""

MOST_IN_CELL = 12
"""More large items than this in one cell count as a misfit."""


def counts(law: str, cut: Fraction, longest: int) -> FloatArray:
    """P(k of n items are small), rounded up: rows n = 0 .. longest."""
    inside = MAGNITUDES[law].below(ball(cut))
    small, large = up(inside), up(1 - inside)
    table = np.zeros((longest + 1, longest + 1))
    table[0, 0] = 1.0
    for n in range(longest):
        table[n + 1] = table[n] * large
        table[n + 1, 1:] += table[n, :-1] * small
    return table * (1 + MARGIN) + TINY


def _powers(x: float, most: int) -> FloatArray:
    """1, x, .., x ** most, by products."""
    return np.concatenate([[1.0], np.cumprod(np.full(most, x))])


def sweep(masses: FloatArray, ends: list[int], outside: float, width: int, most: int) -> FloatArray:
    """P(some item in the cells exceeds `width` plus the smaller ones there) for 0 .. most items.

    Cell j spans ``ends[j] .. ends[j + 1]`` and has mass ``masses[j]``; `outside` is the mass of no
    cell. An item counts with the lower end of its cell and must fit with the upper end; an empty
    cell asks nothing. With r items in this cell or later and a sum S so far,
    ``f_j(S, r) = sum_c C(r, c) m_j^c f_(j+1)(S + c x_j, r - c)``, where a misfit in cell j puts the
    mass of the later cells to the power r - c instead. Rounded up.
    """
    size = max(1, ends[-1] - width + 1)
    choose = np.array([[float(math.comb(r, c)) for c in range(most + 1)] for r in range(most + 1)])
    value = np.zeros((most + 1, size))
    later = 0.0
    for j in range(len(masses) - 1, -1, -1):
        low, first = ends[j], min(size, max(0, ends[j + 1] - width))
        single = _powers(float(masses[j]), most)
        rest = _powers(later, most)
        part = value.copy()  # c = 0
        for c in range(1, most + 1):
            weight = choose[c:, c] * single[c]
            misfits = weight * rest[: most + 1 - c]
            if c > MOST_IN_CELL:
                part[c:] += misfits[:, None]
                continue
            part[c:, :first] += misfits[:, None]
            stop = size - c * low
            if first < stop:
                part[c:, first:stop] += weight[:, None] * value[: most + 1 - c, first + c * low :]
        value, later = part, later + float(masses[j])
    free = _powers(outside, most)
    rows = [float((choose[n, : n + 1] * free[n::-1]) @ value[: n + 1, 0]) for n in range(most + 1)]
    return np.minimum(1.0, np.array(rows) * (1 + MARGIN) + TINY)


def misfit(law: str, cut: Fraction, length: Fraction, top: Fraction, longest: int) -> FloatArray:
    """P(a large item does not fit when it comes) for 0 .. longest items, rounded up.

    `length` is that of the base interval in units of the cut.
    """
    ends, last = [STEPS], math.ceil(top / cut * STEPS)
    while ends[-1] < last:
        ends.append(min(last, ends[-1] + max(1, ends[-1] // 24)))
    magnitude = MAGNITUDES[law]
    points = [min(end * cut / STEPS, top) for end in ends]
    outside = up(magnitude.below(ball(cut)) + 1 - magnitude.below(ball(top)))
    masses = np.maximum(0.0, ups(magnitude.masses(points)))
    return sweep(masses, ends, outside, math.floor(length * STEPS), longest)


def _steps(law: str, cut: Fraction, top: Fraction) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Masses of x/2 + cut/2 for small x, of max(x, 0) for small x, and of that for large x.

    In units of cut / (2 FINE), each value rounded down and each mass up.
    """
    magnitude = MAGNITUDES[law]
    small = ups(magnitude.masses([cut * k / FINE for k in range(FINE + 1)])) / 2
    cells = math.ceil((top - cut) * FINE / cut)
    large = ups(magnitude.masses([min(top, cut + cut * k / FINE) for k in range(cells + 1)])) / 2
    beyond = max(0.0, up(1 - magnitude.below(ball(top))))
    half = np.concatenate([small[::-1], small])  # -|x|/2 in [-k - 1, -k], |x|/2 in [k, k + 1]
    plus = np.zeros(2 * FINE + 2 * cells + 1)
    far = np.zeros_like(plus)
    plus[: 2 * FINE : 2] = small
    plus[0] += float(small.sum())
    far[2 * FINE : -1 : 2] = np.maximum(0.0, large)
    far[0] += float(far.sum()) + beyond
    return half, plus, far


def ladder(
    half: FloatArray, plus: FloatArray, far: FloatArray, *, shift: int, goal: int, core: int, n: int
) -> FloatArray:
    """P(sum < goal) for 0 .. n items on a lattice, rounded up.

    A small item takes a step of `half`, less `shift`, if fewer than `core` came before it, and of
    `plus` else; any other item takes a step of `far`. Sums are kept by the number j of items in the
    core and shifted by j `shift`, so that they only grow: a sum at the last goal is above for good.
    """
    need = [max(0, goal + shift * j) for j in range(core + 1)]
    size = max(1, need[core])
    rows = np.zeros((core + 1, size))
    rows[0, 0] = 1.0
    out = [float(sum(row[:below].sum() for row, below in zip(rows, need, strict=True)))]
    for _ in range(n):
        for j in range(core, -1, -1):
            row = np.convolve(rows[j], plus + far if j == core else far)[:size]
            rows[j] = row + np.convolve(rows[j - 1], half)[:size] if j else row
        out.append(float(sum(row[:below].sum() for row, below in zip(rows, need, strict=True))))
    return np.minimum(1.0, np.array(out) * (1 + MARGIN) + TINY)


def short(
    law: str, cut: Fraction, goal: Fraction, top: Fraction, core: int, longest: int
) -> FloatArray:
    """P(sum of a(X_i) < goal) for 0 .. longest items, rounded up."""
    units = math.ceil(goal * 2 * FINE / cut)
    half, plus, far = _steps(law, cut, top)
    return ladder(half, plus, far, shift=FINE, goal=units, core=core, n=longest)
