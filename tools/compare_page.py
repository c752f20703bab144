"""Set the tables of docs/compare.md, and its figure, from the stored comparison.

slt figure compare --recompute --out DIR && cp DIR/compare.json figures/tables/
python tools/compare_page.py
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import matplotlib

from slt_theory import figures
from slt_theory.plotting import save_figure, style

ROOT = Path(__file__).parents[1]
HEAD = (
    "| theorem | options | depth | width | weights | kept | density | stored bits | certified "
    "| by intervals | found | ratio | accuracy |\n" + "|---" * 13 + "|"
)

KEYS = (
    *("theorem", "options", "depth", "width", "source_weights", "kept", "density", "stored_bits"),
    *("sup_error_bound", "interval_bound", "sup_error_found", "ratio", "accuracy"),
)


def cell(value: Any) -> str:
    """One value as text; options as ``name value``."""
    if value is None:
        return ""
    if isinstance(value, dict):
        return ", ".join(f"{k} {v}".removesuffix(" True") for k, v in value.items())
    return f"{value:,}" if isinstance(value, int) else str(value)


def line(row: dict[str, Any]) -> str:
    """One row of the Markdown table."""
    three = {k: f"{row[k]:.3g}" for k in ("sup_error_bound", "interval_bound", "sup_error_found")}
    shown = row | three | {k: f"{row[k]:.4f}" for k in ("density", "accuracy")}
    shown["ratio"] = f"{row['ratio']:.2f}"
    return "| " + " | ".join(cell(shown[k]) for k in KEYS) + " |"


def main() -> None:
    """Write the tables of docs/compare.md from the stored figure."""
    data = figures.stored("compare")
    assert data is not None
    page = ROOT / "docs" / "compare.md"
    text = page.read_text(encoding="utf-8")
    for part in data["parts"]:
        rows = [line(row) for row in part["rows"] if row["failure"] is None]
        title = f"## eps = {part['eps']:g}\n\n"
        old = re.search(re.escape(title) + r"(\|.*\n)+", text)
        assert old is not None, title
        text = text.replace(old[0], "\n".join([title + HEAD, *rows]) + "\n")
    page.write_text(text, encoding="utf-8")
    with matplotlib.rc_context(style("plain")):
        drawn = figures.load("compare").draw(data)
        made = save_figure(drawn, "compare", ROOT / "docs", table=data, formats=("svg",))
    made[-1].unlink()


if __name__ == "__main__":
    main()
