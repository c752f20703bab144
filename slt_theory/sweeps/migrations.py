"""The schema of a store as the steps that lead to it: step k goes from version k to k + 1.

Steps are never edited once released; a change of the schema is a new step.
"""

from __future__ import annotations

import sqlite3

from slt_theory.errors import UnreadableFile

__all__ = ["APPLICATION", "STEPS", "migrate"]

APPLICATION = 0x534C5457
"""Marks a SQLite file as a store of sweeps."""

STEPS: tuple[tuple[str, ...], ...] = (
    (
        """CREATE TABLE cells (
            key TEXT PRIMARY KEY,
            draw TEXT NOT NULL,
            parameters TEXT NOT NULL,
            seed TEXT NOT NULL
        ) WITHOUT ROWID""",
        """CREATE TABLE runs (
            id INTEGER PRIMARY KEY,
            started TEXT NOT NULL,
            sweep TEXT NOT NULL,
            key TEXT NOT NULL,
            backend TEXT NOT NULL,
            origin TEXT NOT NULL
        )""",
        """CREATE TABLE blocks (
            cell TEXT NOT NULL REFERENCES cells,
            start INTEGER NOT NULL,
            stop INTEGER NOT NULL,
            tally TEXT NOT NULL,
            checksum TEXT NOT NULL,
            seconds REAL NOT NULL,
            run INTEGER NOT NULL REFERENCES runs,
            PRIMARY KEY (cell, start, stop)
        ) WITHOUT ROWID""",
    ),
)


def migrate(db: sqlite3.Connection, name: str) -> None:
    """Bring a store, or an empty file, to the newest version in one transaction.

    Raises
    ------
    UnreadableFile
        If it is another program's database, or of a newer version of this package.
    """

    def pragma(what: str) -> int:
        return int(db.execute(f"PRAGMA {what}").fetchone()[0])

    db.execute("BEGIN IMMEDIATE")
    try:
        version, empty = pragma("user_version"), pragma("schema_version") == 0
        if not empty and pragma("application_id") != APPLICATION:
            raise UnreadableFile("store", name, "is another program's database", "name a new file")
        if version > len(STEPS):
            raise UnreadableFile(
                "store",
                name,
                f"has version {version}, newer than {len(STEPS)}",
                "upgrade slt-theory",
            )
        for step in STEPS[version:]:
            for statement in step:
                db.execute(statement)
        if version < len(STEPS):
            db.execute(f"PRAGMA application_id = {APPLICATION}")
            db.execute(f"PRAGMA user_version = {len(STEPS)}")
        db.execute("COMMIT")
    except BaseException:
        db.execute("ROLLBACK")
        raise
