"""The store of results: an SQLite file that takes each finished block whole, or not at all.

A block is named by its cell and its trials, so to write one twice changes nothing. Only the process
that runs a sweep writes; workers hand their counts back.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple

from slt_theory.errors import UnreadableFile
from slt_theory.sweeps.draws import Computed, Tally, TrialBlock
from slt_theory.sweeps.keys import canonical, digest
from slt_theory.sweeps.migrations import migrate
from slt_theory.sweeps.origin import origin

__all__ = ["Store", "Stored", "set_aside"]

_FRESH = "begin again with --fresh, which sets this file aside"


class Stored(NamedTuple):
    """A block in the store."""

    tally: Tally
    seconds: float


def _checksum(block: TrialBlock, tally: Tally) -> str:
    return digest([block.cell.key, block.start, block.stop, tally])


class Store:
    """Counts of finished blocks, and the runs that computed them.

    Parameters
    ----------
    path : Path or None
        A file, made if it is missing; None keeps everything in memory.

    Raises
    ------
    UnreadableFile
        If the file is no store, is damaged, or is of a newer version.
    """

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self._name = "memory" if path is None else str(path)
        self._run: int | None = None
        with self._readable():
            # Explicit transactions; a busy file is waited for.
            self._db = sqlite3.connect(
                ":memory:" if path is None else path, isolation_level=None, timeout=60
            )
            try:
                migrate(self._db, self._name)
                self._db.execute("PRAGMA journal_mode = WAL")
                # A killed process loses nothing, a power cut at most the last few blocks.
                self._db.execute("PRAGMA synchronous = NORMAL")
            except BaseException:
                self._db.close()
                raise

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._db.close()

    @contextmanager
    def _readable(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.DatabaseError as error:
            raise UnreadableFile(
                "store", self._name, f"cannot be used ({error})", _FRESH
            ) from error

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._readable():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("COMMIT")
            except BaseException:
                self._db.execute("ROLLBACK")
                raise

    def begin(self, sweep: dict[str, Any], key: str, backend: str) -> None:
        """Record a run; the blocks written from now on are its own."""
        started = datetime.now(UTC).isoformat(timespec="seconds")
        with self._transaction() as db:
            cursor = db.execute(
                "INSERT INTO runs (started, sweep, key, backend, origin) VALUES (?, ?, ?, ?, ?)",
                (started, canonical(sweep), key, backend, canonical(origin())),
            )
        self._run = cursor.lastrowid

    def add(self, block: TrialBlock, found: Computed) -> None:
        """Write one block in one transaction; the same block again changes nothing.

        Raises
        ------
        UnreadableFile
            If the store holds other counts for this block.
        """
        cell = block.cell
        with self._transaction() as db:
            db.execute(
                "INSERT OR IGNORE INTO cells VALUES (?, ?, ?, ?)",
                (cell.key, cell.draw, cell.parameters, str(cell.seed)),
            )
            db.execute(
                "INSERT OR IGNORE INTO blocks VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    cell.key,
                    block.start,
                    block.stop,
                    canonical(found.tally),
                    _checksum(block, found.tally),
                    found.seconds,
                    self._run,
                ),
            )
        stored = self.get(block)
        if stored is None or stored.tally != found.tally:
            raise self.differs(block)

    def get(self, block: TrialBlock) -> Stored | None:
        """A block of the store, its checksum and its number of trials verified."""
        with self._readable():
            row = self._db.execute(
                """SELECT tally, checksum, seconds FROM blocks
                WHERE cell = ? AND start = ? AND stop = ?""",
                (block.cell.key, block.start, block.stop),
            ).fetchone()
        if row is None:
            return None
        try:
            tally = json.loads(row[0])
            sound = row[1] == _checksum(block, tally)
            sound = sound and sum(tally.values()) == block.stop - block.start
        except (ValueError, AttributeError, TypeError):
            sound = False
        if not sound:
            raise UnreadableFile(
                "store", self._name, f"block {_where(block)} does not match its checksum", _FRESH
            )
        return Stored(tally, float(row[2]))

    def differs(self, block: TrialBlock) -> UnreadableFile:
        """The error for a stored block that comes out otherwise when computed again."""
        return UnreadableFile(
            "store", self._name, f"block {_where(block)} has other counts when computed now", _FRESH
        )

    def runs(self) -> list[dict[str, Any]]:
        """All runs, oldest first: when, what, where, with which versions, and their blocks."""
        with self._readable():
            rows = self._db.execute(
                """SELECT started, key, backend, origin, sweep,
                    (SELECT count(*) FROM blocks WHERE run = runs.id) FROM runs ORDER BY id"""
            ).fetchall()
        return [
            {
                "started": started,
                "key": key,
                "backend": backend,
                **json.loads(origin),
                "sweep": json.loads(sweep),
                "blocks": blocks,
            }
            for started, key, backend, origin, sweep, blocks in rows
        ]


def _where(block: TrialBlock) -> str:
    return f"{block.start}..{block.stop - 1} of {block.cell.draw} {block.cell.parameters}"


def set_aside(path: Path) -> Path | None:
    """Rename a store, readable or not, to the first free ``NAME.old``; None if there is none."""
    if not path.exists():
        return None
    with suppress(sqlite3.DatabaseError), closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    number, old = 0, path.with_name(path.name + ".old")
    while old.exists():
        number += 1
        old = path.with_name(f"{path.name}.old{number}")
    for suffix in ("-wal", "-shm", ""):
        part = path.with_name(path.name + suffix)
        if part.exists():
            part.rename(old.with_name(old.name + suffix))
    return old
