"""Reads and verifies files one after the other; says for each what came out and what it took.

Called with a folder of files NUMBER.NAME.slt; prints one JSON object a file. Runs in a process of
its own, so that the largest memory of the process is that of the hungriest file.
"""

from __future__ import annotations

import contextlib
import json
import re
import resource
import sys
import time
from pathlib import Path
from typing import Any

import earlier_files
import numpy as np

from slt_theory.errors import SltError
from slt_theory.tickets import read_ticket


def outcome(path: Path, name: str, genuine: dict[str, np.ndarray]) -> dict[str, Any]:
    try:
        ticket = read_ticket(path)
        check = earlier_files.judged(ticket, name)
    except SltError as error:
        return {"exit": error.exit_code, "why": str(error)}
    except Exception as error:
        return {"exit": 70, "why": repr(error)}
    if not check.ok:
        return {"exit": 1, "why": "; ".join(check.failures)}
    same = np.array_equal(earlier_files.outputs(ticket, name), genuine[name])
    return {"exit": 0, "same": same, "why": ""}


def peak(*, forget: bool = False) -> int:
    """Most bytes held at once; since the last call with `forget`, where the system allows that."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10
    most = int(re.search(r"VmHWM:\s+(\d+)", status.read_text())[1]) << 10
    if forget:
        with contextlib.suppress(OSError):
            Path("/proc/self/clear_refs").write_text("5")
    return most


def main(folder: Path) -> None:
    # Far more than may be taken, far less than would hurt.
    resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
    genuine = {}
    for name in earlier_files.NAMES:
        ticket = read_ticket(earlier_files.FOLDER / f"{name}.slt")
        assert earlier_files.judged(ticket, name)
        genuine[name] = earlier_files.outputs(ticket, name)
    for path in sorted(folder.iterdir(), key=lambda path: int(path.name.split(".")[0])):
        peak(forget=True)
        started = time.process_time()
        record = outcome(path, path.name.split(".")[1], genuine)
        record |= {
            "file": path.name,
            "cpu": time.process_time() - started,
            "peak": peak(),
        }
        print(json.dumps(record), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
