"""Tidy tables of one's own, a row an observation, a column a variable: CSV, JSON or Parquet."""

from __future__ import annotations

import csv
import json
import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from difflib import get_close_matches
from fractions import Fraction
from pathlib import Path
from typing import Any

from slt_theory.errors import BadInput, UnreadableFile
from slt_theory.extras import optional
from slt_theory.plural import counted
from slt_theory.statistics import clopper_pearson

__all__ = ["Row", "column", "columns_of", "number", "read_rows", "where", "with_success"]

Row = dict[str, Any]
_SUFFIXES = ".csv, .tsv, .json, .parquet"


def read_rows(path: Path) -> list[Row]:
    """Rows of a table; numbers and fractions (1/100) as floats, empty cells as None.

    Parameters
    ----------
    path : Path
        ``.csv`` (commas or semicolons), ``.tsv``, ``.parquet``, or ``.json``: a list of objects, or
        an object that holds one under ``rows``.

    Raises
    ------
    UnreadableFile, BadInput
        If there is no such file, or it holds no table.
    MissingExtra
        For Parquet without pyarrow.
    """
    readers = {".csv": _csv, ".tsv": _csv, ".json": _json, ".parquet": _parquet}
    if path.suffix not in readers:
        raise BadInput("table", str(path), "is of an unknown kind", f"a table is {_SUFFIXES}")
    if not path.is_file():
        raise UnreadableFile("table", str(path), "does not exist", f"a table is {_SUFFIXES}")
    try:
        rows = readers[path.suffix](path)
    except (OSError, ValueError) as error:
        raise UnreadableFile("table", str(path), f"cannot be read ({error})") from error
    if not rows:
        raise BadInput("table", str(path), "has no rows", "a header, then one row a point")
    names = list(dict.fromkeys(name for row in rows for name in row))
    return [{name: _value(row.get(name)) for name in names} for row in rows]


def _csv(path: Path) -> list[Row]:
    text = path.read_text(encoding="utf-8-sig")
    header = text.partition("\n")[0]
    delimiter = max(",;\t", key=header.count)
    lines = csv.reader(text.splitlines(), delimiter=delimiter)
    names = [name.strip() for name in next(lines, [])]
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise ValueError(f"two columns are called {twice[0]!r}")
    rows = []
    for cells in filter(None, lines):
        if len(cells) != len(names):
            raise ValueError(
                f"line {lines.line_num} has {counted(len(cells), 'cell')}, the header {len(names)}"
            )
        rows.append(dict(zip(names, cells, strict=True)))
    return rows


def _json(path: Path) -> list[Row]:
    held = json.loads(path.read_text(encoding="utf-8"))
    if isinstance(held, dict):
        if not isinstance(held.get("rows"), list):
            raise ValueError(f"an object without rows; it has {', '.join(held) or 'nothing'}")
        held = held["rows"]
    if not isinstance(held, list) or not all(isinstance(row, dict) for row in held):
        raise ValueError("no list of objects")
    return held


def _parquet(path: Path) -> list[Row]:
    parquet = optional("pyarrow.parquet", "tables", "Parquet")
    rows: list[Row] = parquet.read_table(path).to_pylist()
    return rows


def _value(cell: Any) -> Any:
    """A number where the cell is one; None for what is empty or not finite."""
    if isinstance(cell, bool) or not isinstance(cell, str | int | float):
        return cell
    text = str(cell).strip()
    try:
        value = float(Fraction(text)) if "/" in text else float(text)
    except (ValueError, ZeroDivisionError, OverflowError):
        return text or None
    return value if math.isfinite(value) else None


def where(rows: Sequence[Row], conditions: Iterable[str]) -> list[Row]:
    """The rows that meet every condition ``COLUMN=VALUE``.

    Examples
    --------
    >>> where([{"eps": 0.1, "n": 3}, {"eps": 0.01, "n": 9}], ["eps=1/100"])
    [{'eps': 0.01, 'n': 9}]
    """
    kept = list(rows)
    for text in conditions:
        name, sign, value = text.partition("=")
        if not sign:
            raise BadInput("where", text, "is no condition", "write COLUMN=VALUE, e.g. law=uniform")
        values = column(rows, name, "where")
        kept = [row for row in kept if row[name] == _value(value)]
        if not kept:
            there = ", ".join(dict.fromkeys(f"{v:g}" if isinstance(v, float) else str(v)
                                            for v in values))  # fmt: skip
            raise BadInput("where", text, "is met by no row", f"values of {name}: {there}")
    return kept


def columns_of(rows: Sequence[Row]) -> str:
    """The names of the columns, for messages."""
    return ", ".join(rows[0])


def column(rows: Sequence[Row], name: str, argument: str) -> list[Any]:
    """The values of one column.

    Raises
    ------
    BadInput
        If there is none of this name: with the nearest, and all there are.
    """
    if name not in rows[0]:
        near = get_close_matches(name, rows[0], 1)
        hint = f"did you mean {near[0]}? " if near else ""
        raise BadInput(
            argument, name, "is no column of the table", f"{hint}columns: {columns_of(rows)}"
        )
    return [row[name] for row in rows]


def number(row: Row, name: str, argument: str = "data") -> float:
    """A cell that must hold a number."""
    value = row.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadInput(argument, f"{name} = {value}", "is no number", f"in the row {row}")
    return float(value)


def with_success(rows: Sequence[Row], level: float = 0.95) -> list[Row]:
    """Rows with ``success`` and its interval, from ``successes`` of ``trials`` where need be.

    A share that is given stays; one that is not is successes / trials, with the exact interval of
    Clopper and Pearson at `level` unless the row has its own.

    Examples
    --------
    >>> with_success([{"successes": 0.0, "trials": 9.0}])[0]["success"]
    0.0
    """
    needed: Callable[[Mapping[str, Any]], bool] = {"successes", "trials"}.issubset
    if "success" in rows[0] or not needed(rows[0]):
        return list(rows)
    made = []
    for row in rows:
        done, trials = number(row, "successes"), number(row, "trials")
        if not (0 <= done <= trials and trials >= 1 and done.is_integer() and trials.is_integer()):
            text = "must be a whole number of successes among a whole number of trials"
            raise BadInput("data", f"{done:g} of {trials:g}", text, f"in the row {row}")
        low, high = clopper_pearson(int(done), int(trials), 1 - level)
        made.append(
            {**row, "success": done / trials}
            | {
                name: row.get(name, end)
                for name, end in (("success_low", low), ("success_high", high))
            }
        )
    return made
