"""Measured thresholds with their exact intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from slt_theory.plotting.styles import COLOURS, marker_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["bounds_and_measured", "thresholds"]


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


def bounds_and_measured(axis: Axes, x: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Draw certified, statistical and necessary numbers against a field, and the measured ones.

    Parameters
    ----------
    axis : matplotlib Axes
    x : str
    rows : sequence of mappings
        With keys `x`, ``certified``, ``statistical`` and ``necessary``, None where there is no
        number, and those of `thresholds`.
    """
    series = (
        ("certified", "v", COLOURS[1], "certified"),
        ("statistical", "d", COLOURS[3], "certified by statistics"),
        ("necessary", "^", COLOURS[2], "necessary"),
    )
    for key, marker, colour, label in series:
        shown = [(row[x], row[key]) for row in rows if row[key] is not None]
        if shown:
            axis.plot(
                *zip(*shown, strict=True), marker=marker, ms=4, lw=0.8, color=colour, label=label
            )
    thresholds(axis, [row[x] for row in rows], rows, color="0.2", label="measured", ls="")
