"""slt laws."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from slt_theory.cli.common import Json, emit, table

_ALSO = """
A law is a product of terms with '*', a term NAME(values) or a positive number, a scale. Values go
by place or by name; [ ] is as good as ( ). Everywhere a law is taken it may also be FILE.py:NAME,
an object of your own file: a slt_theory.laws.Law, such as CustomLaw, or a frozen distribution of
scipy.stats. slt laws LAW says what is known of one law."""


def register(app: typer.Typer) -> None:
    """Add ``laws`` to the command line."""
    # A law may begin with a minus, which is to be refused as a law.
    app.command("laws", context_settings={"ignore_unknown_options": True})(laws)


def laws(
    law: Annotated[str | None, typer.Argument(metavar="[LAW]")] = None, json: Json = False
) -> None:
    """The laws of a random number that have a name, or what is known of one law."""
    from slt_theory.laws import LAWS

    if law is not None:
        record = _known(law)
        text = table(["", ""], [[key.replace("_", " "), value] for key, value in record.items()])
        emit(record, text.lstrip("\n "), as_json=json)
        return
    rows = [[entry.usage, entry.what, entry.example] for entry in LAWS.values()]
    records = [
        {"name": name, "usage": entry.usage, "what": entry.what, "example": entry.example}
        for name, entry in LAWS.items()
    ]
    emit({"laws": records}, table(["law", "is", "example"], rows) + "\n" + _ALSO, as_json=json)


def _known(text: str) -> dict[str, Any]:
    """Name, lattice and distances of a law, and what is proved to suffice."""
    from slt_theory.certified.components import components
    from slt_theory.laws import read_law

    law = read_law(text)
    low, high = law.support
    # A note speaks of a table or a file; nothing is proved about what lies behind it.
    which = "law of the note" if law.note else "named law"
    proved = f"yes, for the {which}" if law.note else "yes"
    return {
        "name": law.name,
        "support": f"[{float(low):.10g}, {float(high):.10g}]",
        "unit": f"{float(law.unit):.3g}",
        "coupling": f"{float(law.coupling):.3g}, of a draw from the {which}, except with",
        "variation": f"probability {float(law.variation):.3g}",
        "atom": f"{float(law.atom):.6g} at 0",
        "certified_numbers": proved if components(law) else "none: no density floor around 0",
        "note": law.note or "none",
    }
