"""Threads over blocks of rows: the same numbers for any number of threads.

Kernels release the GIL, so plain threads suffice: no threading layer, no trouble with forks, Ctrl-C
takes effect between blocks, and progress is reported after each.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import TypeVar

from slt_theory.errors import BadInput
from slt_theory.lattice import whole_number

__all__ = ["map_blocks", "row_blocks", "thread_count"]

R = TypeVar("R")


class _StoppedError(Exception):
    """Another block failed first."""


def thread_count(threads: int | None) -> int:
    """`threads`, or the number of processors this process may use."""
    if threads is None:
        if hasattr(os, "sched_getaffinity"):
            return len(os.sched_getaffinity(0)) or 1
        return os.cpu_count() or 1
    count = whole_number("threads", threads)
    if count < 1:
        raise BadInput("threads", threads, "must be at least 1", "leave it out to use all cores")
    return count


def row_blocks(rows: int, size: int) -> list[range]:
    """Cut `rows` rows into consecutive blocks of at most `size`."""
    return [range(first, min(first + size, rows)) for first in range(0, rows, max(1, size))]


def map_blocks(
    work: Callable[[range], R],
    blocks: Sequence[range],
    *,
    threads: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> list[R]:
    """Call `work` on every block and return its results in the order of the blocks.

    Parameters
    ----------
    work : callable
        Takes a `range` of rows. It should spend its time in kernels that release the GIL and must
        not depend on other blocks.
    blocks : sequence of range
        See `row_blocks`.
    threads : int, optional
        Default: all processors this process may use.
    progress : callable, optional
        Called with the number of rows finished so far, in the calling thread.

    Notes
    -----
    On an exception or Ctrl-C blocks not yet begun are dropped; those that run end first.
    """
    count = min(thread_count(threads), len(blocks))
    if count > 1:
        return _map_in_threads(work, blocks, count, progress)
    results: list[R] = []
    finished = 0
    for block in blocks:
        results.append(work(block))
        finished += len(block)
        if progress is not None:
            progress(finished)
    return results


def _map_in_threads(
    work: Callable[[range], R],
    blocks: Sequence[range],
    count: int,
    progress: Callable[[int], None] | None,
) -> list[R]:
    finished = 0
    stop = threading.Event()

    def unless_stopped(block: range) -> R:
        if stop.is_set():
            raise _StoppedError
        try:
            return work(block)
        except BaseException:
            stop.set()
            raise

    pool = ThreadPoolExecutor(count, thread_name_prefix="slt-rows")
    try:
        futures: dict[Future[R], int] = {pool.submit(unless_stopped, b): len(b) for b in blocks}
        waiting = set(futures)
        while waiting:
            done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
            for future in done:
                error = future.exception()
                if error is None:
                    finished += futures[future]
                elif not isinstance(error, _StoppedError):
                    raise error
            if progress is not None and not stop.is_set():
                progress(finished)
        return [future.result() for future in futures]
    finally:
        stop.set()
        pool.shutdown(wait=True, cancel_futures=True)
