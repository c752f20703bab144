"""Run what ``slt verify`` computes. Every number of the report comes from this run."""

from __future__ import annotations

import multiprocessing
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from importlib import import_module
from pathlib import Path

from slt_theory.provenance import provenance
from slt_theory.report.job import JobPart, MainJob
from slt_theory.report.parts import job_parts
from slt_theory.subset_sum.parallel import thread_count

__all__ = ["run_main_job", "run_parts"]

Step = Callable[[str], None]


def run_main_job(
    out: Path, *, full: bool = False, seed: int = 0, step: Step = lambda _: None
) -> MainJob:
    """Run the main job; ticket files go to ``out/tickets``.

    Parameters
    ----------
    out : Path
        An existing folder.
    full : bool
        More trials; quick (a minute on two cores) otherwise.
    seed : int
    step : callable
        Called with what begins, for a progress display.
    """
    started = time.perf_counter()
    job = MainJob(full=full, seed=seed)
    date = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime())
    job.provenance = {"date": date, "seed": str(seed), **provenance()}
    (out / "tickets").mkdir(parents=True, exist_ok=True)
    for piece in run_parts(job_parts(), out, full=full, seed=seed, step=step):
        job.take(piece)
    order = import_module("slt_theory.proofs").IDS
    job.proofs.sort(key=lambda record: order.index(record["id"]))
    job.seconds = time.perf_counter() - started
    return job


def run_parts(
    parts: Sequence[JobPart],
    out: Path,
    *,
    full: bool,
    seed: int,
    step: Step = lambda _: None,
    workers: int | None = None,
) -> list[MainJob]:
    """Run parts in processes of their own, one a core; the results are in the order of the parts.

    One process takes parts from the front and the others from the back. Parts that need the same
    kernels stand at the front, so that on two cores each kernel is compiled once.

    Parameters
    ----------
    workers : int, optional
        Processes; default: one a core. With one everything runs in this process.
    """
    workers = min(thread_count(workers), len(parts))
    if workers == 1:
        results = []
        for part in parts:
            step(part.name)
            results.append(part(out, full, seed))
        return results
    # A forked process would share the threads of compiled code.
    context = multiprocessing.get_context("spawn")
    pools = [ProcessPoolExecutor(1, context) for _ in range(workers)]
    try:
        return _from_both_ends(pools, parts, (out, full, seed), step)
    finally:
        for pool in pools:
            pool.shutdown(wait=False)


def _from_both_ends(
    pools: Sequence[ProcessPoolExecutor],
    parts: Sequence[JobPart],
    arguments: tuple[Path, bool, int],
    step: Step,
) -> list[MainJob]:
    """Results of the parts: the first process takes the first that waits, another the last."""
    waiting = deque(range(len(parts)))
    running: dict[Future[MainJob], tuple[int, int]] = {}
    results: dict[int, MainJob] = {}

    def start(worker: int) -> None:
        if waiting:
            number = waiting.pop() if worker else waiting.popleft()
            running[pools[worker].submit(parts[number], *arguments)] = worker, number

    for worker in range(len(pools)):
        start(worker)
    while running:
        for future in wait(running, return_when=FIRST_COMPLETED).done:
            worker, number = running.pop(future)
            # A fault of one part ends the job at once.
            results[number] = future.result()
            step(f"{len(results)} of {len(parts)} parts; {parts[number].name}")
            start(worker)
    return [results[number] for number in range(len(parts))]
