"""One curve a value of a column, with the intervals that the table gives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from slt_theory.errors import BadInput
from slt_theory.plotting.rows import legend_above, new_figure
from slt_theory.plotting.styles import COLOURS, marker_of
from slt_theory.plotting.tidy import Row, column, columns_of, with_success
from slt_theory.plural import counted

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["Chart", "axis_name", "chart"]

_NAMES = {
    "n": "random numbers $n$",
    "eps": r"error $\varepsilon$",
    "delta": r"failure probability $\delta$",
    "success": "success probability",
    "dim": "coordinates $d$",
    "size": "numbers in a sum $k$",
    "lock": "locked share",
    "prune": "pruned share",
}
_SHORT = {"eps": r"$\varepsilon$", "delta": r"$\delta$", "n": "$n$", "dim": "$d$", "size": "$k$"}
_DASHES = ("-", "--", ":")
_MOST = len(COLOURS) * len(_DASHES)
# A factor from which equal steps of a linear axis hide the small values.
_WIDE = 30
_BY_LOG = ("eps", "delta", "error")


def axis_name(name: str) -> str:
    """The field's word for a known column, else the column's own name."""
    return _NAMES.get(name, name.replace("$", r"\$"))


@dataclass(frozen=True)
class Chart:
    """A chart of a tidy table.

    Attributes
    ----------
    x, y : str
        Columns; `success` is successes / trials where it is no column itself.
    by : tuple of str
        Columns whose values tell the curves apart.
    ends : (str, str) or None
        Columns with the ends of the intervals.
    rows : list of dict
        The rows that are drawn.
    left_out : int
        Rows without x or y.
    """

    x: str
    y: str
    by: tuple[str, ...]
    ends: tuple[str, str] | None
    rows: list[Row]
    left_out: int

    @property
    def curves(self) -> dict[str, list[Row]]:
        """Rows by the label of their curve, each in the order of x where x is a number."""
        found: dict[str, list[Row]] = {}
        for row in self.rows:
            found.setdefault(", ".join(_label(name, row[name]) for name in self.by), []).append(row)
        if all(isinstance(row[self.x], float) for row in self.rows):
            return {
                label: sorted(rows, key=lambda row: row[self.x]) for label, rows in found.items()
            }
        return found

    def words(self) -> str:
        """Sentences for a caption: what is drawn, the intervals, what is not."""
        curves = f", one curve a value of {' and '.join(self.by)}" if self.by else ""
        parts = [f"{self.y} against {self.x}{curves}, {counted(len(self.rows), 'row')}"]
        if self.ends:
            parts.append(f"bars from {self.ends[0]} to {self.ends[1]}")
            if any(row[end] is None for row in self.rows for end in self.ends):
                parts.append("an arrow where an interval has no end")
        else:
            parts.append("no intervals: the table has none")
        if self.left_out:
            parts.append(f"{counted(self.left_out, 'row')} without {self.x} or {self.y} left out")
        return "; ".join(parts)

    def draw(self, axis: Axes) -> None:
        """Draw the curves on an axis, without a legend."""
        for k, (label, rows) in enumerate(self.curves.items()):
            looks: dict[str, Any] = {
                "color": COLOURS[k % len(COLOURS)],
                "marker": marker_of(COLOURS[k % len(COLOURS)]),
                "ls": _DASHES[k // len(COLOURS)],
                "label": label or None,
                "ms": 3,
            }
            if self.ends:
                looks |= self._bars(rows, *self.ends) | {"capsize": 2}
            axis.errorbar([row[self.x] for row in rows], [row[self.y] for row in rows], **looks)
        axis.set(xlabel=axis_name(self.x), ylabel=axis_name(self.y))
        _scale(axis, "x", self.x, [row[self.x] for row in self.rows])
        _scale(axis, "y", self.y, [row[self.y] for row in self.rows])

    def _bars(self, rows: list[Row], low: str, high: str) -> dict[str, Any]:
        """Lengths of the bars below and above; an end that is open gets an arrow."""
        y = [row[self.y] for row in rows]
        ends = {end: [row[end] for row in rows] for end in (low, high)}
        # The length of an arrow is a mark and no number.
        below = [0.1 * abs(v) if e is None else v - e for v, e in zip(y, ends[low], strict=True)]
        above = [0.1 * abs(v) if e is None else e - v for v, e in zip(y, ends[high], strict=True)]
        return {
            "yerr": [below, above],
            "uplims": [end is None for end in ends[low]],
            "lolims": [end is None for end in ends[high]],
        }

    def figure(self) -> Figure:
        """A figure of the current style, its legend above the axes."""
        figure = new_figure()
        axis = figure.subplots()
        self.draw(axis)
        if self.by:
            legend_above(figure, axis)
        return figure


def _scale(axis: Axes, side: str, name: str, values: list[Any]) -> None:
    """A probability on [0, 1]; errors and wide ranges of positive numbers by logarithm."""
    if not all(isinstance(value, float) for value in values):
        return
    if name == "success":
        axis.set(**{f"{side}lim": (-0.02, 1.02)})
    elif min(values) > 0 and (name in _BY_LOG or max(values) > _WIDE * min(values)):
        axis.set(**{f"{side}scale": "log"})
    elif all(value.is_integer() for value in values):
        getattr(axis, f"{side}axis").get_major_locator().set_params(integer=True)


def _label(name: str, value: Any) -> str:
    if isinstance(value, float):
        return f"{_SHORT.get(name, name)} = {value:g}"
    return str(value).replace("$", r"\$")


def chart(
    rows: Sequence[Row],
    x: str,
    y: str,
    *,
    by: Sequence[str] = (),
    low: str | None = None,
    high: str | None = None,
) -> Chart:
    """A chart of a table's columns, with the intervals that stand beside y.

    Parameters
    ----------
    rows : sequence of dict
        As `slt_theory.plotting.read_rows` gives them.
    x, y : str
        Columns.
    by : sequence of str
        Columns whose values tell curves apart.
    low, high : str, optional
        Columns with the ends of the intervals; without, ``Y_low`` and ``Y_high`` (or ``_lo``,
        ``_hi``), or ``low`` and ``high``, if there are such columns.

    Raises
    ------
    BadInput
        For a column that is not there or holds no numbers, an interval that does not hold its
        value, several rows of one curve at one x, or more curves than can be distinguished.

    Examples
    --------
    >>> chart([{"n": 4.0, "successes": 9.0, "trials": 9.0}], "n", "success").ends
    ('success_low', 'success_high')
    """
    rows = with_success(rows) if y == "success" else list(rows)
    for argument, name in (("x", x), ("y", y), *(("by", one) for one in by)):
        column(rows, name, argument)
    ends = _ends(rows, y, low, high)
    kept = [row for row in rows if row[x] is not None and row[y] is not None]
    made = Chart(x, y, tuple(by), ends, kept, len(rows) - len(kept))
    _check_values(made, rows)
    _check_curves(made)
    return made


def _ends(rows: Sequence[Row], y: str, low: str | None, high: str | None) -> tuple[str, str] | None:
    if low is not None and high is not None:
        column(rows, low, "low")
        column(rows, high, "high")
        return low, high
    if low is not None or high is not None:
        missing = "high" if high is None else "low"
        raise BadInput(missing, "missing", "is needed where the other end is given")
    pairs = ((f"{y}_low", f"{y}_high"), (f"{y}_lo", f"{y}_hi"), ("low", "high"))
    return next((pair for pair in pairs if {*pair} <= rows[0].keys()), None)


def _check_values(made: Chart, rows: Sequence[Row]) -> None:
    if not made.rows:
        text = f"has no row with both {made.x} and {made.y}"
        raise BadInput("table", counted(len(rows), "row"), text, f"columns: {columns_of(rows)}")
    for k, row in enumerate(made.rows):
        for name in (made.y, *(made.ends or ())):
            if row[name] is not None and not isinstance(row[name], float):
                raise BadInput(name, row[name], "is no number", f"row {k + 1}: {row}")
        low, high = (row[end] for end in made.ends) if made.ends else (None, None)
        if (low is not None and low > row[made.y]) or (high is not None and high < row[made.y]):
            text = f"does not lie between {' and '.join(made.ends or ())}"
            raise BadInput(made.y, row[made.y], text, f"row {k + 1}: {row}")
    kinds = {type(row[made.x]) for row in made.rows}
    if len(kinds) > 1:
        text = f"some are numbers and some are text in {made.x}"
        raise BadInput("x", made.x, text, "use --where to choose rows")


def _check_curves(made: Chart) -> None:
    curves = made.curves
    if len(curves) > _MOST:
        text = f"has {len(curves)} values, more curves than the {_MOST} that can be distinguished"
        raise BadInput("by", ", ".join(made.by), text, "choose rows, e.g. --where COLUMN=VALUE")
    for label, rows in curves.items():
        seen: dict[Any, Row] = {}
        for row in rows:
            other = seen.setdefault(row[made.x], row)
            if other is not row:
                used = {made.x, made.y, *(made.ends or ()), "successes", *made.by}
                differ = [name for name in row if row[name] != other[name] and name not in used]
                way_out = (
                    f"they differ in {', '.join(differ)}: --by {differ[0]}, or "
                    f"--where {differ[0]}=VALUE"
                    if differ
                    else "one row a point; average them first"
                )
                at = row[made.x]
                where_ = f"{made.x} = {at:g}" if isinstance(at, float) else f"{made.x} = {at}"
                text = f"has several rows at {where_}"
                raise BadInput("curve", label or made.y, text, way_out)
