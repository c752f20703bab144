"""VIOLATED stands in lists, JSON and report for a gap that was read in its source, and no other.

Every check of the catalogue is given the verdict that is recorded for it, and all that prints
verdicts prints them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from slt_theory.figures import FIGURES, stored
from typer.testing import CliRunner

from slt_theory.cli import app
from slt_theory.experiments import catalogue, claim_runs
from slt_theory.experiments.catalogue import run_check, run_entry
from slt_theory.report import parts, site
from slt_theory.report.job import MainJob
from slt_theory.statistics import Verdict
from slt_theory.theorems import Claim, Theorem, all_claims, all_entries, all_theorems
from slt_theory.theorems.checks import CAUGHT, FINDINGS, MISSED, Check, Outcome, SumsCheck, mutant
from slt_theory.theorems.claims_page import claims_markdown
from slt_theory.theorems.page import catalogue_markdown

ENTRIES = {entry.id: entry for entry in all_entries()}
WORD = re.compile(r"\bVIOLATED\b")


def accused(entry: Theorem | Claim) -> bool:
    """True if the record says in which step of a source that was read the gap stands."""
    read = entry.source.trust == "read"
    issues = [issue for issue in entry.known_issues if entry.label(issue) == "gap-read"]
    return read and bool(issues) and all(issue.place for issue in issues)


def as_recorded(check: Check | SumsCheck) -> Check:
    """The check with its recorded verdict for an outcome."""
    outcome = Outcome(check.expected, "as recorded")
    if isinstance(check, SumsCheck):
        return Check(check.name, check.what, lambda *_: outcome, check.label)
    return replace(check, run=lambda *_: outcome)


@cache
def planted(name: str) -> Theorem | Claim:
    entry = ENTRIES[name]
    return replace(entry, checks=tuple(map(as_recorded, entry.checks)))


@pytest.fixture(autouse=True)
def _all_come_out_as_recorded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    run = catalogue.run_entry

    def recorded(entry: Any, **options: Any) -> Any:
        return run(planted(getattr(entry, "id", entry)), **options)

    def claims(entries: Any, seeds: Any, **_: Any) -> Iterator[Any]:
        return (recorded(entry, seed=seeds[0]) for entry in entries)

    monkeypatch.setattr(catalogue, "run_entry", recorded)
    monkeypatch.setattr(claim_runs, "run_claims", claims)
    monkeypatch.setenv("SLT_STATE", str(tmp_path))


def out(*arguments: str) -> str:
    return CliRunner().invoke(app, [*arguments]).output


def blocks(text: str, opening: str) -> dict[str, str]:
    """Parts of a page by the entry that opens each; rows of tables above them by their entry."""
    head, *parts = re.split(opening, text, flags=re.MULTILINE)
    found: dict[str, str] = {}
    for line in head.splitlines():
        if line.startswith("|") and (named := re.search(r"\(#([\w-]+)\)", line)):
            found[named[1]] = line
    for part in parts:
        name = re.match(r"[\w-]+", part)
        if name and name[0] in ENTRIES:
            found[name[0]] = found.get(name[0], "") + part
    return found


def in_json(value: Any, entry: str = "") -> Iterator[str]:
    """The entries in whose records the word stands."""
    if isinstance(value, dict):
        # Of a store of last checks, the keys are the entries.
        own = str(value.get("claim") or value.get("id") or entry)
        for key, one in value.items():
            yield from in_json(one, key if key in ENTRIES else own)
    elif isinstance(value, list):
        for one in value:
            yield from in_json(one, entry)
    elif isinstance(value, str) and WORD.search(value):
        yield entry


def accuses_only_what_was_read(text: str, opening: str) -> None:
    parts = blocks(text, opening)
    assert len(parts) >= len(ENTRIES) / 3
    guilty = {name for name, part in parts.items() if WORD.search(part)}
    assert guilty == {name for name in guilty if accused(ENTRIES[name])}


def test_four_sentences_were_read_and_fail() -> None:
    assert {name for name, entry in ENTRIES.items() if accused(entry)} == {
        "natale2024-amplified",
        "kumar2025-quantised",
        "tran2022-group-sizes",
        "tran2022-curvature",
    }


@pytest.mark.parametrize("name", ENTRIES)
def test_a_gap_says_where_it_stands_and_nothing_else_does(name: str) -> None:
    entry = ENTRIES[name]
    for issue in entry.known_issues:
        assert (entry.label(issue) == "gap-read") == (issue.place is not None), issue.text


@pytest.mark.parametrize("kind", ["theorem", "claim"])
def test_checking_all_says_it_of_what_was_read(kind: str) -> None:
    options = ["--kind", "claim"] if kind == "claim" else []
    text, record = out("check", "--all", *options), out("check", "--all", *options, "--json")
    accuses_only_what_was_read(text, r"^(?=[a-z]\w*-)")
    guilty = set(in_json(json.loads(record)))
    assert guilty
    assert all(accused(ENTRIES[name]) for name in guilty), guilty
    for verb in (["list"], ["status"], ["list", "--kind", "claim"]):
        assert not WORD.search(out(*verb)), "an entry's own verdict is of its statement"
        assert not WORD.search(out(*verb, "--json"))
    assert not WORD.search(out("graph"))


def test_pages_say_it_of_what_was_read() -> None:
    accuses_only_what_was_read(claims_markdown(stored("claims") or {}), "^### ")
    accuses_only_what_was_read(catalogue_markdown(), "^### ")
    for name, entry in ENTRIES.items():
        assert not WORD.search(out("show", name)) or accused(entry)


def test_the_report_says_it_of_what_was_read(tmp_path: Path) -> None:
    job = MainJob(full=False, seed=0)
    parts._verdicts(job, tmp_path, [entry.id for entry in all_theorems()])
    assert not job.surprises
    assert set(in_json(job.to_dict())) == {"natale2024-amplified", "kumar2025-quantised"}
    environment = site._environment()
    shared = {
        "job": job,
        "pages": site.PAGES,
        "entries": [site._entry(e, job.outcomes, job.verdicts) for e in all_theorems()],
        "claims": site._claims(),
    }
    for page in ("catalogue.html", "claims.html"):
        text = environment.get_template(page).render(shared, here=page)
        accuses_only_what_was_read(text, '<details id="')
        assert CAUGHT in text


@pytest.mark.parametrize("name", FIGURES)
def test_tables_say_it_of_what_was_read(name: str) -> None:
    for entry in in_json(stored(name)):
        assert accused(ENTRIES[entry])


def test_a_planted_accusation_is_found() -> None:
    page = claims_markdown(stored("claims") or {})
    with pytest.raises(AssertionError):
        accuses_only_what_was_read(page.replace(CAUGHT, "VIOLATED"), "^### ")
    table = {"claims": [{"claim": "frankle2019-speed", "checks": [{"verdicts": ["VIOLATED"]}]}]}
    assert list(in_json(table)) == ["frankle2019-speed"]


def test_a_training_claim_that_fails_in_a_small_scope_accuses_nobody() -> None:
    def fails(_: int) -> Outcome:
        return Outcome(Verdict.VIOLATED, "24 of 24")

    trained = next(e for e in all_claims() if not e.exact)
    planted = replace(trained, checks=(Check("planted", "a sentence", fails),))
    report = run_entry(planted)
    assert report.verdict is Verdict.NOT_APPLICABLE
    assert not WORD.search(report.summary())
    assert report.surprises, "it was recorded as CONSISTENT"
    exact = run_entry(replace(planted, exact=True))
    assert exact.verdict is Verdict.VIOLATED


@pytest.mark.parametrize("recorded", list(Verdict))
def test_a_mutant_is_caught_or_missed(recorded: Verdict) -> None:
    for found in Verdict:
        check = mutant("planted", "false", lambda _, v=found: Outcome(v, ""), recorded)
        outcome = run_check(check)
        assert outcome.finding == (CAUGHT if found is recorded else MISSED)
        assert outcome.surprise == (outcome.finding == MISSED)
        record = outcome.to_dict()
        assert (record["verdict"], record["expected"]) == (outcome.finding, CAUGHT)
        assert {outcome.finding, str(found)} <= set(FINDINGS)
