"""Shipped tables are made by today's code: whole tables, or a row of those that take minutes.

A table that differs is stale: its command stands in it under ``made``.
"""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Any

import pytest

from slt_theory import figures

WHOLE = ("golden_ratio", "growth", "densities", "theorem_graph")
"""Tables that take a second or two."""

AGAIN = (
    *("masks", "attention_errors", "universal", "depth", "cnn_errors", "numbers_per_weight"),
    *("n_vs_eps", "windows", "one_number", "sparse_sources", "success_vs_n", "failure_vs_n"),
    *("error_by_layer", "class_changes", "bounds", "greedy_gaps", "pruned_targets", "sparsity"),
    *("locked_or_pruned", "missed_weights", "mask_overlap", "frozen_plane", "vectors"),
)
"""Tables that take a minute or less on two idle cores."""


def _plain(value: Any) -> Any:
    return json.loads(json.dumps(value))


def _same(name: str) -> None:
    table = figures.stored(name)
    assert table is not None
    origin = table.pop("made")
    found = figures.made(name, seed=origin["seed"])
    found.pop("made")
    assert found == table, f"stale: {origin['command']}"


@pytest.mark.parametrize("name", WHOLE)
def test_a_table_is_what_todays_code_makes(name: str) -> None:
    _same(name)


@pytest.mark.long
@pytest.mark.parametrize("name", AGAIN)
def test_a_longer_table_is_what_todays_code_makes(name: str) -> None:
    _same(name)


def test_the_comparisons_of_the_outer_loops_have_the_roles_of_their_checks() -> None:
    """A label that changes changes no number, so that no name of an engine says it."""
    from slt_theory.theorems import all_claims

    table, claims = figures.stored("zoo_outer"), {claim.id: claim for claim in all_claims()}
    assert table is not None
    for row in table["compared"]:
        check = claims[row["claim"]].check(row["check"])
        assert (row["role"] == "statement") == (check.role == "statement" and not check.issue)


def test_a_row_of_the_comparison_is_what_todays_solver_makes() -> None:
    from slt_theory.data import digits, shipped_target
    from slt_theory.tickets.compare import compare

    table = figures.stored("compare")
    assert table is not None
    target, (_, held_out) = shipped_target(table["target"]), digits()
    part = table["parts"][0]
    (row,) = compare(
        target,
        eps=Fraction(str(part["eps"])),
        seed=table["seed"],
        which=(("pensia2020-direct", {}),),
        sample=held_out,
    )
    (stored,) = [r for r in part["rows"] if r["theorem"] == "pensia2020-direct"]
    found = _plain(row.to_dict())
    assert found.keys() == stored.keys()
    for key in (key for key in found if not key.endswith("seconds")):
        assert found[key] == stored[key], key


@pytest.mark.long
def test_a_row_of_frozen_tickets_is_what_todays_solver_makes() -> None:
    from slt_theory.data import shipped_target
    from slt_theory.experiments.frozen_tickets import frozen_row

    table = figures.stored("frozen_tickets")
    assert table is not None
    stored = table["rows"][0]
    row = frozen_row(
        shipped_target(table["target"]),
        eps=Fraction(table["eps"]),
        lock=Fraction(str(stored["locked"])),
        prune=Fraction(str(stored["pruned"])),
        seed=table["seed"],
    )
    assert _plain(row.to_dict()) == stored


def test_a_row_of_the_claims_is_what_todays_code_decides() -> None:
    from slt_theory.experiments.catalogue import run_entry

    table = figures.stored("claims")
    assert table is not None
    rows = {row["claim"]: row for row in table["claims"]}
    for claim in ("tran2022-group-sizes", "zhou2021-pattern"):
        found = run_entry(claim, seed=table["seeds"][0])
        assert [(check.name, check.finding, check.evidence) for check in found.checks] == [
            (check["check"], check["verdicts"][0], check["evidence"])
            for check in rows[claim]["checks"]
        ]
