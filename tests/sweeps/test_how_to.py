"""The how-to runs as it stands, and the verb keeps its contract."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from slt_theory.cli import app
from slt_theory.errors import BadInput, UnreadableFile
from slt_theory.sweeps import KINDS

PAGE = (Path(__file__).parents[2] / "docs" / "how-to-sweep.md").read_text(encoding="utf-8")
RUN = CliRunner()


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, flags=re.DOTALL)


def commands() -> list[str]:
    return [text.strip().removeprefix("slt ") for text in blocks("sh")]


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def slt(line: str) -> str:
    result = RUN.invoke(app, shlex.split(line))
    assert result.exit_code == 0, result.output
    return result.stdout


def test_the_page_runs_as_it_stands() -> None:
    laws, frozen = blocks("toml")
    Path("laws.toml").write_text(laws)
    Path("frozen.toml").write_text(frozen)
    on_threads, _ = commands()
    slt(on_threads)
    (shown,) = blocks("text")
    assert Path("laws.csv").read_text().startswith(shown)
    assert "nothing to do" in slt(on_threads)
    record = json.loads(slt(f"{on_threads} --json"))
    assert (record["done"], record["skipped"], record["failed"]) == (0, 12, 0)
    assert record["export"] == "laws.csv"
    slt("sweep frozen.toml --export frozen.csv")
    assert Path("frozen.csv").read_text().count("\n") == 4


@pytest.mark.long
def test_the_cluster_of_the_page_gives_the_same_table() -> None:
    """The normal run has a cluster in test_kills."""
    pytest.importorskip("distributed")
    Path("laws.toml").write_text(blocks("toml")[0])
    for line in commands():
        slt(line)
    assert Path("cluster.csv").read_bytes() == Path("laws.csv").read_bytes()


def test_the_python_of_the_page_runs() -> None:
    pytest.importorskip("pandas")
    (code,) = blocks("python")
    namespace: dict[str, object] = {}
    exec(code, namespace)
    assert "success_low" in namespace["table"].columns  # type: ignore[attr-defined]
    Path("mine.py").write_text(code.split("with Store")[0])
    assert json.loads(slt("sweep mine.py:sweep --store curves.sqlite --json"))["done"] == 0


def test_the_page_names_all_kinds() -> None:
    named = re.findall(r"^\| `(\w+)` \|", PAGE, flags=re.MULTILINE)
    assert named == list(KINDS)


def test_fresh_sets_the_store_aside() -> None:
    Path("a.toml").write_text('kind = "curve"\ntrials = 50\n[fixed]\neps = 0.25\n')
    slt("sweep a.toml")
    record = json.loads(slt("sweep a.toml --fresh --json"))
    assert (record["done"], record["skipped"]) == (1, 0)
    assert Path(record["set_aside"]).is_file()


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("sweep missing.toml", UnreadableFile),
        ("sweep a.toml --backend mpi", BadInput),
        ("sweep a.toml --export a.xls", BadInput),
        ("sweep a.toml --scheduler tcp://x:1 --backend threads", BadInput),
        ("sweep a.py:other", BadInput),
    ],
)
def test_bad_requests_are_refused_before_anything_runs(line: str, error: type) -> None:
    Path("a.toml").write_text('kind = "curve"\n[fixed]\neps = 0.25\n')
    Path("a.py").write_text("other = 3\n")
    assert isinstance(RUN.invoke(app, line.split()).exception, error)
    assert not Path("a.sqlite").exists()
