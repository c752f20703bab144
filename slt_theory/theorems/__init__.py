"""The catalogue: published bounds as executable objects.

The entries stand in `slt_theory.papers`, one module a paper, and what papers claim about training
and pruning in `slt_theory.papers.trained`, one module a system.
"""

from __future__ import annotations

from difflib import get_close_matches
from importlib import import_module

from slt_theory.errors import BadInput
from slt_theory.theorems.entry import Claim, Entry, Theorem
from slt_theory.theorems.user import Bound

__all__ = [
    "Bound",
    "Claim",
    "Entry",
    "Theorem",
    "all_claims",
    "all_entries",
    "all_theorems",
    "entry",
    "get",
]


def all_theorems() -> tuple[Theorem, ...]:
    """Every theorem, in the catalogue's order."""
    listed: tuple[Theorem, ...] = import_module("slt_theory.papers").all_theorems()
    return listed


def all_claims() -> tuple[Claim, ...]:
    """Every claim about training, in the catalogue's order."""
    listed: tuple[Claim, ...] = import_module("slt_theory.papers.trained").all_claims()
    return listed


def all_entries(kind: str | None = None) -> tuple[Theorem | Claim, ...]:
    """Theorems, then claims; perhaps only those of one kind.

    Raises
    ------
    BadInput
        If nothing is of that kind.
    """
    every: tuple[Theorem | Claim, ...] = (*all_theorems(), *all_claims())
    found = tuple(one for one in every if kind in (None, one.kind))
    if not found:
        known = ", ".join(dict.fromkeys(one.kind for one in every))
        raise BadInput("kind", kind, "names no entry", f"known: {known}")
    return found


def entry(entry_id: str) -> Theorem | Claim:
    """The theorem or claim of an id.

    Raises
    ------
    BadInput
        For an unknown id; names the nearest ones.

    Examples
    --------
    >>> entry("elsa2023-extraction").kind
    'claim'
    """
    entries = {one.id: one for one in all_entries()}
    if entry_id not in entries:
        near = get_close_matches(entry_id, entries, n=3, cutoff=0.3)
        hint = f"nearest: {', '.join(near)}" if near else "`slt list` shows all"
        raise BadInput("theorem", entry_id, "is not in the catalogue", hint)
    return entries[entry_id]


def get(theorem_id: str) -> Theorem:
    """The theorem of an id.

    Raises
    ------
    BadInput
        For an unknown id, and for a claim, which has no bound.

    Examples
    --------
    >>> get("lueker1998-rss").source.paper.year
    1998
    """
    found = entry(theorem_id)
    if isinstance(found, Claim):
        way = f"slt check {theorem_id} tries it"
        raise BadInput("theorem", theorem_id, "is a claim about training, with no bound", way)
    return found


def __dir__() -> list[str]:
    """Public names alone, for completion."""
    return __all__
