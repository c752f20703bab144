"""Figures of the report: SVG from a table, the same bytes for the same table."""

from __future__ import annotations

import inspect
import io
import json
from importlib import import_module
from pathlib import Path
from typing import Any

from slt_theory.report.pages import write_page

__all__ = ["draw_stored", "svg_of"]


def svg_of(name: str, table: dict[str, Any]) -> str:
    """The figure `name` of a table, from ``<svg`` on."""
    import matplotlib

    from slt_theory.plotting import style

    with matplotlib.rc_context(style("plain")):
        buffer = io.StringIO()
        drawn = import_module("slt_theory.figures").load(name).draw(table)
        drawn.savefig(buffer, format="svg", metadata={"Date": None})
    text = buffer.getvalue()
    return text[text.index("<svg") :]


def draw_stored(name: str, folder: Path) -> list[dict[str, Any]]:
    """Draw a figure's stored table into `folder`, its data beside it; return its words and size.

    A figure without a stored table gives none.

    Raises
    ------
    BadInput
        If the folder cannot be written.
    """
    scripts = import_module("slt_theory.figures")
    table = scripts.stored(name)
    if table is None:
        return []
    svg = svg_of(name, table)
    write_page(folder / f"{name}.svg", '<?xml version="1.0" encoding="utf-8"?>\n' + svg)
    write_page(folder / f"{name}.json", json.dumps(table, indent=1, sort_keys=True) + "\n")
    words = inspect.getdoc(scripts.load(name)) or ""
    sides = {side: _length(svg, side) for side in ("width", "height")}
    title, what = words.partition("\n")[0], " ".join(words.split())
    return [{"name": name, "title": title, "what": what, "made": table["made"], **sides}]


def _length(svg: str, side: str) -> int:
    """A side of the drawing in CSS pixels, from its points."""
    start = svg.index(f'{side}="') + len(side) + 2
    return round(float(svg[start : svg.index("pt", start)]) * 4 / 3)
