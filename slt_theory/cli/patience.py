"""Long commands: progress, a limit of time, and an answer from what was done when they stop."""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Annotated, Any

import typer

from slt_theory.cli.common import emit
from slt_theory.cli.failure import failure_record
from slt_theory.errors import BadInput, TimeIsUp
from slt_theory.progress import announced_to, clock

__all__ = [
    "Bar",
    "MaxTime",
    "keeps_what_is_done",
    "never_silent",
    "progress_bar",
    "speaks",
    "time_limit",
]

MaxTime = Annotated[
    float | None,
    typer.Option(
        "--max-time", help="Seconds; then what is done so far is the answer, exit code 5."
    ),
]
_LINE_SECONDS = 10.0
_LONG_SECONDS = 10.0
# After so many seconds a rate is what it is.
_SURE_SECONDS = 2.0
_LONGEST = 1e9


class Bar:
    """A counter that library code calls with finished units, and once with the number of all."""

    def __init__(self, advance: Callable[[int], None], expect: Callable[[int], None]) -> None:
        self._advance, self.expect = advance, expect

    def __call__(self, done: int) -> None:
        self._advance(done)


@contextmanager
def progress_bar(what: str, total: int | None) -> Iterator[Bar]:
    """Progress on stderr: a bar on a terminal, elsewhere a line every ten seconds."""
    with speaks(), (_bar if sys.stderr.isatty() else _lines)(what, total) as bar:
        yield bar


@contextmanager
def _bar(what: str, total: int | None) -> Iterator[Bar]:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        ProgressColumn,
        Task,
        TextColumn,
        TimeRemainingColumn,
    )
    from rich.text import Text

    class Rate(ProgressColumn):
        def render(self, task: Task) -> Text:
            return Text(f"{task.speed:,.0f}/s" if task.speed else "")

    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        Rate(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    ) as shown:
        task = shown.add_task(what, total=total)
        yield Bar(
            lambda done: shown.advance(task, done), lambda units: shown.reset(task, total=units)
        )


class _Count:
    """Finished units and their number, with what to say about them."""

    def __init__(self, what: str, total: int | None) -> None:
        self.what, self.total, self.done = what, total, 0
        self.started, self.warned = time.monotonic(), False
        self.finished = 0.0
        self.first: tuple[int, float] | None = None

    def advance(self, done: int) -> None:
        if not done:
            return
        self.done += done
        self.finished = time.monotonic()
        if self.first is None:
            # The first units hold what happens once, such as compilation.
            self.first = self.done, time.monotonic()
        elif not self.warned and self.total and self.left > _LONG_SECONDS:
            say(f"{self.total:,} {self.what} take about {clock(self.left)}; Ctrl-C or --max-time "
                "keeps what is done")  # fmt: skip
            self.warned = True
        else:
            self.warned = self.warned or time.monotonic() - self.first[1] > _SURE_SECONDS

    def expect(self, total: int) -> None:
        self.total, self.done, self.started = total, 0, time.monotonic()
        self.first = None

    @property
    def left(self) -> float:
        """Seconds that the rest takes at the rate since the first units."""
        if self.first is None:
            return 0.0
        before, since = self.first
        if self.done == before:
            before, since = 0, self.started
        return (time.monotonic() - since) * ((self.total or 0) - self.done) / (self.done - before)

    def line(self) -> str:
        if self.total and self.done >= self.total:
            passed = clock(self.finished - self.started)
            return f"{self.what}: all {self.total:,} after {passed}; the rest of the work goes on"
        passed = clock(time.monotonic() - self.started)
        share = f"{self.done:,}" + (f" of {self.total:,}" if self.total else "")
        rest = f", about {clock(self.left)} left" if self.total and self.done else ""
        return f"{self.what}: {share} after {passed}{rest}"


class _Speech:
    """Time of the last word, and number of bars that speak for themselves."""

    last = 0.0
    bars = 0


def say(text: str) -> None:
    """One line for people, on stderr."""
    _Speech.last = time.monotonic()
    typer.echo(f"slt: {text}", err=True)


@contextmanager
def speaks() -> Iterator[None]:
    """A part of a command that reports its progress itself."""
    _Speech.bars += 1
    try:
        yield
    finally:
        _Speech.bars -= 1
        _Speech.last = time.monotonic()


@contextmanager
def never_silent() -> Iterator[None]:
    """Say every ten seconds that a command still works, where it says nothing itself."""
    started, over = time.monotonic(), threading.Event()
    _Speech.last = started

    def tell() -> None:
        while not over.wait(1.0):
            now = time.monotonic()
            if not _Speech.bars and now - _Speech.last >= _LINE_SECONDS:
                say(f"at work for {clock(now - started)}; Ctrl-C stops")

    threading.Thread(target=tell, daemon=True).start()
    try:
        with announced_to(_Once()):
            yield
    finally:
        over.set()


class _Once:
    """Says what is announced, of each thing the first time."""

    def __init__(self) -> None:
        self._known = set[str]()

    def __call__(self, what: str, takes: str) -> None:
        if what not in self._known:
            self._known.add(what)
            say(f"{what} {takes}")


@contextmanager
def _lines(what: str, total: int | None) -> Iterator[Bar]:
    # A thread, so that a line comes also while one unit takes long.
    count, over = _Count(what, total), threading.Event()

    def tell() -> None:
        while not over.wait(_LINE_SECONDS):
            say(count.line())

    teller = threading.Thread(target=tell, daemon=True)
    teller.start()
    try:
        yield Bar(count.advance, count.expect)
    finally:
        over.set()
        teller.join()


@contextmanager
def keeps_what_is_done(as_json: bool, max_time: float | None = None) -> Iterator[None]:
    """Print the answer from what was done when Ctrl-C or the limit of time ends the command.

    Exit code 130 for Ctrl-C, 5 for the limit; JSON has the answer with ``stopped``, or an error
    where nothing was done yet.
    """
    try:
        with time_limit(max_time):
            yield
    except KeyboardInterrupt as stop:
        partial: Any = getattr(stop, "partial", None)
        code = getattr(stop, "exit_code", 130)
        reason = str(stop) or "interrupted"
        if partial is None:
            say(f"{reason}; nothing was finished yet")
            if as_json:
                emit(failure_record(stop), "", as_json=True)
        else:
            say(f"{reason}; this is what was done so far")
            emit({**partial.to_dict(), "stopped": reason}, partial.summary(), as_json=as_json)
        raise typer.Exit(code) from None


@contextmanager
def time_limit(seconds: float | None) -> Iterator[None]:
    """Raise `TimeIsUp` in the main thread after so many seconds."""
    if seconds is not None and not 0 < seconds <= _LONGEST:
        way_out = "leave it out for no limit"
        raise BadInput("max_time", seconds, f"must lie in (0, {_LONGEST:g}] seconds", way_out)
    if seconds is None or threading.current_thread() is not threading.main_thread():
        yield
        return

    def ring(number: int, frame: FrameType | None) -> None:
        raise TimeIsUp(seconds)

    with _rings_again_if_lost():
        before = signal.signal(signal.SIGALRM, ring)
        left, _ = signal.setitimer(signal.ITIMER_REAL, max(seconds, 1e-3))
        began = time.monotonic()
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)
            if left:
                # Somebody else's alarm, as that of a test: it rings when it would have.
                rest = left - (time.monotonic() - began)
                signal.setitimer(signal.ITIMER_REAL, max(rest, 1e-3))


@contextmanager
def _rings_again_if_lost() -> Iterator[None]:
    """Raise `TimeIsUp` again where Python dropped it.

    An alarm that falls into a garbage collection is served in the first Python code after it. If
    that is a callback of the collector, a finaliser or an import lock's, what it raises is dropped.
    """
    before = sys.unraisablehook

    def dropped(what: Any) -> None:
        if isinstance(what.exc_value, TimeIsUp):
            signal.setitimer(signal.ITIMER_REAL, 1e-3)
        else:
            before(what)

    sys.unraisablehook = dropped
    try:
        yield
    finally:
        sys.unraisablehook = before
