"""Where the rows of a ticket's masks go while it is built: memory, or a file that can be resumed.

The file stands beside the ticket to come: a fixed head, room for all masks, and a log. A line of
the log is written after the rows it speaks of, with their checksum, so that an incomplete end is
noticed and only the rows that it speaks of are solved again.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import threading
import weakref
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from slt_theory.errors import BadInput, UnreadableFile
from slt_theory.tickets.block import SourceLayer
from slt_theory.tickets.mapped import let_go

__all__ = ["Journal", "MaskStore", "Memory", "partial_path", "read_identity"]

Missed = list[tuple[int, int]]
_MAGIC = b"slt-part"
_HEAD = 16


class MaskStore(Protocol):
    """Masks under construction, and which of their rows are finished."""

    def mask(self, index: int) -> NDArray[np.uint8]:
        """Mask number `index`, to be written in place."""
        ...

    def finished(self, index: int) -> dict[int, Missed]:
        """First rows of finished blocks, with the sums of the block that were not reached."""
        ...

    def put(self, index: int, rows: range, missed: Missed) -> None:
        """The mask's `rows` are finished."""
        ...


class Memory:
    """Masks in memory; nothing is kept of an unfinished build."""

    def __init__(self, layers: Sequence[SourceLayer]) -> None:
        self._masks = [np.zeros(layer.packed_shape, np.uint8) for layer in layers]

    def mask(self, index: int) -> NDArray[np.uint8]:
        """Mask number `index`, to be written in place."""
        return self._masks[index]

    def finished(self, index: int) -> dict[int, Missed]:
        """Nothing: every build begins afresh."""
        return {}

    def put(self, index: int, rows: range, missed: Missed) -> None:
        """Do nothing: the mask holds the rows already."""
        return


def partial_path(out: Path) -> Path:
    """Path of the file that keeps an unfinished build of `out`."""
    return out.with_name(f"{out.name}.partial")


class Journal:
    """Masks in a file beside the ticket to come.

    Parameters
    ----------
    path : Path
    identity : dict
        What the ticket is built from; a file of another one is refused.
    layers : sequence of SourceLayer
        Of the masks, in order.
    fresh : bool
        Begin again, whatever there is.

    Raises
    ------
    BadInput
        If the file belongs to a build with other arguments; names those that differ.
    UnreadableFile
        If the file is not of this kind.
    """

    def __init__(
        self,
        path: Path,
        identity: dict[str, Any],
        layers: Sequence[SourceLayer],
        *,
        fresh: bool = False,
    ) -> None:
        self._path, self._lock = path, threading.Lock()
        shapes = [layer.packed_shape for layer in layers]
        sizes = [rows * width for rows, width in shapes]
        offsets = [_HEAD + sum(sizes[:k]) for k in range(len(sizes))]
        self._log_at = _HEAD + sum(sizes)
        self._finished: list[dict[int, Missed]] = [{} for _ in layers]
        record = json.loads(json.dumps(identity))
        if fresh or not path.exists():
            self._begin(record)
        else:
            self._check(record)
        with self._writable():
            _reserve(path, self._log_at)
            # Kept open: what another process puts in the place of the file gets no lines of ours.
            log = os.open(path, os.O_WRONLY | os.O_APPEND | getattr(os, "O_BINARY", 0))
            self._log = log
            weakref.finalize(self, os.close, log)
            self._masks = [
                np.memmap(path, np.uint8, "r+", offset, shape)
                for offset, shape in zip(offsets, shapes, strict=True)
            ]
            self._resume()

    def mask(self, index: int) -> NDArray[np.uint8]:
        """Mask number `index`, mapped to the file."""
        return self._masks[index]

    def finished(self, index: int) -> dict[int, Missed]:
        """First rows of the blocks that the file holds, with their missed sums."""
        return dict(self._finished[index])

    def put(self, index: int, rows: range, missed: Missed) -> None:
        """Append a sealed line for the `rows`: their checksum and their missed sums."""
        data = self._masks[index][rows.start : rows.stop]
        line = json.dumps([index, rows.start, rows.stop, zlib.crc32(data.tobytes()), missed])
        sealed = _sealed(line)
        with self._lock, self._writable():
            if os.write(self._log, sealed) < len(sealed):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        let_go(self._masks[index], rows.start, rows.stop)

    def _begin(self, record: dict[str, Any]) -> None:
        temporary = self._path.with_name(f".{self._path.name}.{os.getpid()}.tmp")
        try:
            with self._writable():
                with temporary.open("wb") as file:
                    file.write(_MAGIC + self._log_at.to_bytes(8, "little"))
                    file.seek(self._log_at)
                    file.write(_sealed(json.dumps(record, sort_keys=True)))
                _reserve(temporary, self._log_at)
                os.replace(temporary, self._path)
        finally:
            with contextlib.suppress(OSError):
                temporary.unlink()

    @contextlib.contextmanager
    def _writable(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise BadInput("out", str(self._path), f"cannot be written ({error})") from error

    def _check(self, record: dict[str, Any]) -> None:
        there = read_identity(self._path)
        if there == record:
            return
        names = sorted(k for k in {*there, *record} if there.get(k) != record.get(k))
        raise BadInput(
            "out",
            str(self._path),
            f"is an unfinished build with another {', '.join(names)}",
            "repeat its arguments to finish it, or begin again with --fresh (fresh=True)",
        )

    def _resume(self) -> None:
        """Take over what the log vouches for; an incomplete end of the log is cut off."""
        with self._path.open("r+b") as file:
            file.seek(self._log_at)
            end = self._log_at + len(file.readline())
            for line in file:
                entry = _opened(line)
                if entry is None:
                    break
                end += len(line)
                index, start, stop, checksum, missed = entry
                if zlib.crc32(self._masks[index][start:stop].tobytes()) == checksum:
                    self._finished[index][start] = [(row, group) for row, group in missed]
            file.truncate(end)


def read_identity(path: Path) -> dict[str, Any]:
    """Fingerprint of the arguments of the unfinished build in a file.

    Raises
    ------
    UnreadableFile
        If it is no such file.
    """
    with path.open("rb") as file:
        head, record = file.read(_HEAD), None
        log_at = int.from_bytes(head[8:], "little")
        if head[:8] == _MAGIC and _HEAD <= log_at < path.stat().st_size:
            file.seek(log_at)
            record = _opened(file.readline())
    if not isinstance(record, dict):
        raise UnreadableFile(
            "out", str(path), "is no unfinished build", "begin again with --fresh (fresh=True)"
        )
    return record


def _reserve(path: Path, size: int) -> None:
    """Have the disk promise `size` bytes: if it fills up later, a signal ends the process.

    A mapped file has no other way to say so. Where the system reserves nothing, nothing is done.
    """
    if hasattr(os, "posix_fallocate") and size:
        with path.open("r+b") as file:
            try:
                os.posix_fallocate(file.fileno(), 0, size)
            except OSError as error:
                if error.errno not in (errno.EINVAL, errno.EOPNOTSUPP):
                    raise


def _sealed(text: str) -> bytes:
    data = text.encode()
    return b"%08x %s\n" % (zlib.crc32(data), data)


def _opened(line: bytes) -> Any:
    """The content of a line, or None if it is incomplete."""
    seal, _, data = line.rstrip(b"\n").partition(b" ")
    if not line.endswith(b"\n") or seal != b"%08x" % zlib.crc32(data):
        return None
    return json.loads(data)
