"""Largest numbers of windows as affine forms, in two networks with the same symbols.

Let w be the number of a window that is the largest at the middle of the box. Then
``t = max_j z_j - z_w`` lies in [0, rho], with rho the largest of all z_j - z_w, and the largest
number changes by ``f_w + t - t(c)``: a form, and a symbol where rho > 0. In the other network t'
differs from t by ``[max z' - max z] - [z'_w - z_w]``, which is small with the difference of both
networks: as for a ReLU a second symbol of the same column.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from slt_theory.networks.steps import Pool, Shape
from slt_theory.tickets.checking.change_form import ChangeForm
from slt_theory.tickets.checking.crossings import Crossings
from slt_theory.tickets.checking.outward import TINY, Range, up

__all__ = ["Windows", "between", "windows_of"]

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]
_SLIP = 2.0**-48
_HIDDEN = 2.0**-36
"""Below such a part of the largest change of a value a winner's doubt is a rounding."""


class Windows(NamedTuple):
    """Windows of a value.

    Attributes
    ----------
    members : array (windows, places)
        Numbers of the value; that of the winner where a place is padding.
    winner : array (windows,)
    doubt : array (windows,)
        rho, in both networks.
    """

    members: Indices
    winner: Indices
    doubt: Floats

    def in_doubt(self, reach: Floats) -> tuple[Indices, Floats]:
        """Windows that need a symbol, and what the others may be off."""
        least = _HIDDEN * float(reach.max(initial=0.0))
        rows = np.flatnonzero(~(self.doubt <= least))
        hidden = self.doubt.copy()
        hidden[rows] = 0.0
        return rows, hidden


def windows_of(
    step: Pool, shape: Shape, forms: tuple[ChangeForm, ChangeForm], centres: list[Range]
) -> Windows:
    """Windows of a largest-number pool, by the target's numbers at the middle."""
    numbers = np.arange(int(np.prod(shape)), dtype=np.float64)
    seen = step.gather(numbers, shape, -1.0)
    members: Indices = seen.reshape(-1, seen.shape[-1]).astype(np.int64)
    low, high = centres[0]
    middle = np.where(members >= 0, (low / 2 + high / 2)[members], -np.inf)
    winner: Indices = members[np.arange(len(members)), np.argmax(middle, axis=1)]
    members = np.where(members >= 0, members, winner[:, None])
    doubt = np.zeros(len(winner))
    for form, (low, high) in zip(forms, centres, strict=True):
        for other in members.T:
            change = form.columns[:, other] - form.columns[:, winner]
            gap = (1 + form.second) @ np.abs(change[1:])
            most = high[other] - low[winner] + change[0]
            size = np.abs(high[other]) + np.abs(low[winner]) + np.abs(change[0])
            lost = gap + form.slack[other] + form.slack[winner] + size * 2.0**-50
            rise = most + up(lost, len(change) + 8)
            doubt = np.maximum(doubt, np.where(other == winner, 0.0, rise))
    return Windows(members, winner, doubt)


def between(windows: Windows, rows: Indices, centres: list[Range], apart: list[Range]) -> Crossings:
    """``t - t(c)`` of windows in doubt, as ``shift + size e`` in both networks.

    Parameters
    ----------
    apart : list of (lower, upper)
        Of the other network's numbers less the target's, a range a place; the winner's last.
    """
    members, winner = windows.members[rows], windows.winner[rows]
    rho, leads, widths = windows.doubt[rows], [], np.zeros(rows.size)
    for low, high in centres:
        middle = low / 2 + high / 2
        leads.append(middle[members].max(axis=1) - middle[winner])
        size = np.maximum(np.abs(low), np.abs(high))
        wide = (high - low) + size * _SLIP
        widths = widths + 2 * np.maximum(wide[members].max(axis=1), wide[winner])
    least = np.minimum.reduce([low for low, _ in apart]) - apart[-1][1]
    most = np.maximum.reduce([high for _, high in apart]) - apart[-1][0]
    least, most = np.maximum(least, -rho), np.minimum(most, rho)
    size = up(rho / 2 + widths + _SLIP * rho, 4) + TINY
    more = least / 2 + most / 2 - (leads[1] - leads[0])
    sizes = (
        np.abs(least)
        + np.abs(most)
        + np.abs(more)
        + sum(np.maximum(np.abs(low), np.abs(high)) for low, high in apart)
    )
    other = up((most - least) / 2 + widths + _SLIP * (sizes + rho), 4)
    shift = rho / 2 - leads[0]
    return Crossings(np.ones(rows.size), size, shift, shift + more, up(other / size, 2))
