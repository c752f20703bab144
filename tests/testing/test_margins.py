"""What a margin, a hypothesis and a probability may be, and what counts as tested."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import sympy
from flint import arb, fmpq, fmpz

from slt_theory.errors import BadInput
from slt_theory.testing import (
    ChanceLemma,
    Lemma,
    LemmaFails,
    Space,
    assert_lemma,
    ball,
    box,
    counts,
    every,
    falsify,
    one_of,
    reals,
    some,
)
from slt_theory.testing.golden import GOLDEN
from slt_theory.testing.margins import as_float, fails, is_undefined, taken, truth

X = sympy.Symbol("x")
UNDEFINED = arb(-1).log()


def about(space: Space[Any] | None = None, **parts: Any) -> Lemma:
    return Lemma("mine", "a claim", {"x": reals(0, 1) if space is None else space}, **parts)


@pytest.mark.parametrize(
    "value",
    [
        True, False, np.True_, np.False_, None, float("nan"), np.float32("nan"), 1j, "1", [1],
        np.array([1.0]), np.array(True), sympy.true, sympy.Lt(X, 1), X, Decimal(1), object(),
    ],
)  # fmt: skip
def test_what_is_no_margin_is_refused_with_the_remedy_and_the_case(value: object) -> None:
    lemma = about(margin=lambda x: value)
    with pytest.raises(BadInput, match="margin = ") as caught:
        assert_lemma(lemma)
    assert caught.value.way_out
    assert "x=Fraction(0, 1)" in "".join(caught.value.__notes__)
    with pytest.raises(BadInput):
        falsify(lemma, budget=1)


def test_the_margins_that_are_taken() -> None:
    for value in (0, np.int8(3), Fraction(1, 3), fmpz(2), fmpq(1, 3), sympy.Rational(1, 3)):
        assert isinstance(taken(value), Fraction)
    for real in (0.5, np.float32(0.5), np.longdouble(0.5), sympy.Float(0.5), math.inf):
        assert isinstance(taken(real), float)
    assert taken(np.array(0.5)) == 0.5
    assert taken(GOLDEN) is GOLDEN
    assert not fails(taken(sympy.sqrt(2) - Fraction(14, 10)))
    assert is_undefined(taken(sympy.sqrt(-1)))


def test_floats_and_balls_are_counted_apart() -> None:
    assert falsify(about(one_of([1, 2]), margin=lambda x: x / 3), budget=9).counted() == "2 float"
    mixed = about(one_of([-1, 0, 1, 2]), margin=lambda x: ball(x).log() + 1)
    outcome = falsify(mixed, budget=9)
    assert outcome.counted() == "2 exact, 2 undefined"
    assert (outcome.evaluations, outcome.smallest_margin) == (4, 1.0)
    record = outcome.to_dict()
    assert (record["exact"], record["floats"], record["undefined"]) == (2, 0, 2)
    around = about(one_of([1, 2]), margin=lambda x: (arb(x) / 3 * 3 - x) if x == 1 else x)
    assert falsify(around, budget=9).counted() == "1 exact, 1 undecided"


def test_a_ball_undefined_at_first_does_not_hide_the_smallest_margin() -> None:
    lemma = about(margin=lambda x: ball(x) * ball(x).log() + ball(Fraction(9, 10)))
    smallest = falsify(lemma, budget=1).smallest_margin
    assert smallest is not None
    assert 0.5 < smallest < 0.54


NOTHING = {
    "no-case": {"given": lambda x: x > 2, "margin": lambda x: x},
    "undefined": {"margin": lambda x: UNDEFINED},
    "undecided": {"margin": lambda x: arb(0, 1)},
    "sympy": {"given": sympy.And(X > 0, X < 0), "margin": lambda x: x},
}


@pytest.mark.parametrize("parts", NOTHING.values(), ids=NOTHING)
def test_a_lemma_of_which_nothing_was_tested_does_not_pass(parts: dict[str, Any]) -> None:
    outcome = falsify(about(**parts), budget=0.5)
    assert outcome.vacuous
    assert not outcome.found
    assert "nothing was tested" in outcome.summary()
    with pytest.raises(LemmaFails, match="nothing was tested"):
        assert_lemma(about(**parts), cases=100)


def test_a_forgotten_return_in_a_hypothesis_is_named() -> None:
    with pytest.raises(BadInput, match="given = None"):
        assert_lemma(about(given=lambda x: None, margin=lambda x: x))
    assert truth("given", np.bool_(1)) is truth("given", sympy.true) is truth("given", 1) is True
    for value in (float("nan"), 2, "yes", [0]):
        with pytest.raises(BadInput):
            truth("given", value)


def test_strict_relations_fail_at_equality() -> None:
    for relation, where in ((X < 1, 1), (X > 0, 0), (sympy.Ne(X, sympy.Rational(1, 2)), "1/2")):
        outcome = falsify(about(margin=relation), budget=9)
        assert outcome.counterexample is not None
        assert outcome.counterexample.values == {"x": Fraction(where)}
        assert "assert margin <= 0" in outcome.counterexample.code()
    for relation in (X <= 1, X >= 0):
        assert_lemma(about(margin=relation), cases=100)
    with pytest.raises(LemmaFails, match="assert margin <= 0"):
        assert_lemma(about(margin=X < 1), cases=100)


def test_hypotheses_of_sympy() -> None:
    lemma = about(reals(-1, 1), given=sympy.And(X >= 0, sympy.Ne(X, 1)), margin=lambda x: x)
    held = [k for k in (-1, 0, Fraction(1, 2), 1) if lemma.holds_hypotheses({"x": Fraction(k)})]
    assert held == [0, Fraction(1, 2)]


@pytest.mark.parametrize(
    "margin", [sympy.And(X < 1, X > 0), sympy.Or(X < 1, X > 0), sympy.true, True, X, None, 3]
)
def test_what_is_no_relation_is_refused_by_name(margin: object) -> None:
    with pytest.raises(BadInput, match="no relation"):
        about(margin=margin)


def test_quantifiers_over_the_empty_set() -> None:
    assert not fails(every([]))
    assert fails(some([]))
    with pytest.raises(LemmaFails, match="nothing was tested"):
        assert_lemma(about(margin=lambda x: every([])), cases=50)
    outcome = falsify(about(witnesses=lambda x: [], margin=lambda x, witness: 1), budget=5)
    assert outcome.found
    assert outcome.counterexample is not None
    assert outcome.counterexample.to_dict()["margin"] == -math.inf
    assert every([every([]), GOLDEN, 2]) == GOLDEN
    assert some([some([]), GOLDEN, 0.5]) == GOLDEN


def test_quantifiers_over_balls_enclose_the_extreme_member() -> None:
    # The member of larger midpoint fails, the other one perhaps does not.
    wide, narrow = arb(-2, 3), arb(-1, 0.1)
    assert not fails(some([narrow, wide]))
    assert not fails(-every([-narrow, -wide]))
    assert fails(some([narrow, arb(-2, 0.5), Fraction(-3)]))
    assert is_undefined(some([-1, UNDEFINED]))
    assert as_float(some([1, UNDEFINED])) == 1
    assert is_undefined(every([1, UNDEFINED]))
    assert fails(every([-1, UNDEFINED]))


def test_cases_are_distinct_and_a_finite_space_is_tried_once() -> None:
    seen: list[int] = []

    def margin(x: int) -> int:
        seen.append(x)
        return x

    outcome = falsify(about(counts(0, 50), margin=margin), budget=60)
    assert outcome.evaluations == 51 == len(set(seen[:51]))  # then the nearest ones again
    assert outcome.covered == "all 51 cases that there are"


@pytest.mark.parametrize(("centre", "half"), [("0.7", "0.01"), ("0.618", "0.005"), ("1/3", "1e-4")])
def test_a_grid_that_was_tried_in_full_is_refined(centre: str, half: str) -> None:
    lemma = about(margin=lambda x: abs(x - Fraction(centre)) - Fraction(half))
    outcome = falsify(lemma, budget=30)
    assert outcome.counterexample is not None
    word = outcome.counterexample.to_dict()["case"]
    frame = lemma.frame.of_word(word)
    assert frame.level > 0
    assert lemma.frame.values(lemma.frame.decode(word)) == outcome.counterexample.values
    with pytest.raises(LemmaFails, match="is false"):
        assert_lemma(lemma, cases=8000)


def test_the_report_says_what_was_covered() -> None:
    held = falsify(about(margin=lambda x: x), budget=1)
    # How far a second goes depends on the machine; a fast one sees every case.
    first = "all 33 cases of the grid, all 257 of a grid 8 times finer"
    assert held.covered.startswith(first) or held.covered == "all 16,385 cases of the finest grid"
    partly = about(box(6), margin=lambda x: 1)
    assert falsify(partly, budget=0.3).covered == "part of the grid"


def test_a_dependent_variable_is_refined_with_the_others() -> None:
    lemma = Lemma(
        "pair",
        "y is not near 7/10",
        {"n": counts(1, 2), "y": lambda n: reals(0, n, bits=1)},
        margin=lambda y: abs(y - Fraction(7, 10)) - Fraction(1, 100),
    )
    assert falsify(lemma, budget=30).found


def test_an_exception_of_the_lemma_names_the_case() -> None:
    lemma = about(reals(-1, 1), margin=lambda x: 1 / (1 - x))
    with pytest.raises(ZeroDivisionError) as caught:
        assert_lemma(lemma)
    assert caught.value.__notes__ == ["at a case of the lemma mine: x=Fraction(1, 1)"]

    def rare(x: Fraction) -> Fraction:
        if x.denominator > 1000:
            raise KeyError(x)
        return x

    with pytest.raises(KeyError) as late:
        falsify(about(reals(0, 1, bits=12), margin=rare), budget=20)
    assert len(late.value.__notes__) == 1


def chance(**parts: Any) -> ChanceLemma:
    defaults: dict[str, Any] = {"at_least": lambda: Fraction(1, 2), "trial": lambda rng: True}
    return ChanceLemma("coin", "a coin", {"k": counts(0, 3)}, **{**defaults, **parts})


@pytest.mark.parametrize("value", [float("nan"), 2, 1 + 1e-9, None, True, 1j, UNDEFINED, "1/2"])
def test_what_is_no_probability_is_refused(value: object) -> None:
    lemma = chance(at_least=lambda: value)
    with pytest.raises(BadInput, match="at_least"):
        lemma.test(k=0)
    with pytest.raises(BadInput, match="at_least"):
        falsify(lemma, budget=5)


def test_a_negative_probability_claims_nothing() -> None:
    lemma = chance(at_least=lambda k: 1 - 2 * k - Fraction(1, 2))
    assert lemma.test(k=0, trials=32).claimed == 0.5
    with pytest.raises(BadInput, match="claims nothing"):
        lemma.test(k=1)
    with pytest.raises(LemmaFails, match="nothing was tested"):
        assert_lemma(chance(at_least=lambda: -1))


@pytest.mark.parametrize("value", [float("nan"), None, 0.5, "yes"])
def test_a_trial_returns_a_truth_value(value: object) -> None:
    with pytest.raises(BadInput, match="trial"):
        assert_lemma(chance(trial=lambda rng: value))


@pytest.mark.parametrize("value", [float("nan"), 1.5, -1, 10**6, True, None])
def test_a_count_is_an_integer_in_range(value: object) -> None:
    lemma = chance(trial=None, count=lambda seed, start, trials: value)
    with pytest.raises(BadInput, match="count"):
        assert_lemma(lemma)


@pytest.mark.parametrize("trials", [0, -1, 1.5, True])
def test_a_test_has_trials(trials: Any) -> None:
    with pytest.raises(BadInput, match="trials"):
        chance().test(k=0, trials=trials)


def test_a_chance_lemma_without_parameters_does_not_pass() -> None:
    assert falsify(chance(), budget=1).to_dict()["exact"] == 0
    lemma = chance(given=lambda k: k > 9)
    assert falsify(lemma, budget=1).vacuous
    with pytest.raises(LemmaFails, match="hypotheses never held"):
        assert_lemma(lemma)
