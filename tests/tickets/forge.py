"""Ticket files taken apart, changed, and put together again, as a forger would."""

from __future__ import annotations

import io
import json
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import plain

from slt_theory.errors import SltError
from slt_theory.tickets import read_ticket

Parts = dict[str, bytes]


def parts(data: bytes) -> Parts:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def raw(members: Parts, *, deflated: bool = False) -> bytes:
    """The members as they are."""
    buffer = io.BytesIO()
    method = zipfile.ZIP_DEFLATED if deflated else zipfile.ZIP_STORED
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def sealed(members: Parts) -> bytes:
    """The members with the digest that goes with them, if they can be read at all."""
    members = {name: content for name, content in members.items() if name != "digest.json"}
    data = raw(members)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "t.slt"
        path.write_bytes(data)
        try:
            digest = read_ticket(path).digest.hex()
        except SltError:
            return data
    return raw({**members, "digest.json": json.dumps({"sha256": digest}).encode()})


def with_json(data: bytes, member: str, change: Callable[[Any], Any]) -> bytes:
    """The file with one JSON member changed in place by `change`."""
    members = parts(data)
    record = json.loads(members[member])
    change(record)
    members[member] = json.dumps(record).encode()
    return sealed(members)


def as_npy(array: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def with_mask(data: bytes, block: int, mask: int, change: Callable[[Any], Any]) -> bytes:
    """The file with one mask replaced by `change` of it, of its bits a weight."""
    members = parts(data)
    name = f"block{block}.mask{mask}.npy"
    members[name] = as_npy(change(stored_mask(data, block, mask)))
    return sealed(members)


def stored_mask(data: bytes, block: int, mask: int) -> np.ndarray:
    """A mask of a file as packed rows, a bit a weight, whatever form it is stored in."""
    members = parts(data)
    layer = json.loads(members["header.json"])["blocks"][block]["layers"][mask]
    packed = np.load(io.BytesIO(members[f"block{block}.mask{mask}.npy"]))
    if packed.ndim == 2:
        return packed
    return np.packbits(plain.mask_bits(packed, layer["rows"], layer["columns"]), axis=1)


def field(*path: Any, value: Any) -> Callable[[Any], None]:
    """A change of one field of a record: to `value`, or by it where it is a function."""

    def change(record: Any) -> None:
        for key in path[:-1]:
            record = record[key]
        record[path[-1]] = value(record[path[-1]]) if callable(value) else value

    return change
