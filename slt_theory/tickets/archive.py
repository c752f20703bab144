"""The zip of a ticket file, read with suspicion: sizes first, and only the members there should be.

A file says how large its members are before any is read. What it says is compared with what the
header implies, so a short file that unfolds to gigabytes, or declares them, is refused unread.
"""

from __future__ import annotations

import io
import json
import math
import os
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from slt_theory.arrays import Packed
from slt_theory.errors import NeedsMemory

__all__ = ["Archive", "Budget"]

_AT_ONCE = 1 << 20
_MOST_TEXT = 1 << 26
# An upper bound of what json makes of one bracket and of one comma, in bytes; measured: 72 and 40.
_BRACKET_BYTES, _COMMA_BYTES = 100, 60
# numpy reads no longer headers either; they are pickles of no kind, but parsed as literals.
_MOST_ARRAY_HEADER = 10_000
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


class Budget:
    """Bytes that reading may take; `spend` is called before anything is allocated."""

    def __init__(self, path: Path, allowed: int) -> None:
        self._path, self.allowed, self._spent = path, allowed, 0

    def spend(self, what: str, count: int) -> None:
        """Set `count` bytes aside.

        Raises
        ------
        NeedsMemory
        """
        self._spent += count
        if self._spent > self.allowed:
            raise NeedsMemory(
                f"{what} of {self._path}", self._spent, self.allowed, "allow more with --memory"
            )


class _File(io.FileIO):
    """A file of which a mebibyte at most is read at once; a zip's list of members is one read."""

    def read(self, size: int | None = -1) -> bytes:
        left = os.fstat(self.fileno()).st_size - self.tell()
        if (left if size is None or size < 0 else min(size, left)) > _AT_ONCE:
            raise ValueError("its list of members is too long")
        return super().read(-1 if size is None else size)


class Archive:
    """Members of a ticket file.

    Raises
    ------
    ValueError, zipfile.BadZipFile
        If a name stands there twice, or a member is encrypted or packed in an unusual way.
    """

    def __init__(self, path: Path, budget: Budget) -> None:
        self._budget, self._file = budget, _File(path)
        try:
            self._zip = zipfile.ZipFile(self._file)
        except BaseException:
            self._file.close()
            raise
        members = self._zip.infolist()
        self._sizes = {member.filename: member.file_size for member in members}
        if len(self._sizes) != len(members):
            raise ValueError("two of its parts have the same name")
        for member in members:
            if member.flag_bits & 1 or member.compress_type not in _METHODS:
                raise ValueError(f"its part {member.filename[:80]} is packed in an unusual way")

    def __enter__(self) -> Archive:
        return self

    def __exit__(self, *_: object) -> None:
        self._zip.close()
        self._file.close()

    def __contains__(self, name: str) -> bool:
        return name in self._sizes

    def only(self, names: Iterable[str]) -> None:
        """Refuse a file with other members than these, or without one of them."""
        expected = set(names)
        extra, missing = sorted(set(self._sizes) - expected), sorted(expected - set(self._sizes))
        if extra or missing:
            raise ValueError(
                f"it holds {extra[0][:80]}, which is no part of a ticket"
                if extra
                else f"its part {missing[0]} is missing"
            )

    def record(self, name: str) -> dict[str, Any]:
        """A member of JSON: one object, no name twice in any object.

        Raises
        ------
        ValueError, KeyError
        NeedsMemory
        """
        if self._sizes[name] > _MOST_TEXT:
            raise ValueError(f"its part {name} would be {self._sizes[name]:,} bytes long")
        self._budget.spend(name, self._sizes[name])
        text = self._zip.read(name)
        brackets = text.count(b"[") + text.count(b"{")
        self._budget.spend(name, _BRACKET_BYTES * brackets + _COMMA_BYTES * text.count(b","))
        record = json.loads(text, object_pairs_hook=_no_name_twice)
        if not isinstance(record, dict):
            raise ValueError(f"its part {name} is no object")
        return record

    def size(self, name: str) -> int:
        """Bytes of a member once unpacked, as the file says."""
        return self._sizes[name]

    def reserve(self, sizes: dict[str, int]) -> None:
        """Before any is read: arrays of at most so many bytes, with their headers.

        Raises
        ------
        ValueError
            If a member is longer than that; NeedsMemory if all are more than may be taken.
        """
        for name, most in sizes.items():
            if not self._sizes[name] <= most + _MOST_ARRAY_HEADER + 10:
                raise ValueError(
                    f"its part {name} would be {self._sizes[name]:,} bytes long, expected {most:,}"
                )
        self._budget.spend("the masks", sum(self._sizes[name] for name in sizes))

    def array(self, name: str, *shapes: tuple[int | None, ...]) -> Packed:
        """A member of bytes in numpy's format, of one of the shapes; None stands for any length.

        Raises
        ------
        ValueError
            If it has another shape or type, or another length than its shape implies.
        """
        with self._zip.open(name) as member:
            start = member.read(10)
            if start[:8] != b"\x93NUMPY\x01\x00" or len(start) < 10:
                raise ValueError(f"its part {name} is no array")
            length = int.from_bytes(start[8:], "little")
            if length > _MOST_ARRAY_HEADER:
                raise ValueError(f"its part {name} has a header of {length} bytes")
            found, by_columns, kind = np.lib.format.read_array_header_1_0(
                io.BytesIO(start[8:] + member.read(length))
            )
            plain = kind == np.dtype(np.uint8) and not by_columns
            if not plain or not any(_fits(found, shape) for shape in shapes):
                expected = " or ".join(map(str, shapes))
                raise ValueError(f"{name} has shape {found} {kind}, expected {expected} uint8")
            if self._sizes[name] != 10 + length + math.prod(found):
                raise ValueError(f"{name} declares the shape {found}, its length is another")
            data = np.empty(math.prod(found), np.uint8)
            for first in range(0, data.size, _AT_ONCE):
                part = member.read(min(_AT_ONCE, data.size - first))
                data[first : first + len(part)] = np.frombuffer(part, np.uint8)
                if len(part) < min(_AT_ONCE, data.size - first):
                    raise ValueError(f"{name} ends too early")
            # One read beyond the last byte compares the checksum.
            if member.read(1):
                raise ValueError(f"{name} does not end where it should")
        return data.reshape(found)


def _fits(found: tuple[int, ...], shape: tuple[int | None, ...]) -> bool:
    return len(found) == len(shape) and all(
        want in (None, have) for want, have in zip(shape, found, strict=True)
    )


def _no_name_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    record = dict(pairs)
    if len(record) != len(pairs):
        raise ValueError("a name stands twice in one object")
    return record
