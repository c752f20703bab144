"""Run a sweep: plan what is missing, compute it anywhere, store each block as it comes."""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from contextlib import AbstractContextManager
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

from slt_theory.errors import BadInput, SltError
from slt_theory.plural import counted
from slt_theory.sweeps.backends import Workers, WorkersLostError, open_workers
from slt_theory.sweeps.draws import (
    Cell,
    Computed,
    Tally,
    TrialBlock,
    blocks_of,
    compute,
    own_release,
)
from slt_theory.sweeps.keys import digest
from slt_theory.sweeps.kinds import Asked, Missing
from slt_theory.sweeps.report import Failure, Progress, Report
from slt_theory.sweeps.spec import Sweep
from slt_theory.sweeps.store import Store, Stored, set_aside

__all__ = ["run_sweep"]

_AHEAD = 2  # blocks handed out for each that is being computed
_TICK = 0.2  # seconds between looks at the stop flag and at the workers
_LIVES = 5  # times that workers may die under one block
_RECHECKED, _RECHECK_SECONDS = 3, 5.0


def run_sweep(
    sweep: Sweep,
    *,
    store: Path | Store | None = None,
    backend: str = "threads",
    scheduler: str | None = None,
    workers: int | None = None,
    fresh: bool = False,
    progress: Callable[[Progress], None] | None = None,
    stop: threading.Event | None = None,
) -> Report:
    """Compute what the store does not hold yet.

    Parameters
    ----------
    sweep : Sweep
    store : Path or Store, optional
        Made if missing. Sweeps may share one, and share cells that are equal; without one results
        are lost at the end.
    backend, scheduler, workers
        See `slt_theory.sweeps.backends.open_workers`. Numbers do not depend on them.
    fresh : bool
        Set the file aside as ``NAME.old`` and begin again.
    progress : callable, optional
        Called with a `Progress` in the calling thread, a few times a second at most.
    stop : threading.Event, optional
        Once set, running blocks are finished and stored, and the run returns.

    Raises
    ------
    UnreadableFile
        If the store is damaged, or holds counts that come out otherwise today: a sample of stored
        blocks is computed again before a run adds to them.
    WorkersLostError
        If the cluster went away.

    Notes
    -----
    KeyboardInterrupt also lets running blocks finish and stores them; a second one does not wait.
    """
    crew = open_workers(backend, workers, scheduler)
    if isinstance(store, Store):
        if fresh:
            raise BadInput("fresh", True, "needs the path of a store")
        return _Run(sweep, store, None, progress, stop).finish(backend, crew)
    old = set_aside(Path(store)) if fresh and store is not None else None
    with Store(None if store is None else Path(store)) as opened:
        return _Run(sweep, opened, old, progress, stop).finish(backend, crew)


class _Run:
    """The state of one run: which cells are open, which points wait for them."""

    def __init__(
        self,
        sweep: Sweep,
        store: Store,
        old: Path | None,
        progress: Callable[[Progress], None] | None,
        stop: threading.Event | None,
    ) -> None:
        self.sweep, self.store, self.old = sweep, store, old
        self.tell, self.stop = progress, stop or threading.Event()
        self.complete: dict[Cell, Tally] = {}
        self.partial: dict[Cell, Counter[str]] = {}
        self.missing: dict[Cell, int] = {}
        self.waiting: dict[Cell, list[dict[str, Any]]] = {}
        self.queue: deque[TrialBlock] = deque()
        self.rechecks: dict[TrialBlock, Stored] = {}
        self.seen: list[tuple[TrialBlock, Stored]] = []
        self.deaths: Counter[TrialBlock] = Counter()
        self.failures: dict[Cell, Failure] = {}
        self.done = self.skipped = self.failed = self.trials = self.finished = 0
        self.open_blocks = 0
        self.reported = 0.0
        self.started = time.perf_counter()

    def counts(self, cell: Cell) -> Tally:
        found = self.complete.get(cell)
        if found is None:
            raise Missing(cell)
        return found

    def advance(self, point: dict[str, Any]) -> None:
        """Read a point as far as it goes; open the cell that it lacks."""
        while True:
            try:
                self.sweep.of.read(Asked(point, self.sweep.trials, self.sweep.seed, self.counts))
            except Missing as missing:
                cell = missing.cell
            else:
                self.finished += 1
                return
            if cell in self.failures:
                return
            if cell in self.waiting:
                self.waiting[cell].append(point)
                return
            if not self.open(cell):
                self.waiting[cell] = [point]
                return

    def open(self, cell: Cell) -> bool:
        """Take what the store holds and queue the rest; True if nothing is missing."""
        counts, blocks = Counter[str](), []
        for block in blocks_of(cell, self.sweep.trials, self.sweep.block_trials):
            stored = self.store.get(block)
            if stored is None:
                blocks.append(block)
                continue
            counts.update(stored.tally)
            self.seen.append((block, stored))
            self.skipped += 1
        if not blocks:
            self.complete[cell] = dict(counts)
            return True
        self.partial[cell], self.missing[cell] = counts, len(blocks)
        self.open_blocks += len(blocks)
        self.queue.extend(blocks)
        return False

    def finish(self, backend: str, workers: AbstractContextManager[Workers]) -> Report:
        """Plan, then compute until nothing is missing or the run is stopped."""
        for point in self.sweep.points:
            self.advance(point)
        if self.queue:
            self.store.begin(self.sweep.to_dict(), self.sweep.key, backend)
            self.recheck()
            with workers as crew:
                self.work(crew)
        return self.report()

    def recheck(self) -> None:
        """Stored blocks to be computed again first: few and quick ones, spread by their hash."""
        spent = 0.0
        for block, stored in sorted(
            self.seen, key=lambda pair: digest([pair[0].cell.key, pair[0].start])
        ):
            spent += stored.seconds
            if len(self.rechecks) < _RECHECKED and spent <= _RECHECK_SECONDS:
                self.rechecks[block] = stored
        if self.seen and not self.rechecks:
            block, stored = min(self.seen, key=lambda pair: pair[1].seconds)
            self.rechecks[block] = stored
        self.queue.extendleft(self.rechecks)

    def work(self, crew: Workers) -> None:
        running: dict[Future[Computed], TrialBlock] = {}
        answered: SimpleQueue[Future[Computed]] = SimpleQueue()
        interrupt: KeyboardInterrupt | None = None
        while self.queue or running:
            try:
                while self.queue and not self.stop.is_set():
                    if len(running) >= _AHEAD * max(1, crew.slots()):
                        break
                    if self.rechecks and self.queue[0] not in self.rechecks:
                        break
                    block = self.queue.popleft()
                    if block.cell in self.failures:
                        self.rechecks.pop(block, None)
                        self.failed += 1
                        continue
                    future = crew.executor.submit(compute, block, own_release())
                    running[future] = block
                    future.add_done_callback(answered.put)
                if self.stop.is_set():
                    # Nobody works on what is out if all workers are gone.
                    idle = [f for f in running if crew.withdraw(f) or not crew.slots()]
                    for future in idle:
                        del running[future]
                if not running:
                    break
                self.inform(crew)
                try:
                    future = answered.get(timeout=_TICK)
                except Empty:
                    if not crew.alive():
                        raise self.lost() from None
                    continue
                if future in running:
                    self.take(running.pop(future), future, crew)
            except KeyboardInterrupt as caught:
                if self.stop.is_set():
                    raise
                interrupt = caught
                self.stop.set()
        self.inform(crew)
        if interrupt is not None:
            raise interrupt

    def take(self, block: TrialBlock, future: Future[Computed], crew: Workers) -> None:
        """Store what a worker hands back, or see what its failure means."""
        try:
            found = future.result()
        except CancelledError:
            if not crew.alive():
                raise self.lost() from None
            self.again(block, "its workers went away")
        except Exception as error:
            if crew.died(error):
                self.again(block, "its workers died, perhaps for lack of memory")
            else:
                self.fail(block, error)
        else:
            self.keep(block, found)

    def keep(self, block: TrialBlock, found: Computed) -> None:
        stored = self.rechecks.pop(block, None)
        if stored is not None:
            if stored.tally != found.tally:
                raise self.store.differs(block)
            return
        self.store.add(block, found)
        self.done += 1
        self.open_blocks -= 1
        self.trials += block.stop - block.start
        cell = block.cell
        self.partial[cell].update(found.tally)
        self.missing[cell] -= 1
        if not self.missing[cell]:
            self.complete[cell] = dict(self.partial.pop(cell))
            for point in self.waiting.pop(cell):
                self.advance(point)

    def again(self, block: TrialBlock, why: str) -> None:
        self.deaths[block] += 1
        if self.deaths[block] < _LIVES:
            self.queue.appendleft(block)
        else:
            self.fail(block, WorkersLostError(f"{why}, {_LIVES} times"))

    def fail(self, block: TrialBlock, error: Exception) -> None:
        """Give a cell up: its other blocks would fail alike."""
        self.failed += 1
        self.rechecks.pop(block, None)
        code = error.exit_code if isinstance(error, SltError) else 70
        cell, text = block.cell, f"{type(error).__name__}: {error}"
        self.failures.setdefault(cell, Failure(cell.draw, cell.parameters, text, code))

    def lost(self) -> WorkersLostError:
        return WorkersLostError(
            f"the cluster went away; {counted(self.done, 'block')} of this run stored, "
            "run again to go on"
        )

    def inform(self, crew: Workers) -> None:
        now = time.perf_counter()
        if self.tell is not None and (now - self.reported >= _TICK or not self.open_blocks):
            self.reported = now
            total = self.done + self.skipped + self.open_blocks
            self.tell(
                Progress(self.done, self.skipped, self.failed, total, self.trials, crew.slots())
            )

    def report(self) -> Report:
        return Report(
            key=self.sweep.key,
            done=self.done,
            skipped=self.skipped,
            failed=self.failed,
            points=len(self.sweep.points),
            finished=self.finished,
            interrupted=self.stop.is_set() and self.finished < len(self.sweep.points),
            seconds=time.perf_counter() - self.started,
            store=None if self.store.path is None else str(self.store.path),
            set_aside=None if self.old is None else str(self.old),
            failures=tuple(self.failures.values()),
        )
