"""Spaces, frames and the stages of the search."""

from __future__ import annotations

import time
from fractions import Fraction
from random import Random

import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

from slt_theory.errors import BadInput
from slt_theory.testing import (
    Lemma,
    LemmaFails,
    assert_lemma,
    counts,
    dense,
    equality,
    falsify,
    get_lemma,
    least_error,
    reals,
    samples,
    targets,
)
from slt_theory.testing.margins import as_float, ball, fails
from slt_theory.testing.relations import from_sympy
from slt_theory.testing.scalars import integers, numbers
from slt_theory.testing.search import Limit, SearchState, ascent, extremes, targeted

EVER = Limit(10**9, 20.0)


def needle(place: Fraction) -> Lemma:
    """False in one point only, with a slope towards it."""
    return Lemma(
        "needle",
        "no number is near the needle",
        {"x": reals(0, 1, bits=10), "y": reals(0, 1, bits=10)},
        margin=lambda x, y: abs(x - place) + abs(y - place) - Fraction(1, 2000),
    )


def run(stage: str, lemma: Lemma, seconds: float = 20.0) -> SearchState:
    search = SearchState(lemma, time.monotonic() + seconds)
    search.begin(stage, EVER)
    if stage == "ascent":
        ascent(search, Random(0))
    elif stage == "extremes":
        extremes(search, Random(0))
    else:
        targeted(search, 0)
    return search


def test_ascent_finds_a_needle_that_no_grid_meets() -> None:
    assert run("ascent", needle(Fraction(345, 1024))).found is not None


def test_extremes_find_the_corner() -> None:
    assert run("extremes", needle(Fraction(1))).found is not None


def test_targeted_search_finds_a_half_space() -> None:
    lemma = Lemma(
        "half-space",
        "x + y is at most 19/10",
        {"x": reals(0, 1, bits=8), "y": reals(0, 1, bits=8)},
        margin=lambda x, y: Fraction(19, 10) - x - y,
    )
    assert run("targeted", lemma).found is not None


def test_numbers_are_listed_simplest_first() -> None:
    assert [str(v) for v in numbers(-1, 1, bits=2).values] == [
        "0", "1", "-1", "1/2", "-1/2", "1/4", "-1/4", "3/4", "-3/4",
    ]  # fmt: skip
    assert integers(-1, 2).values == (0, 1, -1, 2)
    assert Fraction(1, 2) - Fraction(1, 1 << 20) in numbers(0, 1, bits=1, fine=20)
    assert Fraction(1) not in numbers(0, 1, bits=1, open_ends=")")


@given(st.integers(0, 10**6))
@settings(max_examples=30, deadline=None)
def test_cases_survive_encoding(seed: int) -> None:
    lemma = get_lemma("error-recursion-dense")
    case = lemma.frame.random(Random(seed), extreme=seed % 2 == 0)
    assert lemma.frame.decode(lemma.frame.encode(case)) == case


@given(st.integers(0, 10**6))
@settings(max_examples=30, deadline=None)
def test_moves_and_simplifications_stay_inside(seed: int) -> None:
    frame = get_lemma("error-recursion-dense").frame
    source = Random(seed)
    case = frame.random(source)
    options = [*frame.moves(case), *frame.simpler(case)]
    other = source.choice(options)
    values = frame.values(other)
    assert frame.decode(frame.encode(other)) == other
    for w, d in zip(values["weights"], values["noise"], strict=True):
        assert (len(w), len(w[0])) == (len(d), len(d[0]))


def test_bad_words_are_refused() -> None:
    with pytest.raises(BadInput, match="does not fit"):
        get_lemma("scaling-rule").frame.decode("9:1,2")


def test_the_same_seed_finds_the_same() -> None:
    lemma = get_lemma("false-growth-factor")
    first, again = (falsify(lemma, budget=60, seed=5) for _ in range(2))
    assert first.counterexample is not None
    assert again.counterexample is not None
    assert first.counterexample.code() == again.counterexample.code()


def test_the_message_holds_code_and_a_replay_line() -> None:
    lemma = Lemma(
        "two-items-reach-one-half",
        "of any two items some sum is within 1/4 of 1/2",
        {"sample": samples(min_size=2, max_size=2)},
        margin=lambda sample: Fraction(1, 4) - least_error(sample, Fraction(1, 2)),
    )
    with pytest.raises(LemmaFails) as caught:
        assert_lemma(lemma)
    text = str(caught.value)
    assert "sample=(Fraction(0, 1), Fraction(0, 1))," in text
    assert "--slt-replay='two-items-reach-one-half=0:0.0'" in text


def test_hypotheses_are_respected() -> None:
    lemma = Lemma(
        "root",
        "x is its own absolute value",
        {"x": reals(-1, 1)},
        given=lambda x: x >= 0,
        margin=lambda x: equality(abs(x), x),
    )
    assert_lemma(lemma)
    with pytest.raises(BadInput, match="hypotheses"):
        lemma.at(x=Fraction(-1))


def test_an_unknown_variable_is_named() -> None:
    with pytest.raises(BadInput, match="'q'"):
        Lemma("bad", "", {"x": reals(0, 1)}, margin=lambda q: q)


def test_witnesses_stand_for_there_is() -> None:
    lemma = Lemma(
        "square",
        "every number up to 50 is a sum of three squares",
        {"n": counts(0, 50)},
        witnesses=lambda n: [
            (a, b, c) for a in range(8) for b in range(a + 1) for c in range(b + 1)
        ],
        margin=lambda n, witness: -abs(n - sum(w * w for w in witness)),
    )
    outcome = falsify(lemma, budget=30)
    assert outcome.counterexample is not None
    assert outcome.counterexample.values == {"n": 7}


def test_sympy_relations_are_exact_or_enclosed() -> None:
    x, y = sympy.symbols("x y")
    mean = Lemma(
        "means",
        "2 x y <= x^2 + y^2",
        {"x": reals(-2, 2), "y": reals(-2, 2)},
        margin=sympy.Le(2 * x * y, x**2 + y**2),
    )
    assert mean.at(x=Fraction(1, 3), y=Fraction(1, 2)) == Fraction(1, 36)
    assert_lemma(mean, cases=60)
    above = Lemma(
        "square",
        "x^2 > x for x > 1",
        {"x": reals(0, 2)},
        given=x > 1,
        margin=x**2 - x > 0,
    )
    assert above.at(x=Fraction(3, 2)) == Fraction(3, 4)
    assert above.evaluate({"x": Fraction(1)}) is None
    zero = from_sympy(sympy.Le(sympy.sqrt(x) * sympy.sqrt(x + 1), sympy.sqrt(x * (x + 1))))
    assert not fails(zero(x=Fraction(3)))
    margin = from_sympy(sympy.Ge(sympy.exp(x), 1 + x))
    assert not fails(margin(x=Fraction(1, 8)))
    assert fails(from_sympy(sympy.Ge(1 + x, sympy.exp(x)))(x=Fraction(1, 8)))


def test_a_ball_around_zero_is_no_counterexample() -> None:
    zero = ball(Fraction(1, 3)) * 3 - 1
    assert not fails(zero)
    assert fails(zero - ball(Fraction(1, 10**12)))
    fine = Lemma(
        "fine",
        "3 (x / 3) - x >= 10^-30, in balls",
        {"x": reals(1, 2)},
        margin=lambda x: ball(x) / 3 * 3 - ball(x) - ball(Fraction(1, 10**30)),
    )
    assert fails(fine.at(x=Fraction(5, 4)))
    assert as_float(ball(Fraction(1, 4))) == 0.25


def test_small_cases_come_by_the_thousand() -> None:
    lemma = Lemma(
        "fast",
        "an item more does no harm",
        {"sample": samples(min_size=1, max_size=3), "z": targets()},
        margin=lambda sample, z: least_error(sample[1:], z) - least_error(sample, z),
    )
    assert falsify(lemma, budget=2.0).evaluations > 2000


def test_networks_keep_their_norm() -> None:
    source = Random(1)
    for norm in ("row_sum", "max", "l1", "spectral"):
        space = dense(norm=norm)  # type: ignore[arg-type]
        for _ in range(20):
            for layer in space.value(space.random(source, extreme=True)):
                sums = [sum(map(abs, row)) for row in layer]
                if norm == "row_sum":
                    assert max(sums) <= 1
                if norm == "l1":
                    assert sum(sums) <= 1
                if norm == "max":
                    assert max(abs(w) for row in layer for w in row) <= 1
                if norm == "spectral":
                    assert sum(w * w for row in layer for w in row) <= len(layer)
