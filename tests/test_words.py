"""One word a notion: the glossary's banned synonyms stay out of names and docstrings."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
#: Everyday words for standard notions, and the word of `docs/glossary.md` in their place.
BANNED = {
    "wanted": "target (of a sum), expected (of a test)",
    "offered": "candidate",
    "offers": "candidate",
    "told": "called with",
    "torn": "partially kept, incomplete",
    "dress": "complete the header",
    "serves": "reach, cover, is shared by",
    "serve": "reach, cover, is shared by",
    "relief": "slack",
    "said": "record, fingerprint",
}
WORD = re.compile(rf"(?<![a-z])({'|'.join(BANNED)})(?![a-z])")
FILES = [
    path
    for folder in ("slt_theory", "proofs", "figures", "benchmarks", "tools")
    for path in sorted((ROOT / folder).rglob("*.py"))
]


def names_and_docstrings(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Names that are bound and docstrings, with their lines."""
    for node in ast.walk(tree):
        match node:
            case ast.Module() | ast.ClassDef() | ast.FunctionDef() | ast.AsyncFunctionDef():
                line = getattr(node, "lineno", 1)
                yield line, ast.get_docstring(node) or ""
                yield line, getattr(node, "name", "")
            case ast.arg(arg=name):
                yield node.lineno, name
            case ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()):
                yield node.lineno, name


def banned_words(text: str) -> list[str]:
    """Line, word and what to write instead, of every banned word in a file."""
    return [
        f"line {line}: {word}; write {BANNED[word]}"
        for line, written in names_and_docstrings(ast.parse(text))
        for word in WORD.findall(written.lower())
    ]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_names_and_docstrings_use_the_words_of_the_glossary(path):
    assert banned_words(path.read_text(encoding="utf-8")) == []


def test_banned_words_are_found_where_they_are_bound():
    text = '''"""One sum serves all."""


class A:
    def f(self, wanted_rows):
        self.said = 1
'''
    assert [line.split(";")[0] for line in banned_words(text)] == [
        "line 1: serves",
        "line 5: wanted",
        "line 6: said",
    ]
    assert banned_words("observed = conserved = 0\n") == []


def test_the_glossary_gives_every_word_to_write():
    page = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    assert all(f"`{word}`" in page for word in BANNED)
