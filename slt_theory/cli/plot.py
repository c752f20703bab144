"""slt plot."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated, Any

import typer

from slt_theory.cli.common import Json, emit
from slt_theory.errors import BadInput


def register(app: typer.Typer) -> None:
    """Add ``plot`` to the command line."""
    app.command("plot")(plot)


def plot(
    table: Annotated[Path, typer.Argument(metavar="TABLE", help=".csv, .tsv, .json, .parquet")],
    x: Annotated[str | None, typer.Option("--x", help="Column across.")] = None,
    y: Annotated[
        str | None,
        typer.Option(
            "--y",
            metavar="Y[:LOW:HIGH]",
            help="Column up, and those of its interval; without, Y_low and Y_high if there are "
            "such. success is successes / trials.",
        ),
    ] = None,
    by: Annotated[
        list[str] | None, typer.Option("--by", help="Column that tells curves apart; repeatable.")
    ] = None,
    where: Annotated[
        list[str] | None, typer.Option("--where", help="COLUMN=VALUE: these rows; repeatable.")
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder for the files.")] = Path("figures-out"),
    style: Annotated[str, typer.Option(help="plain, neurips, icml, iclr or talk.")] = "plain",
    json: Json = False,
) -> None:
    """Draw a tidy table of your own: a sweep's export, or any with a row a point."""
    import matplotlib

    from slt_theory.plotting import caption, chart, columns_of, read_rows, save_figure
    from slt_theory.plotting import style as rc
    from slt_theory.plotting import where as meeting

    rows = meeting(read_rows(table), where or [])
    if x is None or y is None:
        option, text = "y" if x else "x", f"columns of {table}: {columns_of(rows)}"
        raise BadInput(option, "missing", "is needed: the name of a column", text)
    up, low, high = _ends(y)
    made = chart(rows, x, up, by=by or (), low=low, high=high)
    options = [("--x", x), ("--y", y), *(("--by", one) for one in by or ())]
    options += [*(("--where", one) for one in where or ()), ("--style", style)]
    command = shlex.join(["slt", "plot", str(table), *(word for pair in options for word in pair)])
    beside: dict[str, Any] = {"table": str(table), "rows": made.rows, "intervals": made.ends}
    with matplotlib.rc_context(rc(style)):
        words = caption(f"Data: {table.name}; {made.words()}.", beside, command)
        beside["command"] = command
        *files, text, data = map(
            str, save_figure(made.figure(), table.stem, out, table=beside, caption=words)
        )
    record: dict[str, Any] = {"files": files, "caption": text, "data": data, "intervals": made.ends}
    record |= {"rows": len(made.rows), "left_out": made.left_out, "curves": list(made.curves)}
    emit(record, f"{', '.join([*files, text, data])}\n{made.words()}", as_json=json)


def _ends(y: str) -> tuple[str, str | None, str | None]:
    """The column and the two of its interval, of ``Y`` or ``Y:LOW:HIGH``."""
    name, *ends = y.split(":")
    if len(ends) not in (0, 2):
        raise BadInput("y", y, "is neither Y nor Y:LOW:HIGH", "name columns of the table")
    return (name, ends[0], ends[1]) if ends else (name, None, None)
