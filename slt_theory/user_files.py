"""Objects of a user's own Python file, named ``FILE.py:NAME``."""

from __future__ import annotations

import runpy
import threading
import traceback
from collections.abc import Callable
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from slt_theory.errors import BadInput, UnreadableFile

__all__ = ["is_reference", "load_object"]

Kind = type | tuple[type, ...] | Callable[[Any], bool]


class _Running(threading.local):
    """Files that this thread is running."""

    def __init__(self) -> None:
        self.files: set[Path] = set()


_running = _Running()


def is_reference(text: Any) -> bool:
    """True for a text of the form ``FILE.py:NAME``.

    Examples
    --------
    >>> is_reference("mine.py:bound"), is_reference("uniform")
    (True, False)
    """
    return isinstance(text, str) and text.rpartition(":")[0].endswith(".py")


def load_object(reference: str, kind: Kind = object) -> Any:
    """Run a file and take the object NAME of ``FILE.py:NAME``.

    Parameters
    ----------
    reference : str
    kind : type, tuple of types, or callable
        What the object is meant to be, or a test of it: names of such objects are listed where NAME
        is unknown.

    Raises
    ------
    UnreadableFile, BadInput
        If the file cannot be run, names itself, or defines no such name.
    """
    text, _, name = reference.rpartition(":")
    path = Path(text)
    if not path.is_file():
        raise UnreadableFile("file", text, "does not exist", "write FILE.py:NAME")
    place = path.resolve()
    if place in _running.files:
        raise BadInput("file", text, "names itself while it runs", f"write {name} without the file")
    _running.files.add(place)
    try:
        namespace = runpy.run_path(text)
    except Exception as error:
        # Whatever the user's file raises is about that file.
        raise BadInput(
            "file",
            text,
            f"raised {type(error).__name__}{_line(error, place)}: {error}",
            "the whole file runs before a name is taken from it",
        ) from error
    finally:
        _running.files.discard(place)
    if name not in namespace:
        known = [k for k, v in namespace.items() if not k.startswith("_") and _is(v, kind)]
        near = get_close_matches(name, known, 1)
        way_out = (
            f"did you mean {near[0]}?" if near else f"defined: {', '.join(known) or 'nothing'}"
        )
        raise BadInput("name", name, f"is not defined in {text}", way_out)
    return namespace[name]


def _is(value: Any, kind: Kind) -> bool:
    if isinstance(kind, type | tuple):
        return isinstance(value, kind)
    return kind(value)


def _line(error: BaseException, place: Path) -> str:
    """The last line of the file that the error passed through."""
    if isinstance(error, SyntaxError) and error.lineno:
        return f" in line {error.lineno}"
    lines = [
        frame.lineno
        for frame in traceback.extract_tb(error.__traceback__)
        if Path(frame.filename).resolve() == place
    ]
    return f" in line {lines[-1]}" if lines else ""
