"""Results as plain data: one base for every record that is printed, framed or shown."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, fields
from fractions import Fraction
from html import escape
from reprlib import Repr
from typing import Any

from slt_theory.extras import optional

__all__ = ["Record", "html_table", "short_repr"]

_MOST_NESTED = 12
_LONGEST = 600
_MOST_LETTERS = 160
_SYMBOLS = {"eps": "ε", "delta": "δ", "alpha": "α", "n": "n", "lo": "lo", "hi": "hi"}
_ENDS = {"low": "low", "high": "high", "from": "from"}
_POWER = re.compile(r"([-\d.]+)e([+-])0*(\d+)")


class Record:
    """Base of dataclasses that turn into plain data.

    A subclass whose fields are no plain data (a Fraction, a mapping of objects) or that adds
    numbers derived from them extends `to_dict`.
    """

    __slots__ = ()

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        # Before the decorator: a dataclass writes no repr where the class has one.
        if "__repr__" not in cls.__dict__:
            cls.__repr__ = Record.__repr__  # type: ignore[method-assign]

    def __repr__(self) -> str:
        return short_repr(self)

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
        pandas = optional("pandas", "tables", "to_frame")
        return pandas.DataFrame([_flat(self.to_dict())])

    def _repr_html_(self) -> str:
        """A table for notebooks, names beside values."""
        summary = getattr(self, "summary", None)
        return html_table(type(self).__name__, self.to_dict(), summary() if summary else "")


def short_repr(record: Any) -> str:
    """The fields of a dataclass that hold something, long values and long lists cut."""
    cut = Repr()
    cut.maxstring = cut.maxother = 40
    cut.maxdict, cut.maxlist, cut.maxtuple, cut.maxlevel = 2, 3, 3, 2
    shown, length = [], 0
    for one in fields(record):
        value = getattr(record, one.name)
        if not one.repr or value is None or (isinstance(value, str | tuple | dict) and not value):
            continue
        shown.append(f"{one.name}={cut.repr(value)}")
        length += len(shown[-1])
        if length > _MOST_LETTERS:
            shown.append("...")
            break
    return f"{type(record).__name__}({', '.join(shown)})"


def html_table(caption: str, record: Mapping[str, Any], summary: str = "") -> str:
    """A table of names and values, symbols and powers of ten as MathML.

    Parameters
    ----------
    caption : str
    record : mapping
        Nested mappings become dotted names; what is empty is left out.
    summary : str
        A paragraph over the table.

    Examples
    --------
    >>> html_table("Answer", {"eps": 1e-07})[-57:-21]
    'up><mn>10</mn><mn>-7</mn></msup></ma'
    """
    rows = "".join(
        f"<tr><th>{_name(name)}</th><td>{_value(value)}</td></tr>"
        for name, value in _flat(dict(record)).items()
        if value is not None and value != "" and value != () and value != []
    )
    words = "".join(f"<p>{escape(line)}</p>" for line in summary.splitlines())
    return f"{words}<table><caption>{escape(caption)}</caption>{rows}</table>"


def _name(name: str) -> str:
    """A name, or the symbol it stands for."""
    stem, _, end = name.rpartition(".")[2].partition("_")
    if stem not in _SYMBOLS or (end and end not in _ENDS):
        return escape(name)
    symbol = f"<mi>{_SYMBOLS[stem]}</mi>"
    if end:
        symbol = f"<msub>{symbol}<mtext>{end}</mtext></msub>"
    return f'<math title="{escape(name)}">{symbol}</math>'


def _value(value: Any) -> str:
    """A value; a float in powers of ten and a fraction as MathML."""
    if isinstance(value, Fraction) and value.denominator > 1 and len(str(value)) < _LONGEST:
        sides = f"<mn>{value.numerator}</mn><mn>{value.denominator}</mn>"
        return f"<math><mfrac>{sides}</mfrac></math>"
    text = f"{value:.6g}" if isinstance(value, float) else str(value)
    power = _POWER.fullmatch(text)
    if power:
        sign = "" if power[2] == "+" else "-"
        ten = f"<msup><mn>10</mn><mn>{sign}{power[3]}</mn></msup>"
        return f"<math><mn>{power[1]}</mn><mo>×</mo>{ten}</math>"
    return escape(text if len(text) <= _LONGEST else f"{text[:_LONGEST]}...")


def _flat(record: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested dictionaries as one, with dotted names; large ones stay one value."""
    flat: dict[str, Any] = {}
    for name, value in record.items():
        if isinstance(value, dict) and value and len(value) <= _MOST_NESTED:
            flat |= _flat(value, f"{prefix}{name}.")
        else:
            flat[f"{prefix}{name}"] = value
    return flat
