"""The status of an entry, derived from what stands behind it and never typed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

from slt_theory.errors import BadInput, SltError, UnreadableFile
from slt_theory.theorems.entry import Claim, Theorem

__all__ = ["LEVELS", "STATUSES", "Status", "kernel_statements", "read_outcomes", "status_of"]

LEVELS = ("none", "argued", "cited", "symbolic", "enclosure", "kernel")
"""What a proof here rests on, weakest first; `kernel` is a proof assistant's."""


STATUSES = ("certified", "repaired", "recalled-fails", "stated", "recalled", "conjecture")
"""What an entry can be, see `Status`."""


class Status(NamedTuple):
    """Status of an entry, with the reason.

    Attributes
    ----------
    status : str
        "certified" (an explicit version has a proof here), "repaired" (the statement was read and
        fails in part), "recalled-fails" (the form recalled here fails, its source was not read),
        "conjecture", "stated" or "recalled" (also: seen only in an abstract or a review).
    proof_level : str
        One of `LEVELS`.
    why : str
    complete : bool
        The record has a statement, quantifiers, a locator, assumptions and a check.
    numeric : str
        "untested", "consistent", "violated", "inconclusive" or "vacuous": the outcome of the
        checks, where one was given.
    sound : bool
        An explicit version of the entry and of all it uses is proved here.
    """

    status: str
    proof_level: str
    why: str
    complete: bool
    numeric: str
    sound: bool


@cache
def _proof_level(proof: str | None) -> str:
    """The level that a proof's steps, and the proofs it rests on, allow; `slt prove` runs them."""
    if proof is None:
        return "none"
    try:
        return str(import_module("slt_theory.proofs").level_of(proof))
    except (ImportError, SltError):
        return "none"


def kernel_statements(entry: Theorem | Claim) -> tuple[Any, ...]:
    """The statements behind an entry that a proof kernel has checked: `KernelStatement` each."""
    found: tuple[Any, ...] = import_module("slt_theory.proofs.kernel.statements").behind(entry.id)
    return found


def _complete(entry: Theorem) -> bool:
    return all(
        (
            entry.statement,
            entry.source.locator,
            entry.source.version,
            entry.quantifiers.error,
            entry.conditions,
            entry.checks,
        )
    )


def _refuted(entry: Theorem) -> bool:
    return any(issue.refutes for issue in entry.known_issues)


def _failing(entry: Theorem, level: str) -> tuple[str, str]:
    """Status and reason of an entry whose recorded statement fails; only a text that was read
    can have been in need of repair.
    """
    labels = {entry.label(issue) for issue in entry.known_issues if issue.refutes}
    if labels == {"gap-read"}:
        status, why = "repaired", "the statement as read fails"
    else:
        status, why = "recalled-fails", "the form recalled here fails; its source was not read"
    return status, why if level == "none" else f"{why}; a repaired one is proved here"


def _sound(entry: Theorem, seen: frozenset[str] = frozenset()) -> bool:
    from slt_theory.theorems import get

    if _proof_level(entry.proof) == "none" or entry.kind == "conjecture" or _refuted(entry):
        return False
    links = (*entry.uses, *entry.proof_uses)
    return all(_sound(get(link), seen | {entry.id}) for link in links if link not in seen)


def _claim_complete(claim: Claim) -> bool:
    """With both scopes, and checks that could have come out otherwise."""
    roles = {check.role for check in claim.checks}
    needed = {"statement", "mutant"} | (set() if claim.exact else {"control"})
    return bool(claim.statement and claim.paper_scope and claim.test_scope) and needed <= roles


def status_of(entry: Theorem | Claim, outcomes: Mapping[str, str] | None = None) -> Status:
    """Derive the status of one entry.

    Parameters
    ----------
    entry : Theorem or Claim
    outcomes : mapping of id to verdict, optional
        What `slt check --all` found; without it every entry is untested.
    """
    numeric = (outcomes or {}).get(entry.id, "untested").lower()
    trust = entry.source.trust
    recalled = trust.startswith("recalled") or trust in ("abstract", "review")
    if isinstance(entry, Claim):
        status = "recalled" if recalled else "stated"
        why = "tried within its test scope, which is not the paper's"
        return Status(status, "none", why, _claim_complete(entry), numeric, False)
    level = _proof_level(entry.proof)
    if entry.kind == "conjecture":
        status, why = "conjecture", "measured, not proved"
    elif _refuted(entry):
        status, why = _failing(entry, level)
    elif level != "none":
        status, why = "certified", f"an explicit version is proved here ({entry.proof})"
    elif recalled:
        status, why = "recalled", f"the statement was not read in its source ({trust})"
    else:
        status, why = "stated", "the statement is recorded from its source"
    return Status(status, level, why, _complete(entry), numeric, _sound(entry))


def read_outcomes(path: Path) -> dict[str, str]:
    """Verdicts by id from a file that ``slt check --all --json`` wrote.

    Raises
    ------
    UnreadableFile, BadInput
    """
    try:
        record: Any = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, ValueError) as error:
        raise UnreadableFile("checks", str(path), f"cannot be read ({error})") from error
    try:
        return {row["claim"]: str(row["verdict"]) for row in record["entries"]}
    except (TypeError, KeyError):
        raise BadInput(
            "checks", str(path), "is not a record of checks", "write it with slt check --all --json"
        ) from None
