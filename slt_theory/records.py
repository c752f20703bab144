"""Results as plain data: one method for every record that is printed with ``--json``."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

__all__ = ["Record"]


class Record:
    """Base of dataclasses that turn into plain data.

    A subclass whose fields are no plain data (a Fraction, a mapping of objects) or that adds
    numbers derived from them extends `to_dict`.
    """

    __slots__ = ()

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON: the fields by name, records inside them likewise."""
        return asdict(self)  # type: ignore[call-overload, no-any-return]
