"""The pytest plugin, in processes of its own."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from slt_theory.errors import BadInput

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

LESSONS = """
from slt_theory.testing import reals

X = {"x": reals(0, 1)}
NEVER = Lemma("never", "the hypothesis never holds", X, given=lambda x: x > 2, margin=lambda x: x)
PREDICATE = Lemma("predicate", "x <= 2", X, margin=lambda x: x <= 2)
DIVIDES = Lemma("divides", "1 / x >= 1", X, margin=lambda x: 1 / x - 1)
FLOATS = Lemma("floats", "x + 0.5 >= 0", X, margin=lambda x: float(x) + 0.5)

def test_never():
    assert_lemma(NEVER)

def test_predicate():
    assert_lemma(PREDICATE)

def test_divides():
    assert_lemma(DIVIDES)

def test_floats():
    assert_lemma(FLOATS, cases=100)
"""


def test_lemmas_that_cannot_pass_by_accident(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_mine=TESTS.partition("CLAIM")[0] + LESSONS)
    result = pytester.runpytest_subprocess(*PLUGIN)
    result.assert_outcomes(passed=1, failed=3)
    text = result.stdout.str()
    assert "LemmaFails: never: nothing was tested, the hypotheses never held" in text
    assert "return the difference, rhs - lhs" in text
    # On a server pytest's summary repeats the messages whole.
    places = re.findall(r"^E .*at a case of the lemma (\w+)", text, flags=re.MULTILINE)
    assert sorted(places) == ["divides", "predicate"]
    assert "x=Fraction(0, 1)" in text
    assert re.search(r"floats\s+\(\d+ float\)", text)
    # The frames shown are the caller's own.
    assert not re.search(r"testing/(assertion|hunt|lemma|margins|search/\w+)\.py:\d+:", text)


def test_summary_and_replay(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_mine=TESTS)
    result = pytester.runpytest_subprocess(*PLUGIN, "--slt-seed=7")
    result.assert_outcomes(passed=1, failed=1)
    text = result.stdout.str()
    assert re.search(r"margins: how close each lemma came", text)
    assert re.search(r"\s0\s+counting-bound\s+\(\d\d exact\)", text)
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
    mine = tmp_path / "mine.py"
    mine.write_text(TESTS + LESSONS)
    found = run(app, ["falsify", "false-blocks", "--budget", "20", "--json"])
    assert found.exit_code == 1
    record = json.loads(found.stdout)
    assert record["found"]
    exec(record["counterexample"]["code"], {})
    never = run(app, ["falsify", f"{mine}:NEVER", "--budget", "0.5", "--json"])
    assert never.exit_code == 3
    assert json.loads(never.stdout)["vacuous"]
    assert "nothing was tested" in run(app, ["falsify", f"{mine}:NEVER", "--budget", "0.5"]).stdout
    for name, named in (("PREDICATE", "return the difference"), ("DIVIDES", "ZeroDivisionError")):
        refused = run(app, ["falsify", f"{mine}:{name}", "--budget", "5"])
        assert isinstance(refused.exception, BadInput)
        assert named in str(refused.exception)
        assert "x=Fraction(0, 1)" in str(refused.exception)
    none = run(app, ["falsify", "counting-bound", "--budget", "0.3", "--json"])
    assert none.exit_code == 0
    assert json.loads(none.stdout)["counterexample"] is None
    chance = run(app, ["falsify", "false-failure-rate", "--budget", "20"])
    assert chance.exit_code == 1
    assert "lemma.test(n=1" in chance.stdout
    own = run(app, ["falsify", f"{mine}:CLAIM", "--budget", "5", "--json"])
    assert own.exit_code == 1
    unknown = run(app, ["falsify", "counting-bond"])
    assert unknown.exit_code != 0
    assert "counting-bound" in str(unknown.exception)
