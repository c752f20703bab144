"""What a sweep is: parameters of one type each, points, keys, and what is refused."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from slt_theory.errors import BadInput, UnreadableFile
from slt_theory.laws import Uniform
from slt_theory.sweeps import KINDS, Sweep, read_sweep
from slt_theory.sweeps.draws import DRAWS, Cell, TrialBlock, compute, own_release
from slt_theory.sweeps.keys import canonical, digest
from slt_theory.sweeps.kinds import Asked, Missing

EIGHTH = {"eps": "1/8", "delta": 0.1}


def small(**change: Any) -> Sweep:
    arguments: dict[str, Any] = {"kind": "threshold", "fixed": {"delta": 0.1, "eps": "1/10"}}
    return Sweep(**(arguments | change))


def first_cell(sweep: Sweep) -> Cell:
    def none(cell: Cell) -> dict[str, int]:
        raise Missing(cell)

    with pytest.raises(Missing) as missing:
        sweep.of.read(Asked(sweep.points[0], sweep.trials, sweep.seed, none))
    return missing.value.cell


def test_a_decimal_in_a_file_is_taken_as_written(tmp_path: Path) -> None:
    spec = tmp_path / "a.toml"
    spec.write_text('kind = "threshold"\n[fixed]\ndelta = 0.1\neps = 0.01\n')
    assert read_sweep(spec).points[0]["eps"] == "1/100"
    assert read_sweep(spec).points[0]["delta"] == 0.1


@pytest.mark.parametrize(
    "eps", ["0.125", "2/16", 0.125, Fraction(1, 8), Decimal("0.125"), np.float64(0.125)]
)
def test_equal_values_make_equal_sweeps(eps: Any) -> None:
    spelled = {"delta": "0.1", "lo": -1.0, "hi": Fraction(1), "law": " Uniform ", "size": None}
    assert small(fixed={"eps": eps, **spelled}).key == small(fixed=EIGHTH).key
    assert small(fixed={"delta": 0.1}, grid={"eps": [eps]}).key == small(fixed=EIGHTH).key


def test_points_are_cases_times_grid_the_first_name_slowest() -> None:
    sweep = small(
        fixed={"delta": 0.1},
        grid={"eps": ["1/10", "1/20"], "law": ["uniform", "normal"]},
        cases=[{"prune": "1/2"}, {"lock": "1/4", "prune": "1/4"}],
    )
    seen = [(p["lock"], p["prune"], p["eps"], p["law"]) for p in sweep.points]
    assert seen[:3] == [
        ("0", "1/2", "1/10", "uniform"),
        ("0", "1/2", "1/10", "normal"),
        ("0", "1/2", "1/20", "uniform"),
    ]
    assert len(seen) == 8
    assert seen[4][:2] == ("1/4", "1/4")


def test_a_sweep_cannot_change() -> None:
    sweep = small(grid={"law": ["uniform"]})
    with pytest.raises(FrozenInstanceError):
        sweep.trials = 3  # type: ignore[misc]
    with pytest.raises(TypeError):
        sweep.fixed["eps"] = 1  # type: ignore[index]


def test_the_key_is_all_that_determines_the_numbers() -> None:
    base = small().key
    others = [
        small(seed=1),
        small(trials=1999),
        small(fixed={"delta": 0.1, "eps": "1/11"}),
        small(fixed={"delta": 0.1, "eps": "1/10", "law": "normal"}),
    ]
    assert len({base, *(other.key for other in others)}) == 5


def test_cells_are_shared_by_what_is_read_off_them() -> None:
    question = Sweep("curve", fixed={"eps": "1/10"})
    assert question.points[0]["max_items"] == small().points[0]["max_items"]
    cells = {
        first_cell(sweep).key
        for sweep in (question, small(), small(fixed={"delta": 0.01, "eps": "1/10"}))
    }
    assert len(cells) == 1


def test_a_new_version_of_an_algorithm_is_a_new_cell(monkeypatch: pytest.MonkeyPatch) -> None:
    old = Cell("successes", "{}", 0)
    key = old.key
    draw = DRAWS["successes"]
    monkeypatch.setitem(DRAWS, "successes", type(draw)(draw.version + 1, draw.run))
    assert Cell("successes", "{}", 0).key != key


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "nothing"},
        {"trials": 0},
        {"trials": 2.5},
        {"trials": True},
        {"block": 0},
        {"cases": 3},
        {"seed": -1},
        {"seed": 1 << 64},
        {"grid": {"law": []}},
        {"grid": {"law": "uniform"}},
        {"grid": {"eps": ["1/20"]}},
        {"cases": [{"eps": "1/20"}]},
        {"fixed": {"delta": 0.1}},
        {"fixed": {"eps": "1/10"}},
        {"fixed": {"eps": "1/10", "delta": 0.1, "colour": "red"}},
        {"fixed": {"eps": "0", "delta": 0.1}},
        {"fixed": {"eps": "nan", "delta": 0.1}},
        {"fixed": {"eps": float("inf"), "delta": 0.1}},
        {"fixed": {"eps": "1e-40", "delta": 0.1}},
        {"fixed": {"eps": "1e-12", "delta": 0.1}},
        {"fixed": {"eps": "1/10", "delta": 1}},
        {"fixed": {"eps": "1/10", "delta": 0.1, "size": 2.5}},
        {"fixed": {"eps": "1/10", "delta": 0.1, "law": "unform"}},
        {"fixed": {"eps": "1/10", "delta": 0.1, "law": None}},
        {"fixed": {"eps": "1/10", "delta": 0.1, "targets": "some"}},
        {"fixed": {"eps": "1/10", "delta": 0.1, "targets": "fixed:x"}},
        {"fixed": {"eps": "1/10", "delta": 0.1, "lo": 2}},
        {"fixed": {"eps": "1/10", "delta": 0.1, "lock": "1/2", "prune": "1/2"}},
        {"kind": "curve", "fixed": {"eps": "1/10", "lock": "1/2"}},
        {"kind": "check", "fixed": {"claim": "no-such-entry", "eps": "1/10", "delta": 0.1}},
        {"grid": {"lo": [-1] * 2000, "hi": [1] * 2000}},
    ],
)
def test_what_cannot_be_asked_is_refused_before_anything_runs(change: dict[str, Any]) -> None:
    with pytest.raises(BadInput):
        small(**change)


def test_a_law_of_the_users_own_has_no_name_that_a_worker_could_read() -> None:
    class Mine(Uniform):
        """The same numbers, another class."""

    with pytest.raises(BadInput, match="its name"):
        small(fixed={"eps": "1/10", "delta": 0.1, "law": Mine()})
    assert small(fixed={"eps": "1/10", "delta": 0.1, "law": Uniform()}).key == small().key


@pytest.mark.parametrize(
    "text",
    [
        "kind = ",
        "",
        "kind = 'threshold'\ncolour = 1",
        "kind = 'threshold'\nfixed = 3",
        "kind = 'threshold'\n[fixed]\neps = inf\ndelta = 0.1",
        "kind = 'threshold'\ntrials = 1.0\n[fixed]\neps = 0.1\ndelta = 0.1",
        "kind = 'threshold'\ncases = [1]\n[fixed]\neps = 0.1\ndelta = 0.1",
    ],
)
def test_bad_files_are_refused(tmp_path: Path, text: str) -> None:
    spec = tmp_path / "bad.toml"
    spec.write_text(text)
    with pytest.raises(BadInput):
        read_sweep(spec)
    with pytest.raises(UnreadableFile):
        read_sweep(tmp_path / "missing.toml")


def test_every_kind_says_what_it_is_and_names_its_columns() -> None:
    for kind in KINDS.values():
        assert kind.what
        assert len(set(kind.columns)) == len(kind.columns)


def test_canonical_json_is_one_text() -> None:
    assert canonical({"b": [1, None], "a": "x"}) == '{"a":"x","b":[1,null]}'
    assert digest([1]) != digest(["1"])
    with pytest.raises(ValueError, match="JSON"):
        canonical(float("nan"))


def test_a_worker_of_another_version_refuses() -> None:
    with pytest.raises(BadInput, match=r"slt-theory 0\.0\.0"):
        compute(TrialBlock(first_cell(small()), 0, 1), "0.0.0")


@pytest.mark.parametrize(
    ("kind", "asks", "pinned"),
    [
        ("curve", {}, "b9c717a0"),
        ("curve", {"law": "relu(uniform)*uniform", "eps": "1/300"}, "4acd567c"),
        ("curve", {"law": "normal*normal", "targets": "random"}, "1c709b52"),
        ("curve", {"targets": "fixed:1/3", "size": 3}, "dbfc27d8"),
        ("curve", {"targets": "random", "law": "normal", "dim": 2}, "588497d5"),
        ("success", {"n": 12}, "91cd1545"),
        ("success", {"n": 40, "lock": "1/4", "prune": "1/8", "targets": "random"}, "6855373b"),
    ],
)
def test_a_draw_counts_what_it_has_always_counted(
    kind: str, asks: dict[str, Any], pinned: str
) -> None:
    """If this fails, the numbers behind a key have changed: raise the version of the draw."""
    cell = first_cell(Sweep(kind, fixed={"eps": "1/20", **asks}, seed=9))
    assert DRAWS[cell.draw].version == 1
    assert digest(compute(TrialBlock(cell, 10, 60), own_release()).tally)[:8] == pinned
