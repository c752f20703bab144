"""The constructions as a page: each theorem, its class, and its options from their fields."""

from __future__ import annotations

import inspect
from dataclasses import Field, fields
from typing import Any

from slt_theory.tickets.building.construction import Construction, constructions

__all__ = ["constructions_markdown"]


def constructions_markdown() -> str:
    """Return a section for each construction, with a table of its options."""
    return "\n\n".join(_section(kind) for kind in constructions().values()) + "\n"


def _section(kind: type[Construction]) -> str:
    described: tuple[Field[Any], ...] = fields(kind)
    lines = [f"## {kind.theorem}", "", f"`{kind.__module__}.{kind.__name__}`", ""]
    lines.append(inspect.getdoc(kind) or "")
    if described:
        lines += ["", "| option | takes | default | |", "|---|---|---|---|"]
    for one in described:
        option = one.metadata["option"]
        takes = option.takes.replace("|", " or ")
        lines.append(f"| `{one.name}` | {takes} | {one.default} | {option.help} |")
    return "\n".join(lines)
