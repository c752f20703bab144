"""Every check of every entry comes out as recorded; planted falsehoods do not."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from functools import partial

import pytest

from slt_theory.experiments import check
from slt_theory.experiments.catalogue import run_check, run_entry
from slt_theory.statistics import Verdict
from slt_theory.theorems import Bound, Theorem, all_theorems, get
from slt_theory.theorems.checks import Check, SumsCheck


@pytest.mark.parametrize("entry", all_theorems(), ids=lambda e: e.id)
def test_every_check_comes_out_as_recorded(entry: Theorem) -> None:
    report = run_entry(entry, seed=1)
    assert report.verdict in (Verdict.CONSISTENT, Verdict.INCONCLUSIVE), report.summary()
    assert not report.surprises, report.summary()
    assert sum(c.seconds for c in report.checks) < 60


def _bound(**change: object) -> Bound:
    return Bound("planted", n=lambda eps, delta: 14, **change)  # type: ignore[arg-type]


PLANTED = {
    "counting is enough": Bound("planted", n=lambda eps, delta: 7),
    "delta does not matter": _bound(window=(-2, 2)),
    "a random target's n serves all": Bound("planted", n=lambda eps, delta: 9),
    "error eps where 2 eps is meant": Bound(
        "planted", n=lambda eps, delta: 9, error=Fraction(1, 2)
    ),
    "a uniform's n serves a product": _bound(law="uniform*uniform"),
    "a uniform's n serves the ReLU half": Bound(
        "planted", n=lambda eps, delta: 18, law="relu(uniform)*uniform"
    ),
    "a mask costs nothing": _bound(law="bernoulli(0.5)*uniform"),
    "locking costs nothing": _bound(targets="random", asks={"lock": Fraction(1, 2)}),
    "pruning costs nothing": _bound(targets="random", asks={"prune": Fraction(1, 2)}),
    "small subsets do as well": _bound(targets="random", asks={"size": 2}),
    "two dimensions cost nothing": Bound(
        "planted", n=lambda eps, delta: 10, law="normal", targets="random", asks={"dim": 2}
    ),
}


@pytest.mark.parametrize("name", PLANTED)
def test_planted_bounds_are_violated(name: str) -> None:
    report = check(PLANTED[name], eps=Fraction(1, 100), delta=0.1, trials=400, seed=3)
    assert report.verdict is Verdict.VIOLATED, report.summary()


def test_a_planted_lower_bound_is_violated() -> None:
    false = replace(
        get("slt-rss-counting"), id="planted-lower", named_n=lambda eps, delta, lo, hi: 30
    )
    report = check(false, eps=Fraction(1, 100), delta=0.1, trials=400, seed=3)
    assert report.verdict is Verdict.VIOLATED


def test_a_planted_theorem_is_violated_by_its_own_check() -> None:
    planted = replace(
        get("lueker1998-rss"),
        id="planted-rss",
        checks=(SumsCheck("too few", "nine numbers do", "1/100", 0.1, n=9, trials=400),),
    )
    report = run_entry(planted)
    assert report.verdict is Verdict.VIOLATED
    assert [c.name for c in report.surprises] == ["too few"]


def test_a_check_that_shows_an_issue_does_not_touch_the_verdict() -> None:
    report = run_entry("gadhikar2023-subset-sum", names=("p near 1",))
    assert report.verdict is Verdict.VACUOUS
    assert report.checks[0].verdict is Verdict.VIOLATED
    assert report.to_dict()["checks"][0]["verdict"] == "RECALLED FORM FAILS"
    assert not report.surprises


def test_a_broken_golden_ratio_is_found() -> None:
    from slt_theory.papers import orseau2020

    shifted = partial(orseau2020.greedy, first=0)
    assert run_check(Check("greedy", "from 1 on", orseau2020.greedy)).verdict is Verdict.CONSISTENT
    assert run_check(Check("planted", "from 0 on", shifted)).surprise
