"""All constructions on one target: rows, refusals, table and figure."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

from typer.testing import CliRunner

from slt_theory.cli import app
from slt_theory.data import digits, shipped_target
from slt_theory.errors import BadInput
from slt_theory.networks import Dense, save_npz
from slt_theory.tickets import build_ticket
from slt_theory.tickets.building.construction import OfNetworks, constructions
from slt_theory.tickets.compare import compare, typical

EPS = Fraction(1, 20)
SMALL = Dense([[[0.5, -0.25], [0.125, 0.75]], [[1.0, -0.5]]])
FEW = [("pensia2020-direct", {}), ("dacunha2022-cnn", {})]


def test_every_construction_is_compared():
    assert {theorem for theorem, _ in typical()} == {
        name for name, kind in constructions().items() if issubclass(kind, OfNetworks)
    }


def test_a_row_is_what_its_ticket_says():
    target, (_, sample) = shipped_target("digits_mlp"), digits()
    row, refused = compare(target, eps=EPS, seed=0, which=FEW, sample=sample)
    ticket = build_ticket(target, theorem="pensia2020-direct", eps=EPS, seed=0)
    assert (row.depth, row.width) == (None, None)
    assert (row.source_weights, row.kept) == (ticket.source_weights, ticket.kept)
    assert row.mask_bits == ticket.mask_bits == row.stored_bits - 64
    assert row.sup_error_bound == ticket.certificate["sup_error_bound"]
    assert row.sup_error_found == ticket.certificate["sup_error_found"]
    assert row.ratio == row.sup_error_bound / row.sup_error_found <= 10
    assert row.complete
    assert row.failure is None
    assert row.target_accuracy == 445 / 451
    # What does not cover the target says which assumption fails.
    assert refused.complete is None
    assert "convolution" in refused.failure


def test_a_network_row_has_depth_and_width():
    target = SMALL
    (row,) = compare(target, eps=EPS, which=[("burkholz2022-depth", {"signs": "needed"})])
    ticket = build_ticket(target, theorem="burkholz2022-depth", eps=EPS, seed=0, signs="needed")
    assert row.depth == 3
    assert row.width == max(layer.rows for block in ticket.blocks for layer in block.layers)
    assert row.accuracy is None


def test_a_ticket_that_lacks_sums_is_no_success():
    target = Dense([[[0.5, -0.25]]])
    (row,) = compare(target, eps=Fraction(1, 1000), which=[("pensia2020-two-layer", {"n": 3})])
    assert row.complete is False
    assert "without a subset" in row.failure
    assert row.sup_error_bound is None


def test_the_verb_takes_the_shipped_network_and_its_data():
    arguments = ["compare", "--eps", "0.05", "--theorem", "pensia2020-direct", "--json"]
    answer = CliRunner().invoke(app, arguments)
    assert answer.exit_code == 0, answer.output
    record = json.loads(answer.stdout)
    assert record["target"] == "digits_mlp"
    (row,) = record["rows"]
    assert row["accuracy"] >= 0.9


def test_the_verb_writes_table_and_figure(tmp_path: Path):
    save_npz(SMALL, tmp_path / "small.npz")
    out = tmp_path / "out"
    arguments = ["compare", "--eps", "0.05", "--theorem", "pensia2020-direct", "--out", str(out)]
    arguments += ["--theorem", "dacunha2022-cnn", "--target", str(tmp_path / "small.npz")]
    answer = CliRunner().invoke(app, arguments)
    assert answer.exit_code == 0, answer.output
    assert "certified" in answer.stdout
    assert "dacunha2022-cnn" in answer.stdout
    assert {path.suffix for path in out.iterdir()} == {".pdf", ".svg", ".png", ".json"}
    (part,) = json.loads((out / "compare.json").read_text())["parts"]
    assert part["eps"] == 0.05
    assert len(part["rows"]) == 2


def test_an_unknown_theorem_is_named():
    answer = CliRunner().invoke(app, ["compare", "--eps", "0.05", "--theorem", "nobody2020"])
    assert isinstance(answer.exception, BadInput)
    assert "nobody2020" in str(answer.exception)
