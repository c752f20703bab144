"""Options, exact numbers, JSON or text: shared by the verbs."""

from __future__ import annotations

import json
import math
import os
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any

import typer

from slt_theory.errors import BadInput

__all__ = [
    "Delta",
    "Eps",
    "Json",
    "Memory",
    "Seed",
    "Threads",
    "Trials",
    "byte_count",
    "check_place",
    "emit",
    "number",
    "number_if_given",
    "require",
    "table",
]


def number(name: str, text: str) -> Fraction:
    """A number as written: 0.01 is exactly 1/100."""
    from slt_theory.lattice import parse_fraction

    return parse_fraction(name, text)


def number_if_given(name: str, text: str | None) -> Fraction | None:
    """The same for an option that may be left out: None."""
    return None if text is None else number(name, text)


def probability_of(name: str, value: Any) -> float:
    """A probability, also as a fraction: 1/100."""
    from slt_theory.statistics import probability

    return probability(name, value)


Json = Annotated[bool, typer.Option("--json", help="One JSON object on stdout, nothing else.")]
Eps = Annotated[str | None, typer.Option("--eps", help="Error of one sum or weight.")]
Delta = Annotated[
    float,
    typer.Option(
        "--delta",
        help="Failure probability.",
        # A callback, whose errors reach the user as they are; a parser's are rewritten.
        parser=str,
        callback=lambda value: probability_of("delta", value),
        metavar="<float>",
    ),
]
Trials = Annotated[int, typer.Option("--trials", help="Independent trials.")]
Seed = Annotated[int, typer.Option("--seed", help="64-bit seed.")]
Threads = Annotated[int | None, typer.Option("--threads", help="Default: all cores.")]

Memory = Annotated[
    str | None,
    typer.Option("--memory", help="Most memory to take, e.g. 4G; default: by the size of the job."),
]


def byte_count(text: str | None) -> int | None:
    """``4G`` is four gigabytes of 2^30; None stays None."""
    if text is None:
        return None
    unit = {"K": 10, "M": 20, "G": 30}.get(text[-1:].upper(), 0)
    size = int(number("memory", text[:-1] if unit else text) * (1 << unit))
    if size < 1:
        raise BadInput("memory", text, "must be at least one byte", "e.g. 4G")
    return size


def require(name: str, value: str | None) -> Fraction:
    """A number that must be given."""
    if value is None:
        raise BadInput(name, "missing", "is needed", f"give --{name.replace('_', '-')}")
    return number(name, value)


def check_place(out: Path) -> None:
    """Refuse an output path that cannot be written, before the work begins."""
    if not out.parent.is_dir():
        raise BadInput("out", str(out), "lies in a folder that does not exist", "make the folder")
    if out.is_dir():
        raise BadInput("out", str(out), "is a folder", "name a file")
    if not os.access(out.parent, os.W_OK):
        raise BadInput("out", str(out), "cannot be written", "name another folder")


def _plain(value: Any) -> Any:
    """JSON has no infinities: they become null."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    return value


def emit(record: dict[str, Any], text: str, *, as_json: bool) -> None:
    """Print one JSON object, or text for people."""
    typer.echo(json.dumps(_plain(record), ensure_ascii=False) if as_json else text)


def table(columns: list[str], rows: list[list[Any]]) -> str:
    """A plain table, columns aligned."""
    cells = [columns, *[[str(cell) for cell in row] for row in rows]]
    widths = [max(len(row[k]) for row in cells) for k in range(len(columns))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in cells
    )
