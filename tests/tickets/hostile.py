"""Damaged and forged ticket files, one after the other, the same for the same seed.

Each comes with the name of the genuine file it was made of. A forger puts the right digest back;
damage does not.
"""

from __future__ import annotations

import dataclasses
import io
import json
import math
import random
import struct
import warnings
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from forge import Parts, as_npy, parts, raw, sealed

from slt_theory.tickets import Ticket
from slt_theory.tickets.block import Block, SourceLayer

HUGE = 1 << 44
VALUES: list[Any] = [
    0,
    -1,
    1,
    2,
    7,
    1 << 40,
    1 << 63,
    10**30,
    -(10**30),
    0.5,
    -0.0,
    1e-300,
    math.nan,
    math.inf,
    True,
    False,
    None,
    "",
    "x",
    "0.0",
    "1/2",
    "1/0",
    "1e99999999",
    "1e-99999999",
    "9" * 1500,
    "tanh",
    "leaky_relu(0.9)",
    "normal",
    "uniform[-1e999,1]",
    "single-layer",
    [],
    [1],
    [[[[]]]],
    {},
    {"attention": 3},
]
HEADER = [field.name for field in dataclasses.fields(Ticket)] + ["format", "version", "extra"]
BLOCK = [field.name for field in dataclasses.fields(Block)] + ["extra"]
LAYER = [field.name for field in dataclasses.fields(SourceLayer)] + ["extra"]


def nudged(value: Any, rng: random.Random) -> Any:
    """Another value of the same type, near."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + rng.choice([-2, -1, 1, 2, value])
    if isinstance(value, float):
        return value * rng.choice([0.5, 0.99, 1.01, 2, -1])
    if isinstance(value, str) and value:
        place = rng.randrange(len(value))
        return value[:place] + rng.choice("0123456789abc/") + value[place + 1 :]
    if isinstance(value, list) and value:
        return rng.choice([value[:-1], value[::-1], [*value, value[0]], value[1:]])
    return None


def damaged_bits(data: bytes, rng: random.Random) -> bytes:
    broken = bytearray(data)
    for _ in range(rng.choice([1, 1, 1, 2, 8])):
        broken[rng.randrange(len(broken))] ^= 1 << rng.randrange(8)
    return bytes(broken)


def cut(data: bytes, rng: random.Random) -> bytes:
    place = rng.randrange(len(data))
    return rng.choice([data[:place], data[place:], data[:place] + data[place + 1 :], data + data])


def forged_header(data: bytes, rng: random.Random) -> bytes:
    """One field of the header, of a block or of a layer is another, missing, new or twice there."""
    members = parts(data)
    header = json.loads(members["header.json"])
    block = rng.choice(header["blocks"])
    record, names = rng.choice(
        [(header, HEADER), (block, BLOCK), (rng.choice(block["layers"]), LAYER)]
    )
    name = rng.choice(names)
    action = rng.random()
    if action < 0.1:
        record.pop(name, None)
    elif action < 0.3:
        record[name] = nudged(record.get(name), rng)
    else:
        record[name] = rng.choice(VALUES)
    text = json.dumps(header)
    if action > 0.97:
        text = text[:-1] + ', "seed": 5}'
    members["header.json"] = text.encode()
    return sealed(members)


def forged_claims(data: bytes, rng: random.Random) -> bytes:
    """A claim is lower, none, new or no number."""
    members = parts(data)
    claims = json.loads(members["certificate.json"])
    record = claims
    if isinstance(claims.get("functions"), list) and rng.random() < 0.8:
        record = rng.choice(claims["functions"])
    elif claims.get("sup_error_bounds") and rng.random() < 0.3:
        record = claims["sup_error_bounds"]
    name = rng.choice([*record, "extra", "relaxation", "sup_error_bound"])
    old = record.get(name)
    action = rng.random()
    if action < 0.15:
        record.pop(name, None)
    elif action < 0.6 and isinstance(old, float):
        record[name] = old * rng.choice([0.0, 0.5, 0.9, 0.99999, -1.0])
    elif isinstance(old, list) and action < 0.6 and old and isinstance(old[0], float):
        record[name] = [value * 0.99 for value in old]
    else:
        record[name] = rng.choice(VALUES)
    members["certificate.json"] = json.dumps(claims).encode()
    return sealed(members)


def forged_mask(data: bytes, rng: random.Random) -> bytes:
    """Bits of a mask, or of stored choices, are others."""
    members = parts(data)
    name = rng.choice([name for name in members if name.endswith(".npy")])
    array = np.load(io.BytesIO(members[name]))
    flat = array.reshape(-1)
    for _ in range(rng.choice([1, 1, 2, 30])):
        if flat.size:
            flat[rng.randrange(flat.size)] ^= 1 << rng.randrange(8)
    members[name] = as_npy(array)
    return sealed(members) if rng.random() < 0.7 else raw(members)


def array_header(shape: Any, kind: str = "|u1", *, by_columns: bool = False) -> bytes:
    """How numpy begins an array of this shape, whatever follows."""
    buffer = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        buffer, {"descr": kind, "fortran_order": by_columns, "shape": shape}
    )
    return buffer.getvalue()


def forged_shape(data: bytes, rng: random.Random) -> bytes:
    """An array that declares what it does not hold: a shape, a type, an order, a length."""
    members = parts(data)
    name = rng.choice([name for name in members if name.endswith(".npy")])
    array = np.load(io.BytesIO(members[name]))
    kind, shape, order = "|u1", array.shape, False
    action = rng.randrange(5)
    if action == 0:
        shape = rng.choice([(HUGE,), (HUGE, HUGE), (*shape, 1), shape[::-1], (), (-1, 4)])
    elif action == 1:
        kind = rng.choice(["|i1", "<f8", "|O", "|b1", "<U9"])
    elif action == 2:
        order = True
    elif action == 3:
        array = array[:-1]
    content = array_header(shape, kind, by_columns=order) + array.tobytes()
    members[name] = content + b"\0" * 7 if action == 4 else content
    return sealed(members)


def mixed(data: bytes, rng: random.Random, other: bytes) -> bytes:
    """Members of two tickets in one file, with the digest of the first, of the second or a new."""
    members, strange = parts(data), parts(other)
    names = sorted(set(members) & set(strange))
    for name in rng.sample(names, rng.randrange(1, len(names))):
        members[name] = strange[name]
    action = rng.random()
    return raw(members) if action < 0.5 else sealed(members)


def doubled(data: bytes, rng: random.Random) -> bytes:
    """A member twice, or one too many, or one too few, or packed in an unusual way."""
    members = list(parts(data).items())
    action = rng.randrange(4)
    if action == 0:
        members.insert(rng.randrange(len(members)), rng.choice(members))
    elif action == 1:
        members.append((rng.choice(["extra.bin", "../header.json", "block9.mask0.npy"]), data))
    elif action == 2:
        members.pop(rng.randrange(len(members)))
    method = rng.choice([zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2]) if action == 3 else 0
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        for name, content in members:
            archive.writestr(name, content)
    return buffer.getvalue()


def with_blanks(
    members: Parts, name: str, mebibytes: int, *, start: bytes = b"", blank: bytes = b"\0"
) -> bytes:
    """The members, one of them `start` and then so many equal bytes; a thousandth on disk."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for other, content in members.items():
            if other != name:
                archive.writestr(other, content)
        with archive.open(name, "w") as member:
            member.write(start)
            for _ in range(mebibytes):
                member.write(blank * (1 << 20))
    return buffer.getvalue()


def declared_size(data: bytes, name: str, size: int) -> bytes:
    """The file, its list of members saying that one of them has another length."""
    result = bytearray(data)
    entry = data.index(b"PK\1\2")
    while data[entry + 46 : entry + 46 + len(name)] != name.encode():
        entry = data.index(b"PK\1\2", entry + 1)
    struct.pack_into("<I", result, entry + 24, size)
    return bytes(result)


def swollen(data: bytes, rng: random.Random, mebibytes: int) -> bytes:
    """A short file that unfolds to much, or says that it does."""
    members = parts(data)
    header = json.loads(members["header.json"])
    layer = header["blocks"][0]["layers"][0]
    action = rng.randrange(7)
    if action == 0:
        return with_blanks(members, "header.json", mebibytes, blank=b" ")
    if action == 1:
        return with_blanks(members, rng.choice(["extra.bin", "certificate.json"]), mebibytes)
    if action == 2:
        return with_blanks(members, "block0.mask0.npy", mebibytes)
    if action == 3:
        # The header goes along: a source of so many rows, all of them pruned away.
        layer["rows"], layer["columns"] = mebibytes << 20, 8
        members["header.json"] = json.dumps(header).encode()
        start = array_header((layer["rows"], 1))
        return with_blanks(members, "block0.mask0.npy", mebibytes, start=start)
    if action == 6:
        return declared_size(
            data, rng.choice(sorted(members)), rng.choice([0, 1 << 30, 0xFFFFFFF0])
        )
    if action == 4:
        members["header.json"] = rng.choice([b"[", b'{"a":', b'[{"a":']) * 200_000
        return raw(members)
    text = json.dumps({**header, "unreached": [[0, 0, 0, "+"]] * 400_000, "complete": False})
    members["header.json"] = text.encode()
    return raw(members, deflated=True)


def hostile(
    files: dict[str, bytes], seed: int, count: int, mebibytes: int
) -> Iterator[tuple[str, str, bytes]]:
    """(kind, name of the genuine file, bytes), `count` of them."""
    rng = random.Random(seed)
    names = sorted(files)
    kinds: list[tuple[Callable[..., bytes], int]] = [
        (damaged_bits, 14),
        (cut, 5),
        (forged_header, 36),
        (forged_claims, 16),
        (forged_mask, 10),
        (forged_shape, 6),
        (mixed, 6),
        (doubled, 5),
        (swollen, 2),
    ]
    order = [kind for kind, share in kinds for _ in range(share)]
    for number in range(count):
        kind = order[number * 37 % len(order)]
        name = names[number % len(names)] if number < 3 * len(names) else rng.choice(names)
        if kind is mixed:
            data = mixed(files[name], rng, files[rng.choice(names)])
        elif kind is swollen:
            data = swollen(files[name], rng, mebibytes)
        else:
            data = kind(files[name], rng)
        yield kind.__name__, name, data
