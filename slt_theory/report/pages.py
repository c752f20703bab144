"""Files of the report, whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

from slt_theory.errors import BadInput

__all__ = ["write_page"]


def write_page(path: Path, text: str) -> None:
    """Write `text` to a temporary file, renamed to `path` when it is whole.

    Raises
    ------
    BadInput
        If it cannot be written.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text(text, encoding="utf-8")
        os.replace(temporary, path)
    except OSError as error:
        raise BadInput("out", str(path), f"cannot be written ({error.strerror})") from error
    finally:
        temporary.unlink(missing_ok=True)
