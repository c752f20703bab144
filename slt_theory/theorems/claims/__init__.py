"""Claims of the wider field, one module a family: what was claimed, where, and what tries it."""

from __future__ import annotations

from functools import cache
from importlib import import_module

from slt_theory.theorems.entry import Claim

__all__ = ["FAMILIES", "all_claims"]

#: Modules, in the order of the catalogue.
FAMILIES = ("rewinding", "pruning", "untrained", "outer", "probabilistic", "certificates")


@cache
def all_claims() -> tuple[Claim, ...]:
    """Every claim, in the catalogue's order."""
    return tuple(
        claim
        for family in FAMILIES
        for claim in import_module(f"slt_theory.theorems.claims.{family}").ENTRIES
    )
