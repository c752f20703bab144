"""References: one object a paper, BibTeX that parses, and the file that is made from them."""

from __future__ import annotations

import re
from pathlib import Path

from slt_theory.theorems import all_entries
from slt_theory.theorems.page import paper_markdown
from slt_theory.theorems.references import all_papers, bibliography, bibtex, references_markdown


def test_a_paper_is_described_once() -> None:
    described = {(entry.source.paper.key, entry.source.paper) for entry in all_entries()}
    assert len(described) == len({key for key, _ in described})
    found = [paper.identifier for paper in all_papers()]
    assert len(set(found)) == len(found)


def test_the_file_of_references_is_made_from_the_papers() -> None:
    stored = Path(__file__).parents[2] / "references.bib"
    assert stored.read_text(encoding="utf-8") == bibliography()


def test_bibtex_has_the_fields_that_a_citation_needs() -> None:
    for paper in all_papers():
        text = bibtex(paper)
        assert text.startswith(f"@misc{{{paper.key},\n")
        assert text.endswith("\n}")
        assert text.count("{") == text.count("}")
        fields = dict(re.findall(r"^  (\w+) = \{(.*)\},$", text, re.MULTILINE))
        assert {"author", "title", "howpublished", "year"} <= set(fields)
        assert {"eprint", "doi", "url"} & set(fields)
        assert ", " not in fields["author"] or fields["author"].startswith("{")


def test_every_paper_is_listed_and_has_a_page() -> None:
    listed = references_markdown()
    for paper in all_papers():
        assert f"**{paper.key}**" in listed
        page = paper_markdown(paper.key)
        assert page.startswith("# ")
        assert "](#" not in page
    for entry in all_entries():
        assert f"## {entry.id}\n" in paper_markdown(entry.source.paper.key)
