"""slt verify: the main job."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from slt_theory.cli.common import Json, emit, table
from slt_theory.errors import BadInput


def register(app: typer.Typer) -> None:
    """Add ``verify`` to the command line."""
    app.command("verify")(verify)


@contextmanager
def steps(as_json: bool) -> Iterator[Callable[[str], None]]:
    """Show what runs now: a spinner on a terminal, a line a step elsewhere."""
    from rich.console import Console

    console = Console(stderr=True)
    if not sys.stderr.isatty():
        yield (lambda text: None) if as_json else (lambda text: console.print(f"... {text}"))
        return
    with console.status("starting") as status:
        yield lambda text: status.update(text)


def _writable(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadInput("out", str(out), f"cannot be made ({error.strerror})") from error
    if not os.access(out, os.W_OK):
        raise BadInput("out", str(out), "cannot be written", "name another folder")


def verify(
    quick: Annotated[
        bool, typer.Option("--quick", help="A minute or two on two cores (the default).")
    ] = False,
    full: Annotated[bool, typer.Option("--full", help="Ten times the trials.")] = False,
    out: Annotated[Path, typer.Option(help="Folder of the report.")] = Path("report"),
    seed: Annotated[int, typer.Option()] = 0,
    json: Json = False,
) -> None:
    """The main job: check the catalogue, certify tickets, prove, draw, write the report."""
    if quick and full:
        raise BadInput("quick, full", "both", "are alternatives")
    _writable(out)
    from slt_theory.report import require_report, run_main_job, write_site

    require_report()
    with steps(json) as step:
        job = run_main_job(out, full=full, seed=seed, step=step)
        page = write_site(job, out)
    record = {**job.to_dict(), "report": str(page)}
    emit(record, _summary(job, page), as_json=json)
    if job.surprises:
        raise typer.Exit(1)


def _summary(job: Any, page: Path) -> str:
    verdicts: dict[str, int] = {}
    for row in job.verdicts:
        verdicts[row["verdict"]] = verdicts.get(row["verdict"], 0) + 1
    certified = sum(row["ok"] for row in job.tickets)
    proved = sum(not row["failed"] for row in job.proofs)
    open_claims = sorted({r["claim"] for r in job.verdicts if r["verdict"] == "INCONCLUSIVE"})
    rows: list[list[Any]] = [
        ["verdicts", ", ".join(f"{n} {name}" for name, n in sorted(verdicts.items()))],
        ["tickets", f"{certified} of {len(job.tickets)} certified"],
        ["proofs", f"{proved} of {len(job.proofs)} hold"],
        ["time", f"{job.seconds:.1f} s"],
        ["report", page],
    ]
    lines = [table(["main job", ""], rows)]
    lines += [f"open: {claim}" for claim in open_claims]
    lines += [f"skipped: {text}" for text in job.skipped]
    lines += [f"SURPRISE: {text}" for text in job.surprises]
    return "\n".join(lines)
