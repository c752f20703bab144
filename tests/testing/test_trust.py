"""False lemmas that are false in one corner, or are no functions at all, do not pass."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from itertools import count
from typing import Any

import numpy as np
import pytest
import sympy

from slt_theory.errors import BadInput
from slt_theory.laws import read_law
from slt_theory.testing import (
    ChanceLemma,
    Lemma,
    LemmaFails,
    assert_lemma,
    counts,
    errors,
    falsify,
    one_of,
    reals,
    samples,
)
from slt_theory.testing.chance import least_trials, looks
from slt_theory.testing.law_values import values_of


def about_x(space: Any, margin: Any, **parts: Any) -> Lemma:
    return Lemma("planted", "holds of x", {"x": space}, margin=margin, **parts)


@pytest.mark.parametrize("space", [reals(0, 1, bits=14), errors()])
def test_numbers_of_an_interval_are_never_all_that_there_are(space: Any) -> None:
    # False at 1/7 alone, which lies on no grid and in no list: nothing found is no proof.
    found = falsify(about_x(space, lambda x: 1 - 2 * (x == Fraction(1, 7))), budget=30)
    assert not found.found
    assert found.covered.endswith(" cases of the finest grid")
    listed = about_x(lambda n: counts(0, n), lambda x: x)
    finite = Lemma("listed", "", {"n": counts(1, 3), **listed.variables}, margin=listed.margin)
    assert falsify(finite, budget=30).covered == "all 9 cases that there are"


@pytest.mark.parametrize(
    ("law", "values"),
    [
        ("signs", "-1 1"),
        ("grid(2)", "-1 -1/2 0 1/2 1"),
        ("integers(2)", "-2 -1 0 1 2"),
        ("discrete(-3:1,5:2)", "-3 5"),
        ("0.5*signs", "-1/2 1/2"),
        ("relu(signs)", "0 1"),
        ("bernoulli(1/2)*signs", "-1 0 1"),
        ("signs*grid(1)", "-1 0 1"),
        ("mixture(1:signs,1:discrete(1/4:1))", "-1 1/4 1"),
    ],
)
def test_samples_of_a_discrete_law_are_values_that_it_draws(law: str, values: str) -> None:
    wanted = set(map(Fraction, values.split()))
    drawn = read_law(law)
    seen = drawn.sample(seed=1, stream=0, start=0, count=400).tolist()
    assert {k * drawn.unit for k in seen} == wanted == set(values_of(drawn) or ())
    assert_lemma(about_x(samples(law), lambda x: 0 if wanted.issuperset(x) else -1), cases=400)


def test_laws_that_fill_an_interval_have_no_list_of_values() -> None:
    laws = ("uniform", "uniform*signs", "bernoulli(1/2)*normal", "grid(16777216)")
    assert [values_of(read_law(law)) for law in laws] == [None] * len(laws)


def test_symbols_keep_what_was_declared_of_them() -> None:
    x = sympy.Symbol("x", positive=True)
    claim = sympy.Le(sympy.sqrt(x**2), x**2 + Fraction(1, 4))  # the root is x for sympy
    assert_lemma(about_x(reals(0, 1, open_ends="("), claim), cases=60)
    with pytest.raises(BadInput, match=r"x = .*is declared"):
        assert_lemma(about_x(reals(-1, 1), claim), cases=60)
    n = sympy.Symbol("n", integer=True)
    with pytest.raises(BadInput, match="n = 1/2: is declared integer"):
        Lemma("n", "", {"n": reals(0, 1)}, margin=sympy.Le(n, n**2)).at(n=Fraction(1, 2))


def _twice(first: Any, then: Any) -> Callable[[Any], Any]:
    """A function of its calls: the seventh one gives something else."""
    calls = count(1)
    return lambda x: then if next(calls) == 7 else first


@pytest.mark.parametrize(
    "parts",
    [
        {"margin": _twice(1, -1)},  # fails once, and holds where it is looked at again
        {"margin": _twice(1, Fraction(1, 2))},
        {"margin": lambda x: 1, "given": _twice(False, True)},
    ],
)
def test_a_lemma_that_is_no_function_of_its_variables_is_refused(parts: dict[str, Any]) -> None:
    with pytest.raises(BadInput, match=r"and then .* at one case"):
        assert_lemma(about_x(reals(0, 1), **parts), cases=100)


def test_a_lemma_that_changes_what_it_was_given_is_refused() -> None:
    class Box:
        items = 0

    def margin(x: Box) -> int:
        x.items += 1
        return 9 - x.items

    with pytest.raises(BadInput, match="at one case"):
        assert_lemma(about_x(one_of([Box(), Box()]), margin), cases=8)


def test_values_that_a_search_cannot_tell_apart_are_refused() -> None:
    for values in ([1, True], [0, 0.0], [[1], [2]]):
        with pytest.raises(BadInput, match="values"):
            one_of(values)


@pytest.mark.skipif(np.finfo(np.longdouble).minexp > -2000, reason="long doubles are float64 here")
def test_the_sign_of_a_long_float_outlives_float64() -> None:
    with pytest.raises(LemmaFails, match="is false"):
        assert_lemma(about_x(reals(0, 1), lambda x: -np.longdouble("1e-4000")), cases=8)


def test_the_sign_of_a_float_of_sympy_outlives_float64() -> None:
    lemma = about_x(reals(0, 1), lambda x: sympy.Float("-1e-4000"))
    assert lemma.at(x=0) == -5e-324
    assert about_x(reals(0, 1), lambda x: sympy.Float(0)).at(x=0) == 0


def test_margins_that_are_all_infinite_test_nothing() -> None:
    with pytest.raises(LemmaFails, match="nothing was tested, every margin was infinite"):
        assert_lemma(about_x(reals(0, 1), lambda x: math.inf), cases=40)
    assert_lemma(about_x(reals(0, 1), lambda x: math.inf if x else 0), cases=40)


def chance(claimed: Fraction, true: Callable[[int], bool]) -> ChanceLemma:
    return ChanceLemma(
        "chance",
        "true with the probability claimed",
        {"n": counts(1, 40)},
        at_least=lambda: claimed,
        trial=lambda rng, n: true(n),
    )


@pytest.mark.parametrize("true", [lambda n: n < 40, lambda n: n > 1, lambda n: n <= 20])
def test_a_chance_that_fails_at_an_end_of_its_range_is_refuted(true: Any) -> None:
    with pytest.raises(LemmaFails, match="is false"):
        assert_lemma(chance(Fraction(1, 2), true), trials=128)


@pytest.mark.parametrize("claimed", [Fraction(1, 2), Fraction(1, 50)])
def test_so_few_trials_that_no_outcome_refutes_are_no_test(claimed: Fraction) -> None:
    lemma, alpha = chance(claimed, lambda n: False), 1e-9 / 4
    least = least_trials(float(claimed), alpha)
    share = alpha / len(looks(least))
    assert (1 - claimed) ** least <= share < (1 - claimed) ** (least - 3)
    with pytest.raises(LemmaFails, match="nothing was tested, no outcome"):
        assert_lemma(lemma, trials=least // 2)
    with pytest.raises(LemmaFails, match="is false"):
        assert_lemma(lemma, trials=least)


def test_a_search_takes_as_many_trials_as_a_small_claim_needs() -> None:
    assert falsify(chance(Fraction(1, 2000), lambda n: False), budget=20).found
