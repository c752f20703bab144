"""The catalogue: published bounds as executable objects, one module a paper."""

from __future__ import annotations

from difflib import get_close_matches
from functools import cache
from importlib import import_module

from slt_theory.errors import BadInput
from slt_theory.theorems.entry import Theorem
from slt_theory.theorems.user import Bound

__all__ = ["Bound", "Theorem", "all_theorems", "get"]

_MODULES = (
    "lueker1998",
    "dacunha2023",
    "becchetti2022",
    "malach2020",
    "orseau2020",
    "pensia2020",
    "fischer2021",
    "burkholz2022",
    "binary",
    "convolutions",
    "gadhikar2023",
    "otsuka2024",
    "otsuka2026",
    "perturbed",
    "natale2024",
    "quantised",
    "own",
    "observed",
)


@cache
def _by_id() -> dict[str, Theorem]:
    entries = (
        entry
        for module in _MODULES
        for entry in import_module(f"slt_theory.theorems.{module}").ENTRIES
    )
    return {entry.id: entry for entry in entries}


def all_theorems() -> tuple[Theorem, ...]:
    """Every entry, in the catalogue's order."""
    return tuple(_by_id().values())


def get(theorem_id: str) -> Theorem:
    """The entry of an id.

    Raises
    ------
    BadInput
        For an unknown id; names the nearest ones.

    Examples
    --------
    >>> get("lueker1998-rss").source.paper.year
    1998
    """
    entries = _by_id()
    if theorem_id not in entries:
        near = get_close_matches(theorem_id, entries, n=3, cutoff=0.3)
        hint = f"nearest: {', '.join(near)}" if near else "`slt list` shows all"
        raise BadInput("theorem", theorem_id, "is not in the catalogue", hint)
    return entries[theorem_id]
