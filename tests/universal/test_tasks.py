"""One ticket, four tasks: within one point, or 2 % relative, of the exact basis."""

from __future__ import annotations

import pytest

from slt_theory.errors import BadInput
from slt_theory.universal import Family, build_universal, parse_family
from slt_theory.universal.functions import power
from slt_theory.universal.tasks import TASKS, run_task
from slt_theory.universal.transfer import TARGETS, transfer_rows

pytest.importorskip("sklearn")


@pytest.mark.parametrize("task", TASKS)
def test_the_ticket_serves_the_task_as_the_exact_basis_does(powers, task):
    result = run_task(task, powers, parse_family("powers:1-4"), baselines=False)
    exact, ticket = result.scores["exact basis"], result.scores["ticket"]
    assert abs(ticket - exact) <= max(0.01, 0.02 * abs(exact))
    assert abs(result.scores["transplanted"] - exact) <= max(0.01, 0.02 * abs(exact))
    assert ticket > (0.45 if task == "diabetes" else 0.93)
    assert 0.2 < result.test / (result.train + result.test) < 0.3


def test_baselines_stand_beside_it(powers):
    result = run_task("wine", powers, parse_family("powers:1-4"))
    assert set(result.to_dict()["scores"]) == {
        "ticket",
        "exact basis",
        "transplanted",
        "weak",
        "random features",
        "inputs",
        "trained network",
    }
    assert min(result.scores.values()) > 0.9
    assert run_task("wine", powers, parse_family("powers:1-4")) == result


def test_other_tickets_and_tasks_are_refused(powers):
    with pytest.raises(BadInput):
        run_task("titanic", powers, parse_family("powers:1-4"))
    with pytest.raises(BadInput):
        run_task("wine", powers, parse_family("monomials:2,2"))
    with pytest.raises(BadInput):
        run_task("wine", powers, Family("two-sided", (power(2),), lo=-1))


def test_readouts_reach_functions_outside_the_family(powers):
    rows = transfer_rows(powers, parse_family("powers:1-4"))
    assert [row["target"] for row in rows] == list(TARGETS)
    smooth = rows[0]
    # Four powers and a constant: exp is fitted to a few 1e-4, the ticket's error comes on top.
    assert smooth["exact basis"] < 1e-3
    assert smooth["strong"] < 0.01
    # The least-squares fit is not the best one in sup norm, hence the factor.
    for row in rows:
        assert row["weak"] <= 2 * row["strong"]
    assert rows[1]["weak"] < rows[1]["strong"]
    with pytest.raises(BadInput):
        transfer_rows(powers, parse_family("monomials:2,2"))


def test_a_coarse_ticket_still_serves():
    ticket = build_universal("fourier:1", eps=0.05, seed=0)
    result = run_task("wine", ticket, parse_family("fourier:1"), baselines=False)
    assert abs(result.scores["ticket"] - result.scores["exact basis"]) <= 0.01
