"""The door for users, through the command line."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from slt_theory.cli import app
from slt_theory.cli import graph as graph_verb
from slt_theory.errors import BadInput

RUN = CliRunner()

MINE = """
import math
import slt_theory as slt

LAW = "relu(uniform)*uniform"
right = slt.Bound("right", n=lambda eps, delta: 36 + math.log2(1 / eps), law=LAW)
small = slt.Bound("small", n=lambda eps, delta: 0.9 * right.n(eps, delta), law=LAW)
"""

LAW = """
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from slt_theory.laws import Uniform


class Mine(Uniform):
    '''A uniform law under another name, with a density floor to certify.'''

    name = "mine"

    def density_floor(self, half_width):
        return Fraction(1, 2) if half_width <= 1 else Fraction(0)


law = Mine()
"""


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    path = tmp_path / "mine.py"
    path.write_text(MINE)
    return path


def _json(*arguments: str) -> tuple[int, dict[str, Any]]:
    result = RUN.invoke(app, [*arguments, "--json"])
    return result.exit_code, json.loads(result.stdout)


def test_a_right_bound_is_consistent_and_ten_percent_less_is_violated(mine: Path) -> None:
    started = time.monotonic()
    options = ("--eps", "0.01", "--delta", "0.1", "--trials", "10000")
    code, right = _json("check", f"{mine}:right", *options)
    assert (code, right["verdict"]) == (0, "CONSISTENT")
    code, small = _json("check", f"{mine}:small", *options)
    assert (code, small["verdict"]) == (1, "VIOLATED")
    assert small["n"] == -(-9 * (36 + 6.6438561898) // 10)
    assert time.monotonic() - started < 60


def test_a_plan_says_how_many_trials(mine: Path) -> None:
    code, plan = _json("check", f"{mine}:right", "--eps", "0.01", "--delta", "0.1", "--plan")
    assert code == 0
    assert plan["trials"] > 50
    assert plan["n"] == 43


def test_a_law_of_the_users_own(tmp_path: Path) -> None:
    path = tmp_path / "law.py"
    path.write_text(LAW)
    common = ("--eps", "0.05", "--delta", "0.1", "--trials", "300")
    _, own = _json("threshold", "--law", f"{path}:law", *common)
    _, ours = _json("threshold", "--law", "uniform", *common)
    assert own["n"] == ours["n"]
    code, report = _json("check", "lueker1998-rss", "--law", f"{path}:law", *common)
    assert (code, report["verdict"]) == (0, "CONSISTENT")
    assert report["n"] > ours["n"]
    result = RUN.invoke(app, ["threshold", "--law", f"{path}:Mine", *common])
    assert isinstance(result.exception, BadInput)


def test_thresholds_of_every_kind() -> None:
    common = ("--eps", "0.05", "--delta", "0.1", "--trials", "200", "--targets", "random")
    _, plain = _json("threshold", *common)
    _, size = _json("threshold", *common, "--size", "2")
    _, locked = _json("threshold", *common, "--lock", "1/2")
    _, pruned = _json("threshold", *common, "--prune", "1/2")
    _, plane = _json("threshold", *common, "--law", "normal", "--dim", "2")
    _, whole = _json("threshold", "--law", "integers[8]", "--eps", "1/2", "--lo", "-8", "--hi", "8")
    assert plain["n"] < pruned["n"] < locked["n"]
    assert plain["n"] < size["n"]
    assert plain["n"] < plane["n"]
    assert whole["n"] > 4


def test_an_entry_runs_its_own_checks() -> None:
    code, report = _json("check", "kumar2025-quantised")
    assert code == 0
    assert report["verdict"] == "CONSISTENT"
    assert {c["name"]: c["verdict"] for c in report["checks"]}["product set"] == "VIOLATED"
    code, one = _json("check", "kumar2025-quantised", "--check", "products")
    assert [c["name"] for c in one["checks"]] == ["products"]


def test_bound_and_comparison() -> None:
    code, report = _json(
        "bound",
        "pensia2020-two-layer",
        *("--param", "arch=6-5-3", "--network-eps", "0.5", "--delta", "0.1", "--trials", "0"),
    )
    assert code == 0
    assert report["network"]["at_certified"]["depth"] == 4
    code, table = _json("bound", "--all", "--param", "arch=6-5-3", "--eps", "0.1", "--trials", "0")
    assert code == 0
    assert len(table["rows"]) >= 7


def test_listing_and_graph(tmp_path: Path) -> None:
    code, record = _json("list", "--paper", "natale2024")
    assert code == 0
    assert len(record["theorems"]) == 8
    code, record = _json("show", "otsuka2024-locked-subset-sum")
    assert record["known_issues"][0]["shown_by"] == "n2 = n1^2"
    assert RUN.invoke(app, ["list", "--markdown"]).stdout.startswith("# The catalogue")
    own = typer.Typer()
    graph_verb.register(own)
    own.command("other")(lambda: None)
    path = tmp_path / "graph.svg"
    assert RUN.invoke(own, ["graph", "--format", "svg", "--out", str(path)]).exit_code == 0
    assert path.read_text().startswith("<svg")
    assert RUN.invoke(own, ["graph"]).stdout.startswith("flowchart")
    assert "edges" in json.loads(RUN.invoke(own, ["graph", "--json"]).stdout)
    assert isinstance(RUN.invoke(own, ["graph", "--format", "png"]).exception, BadInput)


def test_a_bound_of_a_file_takes_its_error_as_text(tmp_path) -> None:
    from slt_theory import check

    file = tmp_path / "mine.py"
    file.write_text(
        "from slt_theory import Bound\nb = Bound('mine', n=lambda eps, delta: 2 / eps)\n"
    )
    report = check(f"{file}:b", eps="1/10", trials=100)
    assert (report.claim, report.n, report.eps) == ("mine", 20, 0.1)
