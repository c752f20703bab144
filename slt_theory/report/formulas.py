"""Prose with formulas as MathML, which browsers set without a script."""

from __future__ import annotations

import re
from html import escape

__all__ = ["prose"]

_MARKED = re.compile(r"\$([^$]+)\$|`([^`]+)`")


def prose(text: str) -> str:
    """Text as HTML: ``$...$`` becomes MathML, backticks code, everything else is escaped."""
    from latex2mathml.converter import convert

    parts, last = [], 0
    for match in _MARKED.finditer(text):
        parts.append(escape(text[last : match.start()]))
        tex, code = match.groups()
        parts.append(convert(tex) if tex else f"<code>{escape(code)}</code>")
        last = match.end()
    return "".join([*parts, escape(text[last:])])
