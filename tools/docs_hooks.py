"""What the documentation site needs beyond its pages: formulas as MathML, and the gallery drawn."""

from __future__ import annotations

import inspect
import io
import json
import re
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

_DOCS = Path(__file__).parents[1] / "docs"
_CODE = re.compile(r"(```.*?```|`[^`\n]+`|^(?: {4}|\t).*$)", re.DOTALL | re.MULTILINE)
_DISPLAY = re.compile(r"\$\$(.+?)\$\$", re.DOTALL)
_INLINE = re.compile(r"\$([^$\n]+)\$")


def on_page_markdown(markdown: str, *, page: Any, **_: Any) -> str:
    """Formulas outside code become MathML; the gallery gets its figures."""
    if page.file.src_uri == "gallery.md":
        markdown = markdown.replace("<!-- figures -->", _gallery())
    if page.file.src_uri == "architecture.md":
        markdown = markdown.replace("<!-- counts -->", _counts())
    if page.file.src_uri == "notebook.md":
        tool = _tool("notebook")
        book = json.loads((_DOCS / "notebook.ipynb").read_text(encoding="utf-8"))
        markdown = markdown.replace("<!-- notebook -->", tool.markdown(book))
    if page.file.src_uri == "references.md":
        markdown = markdown.replace("<!-- references -->", _references())
    if page.file.src_uri == "constructions.md":
        from slt_theory.tickets.building.page import constructions_markdown

        markdown = markdown.replace("<!-- constructions -->", constructions_markdown())
    # Code, every second part, is left alone.
    parts = _CODE.split(markdown)
    parts[::2] = [_formulas(part) for part in parts[::2]]
    return "".join(parts)


def _formulas(text: str) -> str:
    from latex2mathml.converter import convert

    text = _DISPLAY.sub(lambda m: convert(" ".join(m[1].split()), display="block"), text)
    return _INLINE.sub(lambda m: convert(m[1]), text)


def _gallery() -> str:
    from slt_theory import figures

    parts = []
    for name in figures.FIGURES:
        words = inspect.getdoc(figures.load(name)) or ""
        title, _, rest = words.partition("\n")
        parts.append(f"## {name}\n\n{title}\n{rest}\n\n![{title}](gallery/{name}.svg)\n")
    return "\n".join(parts)


def _tool(name: str) -> Any:
    """A script of this folder as a module."""
    spec = spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _counts() -> str:
    """The counts of tools/house.py for the tree that the site is made of, as a table."""
    house = _tool("house")
    rows = house.counts(house.trees(None)).items()
    return "\n".join(["| count | here |", "|---|---|", *(f"| {k} | {v} |" for k, v in rows)])


def _references() -> str:
    """The list of references, each key with a link to the page of the paper."""
    from slt_theory.theorems.references import all_papers, references_markdown

    text = references_markdown()
    for paper in all_papers():
        text = text.replace(f"**{paper.key}**", f"[**{paper.key}**](papers/{paper.key}.md)")
    return text


def _paper_pages(config: Any) -> Any:
    """One page a paper, made from the catalogue."""
    from mkdocs.structure.files import File

    from slt_theory.theorems.page import paper_markdown
    from slt_theory.theorems.references import all_papers

    for paper in (*(one.key for one in all_papers()), "slt"):
        yield File.generated(config, f"papers/{paper}.md", content=paper_markdown(paper))


def on_files(files: Any, *, config: Any) -> Any:
    """Draw every figure from its shipped table into the site."""
    import matplotlib
    from mkdocs.structure.files import File

    from slt_theory import figures
    from slt_theory.plotting import style

    for name in figures.FIGURES:
        with matplotlib.rc_context(style("plain") | {"savefig.facecolor": "white"}):
            buffer = io.StringIO()
            drawn = figures.load(name).draw(figures.stored(name))
            drawn.savefig(buffer, format="svg", metadata={"Date": None})
        files.append(File.generated(config, f"gallery/{name}.svg", content=buffer.getvalue()))
    for page in _paper_pages(config):
        files.append(page)
    return files
