"""References as BibTeX and as a list: each is written once, in the module of its paper."""

from __future__ import annotations

from slt_theory.theorems import all_entries
from slt_theory.theorems.entry import Paper

__all__ = ["all_papers", "bibliography", "bibtex", "references_markdown"]


def all_papers() -> tuple[Paper, ...]:
    """Every paper of the catalogue, by key; our own work is none."""
    papers = {entry.source.paper.key: entry.source.paper for entry in all_entries()}
    return tuple(papers[key] for key in sorted(papers) if key != "slt")


def bibtex(paper: Paper) -> str:
    """One BibTeX entry, ``@misc`` with the venue as it was published.

    Examples
    --------
    >>> from slt_theory.theorems import get
    >>> print(bibtex(get("zeng2024-transformer").source.paper))
    @misc{zeng2024,
      author = {Yuchen Zeng and Kangwook Lee},
      title = {{The expressive power of low-rank adaptation}},
      howpublished = {ICLR 2024},
      year = {2024},
      eprint = {2310.17513},
      archivePrefix = {arXiv},
    }
    """
    authors = (
        f"{{{paper.authors}}}"
        if "(" in paper.authors
        else paper.authors.replace(", ", " and ").replace(" and and ", " and ")
    )
    fields = {
        "author": authors,
        "title": f"{{{paper.title}}}",
        "howpublished": paper.venue,
        "year": str(paper.year),
    }
    if paper.arxiv:
        fields |= {"eprint": paper.arxiv, "archivePrefix": "arXiv"}
    elif paper.link:
        kind, _, rest = paper.link.partition(":")
        known = {
            "doi": {"doi": rest},
            "openreview": {"url": f"https://openreview.net/forum?id={rest}"},
        }
        fields |= known.get(kind, {"url": paper.link})
    lines = (f"  {name} = {{{value}}}," for name, value in fields.items())
    return "\n".join([f"@misc{{{paper.key},", *lines, "}"])


def bibliography() -> str:
    """All references as one BibTeX file."""
    head = "% The papers of the catalogue. Written by `slt list --bibtex`; do not edit.\n"
    return "\n".join([head, *(f"{bibtex(paper)}\n" for paper in all_papers())])


def references_markdown() -> str:
    """All references as a list, each with the entries that rest on it."""
    entries: dict[str, list[str]] = {}
    for entry in all_entries():
        entries.setdefault(entry.source.paper.key, []).append(entry.id)
    lines = []
    for paper in all_papers():
        found = f", {paper.identifier}" if paper.identifier else ""
        names = ", ".join(f"`{name}`" for name in entries[paper.key])
        lines.append(
            f"* **{paper.key}**: {paper.authors}. *{paper.title}.* {paper.venue} ({paper.year})"
            f"{found}. {names}"
        )
    return "\n".join(lines) + "\n"
