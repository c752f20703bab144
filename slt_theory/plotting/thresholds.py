"""Measured thresholds with their exact intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from slt_theory.plotting.styles import marker_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["thresholds"]


def thresholds(
    axis: Axes,
    x: Sequence[float],
    rows: Sequence[Mapping[str, Any]],
    *,
    factors: Sequence[float] | None = None,
    color: str | None = None,
    label: str | None = None,
    ls: str | None = None,
) -> None:
    """Draw n against x, with bars from `n_low` to `n_high`; rows without n are left out.

    Parameters
    ----------
    axis : matplotlib Axes
    x : sequence of float
    rows : sequence of mappings
        With keys ``n``, ``n_low``, ``n_high``, as `Threshold.to_dict` gives them.
    factors : sequence of float, optional
        What each row is multiplied by.
    color, label, ls : str, optional
        As in `Axes.errorbar`; the colour chooses the marker.
    """
    shown = [
        (place, f * row["n"], f * row["n_low"], f * (row["n_high"] or row["n"]))
        for place, row, f in zip(x, rows, factors or [1] * len(rows), strict=True)
        if row["n"] is not None
    ]
    if not shown:
        return
    places, n, low, high = zip(*shown, strict=True)
    bars = [
        [a - b for a, b in zip(n, low, strict=True)],
        [b - a for a, b in zip(n, high, strict=True)],
    ]
    look: dict[str, Any] = {"color": color, "label": label, "ls": ls}
    look["marker"] = marker_of(str(color))
    axis.errorbar(places, n, yerr=bars, ms=3, capsize=2, **look)
