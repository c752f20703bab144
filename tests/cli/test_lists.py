"""slt laws, lemmas, status, ticket show; results in notebooks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

import slt_theory as slt
from slt_theory.cli import app
from slt_theory.testing import get_lemma


def answer(*arguments: str, code: int = 0) -> dict[str, Any]:
    result = CliRunner().invoke(app, [*arguments, "--json"])
    assert result.exit_code == code, result.output
    return dict(json.loads(result.stdout))


def test_every_law_of_the_list_says_how_it_is_written() -> None:
    laws = answer("laws")["laws"]
    assert {"triangular", "laplace", "beta", "empirical", "scipy"} <= {law["name"] for law in laws}
    for law in laws:
        assert law["name"] in law["usage"]
        assert CliRunner().invoke(app, ["laws"]).stdout.count(law["example"]) >= 1
    assert answer("laws", "signs")["certified_numbers"].startswith("none")
    assert answer("laws", "laplace(0.3)")["certified_numbers"] == "yes"


def test_every_lemma_of_the_list_is_one_that_falsify_knows() -> None:
    listed = answer("lemmas")["lemmas"]
    assert {row["stated_as"] for row in listed} == {"true", "false"}
    for row in listed:
        assert get_lemma(row["id"]).statement == row["statement"]
    false = answer("lemmas", "--false")["lemmas"]
    assert len(false) < len(listed)
    assert {row["stated_as"] for row in false} == {"false"}


def test_status_has_the_verdict_of_the_last_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLT_STATE", str(tmp_path / "state"))
    before = answer("status")
    assert before["checked"] == 0
    checked = answer("check", "slt-rss-explicit", "--seed", "3")
    after = answer("status")
    assert after["checked"] == 1
    (row,) = [row for row in after["entries"] if row["id"] == "slt-rss-explicit"]
    assert row["last"] == checked["verdict"]
    assert row["seed"] == 3
    listed = answer("list")["theorems"]
    (shown,) = [row for row in listed if row["id"] == "slt-rss-explicit"]
    assert shown["numeric"] == checked["verdict"].lower()
    (tmp_path / "state" / "last-checks.json").write_text("{broken")
    assert answer("status")["checked"] == 0


def test_a_ticket_is_shown_without_its_target(tmp_path: Path) -> None:
    target, file = slt.Dense([[[0.5, -0.25]]]), tmp_path / "t.npz"
    ticket = slt.build_ticket(target, eps=0.05, seed=1)
    slt.write_ticket(ticket, file)
    shown = answer("ticket", "show", str(file))
    assert (shown["theorem"], shown["seed"]) == (ticket.theorem, 1)
    assert shown["kept"] == ticket.kept
    assert shown["blocks"][0]["n"] == ticket.blocks[0].n
    text = CliRunner().invoke(app, ["ticket", "show", str(file)]).stdout
    assert "not checked here" in text


def test_results_are_tables_in_a_notebook() -> None:
    found = slt.threshold(eps="0.1", trials=200)
    page = found._repr_html_()
    assert "<caption>Threshold</caption>" in page
    assert '<math title="n_low"><msub><mi>n</mi><mtext>low</mtext></msub></math>' in page
    hostile = slt.threshold(law="uniform", eps="0.1", trials=200).question["law"]
    assert "<script>" not in page.replace(hostile, "")
    axis = found.plot()
    (line,) = [line for line in axis.lines if len(line.get_xdata()) > 2]
    assert line.get_ydata()[-1] == 1.0
    assert np.all(np.diff(line.get_ydata()) >= 0)


def test_results_are_rows_of_a_frame() -> None:
    pytest.importorskip("pandas")
    frame = slt.check("slt-rss-explicit", eps="0.1", trials=200).to_frame()
    assert frame.shape[0] == 1
    assert frame["verdict"][0] == "CONSISTENT"
    assert frame["question.law"][0] == "uniform"
