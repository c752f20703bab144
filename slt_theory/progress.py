"""Progress of a long call in Python: one line on stderr that is written over."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["Progress", "clock", "shown"]

Progress = Callable[[int], None] | bool | None
"""A callable that gets the numbers of finished units, True for a line on stderr, or nothing."""

_SECONDS = 0.2


def clock(seconds: float) -> str:
    """Seconds as h:mm:ss.

    Examples
    --------
    >>> clock(3725.4)
    '1:02:05'
    """
    whole = int(seconds)
    return f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}"


@contextmanager
def shown(
    progress: Progress, what: str, total: int | None
) -> Iterator[Callable[[int], None] | None]:
    """A callable for finished units, or None: what a computation takes as its progress.

    Parameters
    ----------
    progress : callable, bool or None
        A callable is passed on; True makes a line that notebooks and terminals show.
    what : str
        The units, in the plural.
    total : int or None
        How many there are at most.
    """
    if not isinstance(progress, bool):
        yield progress
        return
    if not progress:
        yield None
        return
    started, done, last = time.monotonic(), 0, 0.0

    def write(end: str) -> None:
        passed = time.monotonic() - started
        share = f"{done:,}" + (f" of {total:,}" if total else "") + f" {what}, {clock(passed)}"
        left = f", about {clock(passed * (total - done) / done)} left" if total and done else ""
        # Spaces hide the end of a longer line before.
        sys.stderr.write(f"\r{share}{left:24}{end}")
        sys.stderr.flush()

    def advance(units: int) -> None:
        nonlocal done, last
        done += units
        if time.monotonic() - last >= _SECONDS:
            last = time.monotonic()
            write("")

    try:
        yield advance
    finally:
        write("\n")
