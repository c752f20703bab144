"""slt prove."""

from __future__ import annotations

from importlib import import_module
from typing import Annotated

import typer

from slt_theory.cli.common import Json, emit, progress_bar, table


def register(app: typer.Typer) -> None:
    app.command("prove")(prove)


def prove(
    proof_id: Annotated[str | None, typer.Argument(metavar="[ID]")] = None,
    text: Annotated[bool, typer.Option("--text", help="Print the proof step by step.")] = False,
    json: Json = False,
) -> None:
    """Run the machine-checked proofs."""
    proofs = import_module("slt_theory.proofs")
    if text:
        chosen = proofs.all_proofs() if proof_id is None else [proofs.get(proof_id)]
        typer.echo("\n".join(proof.to_text() for proof in chosen))
        return
    ids = None if proof_id is None else [proof_id]
    with progress_bar("proofs", None) as progress:
        results = proofs.run(ids, progress=progress)
    records = [result.to_dict() for result in results]
    rows = [
        [r["id"], r["level"], len(r["steps"]), "failed" if r["failed"] else "ok"] for r in records
    ]
    emit({"proofs": records}, table(["id", "level", "steps", ""], rows), as_json=json)
    if any(record["failed"] for record in records):
        raise typer.Exit(1)
