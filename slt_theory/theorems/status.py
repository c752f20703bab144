"""The status of an entry, derived from what stands behind it and never typed."""

from __future__ import annotations

from typing import NamedTuple

from slt_theory.theorems.entry import Theorem

__all__ = ["Status", "status_of"]


class Status(NamedTuple):
    """``status`` is "certified" (an explicit number with a proof here), "stated" or "recalled"."""

    status: str
    proof_level: str
    why: str


def _proof_level(proof: str | None) -> str:
    if proof is None:
        return "none"
    from importlib import import_module

    from slt_theory.errors import SltError

    try:
        return str(import_module("slt_theory.proofs").level(proof))
    except (ImportError, AttributeError, SltError):
        return "none"


def status_of(entry: Theorem) -> Status:
    """Derive the status of one entry."""
    level = _proof_level(entry.proof)
    if level != "none":
        return Status("certified", level, f"an explicit version is proved here ({entry.proof})")
    if entry.source.trust.startswith("recalled"):
        return Status("recalled", level, "the statement is recalled, not read")
    return Status("stated", level, "the statement is recorded from its source")
