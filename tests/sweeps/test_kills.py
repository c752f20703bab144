"""A sweep killed at random moments and resumed equals an unbroken run, to the byte."""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from killing import kill_at_random, resume, start, stored_blocks, table, unbroken

from slt_theory.sweeps import Sweep, read_sweep, run_sweep

SPEC = """
kind = "threshold"
trials = {trials}
block = 100

[fixed]
delta = 0.1

[grid]
law = ["uniform", "relu(uniform)*uniform"]
eps = ["1/300", "1/1000"]
"""


def killed_and_resumed(tmp_path: Path, kills: int, trials: int) -> None:
    spec, store = tmp_path / "killed.toml", tmp_path / "killed.sqlite"
    spec.write_text(SPEC.format(trials=trials))
    sweep = read_sweep(spec)
    chance, done = random.Random(), 0
    seen = []
    while done < kills:
        done += kill_at_random(start(spec, "--workers", "2"), store, chance)
        seen.append(stored_blocks(store))
        assert seen == sorted(seen), "a stored block went lost"
        if seen[-1] == 4 * trials // 100:
            pytest.fail(f"the sweep ended before the kills: {seen}")
    resumed = resume(sweep, store)
    assert resumed.skipped == seen[-1]
    assert resumed.skipped + resumed.done == 4 * trials // 100
    assert table(sweep, store, tmp_path) == unbroken(sweep, tmp_path)
    again = resume(sweep, store)
    assert (again.done, again.skipped, again.failed) == (0, 4 * trials // 100, 0)


def test_two_kills_leave_no_trace(tmp_path: Path) -> None:
    killed_and_resumed(tmp_path, kills=2, trials=2000)


@pytest.mark.long
def test_twenty_kills_leave_no_trace(tmp_path: Path) -> None:
    killed_and_resumed(tmp_path, kills=20, trials=12000)


@pytest.mark.parametrize(
    "number", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.long)]
)
def test_a_signal_ends_a_run_with_all_finished_blocks(tmp_path: Path, number: int) -> None:
    spec, store = tmp_path / "stopped.toml", tmp_path / "stopped.sqlite"
    spec.write_text(SPEC.format(trials=8000))
    process = start(spec, "--workers", "2")
    while process.poll() is None and stored_blocks(store) < 3:
        time.sleep(0.01)
    process.send_signal(number)
    out, error = process.communicate(timeout=60)
    assert process.returncode == 130, error
    record = json.loads(out)
    assert record["interrupted"]
    assert 3 <= record["done"] == stored_blocks(store) < 320
    assert b"once more" in error


def living_workers() -> list[int]:
    """Worker processes of this process, also those that are just starting."""
    psutil: Any = pytest.importorskip("psutil")
    found = []
    for child in psutil.Process().children(recursive=True):
        with suppress(psutil.Error):
            if any("spawn_main" in part for part in child.cmdline()):
                found.append(child.pid)
    return found


def dask_workers_killed(tmp_path: Path, kills: int, trials: int) -> None:
    """Workers of the local cluster die while it computes; new ones take their place."""
    pytest.importorskip("distributed")
    sweep = Sweep(
        "threshold",
        fixed={"delta": 0.1},
        grid={"law": ["uniform", "relu(uniform)*uniform"], "eps": ["1/300", "1/1000"]},
        trials=trials,
        block=200,
    )
    store, chance = tmp_path / "dask.sqlite", random.Random()
    killed: list[int] = []
    ended = threading.Event()

    def kill_some() -> None:
        while len(killed) < kills:
            before = stored_blocks(store)
            while stored_blocks(store) <= before:
                if ended.wait(0.02):
                    return
            time.sleep(chance.uniform(0, 0.1))
            os.kill(chance.choice(living_workers()), signal.SIGKILL)
            killed.append(stored_blocks(store))

    killer = threading.Thread(target=kill_some)
    killer.start()
    try:
        report = run_sweep(sweep, store=store, backend="dask", workers=2)
    finally:
        ended.set()
        killer.join()
    blocks = 4 * trials // 200
    assert len(killed) == kills, f"the sweep ended before the kills: {killed}"
    assert (report.done, report.skipped, report.failed) == (blocks, 0, 0)
    with sqlite3.connect(store) as db:
        assert db.execute("SELECT count(*), sum(stop - start) FROM blocks").fetchone() == (
            blocks,
            4 * trials,
        )
    assert table(sweep, store, tmp_path) == unbroken(sweep, tmp_path)
    assert resume(sweep, store).done == 0


def test_a_dask_worker_that_dies_changes_nothing(tmp_path: Path) -> None:
    dask_workers_killed(tmp_path, kills=1, trials=4000)


@pytest.mark.long
@pytest.mark.timeout(1200)
def test_twenty_dask_workers_die(tmp_path: Path) -> None:
    dask_workers_killed(tmp_path, kills=20, trials=40000)
