"""The catalogue as a graph: what uses what, and where each statement stands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def table(*, quick: bool = False, seed: int = 0) -> dict[str, Any]:
    """Statuses, edges and places of all entries; about a second."""
    from slt_theory.theorems.graph import FILL, catalogue_graph, columns

    graph = catalogue_graph()
    return {
        "columns": columns(graph),
        "status": {entry.id: graph.status[entry.id].status for entry in graph.nodes},
        "sound": [entry.id for entry in graph.nodes if graph.status[entry.id].sound],
        "edges": [list(edge) for edge in graph.edges],
        "fill": FILL,
    }


def draw(data: dict[str, Any]) -> Figure:
    """The figure of a table, in the current style."""
    from slt_theory.plotting import new_figure

    figure = new_figure()
    tallest = max(len(column) for column in data["columns"])
    size = 2.5 * figure.get_figwidth() / len(data["columns"])
    figure.set_figheight(tallest * 0.031 * size + 0.7)
    axis = figure.subplots()
    at = {
        name: (k, (row + 0.5) / len(column))
        for k, column in enumerate(data["columns"])
        for row, name in enumerate(column)
    }
    for user, used, kind in data["edges"]:
        (x1, y1), (x0, y0) = at[user], at[used]
        dash = "--" if kind == "proof" else "-"
        axis.plot([x0, x1], [y0, y1], color="0.75", lw=0.5, ls=dash, zorder=0)
    for name, (x, y) in at.items():
        frame = {
            "boxstyle": "round,pad=0.2",
            "fc": data["fill"][data["status"][name]],
            "ec": "0.2",
            "lw": 1.1 if name in data["sound"] else 0.3,
        }
        axis.text(x, y, name, fontsize=size * 1.35, ha="center", va="center", bbox=frame)
    for status, colour in data["fill"].items():
        axis.plot([], [], "s", color=colour, markeredgecolor="0.2", label=status)
    axis.set_xlim(-0.5, len(data["columns"]) - 0.5)
    axis.set_ylim(1.01, -0.01)
    axis.axis("off")
    axis.legend(
        loc="upper center",
        bbox_to_anchor=(0.5, 0.0),
        ncols=5,
        title="thick border: sound with all it uses; dashed: our proof uses",
    )
    return figure
