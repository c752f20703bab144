"""Damaged and forged files: none is taken for another network, none takes much, none crashes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from earlier_files import FOLDER, NAMES
from hostile import hostile

from slt_theory.tickets import read_ticket, write_ticket

READER = Path(__file__).parent / "hostile_reader.py"
SECONDS, BYTES = 5, 256 << 20


def genuine(folder: Path) -> dict[str, bytes]:
    """The kept files, every other one as they are, the rest with a digest."""
    files = {}
    for number, name in enumerate(NAMES):
        path = FOLDER / f"{name}.slt"
        if number % 2:
            write_ticket(read_ticket(path), folder / f"{name}.slt")
            path = folder / f"{name}.slt"
        files[name] = path.read_bytes()
    return files


def read_all(folder: Path) -> list[dict[str, Any]]:
    paths = os.pathsep.join([str(READER.parent), str(READER.parents[1]), *sys.path])
    answer = subprocess.run(
        [sys.executable, str(READER), str(folder)],
        capture_output=True,
        text=True,
        timeout=3000,
        env={**os.environ, "PYTHONPATH": paths},
    )
    assert answer.returncode == 0, answer.stderr[-2000:]
    return [json.loads(line) for line in answer.stdout.splitlines()]


def judge(tmp_path: Path, *, seed: int, count: int, mebibytes: int) -> Counter[str]:
    """Makes and reads `count` files; what came out, by kind and exit code."""
    made, files = tmp_path / "made", tmp_path / "files"
    made.mkdir()
    files.mkdir()
    kinds = []
    for number, (kind, name, data) in enumerate(hostile(genuine(made), seed, count, mebibytes)):
        kinds.append(kind)
        (files / f"{number}.{name}.slt").write_bytes(data)
    records = read_all(files)
    assert len(records) == count
    wrong = [
        (kinds[int(r["file"].split(".")[0])], r)
        for r in records
        if r["exit"] not in (0, 1, 2, 5)
        or not r.get("same", True)
        or r["cpu"] > SECONDS
        or r["peak"] > BYTES
    ]
    assert not wrong, f"{len(wrong)} of {count}: {wrong[:4]}"
    most = max(records, key=lambda r: r["peak"])
    slowest = max(records, key=lambda r: r["cpu"])
    print(f"most memory {most['peak'] >> 20} MiB ({most['file']}), {slowest['cpu']:.2f} s")
    return Counter(f"{kind} {r['exit']}" for kind, r in zip(kinds, records, strict=True))


def test_damaged_and_forged_files(tmp_path):
    found = judge(tmp_path, seed=1, count=200, mebibytes=300)
    assert sum(count for what, count in found.items() if not what.endswith(" 0")) > 150


@pytest.mark.long
@pytest.mark.timeout(3000)
def test_a_thousand_damaged_and_forged_files(tmp_path):
    found = judge(tmp_path, seed=2, count=1000, mebibytes=600)
    print(sorted(found.items()))
    assert sum(count for what, count in found.items() if not what.endswith(" 0")) > 800
