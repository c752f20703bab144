"""Where blocks are computed: threads of this process, or a dask cluster.

A backend is an executor, the number of blocks it works on at once, and what it means if a block
comes back without an answer. Workers compute; the client alone writes the store.
"""

from __future__ import annotations

import logging
import math
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from slt_theory.errors import BadInput, SltError
from slt_theory.extras import optional
from slt_theory.subset_sum.parallel import thread_count

__all__ = ["BACKENDS", "Workers", "WorkersLostError", "open_workers"]

BACKENDS = ("threads", "dask")
_CONNECT_SECONDS = 20
_REPLACE_SECONDS = 10


class WorkersLostError(SltError):
    """The cluster is gone; finished blocks are stored and the next run goes on from there."""

    exit_code = 5


@dataclass(frozen=True)
class Workers:
    """A backend that is open.

    Attributes
    ----------
    executor : Executor
    slots : callable
        Blocks that are computed at once, now; workers may come and go.
    withdraw : callable
        Takes back a block that nobody has begun; False if it cannot.
    died : callable
        Whether this error says that workers died under a block, not that the block is wrong.
    alive : callable
        Whether blocks can still be handed out.
    """

    executor: Executor
    slots: Callable[[], int]
    withdraw: Callable[[Future[Any]], bool]
    died: Callable[[BaseException], bool] = lambda error: False
    alive: Callable[[], bool] = lambda: True


def open_workers(
    backend: str, workers: int | None, scheduler: str | None
) -> AbstractContextManager[Workers]:
    """A context manager that gives `Workers`; bad requests are refused before it is entered.

    Parameters
    ----------
    backend : "threads" or "dask"
    workers : int, optional
        Threads, or processes of a local cluster; default all cores.
    scheduler : str, optional
        Address of a running dask scheduler; without it a local cluster is started.

    Raises
    ------
    BadInput, MissingExtra
    """
    if backend not in BACKENDS:
        raise BadInput("backend", backend, "is unknown", f"known: {', '.join(BACKENDS)}")
    if scheduler is not None and backend != "dask":
        raise BadInput("scheduler", scheduler, "needs the dask backend", "add --backend dask")
    if scheduler is not None and workers is not None:
        raise BadInput("workers", workers, "is decided by the cluster", "leave it out")
    if backend == "threads":
        return _threads(thread_count(workers))
    distributed = optional("distributed", "cluster", "the dask backend")
    return _dask(distributed, thread_count(workers), scheduler)


@contextmanager
def _threads(count: int) -> Iterator[Workers]:
    pool = ThreadPoolExecutor(count, thread_name_prefix="slt-sweep")
    try:
        yield Workers(pool, lambda: count, lambda future: future.cancel())
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def local_cluster(count: int) -> Any:
    """A dask cluster of `count` processes on this machine, each with one thread.

    Dask asks the C library to hand freed memory back at once, which costs arrays that come and go
    half of their speed; here it keeps it.
    """
    dask = optional("dask", "cluster", "the dask backend")
    distributed = optional("distributed", "cluster", "the dask backend")
    single = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), 1)
    with dask.config.set({"distributed.nanny.pre-spawn-environ": single}):
        return distributed.LocalCluster(
            n_workers=count, threads_per_worker=1, dashboard_address="127.0.0.1:0"
        )


@contextmanager
def _dask(distributed: Any, count: int, scheduler: str | None) -> Iterator[Workers]:
    with ExitStack() as stack:
        # Workers that die are our business, and are reported if it matters.
        stack.enter_context(distributed.utils.silence_logging_cmgr(logging.CRITICAL))
        cluster, requested = None, 0
        if scheduler is None:
            cluster, requested = stack.enter_context(local_cluster(count)), count
            scheduler = str(cluster.scheduler_address)
        else:
            scheduler = _knock(scheduler)
        try:
            client = distributed.Client(scheduler, timeout=_CONNECT_SECONDS, set_as_default=False)
        except (OSError, ValueError) as error:
            raise _unreachable(scheduler, error) from error
        stack.enter_context(client)
        yield Workers(
            executor=client.get_executor(pure=False),
            slots=_Slots(client, cluster, requested),
            withdraw=lambda future: False,
            died=lambda error: isinstance(error, distributed.KilledWorker),
            alive=lambda: bool(client.status == "running"),
        )


class _Slots:
    """Threads of all workers, asked for once a second; a cluster of our own is kept at strength.

    The keeper of a worker starts it again when it dies, but gives up on one that dies while it
    starts; then a new one is added.
    """

    def __init__(self, client: Any, cluster: Any, requested: int) -> None:
        self.client, self.cluster, self.requested = client, cluster, requested
        self.count, self.asked, self.whole = requested, -math.inf, time.monotonic()

    def __call__(self) -> int:
        now = time.monotonic()
        if now - self.asked < 1:
            return self.count
        self.asked = now
        # A cluster that is gone is noticed by `alive`.
        with suppress(OSError):
            self.count = sum(self.client.nthreads().values())
        if self.count >= self.requested:
            self.whole = now
        elif now - self.whole > _REPLACE_SECONDS:
            self.cluster.scale(len(self.cluster.worker_spec) + self.requested - self.count)
            self.whole = now
        return self.count


def _knock(scheduler: str) -> str:
    """The address in full, once somebody answers there.

    A client that found nobody would wait for them again at the end of the process.
    """
    address = scheduler if "://" in scheduler else f"tcp://{scheduler}"
    give_up = time.monotonic() + _CONNECT_SECONDS
    while True:
        try:
            place = urlsplit(address)
            if not place.hostname or place.port is None:
                raise ValueError("it names no host and port")
            if place.scheme in ("tcp", "tls"):
                socket.create_connection((place.hostname, place.port), _CONNECT_SECONDS).close()
        except (OSError, ValueError) as error:
            if isinstance(error, ValueError) or time.monotonic() > give_up:
                raise _unreachable(scheduler, error) from error
            time.sleep(0.2)
        else:
            return address


def _unreachable(scheduler: str, error: Exception) -> BadInput:
    return BadInput("scheduler", scheduler, f"cannot be reached ({error})", "e.g. tcp://host:8786")
