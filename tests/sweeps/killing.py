"""Sweeps that are killed, and what is left of them."""

from __future__ import annotations

import random
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

from slt_theory.sweeps import Report, Store, Sweep, export, run_sweep


def unbroken(sweep: Sweep, folder: Path) -> bytes:
    """The table of a run that nobody disturbs."""
    with Store(None) as store:
        report = run_sweep(sweep, store=store, workers=2)
        assert (report.finished, report.failed) == (report.points, 0)
        return export(sweep, store, folder / "unbroken.csv").read_bytes()


def table(sweep: Sweep, store: Path, folder: Path) -> bytes:
    with Store(store) as opened:
        return export(sweep, opened, folder / "table.csv").read_bytes()


def resume(sweep: Sweep, store: Path) -> Report:
    report = run_sweep(sweep, store=store, workers=2)
    assert report.complete
    return report


def stored_blocks(store: Path) -> int:
    """Blocks in a store that another process may be writing."""
    if not store.exists():
        return 0
    db = sqlite3.connect(store, timeout=30)
    try:
        return int(db.execute("SELECT count(*) FROM blocks").fetchone()[0])
    except sqlite3.OperationalError:  # the table is not there yet
        return 0
    finally:
        db.close()


def start(spec: Path, *options: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "slt_theory", "sweep", str(spec), "--json", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def kill_at_random(process: subprocess.Popen[bytes], store: Path, chance: random.Random) -> bool:
    """SIGKILL at a random moment after at least one new block; False if it ended before."""
    wanted = stored_blocks(store) + chance.randrange(1, 8)
    while process.poll() is None and stored_blocks(store) < wanted:
        time.sleep(0.01)
    time.sleep(chance.uniform(0, 0.05))
    process.kill()
    return process.wait() < 0
