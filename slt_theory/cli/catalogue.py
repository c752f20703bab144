"""slt list, slt show."""

from __future__ import annotations

from typing import Annotated

import typer

from slt_theory.cli.common import Json, emit, table


def register(app: typer.Typer) -> None:
    app.command("list")(list_theorems)
    app.command("show")(show)


def list_theorems(
    paper: Annotated[
        str | None, typer.Option(help="Part of a paper's key, title or authors.")
    ] = None,
    status: Annotated[str | None, typer.Option(help="E.g. certified, stated.")] = None,
    kind: Annotated[
        str | None, typer.Option(help="theorem, lemma, lower-bound, conjecture.")
    ] = None,
    json: Json = False,
) -> None:
    """The catalogue of theorems."""
    from slt_theory.theorems import all_theorems
    from slt_theory.theorems.status import status_of

    rows = []
    for entry in all_theorems():
        words = " ".join(
            (entry.source.paper.key, entry.source.paper.title, entry.source.paper.authors)
        )
        derived = status_of(entry)
        if paper and paper.lower() not in words.lower():
            continue
        if (status and status != derived.status) or (kind and kind != entry.kind):
            continue
        rows.append(
            {
                "id": entry.id,
                "title": entry.title,
                "paper": entry.source.paper.key,
                "kind": entry.kind,
                "status": derived.status,
                "proof_level": derived.proof_level,
            }
        )
    columns = ["id", "kind", "status", "proof_level", "title"]
    text = table(columns, [[row[c] for c in columns] for row in rows])
    emit({"theorems": rows}, text, as_json=json)


def show(theorem_id: Annotated[str, typer.Argument(metavar="ID")], json: Json = False) -> None:
    """Everything the catalogue knows about one theorem."""
    from slt_theory.theorems import get
    from slt_theory.theorems.status import status_of

    entry = get(theorem_id)
    derived = status_of(entry)
    record = {
        **entry.to_dict(),
        "status": derived.status,
        "proof_level": derived.proof_level,
        "status_why": derived.why,
    }
    source = entry.source
    paper = source.paper
    lines = [
        f"{entry.id}: {entry.title}",
        "",
        entry.statement,
        "",
        f"source       {paper.authors}: {paper.title}. {paper.venue} ({paper.year})"
        + (f", arXiv {paper.arxiv}" if paper.arxiv else ""),
        f"locator      {source.locator} ({source.version}); trust: {source.trust}",
        f"quantifiers  targets: {entry.quantifiers.targets}; networks: {entry.quantifiers.networks};"
        f" error {entry.quantifiers.error}; window {entry.quantifiers.window}",
        f"bound        {entry.bound}",
        *(
            f"constant     {c.symbol} = {c.value} ({c.provenance}) {c.note}"
            for c in entry.constants
        ),
        *(f"assumes      {a.text}" for a in entry.assumptions),
        *(f"not claimed  {text}" for text in entry.not_claimed),
        *(f"known issue  {text}" for text in entry.known_issues),
        f"status       {derived.status}: {derived.why}",
        f"proof        {entry.proof} ({derived.proof_level})",
    ]
    emit(record, "\n".join(lines), as_json=json)
