"""The pages run as they stand: Python and console blocks in order, in one empty folder a page.

A console block shows a command and what it prints; ``...`` stands for any text. A python block that
comes before ``mine.py`` is used is that file, and a csv block is ``own.csv``.
"""

from __future__ import annotations

import contextlib
import doctest
import io
import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from slt_theory.cli import app

DOCS = Path(__file__).parents[2] / "docs"
BLOCK = re.compile(r"^```(python|pycon|console|csv)\n(.*?)^```", re.DOTALL | re.MULTILINE)
PAGES = (
    "glossary.md",
    "difference.md",
    "follow-eps.md",
    "constructions.md",
    "theory.md",
    "how-to-check-a-bound.md",
    "how-to-make-a-figure.md",
    "how-to-use-your-own-law.md",
)


def matches(shown: str, printed: str) -> bool:
    pattern = ".*".join(re.escape(part.strip()) for part in shown.split("..."))
    return re.fullmatch(pattern, printed.strip(), re.DOTALL) is not None


def run_console(text: str) -> None:
    for part in re.split(r"^(?=\$ )", text, flags=re.MULTILINE)[1:]:
        run_command(part)


def run_command(text: str) -> None:
    command, _, shown = text.partition("\n")
    assert command.startswith("$ slt "), command
    result = CliRunner().invoke(app, shlex.split(command.removeprefix("$ slt ")))
    # A verdict may be VIOLATED (1) or INCONCLUSIVE (3) where the page shows one.
    assert result.exit_code in (0, 1, 3), result.output
    assert matches(shown, result.stdout), result.output


def run_dialogue(text: str, names: dict[str, object]) -> None:
    test = doctest.DocTestParser().get_doctest(text, names, "page", None, None)
    runner, out = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS), io.StringIO()
    failed = runner.run(test, out=out.write, clear_globs=False).failed
    names.update(test.globs)
    assert not failed, out.getvalue()


@pytest.mark.parametrize("page", PAGES)
def test_the_page_runs_as_it_stands(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    blocks = BLOCK.findall((DOCS / page).read_text(encoding="utf-8"))
    assert blocks
    names: dict[str, object] = {}
    for kind, text in blocks:
        if kind == "console":
            run_console(text)
        elif kind == "csv":
            (tmp_path / "own.csv").write_text(text, encoding="utf-8")
        elif kind == "pycon":
            run_dialogue(text, names)
        else:
            with (tmp_path / "mine.py").open("a", encoding="utf-8") as file:
                file.write(text)
            with contextlib.redirect_stdout(io.StringIO()):
                exec(compile(text, page, "exec"), names)


@pytest.mark.parametrize(
    ("shown", "printed", "same"),
    [("a...c", "abc", True), ("...", "x", True), ("a", "b", False), ("...x", "xy", False)],
)
def test_shown_text_is_compared(shown, printed, same):
    assert matches(shown, printed) is same


def test_every_page_is_in_the_site():
    navigation = (DOCS.parent / "mkdocs.yml").read_text(encoding="utf-8").partition("nav:")[2]
    assert {p.name for p in DOCS.glob("*.md")} == set(re.findall(r"[\w-]+\.md", navigation))
