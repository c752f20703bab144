"""Cuts of a region in a file, to go on with them later.

A file holds which piece was cut across which coordinate, one cut after the other, and no bound:
whoever reads it computes all bounds of the pieces again, so nothing of it is believed.
"""

from __future__ import annotations

import os
import zipfile
from os import PathLike
from pathlib import Path

import numpy as np

from slt_theory.errors import UnreadableFile

__all__ = ["read_cuts", "write_cuts"]

Cut = tuple[int, int]


def write_cuts(path: str | PathLike[str], cuts: list[Cut]) -> None:
    """Write cuts (piece, coordinate) as arrays ``piece`` and ``axis`` of an .npz file."""
    place = Path(path)
    pairs = np.array(cuts, dtype=np.int64).reshape(-1, 2)
    new = place.with_name(f"{place.name}.{os.getpid()}.tmp")
    try:
        with new.open("wb") as file:
            np.savez_compressed(file, piece=pairs[:, 0], axis=pairs[:, 1])
        new.replace(place)
    finally:
        new.unlink(missing_ok=True)


def read_cuts(path: str | PathLike[str]) -> list[Cut]:
    """Read cuts; of a file that does not exist there are none.

    Raises
    ------
    UnreadableFile
        If it is no such file.
    """
    place = Path(path)
    if not place.exists():
        return []
    try:
        with np.load(place, allow_pickle=False) as arrays:
            piece, axis = arrays["piece"], arrays["axis"]
        pairs = np.stack([piece, axis], axis=1)
        if pairs.dtype.kind != "i" or pairs.ndim != 2:
            raise ValueError("no integers")
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
        raise UnreadableFile("cuts", str(place), f"holds no cuts ({error!s:.100})") from error
    return [(int(a), int(b)) for a, b in pairs]
