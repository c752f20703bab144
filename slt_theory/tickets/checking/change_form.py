"""Changes of a value on a box as affine forms with a slack for roundings, through every step."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from slt_theory.networks import Operator
from slt_theory.networks.steps import Move, Pool, Shape
from slt_theory.tickets.checking.outward import TINY, up

__all__ = ["ChangeForm"]

Floats = NDArray[np.float64]
_ROWS = 256


@dataclass(frozen=True, eq=False)
class ChangeForm:
    """Changes ``F_0 + sum_j F_j (e_j + second_j e'_j) + s`` of the numbers of a value.

    Attributes
    ----------
    columns : array (1 + symbols, numbers)
        F_0, F_1, ...
    second : array (symbols,)
    slack : array (numbers,)
        Bounds of ``|s|``.
    known : array (numbers,), optional
        Bounds of ``sum_j (1 + second_j) |F_j|``; without them columns are added when it is asked.
    """

    columns: Floats
    second: Floats
    slack: Floats
    known: Floats | None = None

    @cached_property
    def spread(self) -> Floats:
        """Bounds of ``sum_j (1 + second_j) |F_j|``."""
        if self.known is not None:
            return self.known
        total, weights = np.zeros(self.slack.size), 1 + self.second
        for start in range(1, len(self.columns), _ROWS):
            rows = self.columns[start : start + _ROWS]
            total += weights[start - 1 : start - 1 + len(rows)] @ np.abs(rows)
        return up(total, len(self.columns) + 4)

    @property
    def reach(self) -> Floats:
        """Bounds of the change less F_0."""
        return up(self.spread + self.slack, 2)

    @property
    def size(self) -> Floats:
        """Bounds of the sizes of all columns together: roundings are small parts of it."""
        return np.asarray(np.abs(self.columns[0]) + self.spread)

    def with_symbols(self, second: Floats) -> ChangeForm:
        """The same with columns of zeros for symbols that it has not."""
        missing = second.size - self.second.size
        if not missing:
            return self
        columns = np.pad(self.columns, ((0, missing), (0, 0)))
        return ChangeForm(columns, second, self.slack, self.known)

    def through(self, operator: Operator) -> ChangeForm:
        """A linear map."""
        lost = (operator.terms + 4) * 2.0**-53
        each = self.slack + lost * self.size + len(self.columns) * TINY
        slack = up(operator.map(np.abs) @ each, operator.terms + 4)
        return ChangeForm(operator.apply(self.columns), self.second, slack)

    def plus(self, other: ChangeForm) -> ChangeForm:
        """A sum; one of both has all symbols of the other, in the same order."""
        second = max(self.second, other.second, key=len)
        one, other = (form.with_symbols(second) for form in (self, other))
        made = ChangeForm(one.columns + other.columns, second, one.slack + other.slack)
        slack = up(made.slack + made.size * 2.0**-52, 4)
        return ChangeForm(made.columns, second, slack, made.spread)

    def moved(self, step: Move, shape: Shape) -> ChangeForm:
        """Numbers in other places."""
        columns, slack = (step.move(part, shape, 1) for part in (self.columns, self.slack))
        return ChangeForm(columns, self.second, slack)

    def picked(self, places: NDArray[np.int64], more: Floats) -> ChangeForm:
        """Some of the numbers, each with so much more of slack."""
        slack = up(self.slack[places] + more, 2)
        return ChangeForm(self.columns[:, places], self.second, slack, self.spread[places])

    def averaged(self, step: Pool, shape: Shape) -> ChangeForm:
        """Means of windows."""
        terms = step.numbers(shape) + 4
        slack = up(step(self.slack + terms * 2.0**-52 * self.size, shape), terms)
        return ChangeForm(step(self.columns, shape), self.second, slack)

    def bent(
        self, slopes: Floats, rows: NDArray[np.int64], shift: Floats, size: Floats, second: Floats
    ) -> ChangeForm:
        """``slopes f``, and at some rows a shift and ``size`` times a symbol of their own.

        `second` are those of all symbols, the new ones last.
        """
        rounded = (slopes != 0) & (slopes != 1)
        lost = np.where(rounded, self.size * 2.0**-52 + len(self.columns) * TINY, 0.0)
        columns = np.zeros((1 + second.size, slopes.size))
        np.multiply(self.columns, slopes, out=columns[: len(self.columns)])
        columns[0, rows] += shift
        lost[rows] += (np.abs(columns[0, rows]) + np.abs(shift)) * 2.0**-51
        columns[len(columns) - rows.size + np.arange(rows.size), rows] = size
        spread = slopes * self.spread
        spread[rows] += (1 + second[second.size - rows.size :]) * size
        known = up(spread + len(self.columns) * TINY, 4)
        return ChangeForm(columns, second, up(self.slack * slopes + lost, 4), known)
