"""A table that was made by code whose numbers are others than today's is found."""

from __future__ import annotations

import inspect
import re
from typing import Any

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

    def second_best(items: Any, targets: Any, **options: Any) -> Any:
        return solve(items, targets + 1, **options)

    monkeypatch.setattr(front, "solve_many", second_best)


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
