"""Data files that the user names: IDX (MNIST and its relatives) and CIFAR binary, raw or .gz."""

from __future__ import annotations

import gzip
import zlib
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slt_theory.data.labelled import Labelled
from slt_theory.errors import BadInput, UnreadableFile

__all__ = ["idx_pair", "read_cifar", "read_idx"]

_IDX_TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
_CIFAR_PIXELS = 3 * 32 * 32


def read_idx(path: str | PathLike[str]) -> NDArray[Any]:
    """Read an IDX file: two zero bytes, type, number of sides, the sides, the numbers.

    Returns
    -------
    array
        In the type of the file (unsigned bytes for MNIST) and the machine's byte order.

    Raises
    ------
    UnreadableFile
        Missing, not IDX, truncated, or longer than its header says.
    """
    content = _content(path)
    if len(content) < 4 or content[:2] != b"\0\0" or content[2] not in _IDX_TYPES:
        raise UnreadableFile(
            "path",
            str(path),
            f"is no IDX file: it begins with {content[:4].hex(' ') or 'nothing'}",
            "expected 00 00, a type, a number of sides",
        )
    sides, start = content[3], 4 + 4 * content[3]
    if sides == 0 or len(content) < start:
        raise UnreadableFile("path", str(path), "is truncated within its header")
    shape = tuple(int(side) for side in np.frombuffer(content, ">u4", count=sides, offset=4))
    dtype = np.dtype(_IDX_TYPES[content[2]])
    promised = dtype.itemsize
    for side in shape:
        promised *= side
    if promised != len(content) - start:
        raise UnreadableFile(
            "path",
            str(path),
            f"should hold {promised} bytes of shape {shape}, holds {len(content) - start}",
            "download it again",
        )
    native = dtype.newbyteorder("=")
    if promised == 0:
        return np.empty(shape, native)
    numbers: NDArray[Any] = np.frombuffer(content, dtype, offset=start)
    return numbers.astype(native).reshape(shape)


def idx_pair(images: str | PathLike[str], labels: str | PathLike[str]) -> Labelled:
    """Images (n, height, width) of unsigned bytes and their labels, as inputs in [0, 1].

    Raises
    ------
    UnreadableFile
        See `read_idx`.
    BadInput
        The files hold other types or shapes, or different numbers of examples.
    """
    pixels, classes = read_idx(images), read_idx(labels)
    if pixels.dtype != np.uint8 or pixels.ndim < 2 or pixels.size == 0:
        raise BadInput("images", f"{pixels.dtype} {pixels.shape}", "must be images of bytes")
    if classes.dtype != np.uint8 or classes.shape != pixels.shape[:1]:
        raise BadInput("labels", f"{classes.dtype} {classes.shape}", f"must be {len(pixels)} bytes")
    return Labelled(pixels.reshape(len(pixels), -1) / 255.0, classes.astype(np.int64))


def read_cifar(path: str | PathLike[str], *, classes: int = 10) -> Labelled:
    """Read one binary batch of CIFAR-10 or CIFAR-100 (fine labels).

    Parameters
    ----------
    path : path
        A `.bin` file: records of the label (CIFAR-100: coarse, then fine) and 3072 pixels, colour
        by colour.
    classes : 10 or 100

    Returns
    -------
    Labelled
        Inputs (n, 3072) in [0, 1], channels first.

    Raises
    ------
    UnreadableFile
        Missing, no whole number of records, or a label out of range.
    """
    if classes not in (10, 100):
        raise BadInput("classes", classes, "must be 10 or 100")
    content = _content(path)
    labels = 1 if classes == 10 else 2
    if not content or len(content) % (labels + _CIFAR_PIXELS):
        raise UnreadableFile(
            "path",
            str(path),
            f"its {len(content)} bytes are no whole number of records of "
            f"{labels + _CIFAR_PIXELS} bytes",
            "unpack the archive and name one .bin file; check `classes`",
        )
    records = np.frombuffer(content, np.uint8).reshape(-1, labels + _CIFAR_PIXELS)
    truth = records[:, labels - 1]
    if truth.max() >= classes or (labels == 2 and records[:, 0].max() >= 20):
        raise UnreadableFile("path", str(path), f"holds labels beyond {classes} classes")
    return Labelled(records[:, labels:] / 255.0, truth.astype(np.int64))


def _content(path: str | PathLike[str]) -> bytes:
    try:
        content = Path(path).read_bytes()
        if content.startswith(b"\x1f\x8b"):
            content = gzip.decompress(content)
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or error
        raise UnreadableFile("path", str(path), f"cannot be read ({reason})") from error
    return content
