"""The graph in its formats, and the derived status."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from slt_theory.errors import BadInput, UnreadableFile
from slt_theory.theorems import all_theorems, get
from slt_theory.theorems.graph import catalogue_graph, to_dot, to_json, to_mermaid, to_svg
from slt_theory.theorems.status import read_outcomes, status_of

IDS = [entry.id for entry in all_theorems()]


def test_every_format_holds_every_node_and_edge() -> None:
    graph = catalogue_graph()
    svg = ElementTree.fromstring(to_svg(graph))
    labels = {
        (text.text or "").split(" ")[0] for text in svg.iter("{http://www.w3.org/2000/svg}text")
    }
    assert labels >= set(IDS)
    paths = list(svg.iter("{http://www.w3.org/2000/svg}path"))
    assert len(paths) == len(graph.edges) >= 40
    assert all(f'"{name}"' in to_dot(graph) for name in IDS)
    assert to_mermaid(graph).count("\n  n") >= len(IDS)
    assert len(to_json(graph)["edges"]) == len(graph.edges)


def test_boxes_of_a_column_do_not_overlap() -> None:
    svg = ElementTree.fromstring(to_svg(catalogue_graph()))
    boxes = [
        (float(r.get("x", 0)), float(r.get("y", 0)))
        for r in svg.iter("{http://www.w3.org/2000/svg}rect")
        if r.get("rx")
    ]
    for x in {x for x, _ in boxes}:
        rows = sorted(y for other, y in boxes if other == x)
        assert all(b - a >= 25 for a, b in itertools.pairwise(rows))


def test_outcomes_are_drawn_and_read(tmp_path: Path) -> None:
    record = {"entries": [{"claim": "lueker1998-rss", "verdict": "VIOLATED"}]}
    path = tmp_path / "checks.json"
    path.write_text(json.dumps(record))
    outcomes = read_outcomes(path)
    assert status_of(get("lueker1998-rss"), outcomes).numeric == "violated"
    assert "✗" in to_svg(catalogue_graph(outcomes))
    path.write_text("{")
    with pytest.raises(UnreadableFile):
        read_outcomes(path)
    path.write_text("[]")
    with pytest.raises(BadInput):
        read_outcomes(path)


def test_status_is_derived() -> None:
    assert status_of(get("slt-lemma-r")).status == "certified"
    assert status_of(get("slt-lemma-r")).sound
    assert status_of(get("gadhikar2023-subset-sum")).status == "recalled-fails"
    assert not status_of(get("gadhikar2023-subset-sum")).sound
    assert status_of(get("slt-observed-order")).status == "conjecture"
    assert status_of(get("dacunha2023b-structured")).status == "recalled"
    read = replace(get("natale2024-amplified").source, locator="a place")
    issues = tuple(
        replace(issue, refutes=True) if issue.shown_by else issue
        for issue in get("natale2024-amplified").known_issues
    )
    wrong = replace(get("natale2024-amplified"), source=read, known_issues=issues)
    assert status_of(wrong).status == "repaired"
    orphan = replace(get("slt-lemma-r"), proof="no-such-proof")
    assert status_of(orphan).proof_level == "none"
