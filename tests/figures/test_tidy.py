"""A user's own tables: read, refused by column, drawn with their intervals and captions."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from slt_theory.figures.tidy import TIDY
from typer.testing import CliRunner

import slt_theory as slt
from slt_theory.cli import app
from slt_theory.errors import BadInput
from slt_theory.plotting import chart, read_rows
from slt_theory.plotting.captions import latex
from slt_theory.statistics import clopper_pearson

CURVE = "eps,n,successes,trials\n1/10,4,2,10\n1/10,5,9,10\n0.01,4,0,10\n0.01,5,1,10\n"
DOCS = Path(__file__).parents[2] / "docs"


def say(*arguments: object) -> dict[str, object]:
    result = CliRunner().invoke(app, [*map(str, arguments), "--json"], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return dict(json.loads(result.stdout))


@pytest.fixture
def curve(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    Path("own.csv").write_text(CURVE)
    return "own.csv"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.csv", CURVE),
        ("b.csv", "\ufeff" + CURVE.replace(",", ";")),
        ("c.tsv", CURVE.replace(",", "\t")),
        ("d.json", json.dumps([dict(zip(("eps", "n", "successes", "trials"), row, strict=True))
                               for row in ((0.1, 4, 2, 10), (0.1, 5, 9, 10), (0.01, 4, 0, 10),
                                           (0.01, 5, 1, 10))])),
    ],
)  # fmt: skip
def test_the_same_table_is_read_from_every_kind(tmp_path, name, text):
    (tmp_path / name).write_text(text, encoding="utf-8")
    rows = read_rows(tmp_path / name)
    assert [tuple(row.values()) for row in rows][::3] == [(0.1, 4, 2, 10), (0.01, 5, 1, 10)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "has no rows"),
        ("n,success\n", "has no rows"),
        ("n,n\n1,2\n", "two columns are called 'n'"),
        ("n,success\n1,2,3\n", "line 2 has 3 cells, the header 2"),
    ],
)
def test_a_broken_table_is_refused_with_its_place(tmp_path, text, words):
    (tmp_path / "t.csv").write_text(text)
    with pytest.raises(BadInput, match=words):
        read_rows(tmp_path / "t.csv")


def test_a_chart_takes_the_intervals_of_the_table_or_computes_exact_ones(curve):
    said = say("plot", curve, "--x", "n", "--y", "success", "--by", "eps", "--style", "neurips")
    assert said["curves"] == [r"$\varepsilon$ = 0.1", r"$\varepsilon$ = 0.01"]
    beside = json.loads(Path(said["data"]).read_text())
    low, high = clopper_pearson(2, 10, 1 - 0.95)
    assert beside["rows"][0]["success_low"] == low
    assert beside["rows"][0]["success_high"] == high
    assert {Path(file).suffix for file in said["files"]} == {".pdf", ".svg", ".png"}
    words = Path(said["caption"]).read_text()
    command = r"slt plot own.csv --x n --y success --by eps --style neurips"
    assert f"\\texttt{{{command}}}" in words
    assert "bars from success\\_low to success\\_high" in words


def test_the_data_beside_a_chart_draw_it_again(curve):
    first = say("plot", curve, "--x", "n", "--y", "success", "--by", "eps")
    kept = Path("kept.json")
    kept.write_bytes(Path(first["data"]).read_bytes())
    again = say("plot", kept, "--x", "n", "--y", "success", "--by", "eps", "--out", "again")
    assert Path(first["files"][1]).read_bytes() == Path(again["files"][1]).read_bytes()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--y", "success"], "columns of own.csv: eps, n, successes, trials"),
        (["--x", "m", "--y", "success"], "x = m: is no column.*columns: eps, n, successes"),
        (["--x", "n", "--y", "sucess"], "y = sucess: .*did you mean success"),
        (["--x", "n", "--y", "success"], "several rows at n = 4; they differ in eps: --by eps"),
        (["--x", "n", "--y", "success", "--where", "eps=3"], "met by no row; values of eps: 0.1"),
        (["--x", "n", "--y", "success", "--where", "eps"], "write COLUMN=VALUE"),
        (["--x", "n", "--y", "success:n", "--by", "eps"], "neither Y nor Y:LOW:HIGH"),
        (["--x", "n", "--y", "trials:trials:n", "--by", "eps"],
         "does not lie between trials and n"),
    ],
)  # fmt: skip
def test_a_column_that_cannot_be_drawn_is_named_with_the_way_out(curve, options, words):
    result = CliRunner().invoke(app, ["plot", curve, *options])
    assert isinstance(result.exception, BadInput), result.output
    with pytest.raises(BadInput, match=words):
        raise result.exception
    assert not Path("figures-out").exists()


def test_text_is_no_value_and_an_open_end_is_an_arrow():
    with pytest.raises(BadInput, match="n = few: is no number; row 1"):
        chart([{"eps": 0.1, "n": "few"}], "eps", "n")
    made = chart([{"eps": 0.1, "n": 3.0, "n_low": 2.0, "n_high": None},
                  {"eps": 0.2, "n": None, "n_low": None, "n_high": None}], "eps", "n")  # fmt: skip
    assert made.left_out == 1
    assert "an arrow where an interval has no end" in made.words()
    made.figure()


def test_more_curves_than_can_be_told_apart_are_refused():
    rows = [{"n": 1.0, "k": float(k), "y": 1.0} for k in range(30)]
    with pytest.raises(BadInput, match=r"30 values.*--where"):
        chart(rows, "n", "y", by=["k"])


@pytest.mark.parametrize("name", TIDY)
def test_a_figure_is_drawn_from_the_export_of_a_sweep(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    form, grid = TIDY[name], {"eps": [0.1]}
    more = {"frozen_plane": {"lock": [0, "1/4"], "prune": [0, "1/4"]}, "vectors": {"dim": [1, 2]}}
    grid |= more.get(name, {})
    fixed = {} if form.kind == "curve" else {"delta": 0.1, "targets": "random"}
    lines = [f'kind = "{form.kind}"', "trials = 60", "[fixed]"]
    lines += [f"{key} = {json.dumps(value)}" for key, value in fixed.items()]
    lines += ["[grid]", *(f"{key} = {json.dumps(value)}" for key, value in grid.items())]
    Path("s.toml").write_text("\n".join(lines))
    say("sweep", "s.toml", "--export", "s.csv")
    (made,) = say("figure", name, "--data", "s.csv")["figures"]
    assert all(Path(file).stat().st_size for file in (*made["files"], made["caption"]))
    assert "s.csv" in Path(made["caption"]).read_text()
    held = Path("s.csv").read_text().splitlines()
    missing = "\n".join(line.rpartition(",")[0] for line in held).replace(form.needed[0], "other")
    Path("m.csv").write_text(missing)
    result = CliRunner().invoke(app, ["figure", name, "--data", "m.csv"])
    assert isinstance(result.exception, BadInput)
    assert f"data = {form.needed[0]}" in str(result.exception)
    assert f"'{form.kind}'" in str(result.exception)


def test_a_figure_without_a_tidy_form_names_those_that_have_one_and_the_verb(curve):
    result = CliRunner().invoke(app, ["figure", "masks", "--data", curve])
    assert "success_vs_n" in str(result.exception)
    assert "slt plot" in str(result.exception)


def test_the_documented_columns_are_those_of_the_code():
    page = (DOCS / "how-to-make-a-figure.md").read_text(encoding="utf-8")
    for name, form in TIDY.items():
        needed = ", ".join(f"`{column}`" for column in form.needed)
        more = ", ".join(f"`{column}`" for column in form.more)
        assert f"| `{name}` | `{form.kind}` | {needed} | {more} |" in page


@pytest.mark.parametrize("law", ["triangular(-1,0,1)", "own.py:law", "laplace(0.3)"])
def test_a_figure_is_made_for_a_law_of_ones_own(tmp_path, monkeypatch, law):
    from slt_theory.figures import success_vs_n

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(success_vs_n, "EPS", ("1/10",))
    Path("own.py").write_text("import scipy.stats\nlaw = scipy.stats.uniform(-0.9, 1.8)\n")
    (made,) = say("figure", "success_vs_n", "--law", law, "--quick")["figures"]
    table = json.loads(Path(made["data"]).read_text())
    assert table["law"] == law
    assert table["curves"][0]["n"] == slt.threshold(law=law, eps="1/10", trials=1000).n
    words = Path(made["caption"]).read_text()
    assert "U[-1, 1]" not in words
    assert latex(law) in words


def test_a_figure_about_no_law_refuses_one():
    result = CliRunner().invoke(app, ["figure", "masks", "--law", "uniform"])
    assert "of these: success_vs_n, n_vs_eps" in str(result.exception)


def test_results_draw_themselves():
    bound = slt.bound_numbers("lueker1998-rss", eps=0.25, trials=100)
    found = slt.check("lueker1998-rss", eps=0.25, trials=100)
    for result, word in ((slt.threshold(eps=0.25, trials=50), "share"), (found, "probability"),
                         (bound, "random numbers")):  # fmt: skip
        axis = result.plot()
        assert word in axis.get_xlabel() + axis.get_ylabel()
        assert result.plot(axis) is axis
    assert next(text.get_text() for text in bound.plot().get_yticklabels()) == "counting"
