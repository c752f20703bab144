"""Medians of CPU time, the machine, and whether it was busy."""

from __future__ import annotations

import gc
import os
import platform
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numba
import numpy as np


@dataclass(frozen=True)
class Timing:
    """CPU seconds of one call: the median over instances, the least and the largest."""

    median: float
    least: float
    largest: float
    instances: int

    @staticmethod
    def of(seconds: list[float]) -> Timing:
        """Median and range of some timings in seconds."""
        return Timing(statistics.median(seconds), min(seconds), max(seconds), len(seconds))


def cpu_seconds(call: Callable[[], Any], *, enough: float = 2e-3, runs: int = 3) -> float:
    """CPU time of one call: the median of `runs`, each repeated until it takes `enough` seconds."""
    call()  # compiles, and touches the pages of the work space
    repeat = 1
    while True:
        start = time.process_time()
        for _ in range(repeat):
            call()
        taken = time.process_time() - start
        if taken >= enough or repeat >= 1 << 14:
            break
        repeat *= 4
    samples = [taken / repeat]
    for _ in range(runs - 1):
        start = time.process_time()
        for _ in range(repeat):
            call()
        samples.append((time.process_time() - start) / repeat)
    return statistics.median(samples)


def wall_seconds(call: Callable[[], Any], *, runs: int = 3) -> float:
    """Elapsed time of one call: the median of `runs`."""
    samples = []
    for _ in range(runs):
        start = time.perf_counter()
        call()
        samples.append(time.perf_counter() - start)
    return statistics.median(samples)


def machine() -> dict[str, Any]:
    """Describe the machine: processor, versions and load, as written beside every figure."""
    model = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        names = [x for x in info.read_text().splitlines() if x.startswith("model name")]
        model = names[0].split(":", 1)[1].strip() if names else model
    gc.collect()
    return {
        "processor": model,
        "processors": os.cpu_count(),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "numba": numba.__version__,
        "load": load(),
    }


def load() -> float:
    """Runnable processes, averaged over a minute; above about 0.3 a core the times suffer."""
    try:
        return os.getloadavg()[0]
    except OSError:
        return float("nan")
