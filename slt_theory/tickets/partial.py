"""Where the rows of a ticket's masks go while it is built: memory, or a file that can be resumed.

The file stands beside the ticket to come: a fixed head, room for all masks, and a log. A line of
the log is written after the rows it speaks of, with their checksum, so that a torn end is noticed
and only the rows that it speaks of are solved again.
"""

from __future__ import annotations

import contextlib
import json
import os
import threading
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from slt_theory.errors import BadInput, NeedsMemory, UnreadableFile
from slt_theory.networks import Network, target_hash
from slt_theory.tickets.ticket import Block, SourceLayer, packed_bytes

__all__ = ["Journal", "Keeping", "Memory", "Store", "keeping_of", "partial_path", "read_identity"]

Missed = list[tuple[int, int]]
_MAGIC = b"slt-part"
_HEAD = 16

# Work space of a thread for each column of a row: number, word, item, place, choice.
_COLUMN_BYTES = 40
# Arrays of the certificate for each effective weight.
_WEIGHT_BYTES = 64


class Store(Protocol):
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


def _shape(layer: SourceLayer) -> tuple[int, int]:
    return layer.rows, packed_bytes(layer.columns)


def _groups(block: Block) -> int:
    """Sums of one source row."""
    return block.layers[-1].columns // block.n


class Memory:
    """Masks in memory; nothing is kept of an unfinished build."""

    def __init__(self, layers: Sequence[SourceLayer]) -> None:
        self._masks = [np.zeros(_shape(layer), np.uint8) for layer in layers]

    def mask(self, index: int) -> NDArray[np.uint8]:
        return self._masks[index]

    def finished(self, index: int) -> dict[int, Missed]:
        return {}

    def put(self, index: int, rows: range, missed: Missed) -> None:
        return None


def partial_path(out: Path) -> Path:
    """Where an unfinished build of `out` is kept."""
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
        shapes = [_shape(layer) for layer in layers]
        sizes = [rows * width for rows, width in shapes]
        offsets = [_HEAD + sum(sizes[:k]) for k in range(len(sizes))]
        self._log_at = _HEAD + sum(sizes)
        self._finished: list[dict[int, Missed]] = [{} for _ in layers]
        record = json.loads(json.dumps(identity))
        if fresh or not path.exists():
            self._begin(record)
        else:
            self._check(record)
        self._masks = [
            np.memmap(path, np.uint8, "r+", offset, shape)
            for offset, shape in zip(offsets, shapes, strict=True)
        ]
        self._resume()

    def mask(self, index: int) -> NDArray[np.uint8]:
        return self._masks[index]

    def finished(self, index: int) -> dict[int, Missed]:
        return dict(self._finished[index])

    def put(self, index: int, rows: range, missed: Missed) -> None:
        data = self._masks[index][rows.start : rows.stop]
        line = json.dumps([index, rows.start, rows.stop, zlib.crc32(data.tobytes()), missed])
        with self._lock, self._path.open("ab") as file:
            file.write(_sealed(line))

    def _begin(self, record: dict[str, Any]) -> None:
        temporary = self._path.with_name(f".{self._path.name}.{os.getpid()}.tmp")
        try:
            with temporary.open("wb") as file:
                file.write(_MAGIC + self._log_at.to_bytes(8, "little"))
                file.seek(self._log_at)
                file.write(_sealed(json.dumps(record, sort_keys=True)))
            os.replace(temporary, self._path)
        except OSError as error:
            raise BadInput("out", str(self._path), f"cannot be written ({error})") from error
        finally:
            with contextlib.suppress(OSError):
                temporary.unlink()

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
        """Take over what the log vouches for; a torn end of the log is cut off."""
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
    """What the unfinished build of a file was asked for.

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


def _sealed(text: str) -> bytes:
    data = text.encode()
    return b"%08x %s\n" % (zlib.crc32(data), data)


def _opened(line: bytes) -> Any:
    """The content of a line, or None if it was torn."""
    seal, _, data = line.rstrip(b"\n").partition(b" ")
    if not line.endswith(b"\n") or seal != b"%08x" % zlib.crc32(data):
        return None
    return json.loads(data)


@dataclass(frozen=True)
class Keeping:
    """Where a build keeps its masks, and what it tells of its size.

    Attributes
    ----------
    path : Path or None
        File of the unfinished build; None keeps masks in memory.
    identity : dict
        What the ticket is built from.
    fresh : bool
        Begin again, whatever there is.
    max_memory : int or None
        Bytes that the build may take; default: what is free.
    expect : callable or None
        Told the number of sums before the first is solved.
    """

    path: Path | None = None
    identity: dict[str, Any] = field(default_factory=dict)
    fresh: bool = False
    max_memory: int | None = None
    expect: Callable[[int], None] | None = None

    def open(self, blocks: Sequence[Block], threads: int | None) -> Store:
        """Room for the last mask of every block.

        Raises
        ------
        NeedsMemory
            If masks and work space would take more than `max_memory`; nothing is allocated.
        """
        from slt_theory.subset_sum.checks import available_bytes
        from slt_theory.subset_sum.parallel import thread_count

        layers = [block.layers[-1] for block in blocks]
        masks = [layer for block in blocks for layer in block.layers]
        if self.path is not None:
            masks = [layer for block in blocks for layer in block.layers[:-1]]
        needed = sum(rows * width for rows, width in map(_shape, masks))
        needed += thread_count(threads) * max(_COLUMN_BYTES * layer.columns for layer in layers)
        needed += sum(_WEIGHT_BYTES * block.rows * block.columns for block in blocks)
        allowed = available_bytes() if self.max_memory is None else self.max_memory
        if needed > allowed:
            way_out = "lower n, raise eps, or allow more with --memory"
            if self.path is None:
                way_out += "; with an out file the largest masks stay on disk"
            raise NeedsMemory("the ticket", needed, allowed, way_out)
        if self.expect is not None:
            self.expect(sum(block.layers[-1].rows * _groups(block) for block in blocks))
        if self.path is None:
            return Memory(layers)
        return Journal(self.path, self.identity, layers, fresh=self.fresh)

    def attempt(self) -> int:
        """Which attempt the file belongs to; 0 without one."""
        if self.path is None or self.fresh or not self.path.exists():
            return 0
        attempt = read_identity(self.path).get("attempt", 0)
        return attempt if isinstance(attempt, int) else 0

    def numbered(self, attempt: int, *, again: bool) -> Keeping:
        """For attempt number `attempt`; what there is of an earlier one is dropped."""
        return replace(
            self,
            identity={**self.identity, "attempt": attempt},
            fresh=self.fresh or again,
        )


def keeping_of(
    target: Network, theorem: str, options: dict[str, Any]
) -> tuple[Keeping, dict[str, Any]]:
    """How a build keeps its masks, from its arguments, and the other arguments."""
    rest = {k: v for k, v in options.items() if k not in ("out", "fresh", "max_memory", "expect")}
    limit = options.get("max_memory")
    if limit is not None and limit <= 0:
        raise BadInput("max_memory", limit, "must be > 0 bytes")
    said = {
        k: str(v) for k, v in rest.items() if k not in ("threads", "progress") and v is not None
    }
    out = options.get("out")
    identity = {**said, "theorem": theorem, "target": target_hash(target)}
    path = None if out is None else partial_path(Path(out))
    return (
        Keeping(path, identity, bool(options.get("fresh")), limit, options.get("expect")),
        rest,
    )
