"""Searching the catalogue, citing it, and comparing its bounds."""

from __future__ import annotations

import json
from typing import Any

import pytest
from typer.testing import CliRunner

from slt_theory.cli import app
from slt_theory.errors import BadInput
from slt_theory.theorems import get
from slt_theory.theorems.regimes import compare_formulas
from slt_theory.theorems.symbols import SYMBOLS


def _json(*words: str) -> Any:
    result = CliRunner().invoke(app, [*words, "--json"])
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_trust_and_words_select_entries() -> None:
    read = _json("list", "--trust", "read")["theorems"]
    assert read
    assert {row["trust"] for row in read} == {"read"}
    recalled = {row["trust"] for row in _json("list", "--trust", "recalled")["theorems"]}
    assert recalled <= {"recalled-high", "recalled-mid", "recalled-low"}
    found = {row["id"] for row in _json("list", "--about", "fixed size")["theorems"]}
    assert {"natale2024-fixed-size", "becchetti2022-fixed-size-vectors"} <= found
    assert "zeng2024-transformer" not in found
    assert _json("list", "--about", "no such words anywhere")["theorems"] == []
    assert CliRunner().invoke(app, ["list", "--trust", "hearsay"]).exit_code != 0


def test_references_are_printed() -> None:
    shown = CliRunner().invoke(app, ["show", "zeng2024-transformer", "--bibtex"])
    assert shown.stdout.startswith("@misc{zeng2024,")
    every = CliRunner().invoke(app, ["list", "--bibtex"])
    assert every.stdout.count("@misc{") >= 60
    assert _json("list", "--bibtex")["bibtex"] == every.stdout
    assert _json("list", "--markdown")["markdown"].startswith("#")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--bibtex", "--about", "fixed size"), "alone"),
        (("--markdown", "--trust", "read"), "alone"),
        (("--status", "proved"), "status = proved.*certified"),
    ],
)
def test_lists_refuse_what_they_would_not_follow(options: tuple[str, ...], words: str) -> None:
    with pytest.raises(BadInput, match=words):
        CliRunner().invoke(app, ["list", *options], catch_exceptions=False)


def test_bounds_are_compared_by_regimes() -> None:
    found = _json("bound", "--compare", "malach2020-weights", "pensia2020-two-layer")
    assert [row["winner"] for row in found["regimes"]] == ["pensia2020-two-layer"]
    table = compare_formulas(["dacunha2023-rss", "yakir1996-differencing"], {}, 0.01)
    assert [row.winner for row in table.regimes] == ["yakir1996-differencing", "dacunha2023-rss"]
    ends = [end for row in table.regimes for end in (row.largest, row.smallest)]
    assert ends == sorted(ends, reverse=True)
    for regime in table.regimes:
        for at in (regime.at_largest, regime.at_smallest):
            assert at[regime.winner or ""] == min(at.values())


def test_what_is_necessary_wins_over_nothing_that_suffices() -> None:
    names = ["slt-rss-counting", "lueker1998-rss", "slt-lemma-r"]
    table = compare_formulas(names, {}, 0.1)
    assert table.necessary == ("slt-rss-counting",)
    assert {row.winner for row in table.regimes} == {"lueker1998-rss"}
    # With C = 1 the order is no number that could suffice.
    assert table.below == {"lueker1998-rss": "slt-rss-counting"}
    below = compare_formulas(["natale2024-lower-bound", "pensia2020-lower-bound"], {}, 0.1)
    assert {row.winner for row in below.regimes} - {None}
    for row in below.regimes:
        if row.winner:
            assert row.at_smallest[row.winner] == max(row.at_smallest.values())
    shown = CliRunner().invoke(app, ["bound", "--compare", *names]).output
    assert "is above 1" in shown
    assert "a bound from below" in shown


def test_a_bound_that_says_nothing_says_why() -> None:
    names = ["natale2024-network", "pensia2020-two-layer"]
    table = compare_formulas(names, {"gamma": 0.1}, 0.1)
    assert any("k = gamma n" in words for words in table.broken["natale2024-network"])
    assert table.broken["pensia2020-two-layer"] == ()
    assert (
        "says nothing where not" in CliRunner().invoke(app, ["bound", "--compare", *names]).output
    )


@pytest.mark.parametrize(
    "names",
    [
        ("otsuka2026-attention", "otsuka2026-block"),
        ("turner2020-algorithm", "turner2020-discrepancy"),
        ("zeng2024-fully-connected", "fischer2022-planted"),
    ],
)
def test_examples_meet_the_conditions_of_their_bounds(names: tuple[str, str]) -> None:
    for name in names:
        entry = get(name)
        symbols = entry.bound.symbols if entry.bound else ()
        examples = {s: SYMBOLS[s].example for s in symbols}
        assert not entry.broken_assumptions(examples)


def test_what_cannot_be_compared_is_refused() -> None:
    for ids in (["lueker1998-rss"], ["lueker1998-rss", "borgs2001-window"]):
        with pytest.raises(BadInput):
            compare_formulas(ids, {}, 0.01)
    with pytest.raises(BadInput, match="read by none"):
        compare_formulas(["lueker1998-rss", "slt-lemma-r"], {"H": 3.0}, 0.01)
    several = ["bound", "lueker1998-rss", "slt-lemma-r", "--eps", "1/10"]
    assert CliRunner().invoke(app, several).exit_code != 0
