"""The command line ``slt``: one module a verb; heavy imports happen inside the verbs."""

from __future__ import annotations

import sys
import traceback

import typer

from slt_theory.cli import (
    bounds,
    catalogue,
    compare,
    doctor,
    falsify,
    figure,
    graph,
    prove,
    search,
    solve,
    sweep,
    targets,
    ticket,
    trials,
    universal,
    verify,
)
from slt_theory.errors import SltError

__all__ = ["app", "main"]

app = typer.Typer(
    name="slt",
    help="Verify the theory of strong lottery tickets: bounds, tickets, proofs, figures.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for module in (
    catalogue,
    graph,
    bounds,
    solve,
    trials,
    targets,
    ticket,
    compare,
    universal,
    prove,
    falsify,
    search,
    figure,
    sweep,
    verify,
    doctor,
):
    module.register(app)


def main() -> None:
    """Entry point: errors become one line on stderr and the documented exit code."""
    try:
        app()
    except SltError as error:
        typer.echo(f"slt: {error}", err=True)
        sys.exit(error.exit_code)
    except MemoryError as error:
        typer.echo(f"slt: out of memory ({error}); ask for less", err=True)
        sys.exit(5)
    except KeyboardInterrupt:
        typer.echo("slt: interrupted", err=True)
        sys.exit(130)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)
    except Exception:
        # A fault of ours must not look like a verdict (1) or bad input (2).
        traceback.print_exc()
        sys.exit(70)
