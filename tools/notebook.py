"""Run the notebook of the documentation and keep what its cells show.

python tools/notebook.py docs/notebook.ipynb

Cells run in order in plain Python, in an empty folder; the last expression of a cell is shown as
Jupyter would: as HTML where it has any, a figure as SVG, else by its repr. So neither Jupyter nor a
kernel is needed; with them the same cells run as well (`tests/docs/test_notebook.py`).
"""

from __future__ import annotations

import ast
import contextlib
import io
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

Cell = dict[str, Any]


def run(notebook: dict[str, Any]) -> dict[str, Any]:
    """The notebook with the outputs of a run in a fresh folder."""
    names: dict[str, Any] = {"__name__": "__main__"}
    before, cells = Path.cwd(), []
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            count = 0
            for cell in notebook["cells"]:
                if cell["cell_type"] == "code":
                    count += 1
                    cell = {**cell, "execution_count": count, "outputs": outputs(cell, names)}
                    for output in cell["outputs"]:
                        if output["output_type"] == "execute_result":
                            output["execution_count"] = count
                cells.append(cell)
        finally:
            os.chdir(before)
    return {**notebook, "cells": cells}


def outputs(cell: Cell, names: dict[str, Any]) -> list[dict[str, Any]]:
    """Run one cell: what it prints, and its last expression."""
    tree = ast.parse("".join(cell["source"]))
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    printed, value = io.StringIO(), None
    # Progress lines on stderr tell the time and are not kept.
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(io.StringIO()):
        exec(compile(tree, "cell", "exec"), names)
        if last is not None:
            value = eval(compile(ast.Expression(last.value), "cell", "eval"), names)
    found: list[dict[str, Any]] = []
    if printed.getvalue():
        found.append({"output_type": "stream", "name": "stdout", "text": lines(printed.getvalue())})
    if value is not None:
        found.append({"output_type": "execute_result", "metadata": {}, "data": shown(value)})
    return found


def shown(value: Any) -> dict[str, list[str]]:
    """The forms in which a value is shown, by media type."""
    from matplotlib.figure import Figure

    if isinstance(value, Figure):
        return {"image/svg+xml": lines(svg(value)), "text/plain": ["<Figure>"]}
    data = {"text/plain": lines(repr(value))}
    if hasattr(value, "_repr_html_"):
        data["text/html"] = lines(value._repr_html_())
    return data


def svg(figure: Any) -> str:
    """A figure as SVG, the same bytes for the same figure."""
    import matplotlib

    drawn = io.StringIO()
    with matplotlib.rc_context({"svg.hashsalt": "notebook"}):
        figure.savefig(drawn, format="svg", metadata={"Date": None})
    text = drawn.getvalue()
    return text[text.index("<svg") :]


def lines(text: str) -> list[str]:
    """Text as notebooks keep it."""
    return text.splitlines(keepends=True)


def markdown(notebook: dict[str, Any]) -> str:
    """The notebook as a page: text, code, and what each cell shows."""
    parts: list[str] = []
    for cell in notebook["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            parts.append(source)
            continue
        parts.append(f"```python\n{source}\n```")
        for output in cell["outputs"]:
            data = output.get("data", {})
            html = data.get("text/html") or data.get("image/svg+xml")
            plain = "".join(output.get("text") or data.get("text/plain") or ())
            block = "".join("".join(html).split("\n")) if html else ""
            parts.append(f"<div>{block}</div>" if block else f"```text\n{plain}\n```")
    return "\n\n".join(parts)


if __name__ == "__main__":
    place = Path(sys.argv[1])
    made = run(json.loads(place.read_text(encoding="utf-8")))
    place.write_text(json.dumps(made, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
