"""Results as plain data: one method for every record that is printed with ``--json``."""

from __future__ import annotations

from dataclasses import asdict
from html import escape
from importlib import import_module
from typing import Any

from slt_theory.errors import MissingExtra

__all__ = ["Record"]

_MOST_NESTED = 12
_LONGEST = 120


class Record:
    """Base of dataclasses that turn into plain data.

    A subclass whose fields are no plain data (a Fraction, a mapping of objects) or that adds
    numbers derived from them extends `to_dict`.
    """

    __slots__ = ()

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON: the fields by name, records inside them likewise."""
        return asdict(self)  # type: ignore[call-overload, no-any-return]

    def to_frame(self) -> Any:
        """One row of a pandas table: numbers and text, what is nested by dotted names.

        Raises
        ------
        MissingExtra
            Without pandas, which the extra ``tables`` has.
        """
        try:
            pandas = import_module("pandas")
        except ImportError:
            raise MissingExtra("tables", "to_frame") from None
        return pandas.DataFrame([_flat(self.to_dict())])

    def _repr_html_(self) -> str:
        """A table for notebooks, names beside values."""
        rows = (
            f"<tr><th>{escape(name)}</th><td>{escape(_short(value))}</td></tr>"
            for name, value in _flat(self.to_dict()).items()
        )
        return f"<table><caption>{type(self).__name__}</caption>{''.join(rows)}</table>"


def _flat(record: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested dictionaries as one, with dotted names; large ones stay one value."""
    flat: dict[str, Any] = {}
    for name, value in record.items():
        if isinstance(value, dict) and value and len(value) <= _MOST_NESTED:
            flat |= _flat(value, f"{prefix}{name}.")
        else:
            flat[f"{prefix}{name}"] = value
    return flat


def _short(value: Any) -> str:
    text = f"{value:.6g}" if isinstance(value, float) else str(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
