"""The laptop's recipe of the page on clusters runs as it stands, to the table of threads."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from slt_theory.cli import app

PAGE = (Path(__file__).parents[2] / "docs" / "clusters.md").read_text(encoding="utf-8")


def block(language: str) -> str:
    (text,) = re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    return text


def test_the_recipe_of_a_laptop_gives_the_table_of_threads(tmp_path, monkeypatch):
    pytest.importorskip("distributed")
    monkeypatch.chdir(tmp_path)
    Path("own.toml").write_text(block("toml"))
    assert block("sh").strip() == (
        'slt sweep own.toml --scheduler "$(cat address)" --export own.csv'
    )
    names: dict[str, object] = {}
    exec(compile(block("python"), "clusters.md", "exec"), names)
    try:
        address = Path("address").read_text()
        line = ["sweep", "own.toml", "--scheduler", address, "--export", "own.csv"]
        result = CliRunner().invoke(app, line, catch_exceptions=False)
    finally:
        names["cluster"].close()
    assert result.exit_code == 0, result.output
    threads = ["sweep", "own.toml", "--store", "threads.sqlite", "--export", "threads.csv"]
    assert CliRunner().invoke(app, threads).exit_code == 0
    assert Path("own.csv").read_bytes() == Path("threads.csv").read_bytes()


def test_the_recipes_are_python():
    for text in re.findall(r"^```py\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE):
        compile(text, "clusters.md", "exec")
