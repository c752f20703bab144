"""Rows of a table, and how they are drawn: medians of replicates with exact intervals."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from fractions import Fraction
from statistics import median
from typing import TYPE_CHECKING, Any

from slt_theory.plotting.styles import marker_of
from slt_theory.statistics import median_interval

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["by", "curve", "legend_above", "legend_over", "median_row", "new_figure", "panels"]

Row = dict[str, Any]
# Inches: columns narrower than this are one of two, with a gap between.
_NARROW, _GUTTER = 4.0, 0.25
_LATEX = re.compile(r"\\[a-zA-Z]+|[$_^{}]")


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


def new_figure(height: float = 1.0, *, wide: bool = False) -> Figure:
    """An empty figure of the current style.

    Parameters
    ----------
    height : float
        Times the height of the style.
    wide : bool
        Over the whole text where the style is one of two narrow columns (a ``figure*``).
    """
    from matplotlib.figure import Figure

    figure = Figure()
    column = figure.get_figwidth()
    if wide and column < _NARROW:
        figure.set_figwidth(2 * column + _GUTTER)
    figure.set_figheight(height * figure.get_figheight())
    return figure


def panels(figure: Figure, count: int, *, shared: bool = True) -> list[Any]:
    """So many axes in two columns, one alone if there is one; the figure grows with its rows.

    Parameters
    ----------
    figure : matplotlib Figure
    count : int
        Of axes.
    shared : bool
        One scale for all.
    """
    columns = min(count, 2)
    rows = -(-count // columns)
    if rows > 1:
        figure.set_figheight((0.36 * rows + 0.12) * figure.get_figwidth())
    axes = list(figure.subplots(rows, columns, squeeze=False, sharex=shared, sharey=shared).ravel())
    for axis in axes[count:]:
        axis.remove()
    for axis in axes[:count]:
        # With a panel missing below, the one above it shows its labels.
        axis.tick_params(labelbottom=not shared or axis in axes[count - columns :])
    return axes[:count]


def legend_above(figure: Figure, *axes: Any, title: str = "") -> None:
    """A legend above all axes, where it hides no data, in as many columns as fit.

    Parameters
    ----------
    figure : matplotlib Figure
    *axes : matplotlib Axes
        Whose labelled artists are shown, each label once; all axes of the figure without any.
    title : str
        A line over the labels.
    """
    from matplotlib import rcParams

    shown: dict[str, Any] = {}
    for axis in axes or figure.axes:
        for handle, label in zip(*axis.get_legend_handles_labels(), strict=True):
            shown.setdefault(label, handle)
    if not shown:
        return
    # A letter is about half as wide as the font is high; handle and gaps take ten letters.
    letters = figure.get_figwidth() * 72 / (0.5 * (rcParams["font.size"] - 1))
    longest = max(len(_LATEX.sub("x", label)) for label in shown)
    columns = max(1, min(len(shown), int(letters / (longest + 10))))
    figure.legend(
        shown.values(), shown, loc="outside upper center", ncols=columns, title=title or None
    )


def legend_over(axis: Any, title: str = "") -> None:
    """A legend above one axes of several, one label a line, where it hides no data."""
    axis.legend(
        loc="lower left",
        bbox_to_anchor=(0, 1),
        borderaxespad=0.2,
        fontsize="small",
        title=title or None,
        title_fontsize="small",
        alignment="left",
    )


def by(rows: Sequence[Row], field: str) -> dict[Any, list[Row]]:
    """Rows by the value of a field, values in the order in which they first come."""
    groups: dict[Any, list[Row]] = {}
    for row in rows:
        groups.setdefault(row[field], []).append(row)
    return groups


def curve(
    axis: Any,
    rows: Sequence[Row],
    x: str,
    y: str = "median",
    *,
    scale: float = 1,
    colour: str,
    label: str | None = None,
    size: float | None = 3,
) -> None:
    """Draw a field of rows against another one, with intervals from `low` to `high`.

    Parameters
    ----------
    axis : matplotlib Axes
    rows : sequence of dict
        With the fields `x`, `y`, ``low`` and ``high``, as those of `median_row`.
    scale : float
        Of the values, e.g. 100 for per cent.
    size : float, optional
        Of the markers.
    """
    axis.errorbar(
        [row[x] for row in rows],
        [scale * row[y] for row in rows],
        yerr=[
            [scale * (row[y] - row["low"]) for row in rows],
            [scale * (row["high"] - row[y]) for row in rows],
        ],
        color=colour,
        marker=marker_of(colour),
        ms=size,
        capsize=2,
        label=label,
    )
