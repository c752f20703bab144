"""Rows of a table, and how they are drawn: medians of replicates with exact intervals."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from statistics import median
from typing import TYPE_CHECKING, Any

from slt_theory.statistics import median_interval

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["curve", "median_row", "new_figure"]

Row = dict[str, Any]


def median_row(values: Iterable[Fraction | float]) -> Row:
    """Median of the replicates, and the ends and level of an exact interval for the true one.

    Examples
    --------
    >>> row = median_row([1, 2, 3, 4, 5, 6])
    >>> row["median"], row["low"], row["high"], row["level"]
    (3.5, 1.0, 6.0, 0.96875)
    """
    numbers = [float(value) for value in values]
    low, high, level = median_interval(numbers)
    return {"median": median(numbers), "low": low, "high": high, "level": level}


def new_figure(height: float = 1.0) -> Figure:
    """An empty figure of the current style, its height times a factor."""
    from matplotlib.figure import Figure

    figure = Figure()
    figure.set_figheight(height * figure.get_figheight())
    return figure


def curve(
    axis: Any,
    rows: Sequence[Row],
    x: str,
    *,
    scale: float = 1,
    colour: str,
    label: str | None = None,
    size: float | None = 3,
) -> None:
    """Draw the medians of rows against one of their fields, with their intervals.

    Parameters
    ----------
    axis : matplotlib Axes
    rows : sequence of dict
        With the fields of `median_row` and `x`.
    scale : float
        Of the medians, e.g. 100 for per cent.
    size : float, optional
        Of the markers.
    """
    axis.errorbar(
        [row[x] for row in rows],
        [scale * row["median"] for row in rows],
        yerr=[
            [scale * (row["median"] - row["low"]) for row in rows],
            [scale * (row["high"] - row["median"]) for row in rows],
        ],
        color=colour,
        marker="o",
        ms=size,
        capsize=2,
        label=label,
    )
