"""Optional packages, asked for where they are used."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from slt_theory.errors import MissingExtra

__all__ = ["optional"]


def optional(module: str, extra: str, what: str) -> Any:
    """A module of an extra.

    Raises
    ------
    MissingExtra
        If it is not installed; names the extra and what needs it.
    """
    try:
        return import_module(module)
    except ImportError:
        raise MissingExtra(extra, what) from None
