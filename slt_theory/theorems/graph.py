"""What uses what: the catalogue as a graph, in SVG (no other program), Mermaid, DOT and JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

from slt_theory.theorems import all_theorems
from slt_theory.theorems.entry import Theorem
from slt_theory.theorems.status import Status, status_of

__all__ = [
    "CatalogueGraph",
    "catalogue_graph",
    "columns",
    "to_dot",
    "to_json",
    "to_mermaid",
    "to_svg",
]

FILL = {
    "certified": "#cfe8cf",
    "repaired": "#f5d5c8",
    "recalled-fails": "#f0e0d8",
    "conjecture": "#e4d7f0",
    "stated": "#d6e4f5",
    "recalled": "#f3ead0",
}
BORDER = {"violated": "#b2182b", "inconclusive": "#b8860b"}
_LINE = "#333333"
_BOX, _ROW, _WIDTH = 25, 36, 250


@dataclass(frozen=True)
class CatalogueGraph:
    """Nodes with their status, and edges from a user to what it uses.

    ``edges`` hold (user, used, kind) with kind "statement" or "proof".
    """

    nodes: tuple[Theorem, ...]
    status: dict[str, Status]
    edges: tuple[tuple[str, str, str], ...]


def catalogue_graph(
    outcomes: Mapping[str, str] | None = None, entries: Iterable[Theorem] | None = None
) -> CatalogueGraph:
    """The graph of the catalogue, or of some entries."""
    nodes = tuple(all_theorems() if entries is None else entries)
    known = {entry.id for entry in nodes}
    edges = []
    for entry in nodes:
        for kind, links in (("statement", entry.uses), ("proof", entry.proof_uses)):
            edges += [(entry.id, link, kind) for link in links if link in known]
    return CatalogueGraph(nodes, {e.id: status_of(e, outcomes) for e in nodes}, tuple(edges))


def _levels(graph: CatalogueGraph) -> dict[str, int]:
    """Longest chain of uses below each entry; cycles (there are none) would stop at a repeat."""
    used: dict[str, list[str]] = {e.id: [] for e in graph.nodes}
    for user, below, _ in graph.edges:
        used[user].append(below)
    depth: dict[str, int] = {}

    def walk(node: str, path: frozenset[str]) -> int:
        if node not in depth:
            below = [walk(b, path | {node}) for b in used[node] if b not in path]
            depth[node] = 1 + max(below, default=-1)
        return depth[node]

    for entry in graph.nodes:
        walk(entry.id, frozenset())
    return depth


def columns(graph: CatalogueGraph) -> list[list[str]]:
    """Columns by level; inside a column by the mean place of what is used, to keep lines short."""
    depth = _levels(graph)
    placed: list[list[str]] = [[] for _ in range(max(depth.values(), default=0) + 1)]
    for entry in graph.nodes:
        placed[depth[entry.id]].append(entry.id)
    place = {node: k for column in placed for k, node in enumerate(column)}
    below: dict[str, list[str]] = {}
    for user, used, _ in graph.edges:
        below.setdefault(user, []).append(used)
    for column in placed[1:]:
        column.sort(
            key=lambda node: sum(place[b] for b in below.get(node, ())) / len(below.get(node, (1,)))
        )
        place.update({node: k for k, node in enumerate(column)})
    return placed


def to_svg(graph: CatalogueGraph, *, link: Callable[[str], str] | None = None) -> str:
    """A self-contained SVG with a legend; columns from left (used) to right (users).

    `link` gives the address that the box of an id leads to; none by default.
    """
    placed = columns(graph)
    tallest = max((len(c) for c in placed), default=1)
    height, width = 90 + tallest * _ROW, 30 + len(placed) * (_WIDTH + 90)
    at = {
        node: (20 + k * (_WIDTH + 90), 70 + (row + 0.5) * _ROW * tallest / len(column))
        for k, column in enumerate(placed)
        for row, node in enumerate(column)
    }
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height:.0f}" '
        f'viewBox="0 0 {width} {height:.0f}" font-family="sans-serif" font-size="11" role="img" '
        'aria-label="Dependency graph of the catalogue">',
        '<rect width="100%" height="100%" fill="white"/>',
        *_legend(),
    ]
    for user, used, kind in graph.edges:
        (x1, y1), (x0, y0) = at[user], at[used]
        x0 += _WIDTH
        bend = (x0 + x1) / 2
        dash = ' stroke-dasharray="4 3"' if kind == "proof" else ""
        parts.append(
            f'<path d="M{x0:.0f},{y0:.1f} C{bend:.0f},{y0:.1f} {bend:.0f},{y1:.1f} '
            f'{x1:.0f},{y1:.1f}" fill="none" stroke="#888888"{dash}/>'
        )
    for entry in graph.nodes:
        (x, y), state = at[entry.id], graph.status[entry.id]
        border = BORDER.get(state.numeric, _LINE)
        thick = 2.5 if state.sound else 1
        box = "<g>" if link is None else f'<a href="{escape(link(entry.id))}">'
        parts.append(
            f"{box}<title>{escape(entry.title)} [{state.status}, proof {state.proof_level}, "
            f"{state.numeric}]</title>"
            f'<rect x="{x:.0f}" y="{y - _BOX / 2:.1f}" width="{_WIDTH}" height="{_BOX}" rx="4" '
            f'fill="{FILL[state.status]}" stroke="{border}" stroke-width="{thick}"/>'
            f'<text x="{x + 8:.0f}" y="{y + 4:.1f}">{escape(entry.id)}{_mark(entry, state)}'
            f"</text>{'</g>' if link is None else '</a>'}"
        )
    return "\n".join([*parts, "</svg>"]) + "\n"


def _mark(entry: Theorem, state: Status) -> str:
    tested = {"consistent": " ✓", "violated": " ✗", "inconclusive": " ?"}.get(state.numeric, "")
    return tested + (" ⚑" if any(c.label == "gap-read" for c in entry.checks) else "")


def _legend() -> list[str]:
    words = {
        "certified": "explicit version proved here",
        "repaired": "fails as read, repaired",
        "recalled-fails": "recalled form fails, not read",
        "stated": "read in the source",
        "recalled": "recalled",
        "conjecture": "conjecture, measured",
    }
    parts, x = [], 20
    for name, text in words.items():
        parts.append(
            f'<rect x="{x}" y="14" width="16" height="14" fill="{FILL[name]}" stroke="{_LINE}"/>'
            f'<text x="{x + 22}" y="25">{text}</text>'
        )
        x += 40 + 7 * len(text)
    parts.append(
        '<text x="20" y="48">thick border: sound, with all it uses. ✓ ✗ ? outcome of the checks. '
        "⚑ a gap read in the source. Solid line: the statement uses; dashed: our proof uses.</text>"
    )
    return parts


def to_mermaid(graph: CatalogueGraph) -> str:
    """A Mermaid flowchart."""
    name = {entry.id: f"n{k}" for k, entry in enumerate(graph.nodes)}
    lines = ["flowchart LR"]
    lines += [f'  {name[e.id]}["{e.id}"]:::{graph.status[e.id].status}' for e in graph.nodes]
    arrows = {"statement": "-->", "proof": "-.->"}
    lines += [f"  {name[used]} {arrows[kind]} {name[user]}" for user, used, kind in graph.edges]
    lines += [f"  classDef {status} fill:{colour}" for status, colour in FILL.items()]
    return "\n".join(lines) + "\n"


def to_dot(graph: CatalogueGraph) -> str:
    """Graphviz source."""
    lines = ["digraph catalogue {", "  rankdir=LR; node [shape=box, style=filled];"]
    lines += [f'  "{e.id}" [fillcolor="{FILL[graph.status[e.id].status]}"];' for e in graph.nodes]
    lines += [
        f'  "{used}" -> "{user}"{" [style=dashed]" if kind == "proof" else ""};'
        for user, used, kind in graph.edges
    ]
    return "\n".join([*lines, "}"]) + "\n"


def to_json(graph: CatalogueGraph) -> dict[str, Any]:
    """Nodes and edges as plain data."""
    return {
        "nodes": [
            {"id": e.id, "title": e.title, "kind": e.kind, **graph.status[e.id]._asdict()}
            for e in graph.nodes
        ],
        "edges": [{"from": a, "uses": b, "kind": kind} for a, b, kind in graph.edges],
    }
