"""Compiled code on disk: damaged files are compiled again, and never run."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba
import pytest

from slt_theory.subset_sum.kernels import _compile

pytestmark = pytest.mark.skipif(numba.config.DISABLE_JIT, reason="nothing is compiled")


def successor(x: int) -> int:
    return x + 1


def flipped(content: bytes, place: float) -> bytes:
    damaged = bytearray(content)
    damaged[int(place * (len(content) - 1))] ^= 0x10
    return bytes(damaged)


DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "cut": lambda content: content[:100],
    "cut by one": lambda content: content[:-1],
    "empty": lambda content: b"",
    "longer": lambda content: content + b"\0",
    "first byte": lambda content: flipped(content, 0),
    "a byte inside": lambda content: flipped(content, 0.5),
    "last byte": lambda content: flipped(content, 1),
    "something else": lambda content: b"not a cache" * 100,
}


def called() -> Any:
    """A fresh wrapper after one call, as another process would make it."""
    kernel: Any = _compile.jit(successor)
    assert kernel(41) == 42
    return kernel.stats


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
@pytest.mark.parametrize("suffix", [".nbi", ".nbc"])
def test_a_damaged_file_is_made_again(
    suffix: str, damage: Callable[[bytes], bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_compile, "cache_folder", lambda: tmp_path)
    assert sum(called().cache_misses.values()) == 1
    assert sum(called().cache_hits.values()) == 1
    (file,) = tmp_path.rglob(f"*{suffix}")
    file.write_bytes(damage(file.read_bytes()))
    assert sum(called().cache_misses.values()) == 1
    assert sum(called().cache_hits.values()) == 1


def test_a_folder_that_fills_up_stops_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_compile, "cache_folder", lambda: tmp_path)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(_compile._CheckedFiles, "_open_for_write", full)
    assert sum(called().cache_misses.values()) == 1


@pytest.mark.parametrize("threads", ["0", "-1"])
def test_an_environment_that_numba_refuses_is_named(threads: str) -> None:
    environment = {**os.environ, "NUMBA_NUM_THREADS": threads}
    code = "from slt_theory.cli import main; main()"
    options = ["threshold", "--eps", "0.1"]
    done = subprocess.run(
        [sys.executable, "-c", code, *options], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 2
    assert done.stderr.startswith("slt: environment = ")
    assert f"'NUMBA_NUM_THREADS': '{threads}'" in done.stderr
