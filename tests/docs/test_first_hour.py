"""A newcomer plays the page of the first hour: own law, bound, lemma, network, sweep, figure.

Every file and command is the page's own text; the sweep is killed and goes on.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from slt_theory.cli import app

PAGE = (Path(__file__).parents[2] / "docs" / "first-hour.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)


def run(text: str) -> None:
    """A console block: commands, and what they print where ``...`` stands for anything."""
    for part in re.split(r"^(?=\$ slt )", text, flags=re.MULTILINE)[1:]:
        command, _, shown = part.partition("\n")
        result = CliRunner().invoke(app, shlex.split(command.removeprefix("$ slt ")))
        assert result.exit_code in (0, 1), (command, result.output, result.exception)
        pattern = ".*".join(re.escape(piece.strip()) for piece in shown.split("..."))
        assert re.fullmatch(pattern, result.stdout.strip(), re.DOTALL), (command, result.stdout)


def stored(place: Path) -> int:
    """Blocks in a store that another process writes."""
    if not place.is_file():
        return 0
    try:
        with sqlite3.connect(f"file:{place}?mode=ro", uri=True, timeout=5) as store:
            return int(store.execute("select count(*) from blocks").fetchone()[0])
    except sqlite3.OperationalError:
        return 0


def sweep_and_kill(command: list[str]) -> int:
    """Kill a sweep once blocks are stored; how many are."""
    with subprocess.Popen([sys.executable, "-m", *command], start_new_session=True) as process:
        deadline = time.monotonic() + 120
        while stored(Path("own.sqlite")) < 3 and process.poll() is None:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
    return stored(Path("own.sqlite"))


def test_the_first_hour(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    kinds = [kind for kind, _ in BLOCKS]
    assert kinds.count("console") >= 5
    for kind, text in BLOCKS:
        if kind == "python":
            with Path("mine.py").open("a", encoding="utf-8") as file:
                file.write(text)
            exec(compile(text, "first-hour.md", "exec"), names)
        elif kind == "console":
            run(text)
        elif kind == "toml":
            Path("own.toml").write_text(text, encoding="utf-8")
        else:
            assert kind == "sh"
            command = ["slt_theory", *shlex.split(text)[1:]]
            kept = sweep_and_kill(command)
            assert kept >= 3
            said = json.loads(CliRunner().invoke(app, [*command[1:], "--json"]).stdout)
            assert said["skipped"] == kept
            whole = Path("own.csv").read_text()
            fresh = CliRunner().invoke(app, [*command[1:], "--store", "fresh.sqlite", "--json"])
            assert json.loads(fresh.stdout)["skipped"] == 0
            assert Path("own.csv").read_text() == whole
    beside = json.loads(Path("figures-out/own.json").read_text())
    assert len(beside["rows"]) == whole.count("\n") - 1
    width = re.search(rb"/MediaBox \[ 0 0 ([\d.]+) ", Path("figures-out/own.pdf").read_bytes())
    assert width is not None
    assert float(width[1]) == pytest.approx(5.5 * 72, abs=0.5)
