"""Ticket files: reproducible to the byte, written whole or not at all, read with suspicion.

A zip of fixed dates: ``header.json``, ``certificate.json``, one ``.npy`` of packed bits a mask,
``witnesses.npy`` with the worst inputs found, and ``digest.json`` with the SHA-256 of all of these,
so that parts of two tickets do not mix. No pickle, no weights. The digest is no signature: a file
without one, or with a new one, is judged by what it says, every number recomputed.

A mask of a layer with locked weights is stored as ``block0.free1.npy``, without the bits that the
seed gives; earlier versions stored them, under the name of other masks.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slt_theory.arrays import Packed
from slt_theory.errors import BadInput, NeedsMemory, UnreadableFile
from slt_theory.networks import Target
from slt_theory.tickets.archive import Archive, Budget
from slt_theory.tickets.block import Block
from slt_theory.tickets.checking.neutral import frozen_shares
from slt_theory.tickets.choices import NO_CHOICES
from slt_theory.tickets.header import parse_header
from slt_theory.tickets.locked_bits import free_rows, has_locked, keep_locked
from slt_theory.tickets.memory import allowed_to_check, allowed_to_read
from slt_theory.tickets.partial import partial_path
from slt_theory.tickets.ticket import Ticket, links_of

__all__ = ["read_ticket", "write_ticket"]

_LARGE = 1 << 30
_HEADER, _CERTIFICATE, _DIGEST = "header.json", "certificate.json", "digest.json"
_WITNESSES, _MOST_WITNESSES = "witnesses.npy", 1 << 24
"""Inputs as little-endian float64, a row each; and how many bytes they take at most."""
_LONGEST_REASON = 300


@dataclass(frozen=True)
class _InParts:
    """An array like another one, made some rows at a time while it is written."""

    like: Packed
    parts: Iterator[Packed]


_Content = bytes | Packed | _InParts


def _name(block: int, m: int, *, free: bool = False) -> str:
    return f"block{block}.{'free' if free else 'mask'}{m}.npy"


def _members(ticket: Ticket) -> Iterator[tuple[str, _Content]]:
    yield _HEADER, json.dumps(ticket.header(), sort_keys=True, indent=1).encode()
    yield _CERTIFICATE, json.dumps(ticket.certificate, sort_keys=True, indent=1).encode()
    for b, masks in enumerate(ticket.masks):
        block = ticket.blocks[b]
        for m, mask in enumerate(masks):
            if has_locked(block, m):
                yield _name(b, m, free=True), _InParts(mask, free_rows(ticket.seed, block, m, mask))
            else:
                yield _name(b, m), mask
            if ticket.blocks[b].layers[m].choices > 1:
                yield f"block{b}.choices{m}.npy", ticket.choices[b][m]
    if ticket.witnesses:
        yield _WITNESSES, np.array(ticket.witnesses, dtype="<f8").view(np.uint8)
    yield _DIGEST, json.dumps({"sha256": ticket.digest.hex()}).encode()


def _write(archive: zipfile.ZipFile, name: str, data: _Content) -> None:
    """One member, dated 1980; an array goes in piece by piece, never as a second copy."""
    array = data.like if isinstance(data, _InParts) else data
    large = (len(array) if isinstance(array, bytes) else array.nbytes) > _LARGE
    with archive.open(name, "w", force_zip64=large) as member:
        if not isinstance(data, bytes) and name != _WITNESSES:
            _by_runs(member)
        if isinstance(data, bytes):
            member.write(data)
        elif isinstance(data, _InParts):
            described = np.lib.format.header_data_from_array_1_0(data.like)
            np.lib.format.write_array_header_1_0(member, {**described, "fortran_order": False})
            for part in data.parts:
                member.write(part.tobytes())
        else:
            np.lib.format.write_array(member, np.ascontiguousarray(data), allow_pickle=False)


def _by_runs(member: Any) -> None:
    """Let a mask be deflated by runs and by how often bytes occur, without looking for repeats.

    Few of its bits are ones, at places that are nearly random: the repeats that deflate looks for
    are chance. Measured: a tenth to a third shorter than at level 1, and twice as fast. `zipfile`
    has no argument for it; where its writer looks different, the file is as good and longer.
    """
    if hasattr(member, "_compressor"):
        member._compressor = zlib.compressobj(
            1, zlib.DEFLATED, -zlib.MAX_WBITS, zlib.DEF_MEM_LEVEL, zlib.Z_RLE
        )


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


def read_ticket(
    path: str | Path,
    *,
    target: Target | None = None,
    max_memory: int | None = None,
) -> Ticket:
    """Read a ticket file.

    Parameters
    ----------
    path : path
    target : Network, Attention or PlainTransformer, optional
        What the ticket is to be checked against: a large one lets the file be large.
    max_memory : int, optional
        Bytes that reading may take; default: 64 MiB, or what a ticket of the target with 1,024
        numbers a sum and 128 copies of a value takes, or without a target 128 times the file; if
        that is free.

    Raises
    ------
    UnreadableFile
        If the file is missing, truncated, or not a ticket.
    NeedsMemory
        If it would take more; nothing is allocated.
    """
    path = Path(path)
    try:
        if target is None:
            allowed = allowed_to_read(path, max_memory)
        else:
            allowed = allowed_to_check(target, max_memory)
        with Archive(path, Budget(path, allowed)) as archive:
            return _parse(archive)
    except NeedsMemory:
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
        MemoryError,
        NotImplementedError,
        RuntimeError,
        SyntaxError,
        TypeError,
        ValueError,
    ) as error:
        # Every way in which damaged bytes can fail to be a zip, JSON or an array.
        reason = f"cannot be read as a ticket ({error!s:.{_LONGEST_REASON}})"
        raise UnreadableFile("ticket", str(path), reason, "build it again") from error


def _parse(archive: Archive) -> Ticket:
    fields = parse_header(archive.record(_HEADER))
    blocks = fields["blocks"]
    names = _array_sizes(blocks, archive)
    if _WITNESSES in archive:
        names[_WITNESSES] = _MOST_WITNESSES
    sealed = [_DIGEST] if _DIGEST in archive else []
    archive.only([_HEADER, _CERTIFICATE, *names, *sealed])
    certificate = archive.record(_CERTIFICATE)
    seal = archive.record(_DIGEST) if sealed else None
    archive.reserve(names)
    stored = Ticket(
        **fields,
        masks=tuple(
            tuple(_mask(archive, fields["seed"], b, block, m) for m in range(len(block.layers)))
            for b, block in enumerate(blocks)
        ),
        certificate=certificate,
        choices=_choices(archive, blocks),
        witnesses=_witnesses(archive),
    )
    ticket = replace(stored, masks=tuple(map(_in_their_shape, blocks, stored.masks)))
    # Earlier versions sealed masks of a bit a weight as they stood.
    seals = ({"sha256": one.digest.hex()} for one in (ticket, stored))
    if seal is not None and seal not in seals:
        raise ValueError("its parts do not belong together: their SHA-256 is not the one recorded")
    return ticket


def _in_their_shape(block: Block, masks: tuple[Packed, ...]) -> tuple[Packed, ...]:
    """Masks of a block, the first as a bit a neuron where earlier versions stored one a weight."""
    return (links_of(block, masks[0]), *masks[1:]) if block.links_own_inputs(0) else masks


def _mask(archive: Archive, seed: int, b: int, block: Block, m: int) -> Packed:
    """A mask as stored, and the bits that the seed gives where they were left out."""
    name, whole = _name(b, m, free=True), block.layers[m].packed_shape
    if name not in archive:
        return archive.array(_name(b, m), block.packed_shape(m), whole)
    # A share that is no number, or written to take forever, is refused before it is read.
    frozen_shares(block.layers[m])
    mask = archive.array(name, whole)
    keep_locked(seed, block, m, mask)
    return mask


def _array_sizes(blocks: tuple[Block, ...], archive: Archive) -> dict[str, int]:
    """Names of all arrays, and how many bytes each may have by the header."""
    sizes = {}
    for b, block in enumerate(blocks):
        for m, layer in enumerate(block.layers):
            free = has_locked(block, m) and _name(b, m, free=True) in archive
            sizes[_name(b, m, free=free)] = math.prod(layer.packed_shape)
            if layer.choices > 1:
                bits = layer.rows * layer.columns * layer.choice_bits
                sizes[f"block{b}.choices{m}.npy"] = (bits + 7) // 8
    return sizes


def _choices(
    archive: Archive, blocks: tuple[Block, ...]
) -> tuple[tuple[NDArray[np.uint8], ...], ...]:
    """The stored choices; empty for layers without, and altogether where there are none.

    Whether there are as many as kept weights is for the verifier to say.
    """
    if all(layer.choices == 1 for block in blocks for layer in block.layers):
        return ()
    return tuple(
        tuple(
            archive.array(f"block{b}.choices{m}.npy", (None,)) if layer.choices > 1 else NO_CHOICES
            for m, layer in enumerate(block.layers)
        )
        for b, block in enumerate(blocks)
    )


def _witnesses(archive: Archive) -> tuple[NDArray[np.float64], ...]:
    """The stored inputs; whether the target takes such is for the verifier to say."""
    if _WITNESSES not in archive:
        return ()
    return tuple(archive.array(_WITNESSES, (None, None)).view("<f8").astype(np.float64))
