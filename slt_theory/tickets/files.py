"""Ticket files: reproducible to the byte, written whole or not at all, read with suspicion.

A zip of fixed dates: ``header.json``, ``certificate.json`` and one ``.npy`` of packed bits a mask.
No pickle, no weights.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slt_theory.errors import BadInput, UnreadableFile
from slt_theory.networks.graph import skeleton
from slt_theory.streams import check_seed
from slt_theory.tickets.block import Block, SourceLayer
from slt_theory.tickets.choices import NO_CHOICES
from slt_theory.tickets.partial import partial_path
from slt_theory.tickets.ticket import FORMAT_VERSION, Ticket

__all__ = ["read_ticket", "write_ticket"]

_LARGE = 1 << 30
_HEADER, _CERTIFICATE = "header.json", "certificate.json"


def _members(ticket: Ticket) -> Iterator[tuple[str, bytes | NDArray[np.uint8]]]:
    yield _HEADER, json.dumps(ticket.header(), sort_keys=True, indent=1).encode()
    yield _CERTIFICATE, json.dumps(ticket.certificate, sort_keys=True, indent=1).encode()
    for b, masks in enumerate(ticket.masks):
        for m, mask in enumerate(masks):
            yield f"block{b}.mask{m}.npy", mask
            if ticket.blocks[b].layers[m].choices > 1:
                yield f"block{b}.choices{m}.npy", ticket.choices[b][m]


def _write(archive: zipfile.ZipFile, name: str, data: bytes | NDArray[np.uint8]) -> None:
    """One member, dated 1980; an array goes in piece by piece, never as a second copy."""
    large = len(data) > _LARGE if isinstance(data, bytes) else data.nbytes > _LARGE
    with archive.open(name, "w", force_zip64=large) as member:
        if isinstance(data, bytes):
            member.write(data)
        else:
            np.lib.format.write_array(member, np.ascontiguousarray(data), allow_pickle=False)


def write_ticket(ticket: Ticket, path: str | Path) -> None:
    """Write atomically and reproducibly: one seed, one sequence of bytes.

    An unfinished build kept beside the file is removed.

    Raises
    ------
    BadInput
        If the place cannot be written; nothing half-written stays behind.
    """
    path = Path(path)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        # Masks are nearly random bits: a higher level takes longer and gains a hundredth.
        with zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            for name, data in _members(ticket):
                _write(archive, name, data)
        os.replace(temporary, path)
        partial_path(path).unlink(missing_ok=True)
    except OSError as error:
        raise BadInput("out", str(path), f"cannot be written ({error.strerror})") from error
    finally:
        # The folder itself may be no folder.
        with contextlib.suppress(OSError):
            temporary.unlink()


def read_ticket(path: str | Path) -> Ticket:
    """Read a ticket file.

    Raises
    ------
    UnreadableFile
        If the file is missing, truncated, or not a ticket.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            broken = archive.testzip()
            if broken is not None:
                raise UnreadableFile("ticket", str(path), f"its part {broken} is damaged")
            return _parse(archive)
    except UnreadableFile:
        raise
    except FileNotFoundError:
        raise UnreadableFile("ticket", str(path), "does not exist") from None
    except (
        OSError,
        zipfile.BadZipFile,
        zlib.error,
        struct.error,
        ArithmeticError,
        AttributeError,
        EOFError,
        LookupError,
        NotImplementedError,
        RuntimeError,
        SyntaxError,
        TypeError,
        ValueError,
    ) as error:
        # Every way in which damaged bytes can fail to be a zip, JSON or an array.
        raise UnreadableFile(
            "ticket", str(path), f"cannot be read as a ticket ({error})", "build it again"
        ) from error


_LAYER_FIELDS: dict[str, type] = {
    "rows": int,
    "columns": int,
    "law": str,
    "bits": int,
    "stream": int,
    "prune": str,
    "lock": str,
    "choices": int,
    "move": str,
}
_BLOCK_FIELDS: dict[str, type] = {
    "kind": str,
    "outputs": int,
    "inputs": int,
    "constant_input": bool,
    "layers": list,
    "n": int,
    "eps": str,
    "scale_exponent": int,
    "copies_in": int,
    "copies_out": int,
    "shared": bool,
    "signs": str,
    "taps": int,
    "constant_tap": int,
    "resolution": str,
    "activation": str,
    "shrink": int,
}


def _typed(name: str, value: Any, kind: type) -> Any:
    """A value of a header; JSON's true is no number."""
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise ValueError(f"{name} = {value!r}")
    return value


def _fields(what: str, record: Any, kinds: dict[str, type]) -> dict[str, Any]:
    record = _typed(what, record, dict)
    if set(record) != set(kinds):
        raise ValueError(f"a {what} has the fields {', '.join(record)}")
    return {name: _typed(name, record[name], kind) for name, kind in kinds.items()}


def _block(record: dict[str, Any]) -> Block:
    size = record.pop("size")
    defaults = {"taps": 1, "constant_tap": 0, "resolution": "0", "activation": "relu", "shrink": 0}
    record = {**defaults, **record}
    values = _fields("block", record, _BLOCK_FIELDS)
    layers = tuple(
        SourceLayer(**_fields("layer", {"choices": 1, "move": "0", **layer}, _LAYER_FIELDS))
        for layer in values["layers"]
    )
    names = ("outputs", "inputs", "copies_in", "copies_out", "taps")
    counts = tuple(values[name] for name in names)
    if min(*counts, *(min(layer.rows, layer.columns) for layer in layers), len(layers)) < 1:
        raise ValueError("a block is empty")
    size = None if size is None else _typed("size", size, int)
    return Block(**{**values, "layers": layers, "size": size})


def _sum_id(item: list[Any]) -> tuple[int, int, int, str]:
    layer, output, column, sign = item
    a, b, c = (_typed("unreached", number, int) for number in (layer, output, column))
    return a, b, c, _typed("unreached", sign, str)


def _parse(archive: zipfile.ZipFile) -> Ticket:
    header = json.loads(archive.read(_HEADER))
    if header["format"] != "slt-ticket" or header["version"] != FORMAT_VERSION:
        raise ValueError(f"format {header['format']} version {header['version']}")
    blocks = tuple(_block(record) for record in header["blocks"])
    unreached = tuple(_sum_id(item) for item in header["unreached"])
    if _typed("complete", header["complete"], bool) != (not unreached):
        raise ValueError("complete and unreached contradict each other")
    whole = header["network_eps"]
    return Ticket(
        theorem=_typed("theorem", header["theorem"], str),
        seed=check_seed(header["seed"]),
        target_sha256=_typed("target_sha256", header["target_sha256"], str),
        domain=_typed("domain", header["domain"], str),
        blocks=blocks,
        masks=tuple(
            tuple(
                _mask(archive.read(f"block{b}.mask{m}.npy"), layer)
                for m, layer in enumerate(block.layers)
            )
            for b, block in enumerate(blocks)
        ),
        unreached=unreached,
        network_eps=None if whole is None else _typed("network_eps", whole, float),
        norm_exponents=tuple(_typed("norm_exponents", e, int) for e in header["norm_exponents"]),
        architecture=_architecture(header.get("architecture")),
        certificate=_typed("certificate", json.loads(archive.read(_CERTIFICATE)), dict),
        choices=_choices(archive, blocks),
    )


def _architecture(record: Any) -> dict[str, Any] | None:
    """Plain data that some network is described by."""
    if record is None:
        return None
    if set(_typed("architecture", record, dict)) != {"attention"}:
        skeleton(record)
    return dict(record)


def _choices(
    archive: zipfile.ZipFile, blocks: tuple[Block, ...]
) -> tuple[tuple[NDArray[np.uint8], ...], ...]:
    """The stored choices; empty for layers without, and altogether where there are none."""
    if all(layer.choices == 1 for block in blocks for layer in block.layers):
        return ()
    return tuple(
        tuple(
            _bits(archive.read(f"block{b}.choices{m}.npy")) if layer.choices > 1 else NO_CHOICES
            for m, layer in enumerate(block.layers)
        )
        for b, block in enumerate(blocks)
    )


def _bits(data: bytes) -> NDArray[np.uint8]:
    """Packed choices; whether there are as many as kept weights is for the verifier to say."""
    packed = np.lib.format.read_array(io.BytesIO(data), allow_pickle=False)
    if packed.dtype != np.uint8 or packed.ndim != 1:
        raise ValueError(f"choices have shape {packed.shape} {packed.dtype}")
    return np.asarray(packed)


def _mask(data: bytes, layer: SourceLayer) -> NDArray[np.uint8]:
    mask = np.lib.format.read_array(io.BytesIO(data), allow_pickle=False)
    expected = layer.packed_shape
    if mask.dtype != np.uint8 or mask.shape != expected:
        raise ValueError(f"a mask has shape {mask.shape} {mask.dtype}, expected {expected} uint8")
    return np.asarray(mask)
