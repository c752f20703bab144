"""The stored record of the claims: labels as in the catalogue, and the page made from it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from slt_theory.figures import stored

from slt_theory.theorems import Claim, all_claims
from slt_theory.theorems.checks import FINDING
from slt_theory.theorems.claims_page import claims_markdown

RECORD: dict[str, Any] = stored("claims") or {"claims": []}
ROWS = {row["claim"]: row for row in RECORD["claims"]}


@pytest.mark.parametrize("claim", all_claims(), ids=lambda c: c.id)
def test_only_what_was_read_is_recorded_as_violated(claim: Claim) -> None:
    """A run in a test scope that is not the paper's accuses nobody."""
    for check in claim.checks:
        fails = str(check.expected) == "VIOLATED" and check.role == "statement"
        if fails:
            assert check.label in ("gap-read", "not-claimed"), check.name
        if check.label == "gap-read":
            issues = [issue for issue in claim.known_issues if issue.shown_by == check.name]
            assert any(issue.place for issue in issues), "say where it stands"


@pytest.mark.parametrize("claim", all_claims(), ids=lambda c: c.id)
def test_the_record_has_the_labels_of_the_catalogue(claim: Claim) -> None:
    row = ROWS[claim.id]
    assert [check["check"] for check in row["checks"]] == [check.name for check in claim.checks]
    assert "VIOLATED" not in row["verdicts"]
    for recorded, check in zip(row["checks"], claim.checks, strict=True):
        if check.label in FINDING:
            assert recorded["role"] == "remark"
            assert "VIOLATED" not in recorded["verdicts"]
        elif recorded["role"] == "statement":
            assert "VIOLATED" not in recorded["verdicts"]


def test_the_page_is_made_from_the_record() -> None:
    page = Path(__file__).parents[2] / "docs" / "claims.md"
    assert page.read_text(encoding="utf-8") == claims_markdown(RECORD)
