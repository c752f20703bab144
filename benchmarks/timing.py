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


@dataclass(frozen=True)
class Gain:
    """Elapsed time of one call over that of another, in runs that alternate.

    Attributes
    ----------
    first, second : float
        Median seconds of each.
    median, low, high : float
        Of the ratios of neighbouring runs: the median and the quartiles.
    cpu : float
        Processor time of the second over that of the first, the median.
    load : float
        Of the machine, when it was over.
    """

    first: float
    second: float
    median: float
    low: float
    high: float
    cpu: float
    load: float


def gain(first: Callable[[], Any], second: Callable[[], Any], *, runs: int = 41) -> Gain:
    """Time two calls in turn; what else the machine does meets both alike."""
    calls = (first, second)
    for call in calls:
        call()
    elapsed = np.empty((runs, 2))
    spent = np.empty((runs, 2))
    for run in range(runs):
        for which in (0, 1) if run % 2 else (1, 0):
            start, used = time.perf_counter(), time.process_time()
            calls[which]()
            elapsed[run, which] = time.perf_counter() - start
            spent[run, which] = time.process_time() - used
    low, median, high = np.quantile(elapsed[:, 0] / elapsed[:, 1], (0.25, 0.5, 0.75))
    cpu = np.median(spent[:, 1] / spent[:, 0])
    one, two = np.median(elapsed, axis=0)
    return Gain(*map(float, (one, two, median, low, high, cpu)), load())


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
