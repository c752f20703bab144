"""The artefact: a seed, packed masks, a header and a certificate, in one reproducible file.

The file is a zip of fixed dates: ``header.json``, ``certificate.json`` and one ``.npy`` of packed
bits a mask. No pickle, no weights: they are regenerated from the seed.
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
from dataclasses import asdict, dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from slt_theory.errors import BadInput, UnreadableFile
from slt_theory.streams import check_seed

__all__ = [
    "FORMAT_VERSION",
    "Block",
    "SourceLayer",
    "Ticket",
    "packed_bytes",
    "read_ticket",
    "write_ticket",
]

FORMAT_VERSION = 1
_EPOCH = (1980, 1, 1, 0, 0, 0)
_HEADER, _CERTIFICATE = "header.json", "certificate.json"
Packed = NDArray[np.uint8]


@dataclass(frozen=True)
class SourceLayer:
    """One random layer: its shape, where its weights come from, and which of them are frozen.

    Attributes
    ----------
    rows, columns : int
    law : str
        Law of one weight on the lattice of ``2**-bits``; weight (r, c) is draw ``r * columns + c``.
    stream : int
    prune, lock : str
        Exact fractions of weights frozen at random to 0, and to their value; the pattern comes from
        the same draw numbers of the stream of purpose FROZEN.
    """

    rows: int
    columns: int
    law: str
    bits: int
    stream: int
    prune: str = "0"
    lock: str = "0"


@dataclass(frozen=True)
class Block:
    """The part of the source network that stands for one target layer.

    Attributes
    ----------
    kind : str
        "gadget-pair": two masked random layers with a ReLU between. "single-layer": one masked
        random layer over several copies of each input. "direct-sums": one number per candidate and
        no network, a row a sum.
    outputs, inputs : int
        Shape of the target layer's weights.
    constant_input : bool
        The block sees constants 1 as last inputs; they carry the bias.
    layers : tuple of SourceLayer
        One mask each.
    n : int
        Random numbers offered to one sum.
    eps : str
        Error allowed per weight, an exact fraction in the target's unit.
    scale_exponent : int
        Every effective weight is multiplied by ``2**scale_exponent``.
    copies_in, copies_out : int
        Copies of every input and of every output, neighbours in the order of neurons.
    size : int or None
        Exactly so many live numbers are kept in every sum.
    shared : bool
        Direct sums only: one vector of numbers serves a whole row.
    signs : "both" or "positive"
        Which halves of the gadget were built; "positive" needs inputs known to be >= 0.
    """

    kind: Literal["gadget-pair", "single-layer", "direct-sums"]
    outputs: int
    inputs: int
    constant_input: bool
    layers: tuple[SourceLayer, ...]
    n: int
    eps: str
    scale_exponent: int = 0
    copies_in: int = 1
    copies_out: int = 1
    size: int | None = None
    shared: bool = False
    signs: Literal["both", "positive"] = "both"

    @property
    def columns(self) -> int:
        """Target inputs, the constant one included."""
        return self.inputs + self.constant_input

    @property
    def mask_shapes(self) -> tuple[tuple[int, int], ...]:
        """Shapes of the masks as bits, one a layer."""
        return tuple((layer.rows, layer.columns) for layer in self.layers)

    @property
    def source_weights(self) -> int:
        """Random weights before masking (a shared vector counts once for every use)."""
        return sum(rows * columns for rows, columns in self.mask_shapes)


@dataclass(frozen=True)
class Ticket:
    """A strong lottery ticket: which weights of a seeded random network are kept.

    Attributes
    ----------
    theorem : str
        Id of the construction.
    seed : int
    target_sha256 : str
        Hash of the target that it stands for.
    domain : str
        Inputs for which the certificate holds: ``box:lo,hi`` or ``ball:radius``.
    blocks : tuple of Block
        One a target layer.
    masks : tuple of tuple of arrays
        Per block, bits packed along rows (`numpy.packbits`).
    unreached : tuple of (layer, output, input, sign)
        Sums with no subset within eps, proved; empty for a complete ticket.
    norm_exponents : tuple of int
        Powers of two that bring each layer's spectral norm to at most 1: the theorem speaks of the
        target so rescaled, which by positive homogeneity is the target up to ``2**sum``.
    certificate : dict
        What the independent check found when the ticket was written.
    """

    theorem: str
    seed: int
    target_sha256: str
    domain: str
    blocks: tuple[Block, ...]
    masks: tuple[tuple[Packed, ...], ...]
    unreached: tuple[tuple[int, int, int, str], ...] = ()
    network_eps: float | None = None
    norm_exponents: tuple[int, ...] = ()
    certificate: dict[str, Any] = field(default_factory=dict)

    @property
    def complete(self) -> bool:
        """Whether every sum was reached."""
        return not self.unreached

    @property
    def source_weights(self) -> int:
        """Random weights of the source, kept or not."""
        return sum(block.source_weights for block in self.blocks)

    @property
    def kept(self) -> int:
        """Ones in all masks."""
        return sum(int(np.bitwise_count(mask).sum()) for masks in self.masks for mask in masks)

    @property
    def mask_bits(self) -> int:
        """Bits that masks may choose; frozen weights come from the seed (expected number)."""
        free = 0
        for block in self.blocks:
            for layer in block.layers:
                share = 1 - Fraction(layer.prune) - Fraction(layer.lock)
                free += round(share * layer.rows * layer.columns)
        return free

    @property
    def density(self) -> float:
        """Fraction of source weights kept."""
        return self.kept / self.source_weights

    def with_certificate(self, certificate: dict[str, Any]) -> Ticket:
        """The same ticket with a certificate attached."""
        return replace(self, certificate=certificate)

    def header(self) -> dict[str, Any]:
        """Everything but masks and certificate, as plain data."""
        return {
            "format": "slt-ticket",
            "version": FORMAT_VERSION,
            "theorem": self.theorem,
            "seed": self.seed,
            "target_sha256": self.target_sha256,
            "domain": self.domain,
            "network_eps": self.network_eps,
            "norm_exponents": list(self.norm_exponents),
            "complete": self.complete,
            "unreached": [list(item) for item in self.unreached],
            "blocks": [asdict(block) for block in self.blocks],
        }

    def rows(self, block: int, mask: int, start: int, stop: int) -> NDArray[np.bool_]:
        """Rows ``start .. stop - 1`` of a mask, unpacked."""
        columns = self.blocks[block].mask_shapes[mask][1]
        packed = self.masks[block][mask][start:stop]
        return np.unpackbits(packed, axis=1, count=columns).astype(bool)

    def __repr__(self) -> str:
        return (
            f"Ticket({self.theorem}, {self.kept:,} of {self.source_weights:,} weights kept, "
            f"{'complete' if self.complete else f'{len(self.unreached)} sums unreached'})"
        )


def packed_bytes(columns: int) -> int:
    """Bytes of one packed row."""
    return (columns + 7) // 8


def _members(ticket: Ticket) -> Iterator[tuple[str, bytes]]:
    yield _HEADER, json.dumps(ticket.header(), sort_keys=True, indent=1).encode()
    yield _CERTIFICATE, json.dumps(ticket.certificate, sort_keys=True, indent=1).encode()
    for b, masks in enumerate(ticket.masks):
        for m, mask in enumerate(masks):
            buffer = io.BytesIO()
            np.lib.format.write_array(buffer, np.ascontiguousarray(mask), allow_pickle=False)
            yield f"block{b}.mask{m}.npy", buffer.getvalue()


def write_ticket(ticket: Ticket, path: str | Path) -> None:
    """Write atomically and reproducibly: one seed, one sequence of bytes.

    Raises
    ------
    BadInput
        If the place cannot be written; nothing half-written stays behind.
    """
    path = Path(path)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
            for name, data in _members(ticket):
                info = zipfile.ZipInfo(name, date_time=_EPOCH)
                info.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(info, data)
        os.replace(temporary, path)
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
    values = _fields("block", record, _BLOCK_FIELDS)
    layers = tuple(
        SourceLayer(**_fields("layer", layer, _LAYER_FIELDS)) for layer in values["layers"]
    )
    counts = (values["outputs"], values["inputs"], values["copies_in"], values["copies_out"])
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
                _mask(archive.read(f"block{b}.mask{m}.npy"), shape)
                for m, shape in enumerate(block.mask_shapes)
            )
            for b, block in enumerate(blocks)
        ),
        unreached=unreached,
        network_eps=None if whole is None else _typed("network_eps", whole, float),
        norm_exponents=tuple(_typed("norm_exponents", e, int) for e in header["norm_exponents"]),
        certificate=_typed("certificate", json.loads(archive.read(_CERTIFICATE)), dict),
    )


def _mask(data: bytes, shape: tuple[int, int]) -> Packed:
    mask = np.lib.format.read_array(io.BytesIO(data), allow_pickle=False)
    expected = (shape[0], packed_bytes(shape[1]))
    if mask.dtype != np.uint8 or mask.shape != expected:
        raise ValueError(f"a mask has shape {mask.shape} {mask.dtype}, expected {expected} uint8")
    return np.asarray(mask)
