"""Write a figure so that the same table gives the same bytes."""

from __future__ import annotations

import contextlib
import json
import logging
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from slt_theory.errors import BadInput

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["save_figure"]

_NO_DATE: dict[str, dict[str, Any]] = {
    "pdf": {"CreationDate": None},
    "svg": {"Date": None},
    "png": {},
}


def save_figure(
    figure: Figure,
    name: str,
    folder: Path,
    *,
    table: dict[str, Any],
    caption: str = "",
    formats: Sequence[str] = ("pdf", "svg", "png"),
) -> list[Path]:
    """Save a figure in several formats with its caption and its data beside it.

    Returns
    -------
    list of Path
        The figure files, then ``NAME.caption.tex`` if there is a caption, and last ``NAME.json``
        with the table behind them.

    Raises
    ------
    BadInput
        If the folder cannot be written; files appear whole or not at all.
    """
    # Its notes about the fonts' own dates are no concern of ours.
    logging.getLogger("fontTools").setLevel(logging.ERROR)
    unknown = [kind for kind in formats if kind not in _NO_DATE]
    if unknown:
        raise BadInput("formats", unknown[0], "is unknown", f"known: {', '.join(_NO_DATE)}")
    written = []
    temporary = folder / f".{name}.{os.getpid()}.tmp"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for kind in formats:
            figure.savefig(temporary, format=kind, metadata=_NO_DATE[kind])
            written.append(temporary.replace(folder / f"{name}.{kind}"))
        if caption:
            temporary.write_text(caption, encoding="utf-8")
            written.append(temporary.replace(folder / f"{name}.caption.tex"))
        temporary.write_text(json.dumps(table, indent=1, sort_keys=True) + "\n", encoding="utf-8")
        written.append(temporary.replace(folder / f"{name}.json"))
    except OSError as error:
        raise BadInput("out", str(folder), f"cannot be written ({error.strerror})") from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()
    return written
