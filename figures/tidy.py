"""A user's rows as the table of a figure: which columns each figure takes, and how they are read.

Rows are those of `slt_theory.plotting.read_rows`: of a sweep's export, or of any table with a row
a point. Numbers that our proofs would give (``certified``, ``necessary``, ``statistical``) are
drawn where the rows have them; they are not added to somebody's measurements.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from slt_theory.errors import BadInput
from slt_theory.plotting import columns_of, number, with_success

__all__ = ["TIDY", "TidyForm", "from_rows"]

Row = dict[str, Any]
_DELTA, _LEVEL = 0.1, 0.95


@dataclass(frozen=True)
class TidyForm:
    """The tidy form of a figure.

    Attributes
    ----------
    needed, more : tuple of str
        Columns that must be there, and those that are used if they are.
    kind : str
        Sweep whose export has them.
    table : callable
        The figure's table of the rows.
    """

    needed: tuple[str, ...]
    more: tuple[str, ...]
    kind: str
    table: Callable[[Sequence[Row]], dict[str, Any]]


def _optional(row: Row, name: str) -> float | None:
    return None if row.get(name) is None else number(row, name)


def _one(rows: Sequence[Row], name: str, default: Any) -> Any:
    """The one value of a column that must not vary, the default without the column."""
    values = list(dict.fromkeys(row.get(name) for row in rows))
    if len(values) > 1:
        text = f"has several values of {name}, and the figure takes one"
        raise BadInput("data", ", ".join(map(str, values)), text, f"--where {name}=VALUE")
    return default if values[0] is None else values[0]


def _threshold(row: Row) -> dict[str, Any]:
    return {
        "n": _optional(row, "n"),
        "n_low": _optional(row, "n_low") if row.get("n_low") is not None else _optional(row, "n"),
        "n_high": _optional(row, "n_high"),
    }


def _shared(rows: Sequence[Row]) -> dict[str, Any]:
    """Level and failure probability, as the rows say or as the verbs assume."""
    return {"delta": _one(rows, "delta", _DELTA), "level": _one(rows, "level", _LEVEL)}


def _points(rows: Sequence[Row]) -> list[dict[str, Any]]:
    return sorted(
        (
            {
                "n": int(number(row, "n")),
                "successes": int(number(row, "successes")),
                "trials": int(number(row, "trials")),
                "lo": number(row, "success_low"),
                "hi": number(row, "success_high"),
            }
            for row in with_success(rows)
        ),
        key=lambda point: point["n"],
    )


def _success(rows: Sequence[Row]) -> dict[str, Any]:
    law, curves = _one(rows, "law", ""), []
    for eps in sorted({number(row, "eps") for row in rows}, reverse=True):
        own = [row for row in rows if row["eps"] == eps]
        points = _points(own)
        if len({point["n"] for point in points}) < len(points):
            raise BadInput("data", f"eps = {eps:g}", "has several rows at one n", "--where ...")
        curves.append(
            {
                "eps": eps,
                "points": points,
                "certified": _one(own, "certified", None),
                "necessary": _one(own, "necessary", None),
            }
        )
    return {"law": law, **_shared(rows), "curves": curves}


def _failure(rows: Sequence[Row]) -> dict[str, Any]:
    points = _points(rows)
    return {
        "eps": _one(rows, "eps", None),
        "law": _one(rows, "law", ""),
        "level": _one(rows, "level", _LEVEL),
        "trials": max(point["trials"] for point in points),
        "points": [
            {
                "n": p["n"],
                "failure": 1 - p["successes"] / p["trials"],
                "lo": 1 - p["hi"],
                "hi": 1 - p["lo"],
            }
            for p in points
        ],
        "certified": [],
    }


def _log2(row: Row) -> float:
    eps = number(row, "eps")
    if not 0 < eps <= 1:
        raise BadInput("data", f"eps = {eps:g}", "must lie in (0, 1]", f"in the row {row}")
    return -math.log2(eps)


def _n_vs_eps(rows: Sequence[Row]) -> dict[str, Any]:
    bounds = ("necessary", "statistical", "certified")
    return {
        **_shared(rows),
        "rows": [
            {
                "law": str(row["law"]),
                "log2": _log2(row),
                **_threshold(row),
                **{name: _optional(row, name) for name in bounds},
            }
            for row in rows
        ],
        "log2": [],
        "counting": [],
    }


def _plane(rows: Sequence[Row]) -> dict[str, Any]:
    _one(rows, "law", "")
    return {
        "delta": _one(rows, "delta", _DELTA),
        "eps": _one(rows, "eps", None),
        "trials": _one(rows, "trials", None),
        "rows": [
            {"lock": number(row, "lock"), "prune": number(row, "prune"), "n": _optional(row, "n")}
            for row in rows
        ],
    }


def _vectors(rows: Sequence[Row]) -> dict[str, Any]:
    _one(rows, "law", "")
    return {
        **_shared(rows),
        "rows": [
            {"dim": int(number(row, "dim")), "log2": _log2(row), **_threshold(row)} for row in rows
        ],
    }


TIDY: dict[str, TidyForm] = {
    "success_vs_n": TidyForm(
        ("eps", "n", "successes", "trials"),
        ("success_low", "success_high", "delta", "level", "certified", "necessary"),
        "curve",
        _success,
    ),
    "failure_vs_n": TidyForm(
        ("n", "successes", "trials"),
        ("success_low", "success_high", "eps", "level"),
        "curve",
        _failure,
    ),
    "n_vs_eps": TidyForm(
        ("law", "eps", "n"),
        ("n_low", "n_high", "delta", "level", "necessary", "statistical", "certified"),
        "threshold",
        _n_vs_eps,
    ),
    "frozen_plane": TidyForm(
        ("lock", "prune", "n"), ("eps", "delta", "trials"), "threshold", _plane
    ),
    "vectors": TidyForm(
        ("dim", "eps", "n"), ("n_low", "n_high", "delta", "level"), "threshold", _vectors
    ),
}
"""Figures that are drawn from rows."""


def from_rows(name: str, rows: Sequence[Row]) -> dict[str, Any]:
    """The table of a figure from a user's rows.

    Raises
    ------
    BadInput
        If the figure has no tidy form, a column is missing or holds no numbers, or a column varies
        that the figure takes as one value.
    """
    if name not in TIDY:
        text = f"is not drawn from rows; these are: {', '.join(TIDY)}"
        way_out = "slt plot TABLE --x COLUMN --y COLUMN draws any table"
        raise BadInput("figure", name, text, way_out)
    form = TIDY[name]
    missing = [column for column in form.needed if column not in rows[0]]
    if missing:
        text = f"is no column of the table, and {name} needs {', '.join(form.needed)}"
        way_out = (
            f"columns there are: {columns_of(rows)}; a sweep of kind {form.kind!r} exports them all"
        )
        raise BadInput("data", ", ".join(missing), text, way_out)
    return form.table(rows)
