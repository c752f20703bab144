"""Progress of a long call in Python, one line on stderr, and what a call says before it begins."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["Progress", "announce", "announced_to", "clock", "shown"]

Progress = Callable[[int], None] | bool | None
"""A callable that gets the numbers of finished units, True for a line on stderr, or nothing."""

_SECONDS = 0.2
_hearers: list[Callable[[str, str], None]] = []


def announce(what: str, takes: str) -> None:
    """Tell what something takes, before it begins; nobody hears it outside of `announced_to`."""
    for hear in _hearers:
        hear(what, takes)


@contextmanager
def announced_to(hear: Callable[[str, str], None]) -> Iterator[None]:
    """Call `hear` with all that is announced meanwhile, in any thread.

    Examples
    --------
    >>> with announced_to(print):
    ...     announce("the table", "takes about 0:01:00")
    the table takes about 0:01:00
    """
    _hearers.append(hear)
    try:
        yield
    finally:
        _hearers.remove(hear)


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
