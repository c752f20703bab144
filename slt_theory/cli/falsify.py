"""slt falsify."""

from __future__ import annotations

from typing import Annotated

import typer

from slt_theory.cli.common import Json, Seed, emit
from slt_theory.cli.patience import keeps_what_is_done, progress_bar
from slt_theory.errors import BadInput
from slt_theory.user_files import is_reference, load_object


def register(app: typer.Typer) -> None:
    """Add ``falsify`` to the command line."""
    app.command("falsify")(falsify)


def falsify(
    lemma_id: Annotated[str, typer.Argument(metavar="ID", help="A lemma, or FILE.py:NAME.")],
    budget: Annotated[float, typer.Option(help="Seconds.")] = 60.0,
    seed: Seed = 0,
    json: Json = False,
) -> None:
    """Search for a counterexample to a lemma.

    Exit code 1 if there is one, 3 if nothing was tested: no case satisfied the hypotheses, or no
    margin could be decided.
    """
    from slt_theory.testing import ChanceLemma, Lemma, get_lemma
    from slt_theory.testing import falsify as search

    lemma = load_object(lemma_id) if is_reference(lemma_id) else get_lemma(lemma_id)
    if not isinstance(lemma, Lemma | ChanceLemma):
        raise BadInput("ID", lemma_id, "is no Lemma or ChanceLemma")
    try:
        with keeps_what_is_done(json), progress_bar("cases", None) as progress:
            outcome = search(lemma, budget=budget, seed=seed, progress=progress)
    except typer.Exit:
        raise
    except Exception as error:
        notes = "; ".join(getattr(error, "__notes__", ()))
        if not notes:
            raise
        # What the lemma's own functions raise is about the lemma: the note names the case.
        kind = type(error).__name__
        raise BadInput("lemma", lemma_id, f"raised {kind} ({error})", notes) from error
    emit(
        {**outcome.to_dict(), "statement": lemma.statement},
        f"{lemma.statement}\n\n{outcome.summary()}",
        as_json=json,
    )
    if outcome.found:
        raise typer.Exit(1)
    if outcome.vacuous:
        raise typer.Exit(3)
