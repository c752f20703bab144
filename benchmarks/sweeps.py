"""How a sweep scales: two threads against one, and a local dask cluster against two threads.

    python benchmarks/sweeps.py [--blocks 16] [--seconds 1] [--rounds 3]

Elapsed times of one sweep whose blocks take about `--seconds` each, the arms in turn in every
round; the ratios are medians over rounds. The cluster is started and warm before the clock runs;
its start is reported apart. Worth reading on an idle machine only: the load is printed.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from timing import load, machine

from slt_theory.sweeps import Store, Sweep, rows, run_sweep
from slt_theory.sweeps.backends import local_cluster

EPS = "1/1000"


def made(blocks: int, block: int, seed: int = 0) -> Sweep:
    """Sweep of one curve of ``normal*normal``, in blocks of `block` trials."""
    fixed = {"eps": EPS, "law": "normal*normal"}
    return Sweep("curve", blocks * block, seed, fixed, block=block)


def elapsed(
    sweep: Sweep, *, workers: int | None = None, scheduler: str | None = None
) -> tuple[float, list[dict[str, Any]]]:
    """Seconds that a sweep takes in a fresh store in memory, and its rows."""
    with Store(None) as store:
        started = time.perf_counter()
        backend = "threads" if scheduler is None else "dask"
        run_sweep(sweep, store=store, backend=backend, scheduler=scheduler, workers=workers)
        return time.perf_counter() - started, rows(sweep, store)


def trials_in(seconds: float) -> int:
    """Trials of one block that takes so long in one thread."""
    elapsed(made(1, 50), workers=1)  # compiles
    trials = 1000
    while True:
        taken, _ = elapsed(made(1, trials), workers=1)
        if taken >= seconds / 2:
            return round(trials * seconds / taken)
        trials *= 2


def main() -> None:
    """Print the time of the same sweep on threads and on a cluster."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--blocks", type=int, default=16)
    parser.add_argument("--seconds", type=float, default=1.0)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    block = trials_in(arguments.seconds)
    print(f"{machine()}; {arguments.blocks} blocks of {block} trials")
    started = time.perf_counter()
    with local_cluster(2) as cluster:
        elapsed(made(8, 50), scheduler=cluster.scheduler_address)
        print(f"cluster of two processes up and warm after {time.perf_counter() - started:.1f} s")
        arms: dict[str, dict[str, Any]] = {
            "one thread": {"workers": 1},
            "two threads": {"workers": 2},
            "dask, two processes": {"scheduler": cluster.scheduler_address},
        }
        times: dict[str, list[float]] = {name: [] for name in arms}
        for number in range(arguments.rounds):
            sweep, tables = made(arguments.blocks, block, seed=number), []
            for name, options in arms.items():
                taken, table = elapsed(sweep, **options)
                times[name].append(taken)
                tables.append(table)
            assert tables[0] == tables[1] == tables[2]
            print("  ".join(f"{name} {taken[-1]:.2f} s" for name, taken in times.items()))
    one, two, dask = times.values()
    gain = statistics.median(a / b for a, b in zip(one, two, strict=True))
    cost = statistics.median(b / a - 1 for a, b in zip(two, dask, strict=True))
    print(f"two threads are {gain:.2f} times one; dask costs {cost:+.1%} over threads")
    print(f"load at the end {load():.1f}")


if __name__ == "__main__":
    main()
