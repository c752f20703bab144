"""Claims of the wider field, one module a family: what was claimed, where, and what tries it."""

from __future__ import annotations

from functools import cache
from importlib import import_module

from slt_theory.theorems.entry import Claim

__all__ = ["FAMILIES", "all_claims"]

#: Modules, in the order of the catalogue.
FAMILIES = ("outer", "probabilistic", "certificates")


@cache
def all_claims() -> tuple[Claim, ...]:
    """Every claim, in the catalogue's order."""
    moved: tuple[Claim, ...] = import_module("slt_theory.papers.trained").all_claims()
    return moved + tuple(
        claim
        for family in FAMILIES
        for claim in import_module(f"slt_theory.theorems.claims.{family}").ENTRIES
    )
