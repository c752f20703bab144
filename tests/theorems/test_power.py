"""Each planted error of a statement says how surely its check finds it, and that is so."""

from __future__ import annotations

import ast
import inspect
import textwrap
from functools import partial

import pytest
from typer.testing import CliRunner

from slt_theory.cli import app
from slt_theory.experiments.catalogue import run_check
from slt_theory.theorems import Theorem, all_theorems
from slt_theory.theorems.checks import EXACT, FIRST_SEED, Check, Power
from slt_theory.theorems.page import catalogue_markdown

MUTANTS = [
    pytest.param(entry, check, id=f"{entry.id}: {check.name}")
    for entry in all_theorems()
    for check in entry.checks
    if check.role == "mutant"
]


def draws(check: Check) -> bool:
    """True if the seed enters."""
    run = check.run.func if isinstance(check.run, partial) else check.run
    assert callable(run)
    tree = ast.parse(textwrap.dedent(inspect.getsource(run)))
    return any(isinstance(node, ast.Name) and node.id == "seed" for node in ast.walk(tree))


@pytest.mark.parametrize(("entry", "check"), MUTANTS)
def test_a_mutant_states_its_power(entry: Theorem, check: Check) -> None:
    assert check.power is not None
    assert (check.power == EXACT) == (not draws(check))
    if check.power != EXACT:
        assert check.power.seeds >= 100
        assert check.power.at_least >= 0.9


@pytest.mark.parametrize(("entry", "check"), MUTANTS)
def test_a_mutant_is_caught_with_a_seed_of_those(entry: Theorem, check: Check) -> None:
    assert check.power is not None
    assert check.power.caught == check.power.seeds
    assert not run_check(check, seed=FIRST_SEED + 7, threads=1).surprise


@pytest.mark.long
@pytest.mark.parametrize(("entry", "check"), MUTANTS)
def test_a_power_is_counted(entry: Theorem, check: Check) -> None:
    assert check.power is not None
    runs = range(FIRST_SEED, FIRST_SEED + check.power.seeds)
    assert check.power.caught == sum(not run_check(check, seed=s).surprise for s in runs)


def test_powers_are_shown() -> None:
    page = catalogue_markdown()
    assert page.count("power 1, no draw enters") + page.count("power at least") == len(MUTANTS)
    shown = CliRunner().invoke(app, ["show", "borgs2001-window"]).output
    assert "power at least" in shown


@pytest.mark.parametrize("caught", [1, 50, 99, 100])
def test_a_lower_bound_is_exact(caught: int) -> None:
    """At p just above the bound so many are caught with probability at least 1 %."""
    from math import comb

    p = Power(caught, 100).at_least
    tail = [
        sum(comb(100, k) * q**k * (1 - q) ** (100 - k) for k in range(caught, 101))
        for q in (p, p + 0.001)
    ]
    assert tail[0] <= 0.01 <= tail[1]
