"""slt lemmas."""

from __future__ import annotations

from typing import Annotated

import typer

from slt_theory.cli.common import Json, emit, table


def register(app: typer.Typer) -> None:
    """Add ``lemmas`` to the command line."""
    app.command("lemmas")(lemmas)


def lemmas(
    false: Annotated[bool, typer.Option("--false", help="Only the false ones.")] = False,
    json: Json = False,
) -> None:
    """The lemmas that slt falsify knows: true ones, and false ones close to them."""
    from slt_theory.testing import ChanceLemma, all_lemmas, false_lemmas

    listed = [(lemma, "false") for lemma in false_lemmas()]
    if not false:
        listed = [*((lemma, "true") for lemma in all_lemmas()), *listed]
    records = [
        {
            "id": lemma.id,
            "stated_as": stated,
            "kind": "chance" if isinstance(lemma, ChanceLemma) else "exact",
            "statement": lemma.statement,
        }
        for lemma, stated in listed
    ]
    rows = [[r["id"], r["stated_as"], r["kind"], r["statement"]] for r in records]
    text = table(["lemma", "", "kind", "says"], rows)
    emit({"lemmas": records}, f"{text}\n\nslt falsify ID tries one.", as_json=json)
