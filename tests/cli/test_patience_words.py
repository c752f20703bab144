"""Long commands: an estimate from the second block on, words, a limit that holds."""

from __future__ import annotations

import json
import time

import numpy as np
import pytest
from typer.testing import CliRunner

from slt_theory import laws
from slt_theory.cli import app, patience
from slt_theory.errors import BadInput


class Clock:
    """A time that a test sets."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 0.0
        monkeypatch.setattr(time, "monotonic", lambda: self.now)


def test_the_first_block_with_its_compilation_is_no_estimate(monkeypatch, capsys):
    clock = Clock(monkeypatch)
    count = patience._Count("trials", 2000)
    clock.now = 30.0
    count.advance(64)
    clock.now = 30.1
    count.advance(64)
    assert capsys.readouterr().err == ""
    assert count.left == pytest.approx(0.1 * (2000 - 128) / 64)


def test_a_long_command_says_how_long_it_takes_once(monkeypatch, capsys):
    clock = Clock(monkeypatch)
    count = patience._Count("subset sums", None)
    count.expect(400_000)
    count.advance(0)
    for clock.now in (2.0, 3.0, 4.0):
        count.advance(24)
    assert capsys.readouterr().err.count("400,000 subset sums take about 4:37:4") == 1


def test_a_command_that_says_nothing_says_that_it_works(monkeypatch, capsys):
    monkeypatch.setattr(patience, "_LINE_SECONDS", 0.0)
    with patience.never_silent(), patience.speaks():
        time.sleep(1.3)
    assert capsys.readouterr().err == ""
    with patience.never_silent():
        time.sleep(1.3)
    assert "at work for 0:00:01; Ctrl-C stops" in capsys.readouterr().err


def test_direct_sums_with_a_tiny_error_say_their_time_and_keep_to_the_limit(tmp_path, capsys):
    rng = np.random.default_rng(0)
    np.savez(tmp_path / "net.npz", **{"a.weight": rng.normal(size=(100, 80)) / 9})
    arguments = ["ticket", "build", "--target", str(tmp_path / "net.npz"), "--network-eps", "1e-9"]
    arguments += ["--theorem", "pensia2020-direct", "--out", str(tmp_path / "t.npz")]
    result = CliRunner().invoke(app, [*arguments, "--max-time", "15"])
    assert result.exit_code == 5, result.output
    assert "8,000 subset sums take about" in result.stderr


@pytest.mark.parametrize("law", [laws.Discrete, laws.Histogram, laws.Mixed])
@pytest.mark.parametrize("given", [(None,), (None, None), (1, (1,)), ("12", "11"), ((1,),)])
def test_values_that_are_no_sequence_are_refused_by_name(law, given):
    with pytest.raises(BadInput, match=r"must be|numbers"):
        law(*given)


def answer(*arguments: str) -> dict[str, object]:
    result = CliRunner().invoke(app, [*arguments, "--json"])
    assert isinstance(result.exception, BadInput), result.output
    from slt_theory.cli.failure import failure_record

    return dict(failure_record(result.exception)["error"])


def test_a_wrong_delta_is_an_error_with_its_value(tmp_path):
    for verb in (["threshold"], ["check", "lueker1998-rss"], ["bound", "lueker1998-rss"]):
        for value in ("nan", "x", "2"):
            error = answer(*verb, "--eps", "0.1", "--delta", value)
            assert error["argument"] == "delta"
            assert str(error["value"]) in (value, "2.0")
            json.dumps(error)


def test_a_law_of_a_file_inside_of_a_term_says_what_to_write(tmp_path):
    for law in ("mixture(0.5:own.py:law,0.5:uniform)", "0.5*relu(own.py:law)"):
        error = answer("threshold", "--law", law, "--eps", "0.1")
        assert "Mixed(" in str(error["way_out"])
        assert error["value"] == law


def test_a_law_that_begins_with_a_minus_is_refused_as_a_law():
    assert answer("laws", "-0.5*uniform")["argument"] == "law"


def test_an_unknown_name_lists_the_laws_of_the_file_alone(tmp_path):
    file = tmp_path / "own.py"
    file.write_text(
        "import math, scipy.stats\nfrom slt_theory.laws import Uniform\n"
        "mine, frozen, other = Uniform(), scipy.stats.norm(0, 1), 3\n"
    )
    error = answer("threshold", "--law", f"{file}:zz", "--eps", "0.1")
    assert error["way_out"] == "defined: mine, frozen"
