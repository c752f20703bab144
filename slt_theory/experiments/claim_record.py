"""The record of claims: a row a claim, with a column for every master seed it was run with.

Lists of a row, and of its checks, run over its seeds; evidence and seconds are of the first of them
(seconds: of the first that was timed). So a record grows seed by seed, from reports as they come.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import Any

from slt_theory.experiments.catalogue import CheckOutcome, EntryReport
from slt_theory.theorems import Claim

__all__ = ["joined", "row_of", "seeds_of", "standing"]

_OF_ROW = ("seeds", "numbers", "verdicts")
_OF_CHECK = ("verdicts", "wins", "losses", "ties", "median")


def row_of(claim: Claim, report: EntryReport, name: str) -> dict[str, Any]:
    """The row of one report; `name` is that of what determines its numbers, see `name_of`."""
    return {
        "claim": claim.id,
        "title": claim.title,
        "family": claim.family,
        "exact": claim.exact,
        "test_scope": claim.test_scope,
        "paper_scope": claim.paper_scope,
        "seeds": [report.seed],
        "numbers": [name],
        "verdicts": [str(report.verdict)],
        "checks": [_check(outcome) for outcome in report.checks],
        "seconds": round(sum(check.processor_seconds for check in report.checks), 1),
    }


def _check(outcome: CheckOutcome) -> dict[str, Any]:
    row = {
        "check": outcome.name,
        "what": outcome.what,
        "role": outcome.role,
        "recorded": outcome.expected_finding,
        "verdicts": [outcome.finding],
        "evidence": outcome.evidence,
    }
    if "differences" in outcome.numbers:
        row |= {key: [outcome.numbers[key]] for key in _OF_CHECK[1:]}
    return row


def joined(row: dict[str, Any] | None, new: dict[str, Any]) -> dict[str, Any]:
    """The row with the column of a new one, in the place of what it has for that seed.

    A row of other checks is of another claim: nothing of it stays.
    """
    names = [[check["check"] for check in one["checks"]] for one in (row or {"checks": []}, new)]
    if row is None or names[0] != names[1]:
        return new
    seed = new["seeds"][0]
    at = bisect_left(row["seeds"], seed)
    until = at + (seed in row["seeds"])
    checks = [
        then
        | now
        | _with(then, now, _OF_CHECK, at, until)
        | {"evidence": (then if at else now)["evidence"]}
        for then, now in zip(row["checks"], new["checks"], strict=True)
    ]
    timed = row["seconds"] if at and row["seconds"] is not None else new["seconds"]
    lists = _with(row, new, _OF_ROW, at, until)
    return row | new | lists | {"checks": checks, "seconds": timed}


def _with(
    then: dict[str, Any], now: dict[str, Any], keys: Sequence[str], at: int, until: int
) -> dict[str, Any]:
    """The lists of these keys, with the one new value at a place."""
    return {key: [*then[key][:at], *now[key], *then[key][until:]] for key in keys if key in now}


def standing(row: dict[str, Any] | None, seed: int, name: str) -> str:
    """``missing``, ``old`` (under another name) or ``there``: the column of a seed in a row."""
    if row is None or seed not in row["seeds"]:
        return "missing"
    return "there" if row["numbers"][row["seeds"].index(seed)] == name else "old"


def seeds_of(rows: Sequence[dict[str, Any]]) -> list[int]:
    """All master seeds of the rows."""
    return sorted({seed for row in rows for seed in row["seeds"]})
