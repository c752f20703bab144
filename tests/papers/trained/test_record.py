"""The record of claims grows column by column, and knows which columns are of other code."""

from __future__ import annotations

import json
from dataclasses import replace
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

from slt_theory.experiments.catalogue import run_entry
from slt_theory.experiments.claim_record import joined, row_of, seeds_of, standing
from slt_theory.papers.trained.shared.verdicts import SMALL
from slt_theory.theorems import entry

CLAIM = entry("zhou2021-pattern")


@pytest.fixture(scope="module")
def reports():
    # A size decides nothing here; an evidence of its own says which report a column is of.
    report = run_entry(CLAIM, seed=0, size=SMALL)

    def of(seed):
        checks = tuple(
            replace(
                check,
                evidence=f"of {seed}",
                finding=f"F{seed}",
                processor_seconds=float(seed + 1),
                numbers={"differences": [], "wins": seed, "losses": 0, "ties": 0, "median": 0.0},
            )
            for check in report.checks
        )
        return replace(report, seed=seed, checks=checks)

    return [of(seed) for seed in range(3)]


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1), (1, 2, 0)])
def test_columns_come_in_any_order(reports, order):
    row = None
    for seed in order:
        row = joined(row, row_of(CLAIM, reports[seed], f"code {seed}"))
    assert row["seeds"] == seeds_of([row]) == [0, 1, 2]
    assert row["numbers"] == ["code 0", "code 1", "code 2"]
    for check in row["checks"]:
        assert check["verdicts"] == ["F0", "F1", "F2"]
        assert check["wins"] == [0, 1, 2]
        assert check["evidence"] == "of 0"
    assert row["seconds"] == len(row["checks"])
    assert json.loads(json.dumps(row)) == row


def test_a_column_of_todays_code_takes_the_place_of_an_old_one(reports):
    row = joined(row_of(CLAIM, reports[0], "old"), row_of(CLAIM, reports[1], "old"))
    assert [standing(row, seed, "new") for seed in range(3)] == ["old", "old", "missing"]
    row = joined(row, row_of(CLAIM, reports[1], "new"))
    assert [standing(row, seed, "new") for seed in range(3)] == ["old", "there", "missing"]
    assert row["seeds"] == [0, 1]
    assert row["checks"][0]["evidence"] == "of 0"
    assert standing(None, 0, "new") == "missing"


def test_seconds_are_of_the_first_seed_that_was_timed(reports):
    untimed = row_of(CLAIM, reports[0], "old") | {"seconds": None}
    row = joined(untimed, row_of(CLAIM, reports[2], "new"))
    assert row["seconds"] == 3 * len(row["checks"])
    assert joined(row, row_of(CLAIM, reports[0], "new"))["seconds"] == len(row["checks"])


def test_nothing_stays_of_a_claim_with_other_checks(reports):
    fewer = replace(reports[1], checks=reports[1].checks[:1])
    row = joined(row_of(CLAIM, reports[0], "old"), row_of(CLAIM, fewer, "new"))
    assert row["seeds"] == [1]


@pytest.fixture
def tool(tmp_path, monkeypatch, reports):
    """The tool with a record of one claim's seed 0 under an old name, and reports made before."""
    place = Path(__file__).parents[3] / "tools" / "record_claims.py"
    spec = spec_from_file_location("record_claims", place)
    made = module_from_spec(spec)
    spec.loader.exec_module(made)
    for folder in ("figures/tables", "docs"):
        (tmp_path / folder).mkdir(parents=True)
    asked = []

    def run_claims(claims, seeds, *, done, **options):
        for claim in claims:
            for seed in seeds:
                if (claim.id, seed) not in done:
                    asked.append(seed)
                    yield reports[seed]

    record = {"claims": [row_of(CLAIM, reports[0], "old")], "made": {"numbers": {"training": "0"}}}
    monkeypatch.setattr(made, "ROOT", tmp_path)
    monkeypatch.setattr(made, "CLAIMS", {CLAIM.id: CLAIM})
    monkeypatch.setattr(made, "name_of", lambda claim: "new")
    monkeypatch.setattr(made, "numbers_of", lambda figure: {"training": "1"})
    monkeypatch.setattr(made, "stored", lambda figure: record)
    monkeypatch.setattr(made, "finished_part", lambda *at, **options: None)
    monkeypatch.setattr(made, "run_claims", run_claims)
    return made, asked


def written(tool):
    return json.loads((tool.ROOT / "figures/tables/claims.json").read_text())


def test_the_tool_runs_what_is_missing_and_then_what_is_old(tool, monkeypatch):
    made, asked = tool
    monkeypatch.setattr("sys.argv", ["record_claims.py"])
    made.main()
    assert asked == [1, 2, 0]
    (row,) = written(made)["claims"]
    assert row["numbers"] == ["new"] * 3
    assert written(made)["made"]["numbers"] == {"training": "1"}
    assert "master seeds 0, 1, 2;" in (made.ROOT / "docs/claims.md").read_text()


def test_the_tool_keeps_an_old_name_while_a_column_is_old(tool, monkeypatch):
    made, asked = tool
    monkeypatch.setattr("sys.argv", ["record_claims.py", "--minutes", "0"])
    made.main()
    assert asked == []
    assert written(made)["made"]["numbers"] == {"training": "0"}
    assert written(made)["seeds"] == [0]
