"""Commands that are stopped: what was done is the answer, and the exit code says why it ended."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from slt_theory import check, threshold
from slt_theory.cli.patience import clock
from slt_theory.errors import Stopped, TimeIsUp
from slt_theory.experiments.question import Question
from slt_theory.experiments.sequential import confidence_sequence
from slt_theory.experiments.trials import hitting_times
from slt_theory.testing import falsify, get_lemma


class After:
    """A progress callback that interrupts at the n-th call."""

    def __init__(self, calls: int, error: type[BaseException] = KeyboardInterrupt) -> None:
        self.left, self.error = calls, error

    def __call__(self, done: int) -> None:
        self.left -= 1
        if not self.left:
            raise self.error if self.error is KeyboardInterrupt else TimeIsUp(3)


def test_finished_trials_are_kept_and_are_those_of_a_shorter_run() -> None:
    question = Question.of("uniform", "0.1", "all", -1, 1)
    with pytest.raises(Stopped) as stop:
        hitting_times(question, trials=3000, seed=5, progress=After(3))
    done = stop.value.partial
    assert len(done) == 64 + 128 + 256
    assert done.tolist() == hitting_times(question, trials=448, seed=5).tolist()


def test_a_threshold_that_is_stopped_is_that_of_its_trials() -> None:
    with pytest.raises(Stopped) as stop:
        threshold(eps="0.1", trials=3000, seed=5, progress=After(4))
    assert stop.value.partial == threshold(eps="0.1", trials=960, seed=5)
    assert stop.value.exit_code == 130
    with pytest.raises(Stopped) as stop:
        threshold(eps="0.1", trials=3000, seed=5, progress=After(4, TimeIsUp))
    assert stop.value.exit_code == 5
    assert "3 s of --max-time" in str(stop.value)


@pytest.mark.parametrize("fixed", [True, False])
def test_a_check_that_is_stopped_decides_nothing(fixed: bool) -> None:
    given: dict[str, Any] = {"eps": "0.05", "n": 13, "trials": 2000, "fixed": fixed}
    with pytest.raises(Stopped) as stop:
        check("lueker1998-rss", **given, progress=After(2))
    report = stop.value.partial
    assert report.trials == 64
    assert report.verdict.name == "INCONCLUSIVE"
    # Whoever stops may have looked: the interval holds at every time at once.
    level = report.alpha if fixed else report.alpha / 2
    assert report.ci == confidence_sequence(report.successes, 64, level)
    assert "stopped" in report.summary()


def test_a_search_that_is_stopped_says_how_far_it_came() -> None:
    with pytest.raises(Stopped) as stop:
        falsify(get_lemma("golden-ratio"), budget=60, progress=After(1))
    assert stop.value.partial.evaluations > 0
    assert not stop.value.partial.found


def started(*arguments: str, cwd: Path) -> subprocess.Popen[str]:
    code = "import sys; from slt_theory.cli import main; sys.argv[0] = 'slt'; main()"
    # A shell's background jobs ignore Ctrl-C, and so would their children.
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=cwd,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip


LONG = ("threshold", "--eps", "1e-4", "--trials", "10000000")


def test_ctrl_c_prints_the_answer_so_far(tmp_path: Path) -> None:
    run = started(*LONG, "--json", cwd=tmp_path)
    assert run.stderr is not None
    # Said after the first block; a busy machine may say before how far it is.
    assert any("10,000,000 trials take about" in line for line in run.stderr)
    os.kill(run.pid, signal.SIGINT)
    out, err = run.communicate(timeout=60)
    assert run.returncode == 130
    assert "interrupted; this is what was done so far" in err
    record = json.loads(out)
    assert record["stopped"] == "interrupted"
    assert 64 <= record["trials"] < 10_000_000
    assert record["n_low"] <= record["n"]


def test_the_limit_of_time_ends_with_code_5(tmp_path: Path) -> None:
    run = started(*LONG, "--max-time", "0.001", "--json", cwd=tmp_path)
    out, err = run.communicate(timeout=60)
    assert run.returncode == 5
    assert "nothing was finished yet" in err
    assert json.loads(out)["error"]["kind"] in ("TimeIsUp", "Stopped")


def test_a_clock() -> None:
    assert [clock(x) for x in (0, 61.9, 3600)] == ["0:00:00", "0:01:01", "1:00:00"]


def test_the_answer_does_not_depend_on_blocks() -> None:
    question = Question.of("uniform", "0.1", "all", -1, 1)
    whole = hitting_times(question, trials=200, seed=2)
    parts = [hitting_times(question, trials=50, seed=2, start=s) for s in range(0, 200, 50)]
    assert np.concatenate(parts).tolist() == whole.tolist()
