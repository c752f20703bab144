"""slt graph."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from slt_theory.cli.common import Json, emit
from slt_theory.errors import BadInput


def register(app: typer.Typer) -> None:
    """Add ``graph`` to the command line."""
    app.command("graph")(graph)


def graph(
    form: Annotated[str, typer.Option("--format", help="svg, mermaid, dot or json.")] = "mermaid",
    checks: Annotated[
        Path | None, typer.Option(help="Outcomes written by slt check --all --json.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Write to this file.")] = None,
    json: Json = False,
) -> None:
    """The dependency graph of the catalogue, with derived status."""
    from slt_theory.theorems.graph import (
        catalogue_graph,
        to_dot,
        to_json,
        to_mermaid,
        to_svg,
    )
    from slt_theory.theorems.status import read_outcomes

    found = catalogue_graph(None if checks is None else read_outcomes(checks))
    writers = {"svg": to_svg, "mermaid": to_mermaid, "dot": to_dot}
    if json or form == "json":
        emit(to_json(found), "", as_json=True)
        return
    if form not in writers:
        raise BadInput("format", form, "is not known", "svg, mermaid, dot or json")
    text = writers[form](found)
    if out is None:
        typer.echo(text, nl=False)
        return
    try:
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise BadInput("out", str(out), f"cannot be written ({error.strerror})") from error
    typer.echo(str(out))
