"""The command line ``slt``: one module a verb; heavy imports happen inside the verbs."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from slt_theory.cli import (
    bounds,
    catalogue,
    compare,
    difference,
    doctor,
    falsify,
    figure,
    graph,
    laws,
    lemmas,
    plot,
    prove,
    search,
    solve,
    status,
    sweep,
    targets,
    ticket,
    trials,
    universal,
    verify,
)
from slt_theory.cli.failure import run_app
from slt_theory.cli.patience import never_silent

__all__ = ["app", "main"]

app = typer.Typer(
    name="slt",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _version(asked: bool) -> None:
    if asked:
        from slt_theory.provenance import provenance

        typer.echo(f"slt {provenance()['slt-theory']}")
        raise typer.Exit


@app.callback()
def slt(
    version: Annotated[
        bool,
        typer.Option(
            "--version", is_eager=True, callback=_version, help="Print the version, and stop."
        ),
    ] = False,
) -> None:
    """Verify the theory of strong lottery tickets: bounds, tickets, proofs, figures."""


for module in (
    catalogue,
    status,
    graph,
    laws,
    lemmas,
    bounds,
    solve,
    trials,
    targets,
    ticket,
    compare,
    difference,
    universal,
    prove,
    falsify,
    search,
    figure,
    plot,
    sweep,
    verify,
    doctor,
):
    module.register(app)


def main() -> None:
    """Entry point: errors become one line on stderr (or JSON) and the documented exit code."""
    with never_silent():
        code = run_app(app, as_json="--json" in sys.argv)
    sys.exit(code)
