"""The catalogue as a graph: what uses what, and where each statement stands.

A row uses the columns that it has a dot in: full, the statement; a ring, our proof of it. The
square before a name has the colour of its status; bold names are sound with all that they use.
Entries that neither use nor are used stand in the count below alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LETTERS = 5.5
# Colours of the status that differ in grey, too; those of the web page are too light for squares.
DARK = {
    "certified": "#006B3C",
    "conjecture": "#8E63B5",
    "recalled": "#E6B325",
    "recalled-fails": "#000000",
    "repaired": "#D55E00",
    "stated": "#56B4E9",
}


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
    """The figure of a table, in the current style: the graph's matrix, a row an entry that uses."""
    from slt_theory.plotting import new_figure

    order = [name for column in data["columns"] for name in column]
    edges = data["edges"]
    users = [name for name in reversed(order) if any(name == edge[0] for edge in edges)]
    used = [name for name in order if any(name == edge[1] for edge in edges)]
    figure = new_figure(wide=True)
    # Names lie along both sides and take an inch and a half.
    figure.set_figheight(0.115 * len(users) + 1.95)
    axis = figure.subplots()
    for user, one, kind in edges:
        place = (used.index(one), users.index(user))
        axis.plot(
            *place, "o", ms=3, color="0.1", mfc="white" if kind == "proof" else "0.1", mew=0.8
        )
    axis.set(xlim=(-0.7, len(used) - 0.3), ylim=(len(users) - 0.3, -0.7))
    axis.set_xticks(range(len(used)), used, rotation=90)
    axis.set_yticks(range(len(users)), users)
    axis.tick_params(length=0, pad=7, labelsize=LETTERS, top=True, labeltop=True, bottom=False)
    axis.tick_params(labelbottom=False)
    axis.grid(visible=True, lw=0.4)
    _names(axis, users, used, data)
    _legend(figure, axis, data, len(order) - len({*users, *used}))
    return figure


def _names(axis: Any, users: list[str], used: list[str], data: dict[str, Any]) -> None:
    """Squares of the status before the names, and bold names for what is sound."""
    for names, ticks, side in (
        (users, axis.get_yticklabels(), "left"),
        (used, axis.get_xticklabels(), "top"),
    ):
        for place, (name, tick) in enumerate(zip(names, ticks, strict=True)):
            if name in data["sound"]:
                tick.set_fontweight("bold")
            at = (-0.008, place) if side == "left" else (place, 1.006)
            where = axis.get_yaxis_transform() if side == "left" else axis.get_xaxis_transform()
            colour = DARK[data["status"][name]]
            axis.plot(*at, "s", ms=3.2, color=colour, transform=where, clip_on=False)


def _legend(figure: Figure, axis: Any, data: dict[str, Any], alone: int) -> None:
    for status in dict.fromkeys(data["status"].values()):
        axis.plot([], [], "s", ms=4, color=DARK[status], label=status)
    axis.plot([], [], "o", ms=3, color="0.1", label="the statement uses")
    axis.plot([], [], "o", ms=3, color="0.1", mfc="white", label="our proof uses")
    figure.legend(
        loc="outside lower center",
        ncols=4,
        fontsize="small",
        title=f"bold: sound with all it uses; {alone} entries without links are not drawn",
    )
