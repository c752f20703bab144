"""Shipped tables draw in every style to the same bytes; a user's own is drawn or refused."""

from __future__ import annotations

import json
import shutil
from itertools import combinations

import matplotlib
import pytest
from matplotlib.text import Text
from typer.testing import CliRunner

from slt_theory import figures
from slt_theory.cli import app
from slt_theory.errors import BadInput
from slt_theory.plotting import STYLES, save_figure, style


def misplaced(figure):
    """Legends that cover axes, words outside of the figure, labels that run into each other."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    renderer = FigureCanvasAgg(figure).get_renderer()
    figure.draw(renderer)
    page = figure.bbox.padded(1)
    # Those of ticks out of range are not drawn.
    sides = [side for axis in figure.axes for side in (axis.xaxis, axis.yaxis)]
    ticks = {text for side in sides for text in side.get_ticklabels(which="both")}
    for legend in [*figure.legends, *(axis.get_legend() for axis in figure.axes)]:
        if legend is not None and legend.get_visible():
            box = legend.get_window_extent(renderer).padded(-2)
            if any(box.overlaps(axis.bbox) for axis in figure.axes):
                yield f"the legend {[text.get_text() for text in legend.get_texts()]}"
    for text in figure.findobj(Text):
        box = text.get_window_extent(renderer)
        if not text.get_visible() or not text.get_text() or not box.width:
            continue
        inside = page.x0 <= box.x0 and box.x1 <= page.x1 and page.y0 <= box.y0 <= page.y1
        if text not in ticks and not inside:
            yield f"{text.get_text()!r} at {box}"
    labels = [text for axis in figure.axes for text in (axis.xaxis.label, axis.yaxis.label)]
    shown = [text for text in labels if text.get_visible() and text.get_text()]
    for one, other in combinations(shown, 2):
        boxes = [text.get_window_extent(renderer).padded(-1) for text in (one, other)]
        if boxes[0].overlaps(boxes[1]):
            yield f"{one.get_text()!r} over {other.get_text()!r}"


@pytest.mark.parametrize("name", figures.FIGURES)
@pytest.mark.parametrize("look", ["plain", "talk"])
def test_words_stand_clear_on_a_screen_and_on_a_slide(name, look):
    with matplotlib.rc_context(style(look)):
        assert list(misplaced(figures.load(name).draw(figures.stored(name)))) == []


@pytest.mark.filterwarnings("error:constrained_layout")
@pytest.mark.parametrize("name", figures.FIGURES)
def test_a_shipped_table_says_what_made_it_and_draws_to_the_same_bytes(name, tmp_path):
    table = figures.stored(name)
    assert table is not None, f"{name} ships no table: see figures/README.md"
    assert table["made"]["figure"] == name
    assert {"seed", "quick", "slt-theory", "numpy", "numba"} <= table["made"].keys()
    assert table["made"]["quick"] is False
    assert table["made"]["command"] == figures.command(name, seed=table["made"]["seed"])
    for folder in ("a", "b"):
        with matplotlib.rc_context(style("icml")):
            figure = figures.load(name).draw(table)
            save_figure(figure, name, tmp_path / folder, table=table)
    # One column, or the text over two.
    assert figure.get_figwidth() in (3.25, 2 * 3.25 + 0.25)
    assert figure.get_figheight() <= 9
    assert list(misplaced(figure)) == []
    assert {face for text in figure.findobj(Text) for face in text.get_fontfamily()} == {
        "STIXGeneral"
    }
    for path in (tmp_path / "a").iterdir():
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes(), path.name


def test_every_table_belongs_to_a_figure_and_every_figure_stands_in_the_readme():
    from pathlib import Path

    folder = Path(figures.__file__).parent
    assert {p.stem for p in (folder / "tables").iterdir()} == set(figures.FIGURES)
    scripts = {p.stem for p in folder.glob("*.py")} - {"__init__", "made_by", "tidy"}
    assert scripts == set(figures.FIGURES)
    readme = (folder / "README.md").read_text(encoding="utf-8")
    assert all(f"`{name}`" in readme for name in figures.FIGURES)


@pytest.mark.parametrize("name", STYLES)
def test_a_style_is_an_rc_dictionary_of_its_width(name):
    rc = style(name)
    assert set(rc) <= set(matplotlib.rcParams)
    widths = {"neurips": 5.5, "icml": 3.25, "iclr": 5.5, "plain": 6.4, "talk": 10}
    assert rc["figure.figsize"][0] == widths[name]
    assert rc["text.usetex"] is False


def test_latex_is_asked_for_by_name_where_it_is_missing(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(BadInput, match="latex and dvipng"):
        style("plain", usetex=True)


def drawn(*arguments):
    return CliRunner().invoke(app, ["figure", *map(str, arguments)])


def test_a_users_own_table_is_drawn(tmp_path):
    table = figures.stored("golden_ratio")
    (tmp_path / "mine.json").write_text(json.dumps(table))
    out = tmp_path / "out"
    result = drawn("golden_ratio", "--data", tmp_path / "mine.json", "--out", out)
    assert result.exit_code == 0, result.output
    assert json.loads((out / "golden_ratio.json").read_text()) == table


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", ("data = ", "cannot be read as JSON")),
        ("{}", ("data = ", "no table of golden_ratio", "an example")),
        ("[1]", ("data = ", "no table of golden_ratio")),
    ],
)
def test_a_table_that_is_none_is_refused(tmp_path, text, words):
    path = tmp_path / "mine.json"
    path.write_text(text)
    result = drawn("golden_ratio", "--data", path, "--out", tmp_path / "out")
    assert isinstance(result.exception, BadInput)
    assert all(word in str(result.exception) for word in words), str(result.exception)
    assert not (tmp_path / "out").exists()


def test_data_and_a_new_computation_exclude_each_other(tmp_path):
    result = drawn("golden_ratio", "--data", tmp_path / "x.json", "--recompute")
    assert isinstance(result.exception, BadInput)


def test_differencing_and_greedy_choice_give_distances_of_subsets():
    from itertools import product

    from slt_theory.figures.greedy_gaps import differenced, greedy

    from slt_theory.laws import Uniform

    for trial in range(20):
        *items, target = Uniform(bits=20).sample(1, trial, 0, 8).tolist()
        sums = [
            sum(x for x, b in zip(items, bits, strict=True) if b)
            for bits in product((0, 1), repeat=7)
        ]
        distances = {abs(total - target) for total in sums}
        assert {differenced(items, target), greedy(items, target)} <= distances
