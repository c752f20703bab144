"""The notebook of the documentation runs, in plain Python and in Jupyter, to what it shows."""

from __future__ import annotations

import json
import re
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import slt_theory as slt

ROOT = Path(__file__).parents[2]
NOTEBOOK = json.loads((ROOT / "docs" / "notebook.ipynb").read_text(encoding="utf-8"))


def tool() -> ModuleType:
    spec = spec_from_file_location("notebook", ROOT / "tools" / "notebook.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def texts(notebook: dict[str, Any]) -> list[dict[str, Any]]:
    """What cells show but for pictures, whose bytes belong to a version of matplotlib."""
    shown = []
    for cell in notebook["cells"]:
        for output in cell.get("outputs", ()):
            data = output.get("data", {"text/plain": output.get("text")})
            shown.append({kind: data[kind] for kind in data if kind.startswith("text/")})
    return shown


def test_the_notebook_shows_what_its_cells_give() -> None:
    pytest.importorskip("pandas")
    found, stored = texts(tool().run(NOTEBOOK)), texts(NOTEBOOK)
    assert len(stored) > 8
    assert found == stored, "python tools/notebook.py docs/notebook.ipynb"


def test_the_notebook_runs_in_jupyter(tmp_path: Path) -> None:
    nbclient = pytest.importorskip("nbclient")
    nbformat = pytest.importorskip("nbformat")
    pytest.importorskip("ipykernel")
    book = nbformat.reads(json.dumps(NOTEBOOK), as_version=4)
    nbclient.NotebookClient(book, resources={"metadata": {"path": str(tmp_path)}}).execute()
    pages = [
        output["data"].get("text/html")
        for cell in book.cells
        for output in cell.get("outputs", ())
        if output["output_type"] == "execute_result"
    ]
    assert sum("<math" in (page or "") for page in pages) >= 4


def test_the_page_holds_code_and_formulas() -> None:
    page = tool().markdown(NOTEBOOK)
    assert page.count("```python") == sum(c["cell_type"] == "code" for c in NOTEBOOK["cells"])
    assert "<math" in page
    assert "<svg" in page
    # A blank line would end the block of HTML.
    assert not re.search(r"<div>[^\n]*\n\n[^\n]*</div>", page)


@pytest.mark.parametrize("name", ["", "laws", "sweeps", "networks", "tickets", "theorems", "data",
                                  "universal", "torch", "testing", "certified", "experiments",
                                  "plotting", "statistics", "report", "figures"])  # fmt: skip
def test_completion_shows_public_names_alone(name: str) -> None:
    from importlib import import_module

    module = import_module(f"slt_theory.{name}".rstrip("."))
    assert sorted(dir(module)) == sorted(module.__all__)
    for one in module.__all__:
        assert getattr(module, one) is not None


def test_progress_is_a_line_or_a_callable(capsys: pytest.CaptureFixture[str]) -> None:
    seen: list[int] = []
    slt.threshold(eps="1/4", trials=100, progress=seen.append)
    assert sum(seen) == 100
    assert not capsys.readouterr().err
    slt.threshold(eps="1/4", trials=100, progress=True)
    assert "100 of 100 trials" in capsys.readouterr().err
    slt.check("slt-rss-explicit", eps="1/10", trials=500, progress=True)
    assert " of 500 trials" in capsys.readouterr().err
    slt.build_ticket(slt.Dense([[[0.5]]]), eps="1/10", seed=1, progress=True)
    assert " sums" in capsys.readouterr().err


@pytest.mark.parametrize("entry", slt.all_theorems(), ids=lambda entry: entry.id)
def test_an_entry_is_short_in_text_and_whole_in_html(entry: Any) -> None:
    assert len(repr(entry)) < 300
    page = entry._repr_html_()
    assert page.count("<math") == (entry.bound is not None)
    assert "<script" not in page


def test_what_a_user_names_is_escaped() -> None:
    bound = slt.Bound("<script>", n=lambda eps, delta: 30, law="uniform")
    page = slt.check(bound, eps="1/10", trials=50)._repr_html_()
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
