"""The pytest plugin, in processes of its own."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

PLUGIN = ("-p", "slt_theory.testing.plugin", "-p", "no:cacheprovider")

TESTS = """
from fractions import Fraction
from slt_theory.testing import Lemma, assert_lemma, get_lemma, least_error, samples

CLAIM = Lemma(
    "one-half",
    "of any two items some sum is within 1/4 of 1/2",
    {"sample": samples(min_size=2, max_size=2)},
    margin=lambda sample: Fraction(1, 4) - least_error(sample, Fraction(1, 2)),
)

def test_true():
    assert_lemma(get_lemma("counting-bound"), cases=100)

def test_false():
    assert_lemma(CLAIM)
"""


def test_summary_and_replay(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_mine=TESTS)
    result = pytester.runpytest_subprocess(*PLUGIN, "--slt-seed=7")
    result.assert_outcomes(passed=1, failed=1)
    text = result.stdout.str()
    assert re.search(r"margins: how close each lemma came", text)
    assert re.search(r"\s0\s+counting-bound\s+\(100 exact\)", text)
    assert re.search(r"-0\.25\s+one-half", text)
    line = re.search(r"replay: pytest '(.*)' --slt-seed=7 --slt-replay='(.*)'", text)
    assert line is not None
    node, word = line.groups()
    again = pytester.runpytest_subprocess(*PLUGIN, node, f"--slt-replay={word}")
    again.assert_outcomes(failed=1)
    assert re.search(r"-0\.25\s+one-half\s+\(1 exact\)", again.stdout.str())


def test_a_budget_in_seconds(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_mine=TESTS)
    result = pytester.runpytest_subprocess(*PLUGIN, "--slt-budget=0.5", "-k", "true")
    result.assert_outcomes(passed=1, deselected=1)
    cases = re.search(r"counting-bound\s+\((\d+) exact\)", result.stdout.str())
    assert cases is not None
    assert int(cases.group(1)) != 4000  # seconds decide, not the default number of cases


def test_the_verb(tmp_path: Path) -> None:
    import typer
    from typer.testing import CliRunner

    from slt_theory.cli import falsify

    app = typer.Typer()
    falsify.register(app)
    app.command("other")(lambda: None)
    run = CliRunner().invoke
    found = run(app, ["falsify", "false-blocks", "--budget", "20", "--json"])
    assert found.exit_code == 1
    record = json.loads(found.stdout)
    assert record["found"]
    exec(record["counterexample"]["code"], {})
    none = run(app, ["falsify", "counting-bound", "--budget", "0.3", "--json"])
    assert none.exit_code == 0
    assert json.loads(none.stdout)["counterexample"] is None
    chance = run(app, ["falsify", "false-failure-rate", "--budget", "20"])
    assert chance.exit_code == 1
    assert "lemma.test(n=1" in chance.stdout
    mine = tmp_path / "mine.py"
    mine.write_text(TESTS)
    own = run(app, ["falsify", f"{mine}:CLAIM", "--budget", "5", "--json"])
    assert own.exit_code == 1
    unknown = run(app, ["falsify", "counting-bond"])
    assert unknown.exit_code != 0
    assert "counting-bound" in str(unknown.exception)
