"""All lemmas by id: the true ones, and false ones close to them."""

from __future__ import annotations

from difflib import get_close_matches
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, TypeAlias

from slt_theory.errors import BadInput

if TYPE_CHECKING:
    from slt_theory.testing.chance import ChanceLemma
    from slt_theory.testing.lemma import Lemma

    AnyLemma: TypeAlias = Lemma | ChanceLemma

__all__ = ["all_lemmas", "false_lemmas", "get_lemma", "is_known"]


@cache
def _by_id(package: str) -> dict[str, AnyLemma]:
    lemmas = import_module(f"slt_theory.testing.{package}").LEMMAS
    return {lemma.id: lemma for lemma in lemmas}


def all_lemmas() -> tuple[AnyLemma, ...]:
    """The lemmas on which theorems and constructions rest."""
    return tuple(_by_id("lemmas").values())


def false_lemmas() -> tuple[AnyLemma, ...]:
    """False statements close to true ones: a search must find a counterexample to each."""
    return tuple(_by_id("false_statements").values())


def is_known(lemma_id: str) -> bool:
    """True if a lemma of that id is in either collection."""
    return lemma_id in _by_id("lemmas") or lemma_id in _by_id("false_statements")


def get_lemma(lemma_id: str) -> AnyLemma:
    """The lemma of an id; a catalogue entry's id gives the lemma that states it.

    Raises
    ------
    BadInput
        For an unknown id; names the nearest ones.
    """
    known = {**_by_id("lemmas"), **_by_id("false_statements")}
    for lemma in _by_id("lemmas").values():
        if lemma.theorem:
            known.setdefault(lemma.theorem, lemma)
    if lemma_id not in known:
        near = get_close_matches(lemma_id, known, n=3, cutoff=0.3)
        raise BadInput("lemma", lemma_id, "is unknown", f"nearest: {', '.join(near)}")
    return known[lemma_id]
