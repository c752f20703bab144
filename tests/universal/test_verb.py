"""slt universal: keys, exit codes, clear errors."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from slt_theory.cli import app
from slt_theory.errors import SltError

RUNNER = CliRunner()


def run(*arguments, code=0):
    result = RUNNER.invoke(app, ["universal", *map(str, arguments), "--json"])
    assert result.exit_code == code, (result.output, result.exception)
    assert result.stdout.count("\n") == 1
    return json.loads(result.stdout)


def test_build_and_verify(tmp_path):
    file = tmp_path / "sin.ticket.npz"
    record = run("--family", "sin:1", "--eps", "0.05", "--seed", 3, "--out", file)
    assert {"kept", "source_weights", "functions", "seconds"} <= set(record)
    assert {"name", "sup_error_bound"} <= set(record["functions"][0])
    assert record["functions"][0]["sup_error_bound"] <= 0.05
    check = run("--verify", file)
    assert check["ok"]
    assert check["kept"] == record["kept"]
    assert run("--verify", file, "--family", "sin:2", code=1)["failures"]
    text = RUNNER.invoke(app, ["universal", "--verify", str(file)])
    assert "sin(2 pi x)" in text.stdout


def test_a_family_from_a_file(tmp_path):
    script = tmp_path / "mine.py"
    script.write_text(
        "from slt_theory.universal import Family, Function\n"
        "family = Family('bumps', [Function('bump', lambda x: (-4 * x * x).exp(), 8)])\n"
        "other = 3\n",
        encoding="utf-8",
    )
    file = tmp_path / "mine.npz"
    run("--family", f"{script}:family", "--eps", "0.02", "--out", file)
    assert run("--verify", file, "--family", f"{script}:family")["ok"]
    for arguments in (
        ["--verify", file],
        ["--family", f"{script}:other", "--eps", "1", "--out", file],
    ):
        result = RUNNER.invoke(app, ["universal", *map(str, arguments)])
        assert isinstance(result.exception, SltError)


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--family", "sin:1", "--eps", "0.1"],
        ["--eps", "0.1", "--out", "x.npz"],
        ["--family", "sin:1", "--out", "x.npz"],
        ["--family", "sin:1", "--eps", "0", "--out", "x.npz"],
        ["--family", "cos:1", "--eps", "0.1", "--out", "x.npz"],
        ["--family", "sin:1", "--eps", "0.1", "--out", "no/where/x.npz"],
        ["--family", "sin:1", "--eps", "0.1", "--prune", "1", "--out", "x.npz"],
        ["--verify", "missing.npz"],
    ],
)
def test_bad_input(arguments, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = RUNNER.invoke(app, ["universal", *arguments])
    assert isinstance(result.exception, SltError)
    assert result.exception.exit_code == 2
    assert not list(tmp_path.iterdir())


def test_not_found_has_its_own_exit_code(tmp_path):
    arguments = ["--family", "sin:1", "--eps", "1e-3", "--knots", "1", "--out", tmp_path / "x"]
    result = RUNNER.invoke(app, ["universal", *map(str, arguments)])
    assert isinstance(result.exception, SltError)
    assert result.exception.exit_code == 3
