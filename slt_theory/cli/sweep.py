"""slt sweep."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer

from slt_theory.cli.common import Json, emit
from slt_theory.cli.patience import speaks
from slt_theory.errors import BadInput
from slt_theory.user_files import is_reference, load_object

if TYPE_CHECKING:
    from slt_theory.sweeps import Progress, Sweep

_LINE_SECONDS = 10.0


def register(app: typer.Typer) -> None:
    """Add ``sweep`` to the command line."""
    app.command("sweep")(sweep)


Spec = Annotated[str, typer.Argument(metavar="SPEC.toml|FILE.py:NAME")]
Backend = Annotated[
    str | None, typer.Option(help="threads or dask; default threads, dask with --scheduler.")
]
Scheduler = Annotated[
    str | None, typer.Option(help="Of a running dask cluster, e.g. tcp://host:8786.")
]
StoreFile = Annotated[
    Path | None, typer.Option(help="Results; default SPEC.sqlite. Sweeps may share one.")
]
Fresh = Annotated[bool, typer.Option("--fresh", help="Set the store aside and begin again.")]
Export = Annotated[Path | None, typer.Option(help="Table of the finished sweep: .csv or .parquet.")]
Workers = Annotated[
    int | None, typer.Option(help="Threads, or processes of a local cluster; default all cores.")
]


def sweep(
    spec: Spec,
    backend: Backend = None,
    scheduler: Scheduler = None,
    store: StoreFile = None,
    fresh: Fresh = False,
    export: Export = None,
    workers: Workers = None,
    json: Json = False,
) -> None:
    """Run a sweep, or go on where it ended.

    Ctrl-C finishes and stores what is running; a second one stops at once, and still nothing
    that is stored is lost.
    """
    from slt_theory.sweeps import Store, run_sweep
    from slt_theory.sweeps.export import check_format
    from slt_theory.sweeps.export import export as write

    asked, file = _read(spec)
    if export is not None:
        check_format(export)
    place = file.with_suffix(".sqlite") if store is None else store
    with _stop_on_signals() as stop, speaks(), _progress() as progress:
        report = run_sweep(
            asked,
            store=place,
            backend=backend or ("dask" if scheduler else "threads"),
            scheduler=scheduler,
            workers=workers,
            fresh=fresh,
            progress=progress,
            stop=stop,
        )
    record, lines = report.to_dict(), [report.summary()]
    if export is not None and report.complete:
        with Store(place) as opened:
            record["export"] = str(write(asked, opened, export))
        lines.append(f"table: {export}")
    elif export is not None:
        lines.append(f"{export} is not written: the sweep is not finished")
    emit(record, "\n".join(lines), as_json=json)
    if report.exit_code:
        raise typer.Exit(report.exit_code)


def _read(spec: str) -> tuple[Sweep, Path]:
    from slt_theory.sweeps import Sweep, read_sweep

    if not is_reference(spec):
        return read_sweep(Path(spec)), Path(spec)
    made = load_object(spec)
    if not isinstance(made, Sweep):
        raise BadInput("spec", spec, "must name a slt_theory.sweeps.Sweep")
    return made, Path(spec.rpartition(":")[0])


@contextmanager
def _stop_on_signals() -> Iterator[threading.Event]:
    """The first SIGINT or SIGTERM asks the run to end, the second ends the process."""
    stop = threading.Event()

    def handle(number: int, frame: FrameType | None) -> None:
        if stop.is_set():
            os._exit(128 + number)
        stop.set()
        typer.echo("slt: finishing what is running; once more to stop at once", err=True)

    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    before = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, old in before.items():
            signal.signal(number, old)


@contextmanager
def _progress() -> Iterator[Callable[[Progress], None]]:
    """A bar on a terminal, a line every ten seconds elsewhere."""
    if not sys.stderr.isatty():
        yield _lines()
        return
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn
    from rich.progress import Progress as Bar

    with Bar(
        TextColumn("blocks"),
        BarColumn(),
        TextColumn("{task.fields[text]}"),
        console=Console(stderr=True),
        transient=True,
    ) as bar:
        task, started = bar.add_task("", total=None, text=""), time.monotonic()

        def show(now: Progress) -> None:
            text = _status(now, time.monotonic() - started)
            bar.update(task, total=now.total, completed=now.done + now.skipped, text=text)

        yield show


def _lines() -> Callable[[Progress], None]:
    started = last = time.monotonic()

    def show(now: Progress) -> None:
        nonlocal last
        if time.monotonic() - last >= _LINE_SECONDS:
            last = time.monotonic()
            typer.echo(_status(now, last - started), err=True)

    return show


def _status(now: Progress, seconds: float) -> str:
    """Counts, rates, and the time that the blocks known so far will take."""
    parts = [f"{now.done + now.skipped} of {now.total} blocks"]
    if now.done:
        left = int((now.total - now.done - now.skipped) * seconds / now.done)
        parts += [
            f"{now.done / seconds:.1f} blocks/s",
            f"{now.trials / seconds:,.0f} trials/s",
            f"about {left // 3600}:{left // 60 % 60:02}:{left % 60:02} left",
        ]
    if now.failed:
        parts.append(f"{now.failed} failed")
    return ", ".join([*parts, f"{now.workers} worker{'s' * (now.workers != 1)}"])
