"""A table that was made by code whose numbers are others than today's is found."""

from __future__ import annotations

import inspect
import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from slt_theory.figures import made_by
from slt_theory.figures.made_by import ENGINES, RESTS_ON, numbers_of

from slt_theory import figures

#: What a script names, and the engine that stands behind it.
SIGNS = {
    "draws": r"Uniform\(|hitting_times|threshold\(",
    "sums": r"hitting_times|threshold\(|solve_many|import best",
    "bounds": r"slt_theory\.certified|compare_bounds",
    "tickets": r"slt_theory\.tickets|slt_theory\.experiments\.\w*(tickets|cnn)",
    "universal": r"slt_theory\.universal",
    "training": r"slt_theory\.torch|papers\.trained",
}


@pytest.mark.parametrize("name", figures.FIGURES)
def test_a_table_is_of_todays_numbers(name: str) -> None:
    if "training" in {engine for engine in ENGINES if name in RESTS_ON[engine].split()}:
        pytest.importorskip("torch")
    table = figures.stored(name)
    assert table is not None
    assert table["made"]["numbers"] == numbers_of(name), f"stale: {table['made']['command']}"


def test_every_table_names_what_it_rests_on() -> None:
    assert RESTS_ON.keys() == ENGINES.keys()
    named = {name for names in RESTS_ON.values() for name in names.split()}
    assert named == set(figures.FIGURES)
    for name in figures.FIGURES:
        text = inspect.getsource(figures.load(name))
        for engine, sign in SIGNS.items():
            if re.search(sign, text):
                assert name in RESTS_ON[engine].split(), (engine, name)


def _other_word(monkeypatch: pytest.MonkeyPatch) -> None:
    from slt_theory import laws

    sample = laws.Uniform.sample
    monkeypatch.setattr(
        laws.Uniform, "sample", lambda law, *at, **more: sample(law, *at, **more) ^ 1
    )


def _other_subset(monkeypatch: pytest.MonkeyPatch) -> None:
    import slt_theory.subset_sum as front

    solve = front.solve_many

    def second_best(items: Any, *targets: Any, **options: Any) -> Any:
        return solve(items, *(one + 1 for one in targets), **options)

    monkeypatch.setattr(front, "solve_many", second_best)


def _other_tie(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of several subsets within the radius, or in the window, the one that a reader from behind
    finds; the nearest one is the same.
    """
    import slt_theory.subset_sum as front

    solve = front.solve_many

    def from_behind(items: Any, *targets: Any, **options: Any) -> Any:
        if not {"radius", "lo"} & options.keys():
            return solve(items, *targets, **options)
        n = items.shape[1]
        found = solve(items[:, ::-1], *targets, **options)
        masks = [int(f"{mask:0{n}b}"[::-1], 2) for mask in found.masks.tolist()]
        return replace(found, masks=np.array(masks))

    monkeypatch.setattr(front, "solve_many", from_behind)


def _other_level(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another default: thresholds with intervals at 90 % in the place of 95 %."""
    from slt_theory import experiments

    measure = experiments.threshold
    monkeypatch.setattr(
        experiments, "threshold", lambda **asked: measure(**{"level": 0.9, **asked})
    )


def _narrower_cover(monkeypatch: pytest.MonkeyPatch) -> None:
    """Off by one: sums may lie one unit less far apart."""
    from slt_theory.experiments import trials

    right = trials.cover_range
    monkeypatch.setattr(
        trials, "cover_range", lambda *at: right(*at)._replace(width=right(*at).width - 1)
    )


def _open_window(monkeypatch: pytest.MonkeyPatch) -> None:
    """Off by one: the upper end of the window around a target in the plane does not count."""
    from slt_theory.experiments import trials

    right = trials.target_range

    def half_open(*at: Any) -> Any:
        low, high = right(*at)
        return type(right(*at))(low, high - 1)

    monkeypatch.setattr(trials, "target_range", half_open)


def _other_radius(monkeypatch: pytest.MonkeyPatch) -> None:
    """Off by one: the radius of the sums of a layer, in units of 2^-48."""
    from slt_theory.tickets.building import request

    right = request.tolerance
    monkeypatch.setattr(request, "tolerance", lambda *at, **more: right(*at, **more) - 1)


def _looser(monkeypatch: pytest.MonkeyPatch) -> None:
    from slt_theory import certified

    found = certified.certified_n
    monkeypatch.setattr(
        certified, "certified_n", lambda eps, delta, **more: found(eps, delta / 2, **more)
    )


def _other_ticket(monkeypatch: pytest.MonkeyPatch) -> None:
    from slt_theory import tickets

    build = tickets.build_ticket
    monkeypatch.setattr(
        tickets, "build_ticket", lambda target, **options: build(target, **options | {"seed": 4})
    )


def _other_function(monkeypatch: pytest.MonkeyPatch) -> None:
    from slt_theory.universal import build

    made = build.build_universal
    monkeypatch.setattr(
        build, "build_universal", lambda family, **options: made(family, **options | {"seed": 1})
    )


def _other_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    from slt_theory.torch import train

    fit = train.fit
    monkeypatch.setattr(
        train,
        "fit",
        lambda model, start, task, recipe, **more: fit(
            model, start, task, type(recipe)(steps=recipe.steps, rate=0.2), **more
        ),
    )


@pytest.mark.parametrize(
    ("engine", "plant"),
    [
        ("draws", _other_word),
        ("sums", _other_subset),
        ("sums", _other_tie),
        ("sums", _other_level),
        ("sums", _narrower_cover),
        ("sums", _open_window),
        ("sums", _other_radius),
        ("bounds", _looser),
        ("tickets", _other_ticket),
        ("certificates", _other_ticket),
        ("universal", _other_function),
        ("training", _other_rate),
    ],
)
def test_other_numbers_have_another_name(
    engine: str, plant: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    if engine == "training":
        pytest.importorskip("torch")
    before = made_by._name(engine)
    made_by._built.cache_clear()
    plant(monkeypatch)
    assert made_by._name.__wrapped__(engine) != before
    made_by._built.cache_clear()


def test_a_stored_name_of_other_code_is_found() -> None:
    table = figures.stored("golden_ratio")
    assert table is not None
    (engine,) = table["made"]["numbers"]
    assert {engine: "0" * 16} != numbers_of("golden_ratio")
