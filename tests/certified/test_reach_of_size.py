"""The reach floor for sums of k items and for vectors: exact cases, Monte Carlo, bad input."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
from scipy.stats import binom

from slt_theory.certified import (
    necessary_n,
    necessary_of_size,
    necessary_vectors,
    reach_floor,
    reach_floor_of_size,
    vector_floor,
)
from slt_theory.certified.reach_profile import asked
from slt_theory.errors import BadInput
from slt_theory.experiments.bounds import bound_numbers
from slt_theory.experiments.question import Question
from slt_theory.experiments.sufficient import necessary_of
from slt_theory.experiments.trials import hitting_times
from slt_theory.laws import parse_law

ALARM = 1e-6 / 20
"""Level of each Monte Carlo row of this file."""


def test_with_few_items_the_plain_floor_is_left() -> None:
    for n in (0, 3, 9):
        assert reach_floor_of_size(n, 9, "1/10") == reach_floor(n, "1/10")
    # And it is the smaller one of the two with more.
    assert reach_floor_of_size(14, 3, "1/10") > reach_floor(14, "1/10")
    plain = necessary_n("1/10", "1/10").n
    found = [necessary_of_size(k, "1/10", "1/10").n for k in (1, 2, 3, 4, 12)]
    assert found[:4] == sorted(found[:4], reverse=True)
    assert found[3] == plain
    assert found[4] == 13  # 12 numbers have one sum of 12, 13 have thirteen


def test_signs_word_by_word() -> None:
    """k largest of one size: the smaller of k and their number; all words of signs."""
    gain, eps = Fraction(1, 4), Fraction(1, 8)
    need = math.ceil((1 - eps) / gain)
    for n, k in itertools.product(range(1, 10), (4, 5)):
        words = itertools.product((0, 1), repeat=n)
        bad = sum(min(k, sum(w), n - sum(w)) < need for w in words)
        assert reach_floor_of_size(n, k, eps, law=f"signs[{gain}]") == Fraction(bad, 2**n)


@pytest.mark.parametrize(
    ("law", "k", "n", "eps"),
    [
        ("uniform", 2, 10, "1/10"),
        ("normal", 2, 9, "1/10"),
        ("uniform*uniform", 4, 18, "1/10"),
        ("bernoulli(1/2)*uniform", 3, 18, "1/10"),
    ],
)
def test_the_floor_is_the_chance_that_k_items_do_not_reach(
    law: str, k: int, n: int, eps: str
) -> None:
    trials = 100_000
    items = parse_law(law).sample(31, k, 0, trials * n).reshape(trials, n)
    items = np.sort(items, axis=1) * float(parse_law(law).unit)
    level = float(1 - Fraction(eps))
    most = np.maximum(items[:, -k:], 0).sum(axis=1)
    least = np.minimum(items[:, :k], 0).sum(axis=1)
    short = int(((most < level) | (least > -level)).sum())
    floor = float(reach_floor_of_size(n, k, eps, law=law))
    assert floor > 0.02
    assert binom.cdf(short, trials, floor) >= ALARM
    # Close: a floor a fifth higher rings.
    assert binom.cdf(short, trials, 1.2 * floor) < ALARM


def test_sums_of_exactly_k_fail_at_least_as_often() -> None:
    """And hits need more than reach: the bound is far from sharp where k is small."""
    trials = 4000
    question = Question.of("uniform", "1/10", "all", -1, 1, size=3)
    times = hitting_times(question, trials=trials, seed=7, max_items=24)
    for n in (8, 10, 12):
        failures = int(((times < 0) | (times > n)).sum())
        assert binom.cdf(failures, trials, float(reach_floor_of_size(n, 3, "1/10"))) >= ALARM
    needed = necessary_of(question, "1/10")
    assert needed is not None
    assert needed.n == necessary_of_size(3, "1/10", "1/10").n


@pytest.mark.parametrize(
    ("law", "dim", "n"),
    [("uniform", 2, 8), ("uniform", 4, 9), ("normal", 3, 6), ("uniform*uniform", 2, 12)],
)
def test_vectors_fail_at_least_as_often(law: str, dim: int, n: int) -> None:
    trials, eps = 100_000, Fraction(1, 10)
    source = parse_law(law)
    items = source.sample(32, dim, 0, trials * n * dim).reshape(trials, n, dim) * float(source.unit)
    level = float(1 - eps)
    apart = (np.maximum(items, 0).sum(axis=1) < level).any(axis=1)
    together = np.maximum(items.sum(axis=2), 0).sum(axis=1) < dim * level
    floor = float(vector_floor(n, dim, eps, law=law))
    best = max(int(apart.sum()), int(together.sum()))
    assert floor > 0.02
    assert binom.cdf(best, trials, floor) >= ALARM
    assert binom.cdf(best, trials, 1.1 * floor) < ALARM
    # One subset has to do both.
    assert binom.cdf(int((apart | together).sum()), trials, floor) >= ALARM


def test_vectors_are_decided_and_miss_as_often_as_the_floor_says() -> None:
    trials, n = 400, 9
    question = Question.of("uniform", "1/10", "fixed:1", -1, 1, dim=2)
    times = hitting_times(question, trials=trials, seed=3, max_items=n)
    failures = int((times < 0).sum())
    floor = float(vector_floor(n, 2, "1/10"))
    assert binom.cdf(failures, trials, floor) >= ALARM
    needed = necessary_of(question, 0.1)
    assert needed is not None
    assert needed.n == necessary_vectors(2, "1/10", 0.1).n
    assert necessary_of(Question.of("uniform", "1/10", "random", -1, 1, dim=2), 0.1) is None


def test_more_coordinates_and_either_end() -> None:
    rows = [necessary_vectors(d, "1/100", "1/10").n for d in (1, 2, 4, 8)]
    assert rows == sorted(rows)
    assert rows[0] == necessary_n("1/100", "1/10", targets="fixed").n
    assert vector_floor(8, 3, "1/10", z=-1) == vector_floor(8, 3, "1/10", z=1)
    assert vector_floor(8, 3, 0.1, z=0.7) <= vector_floor(8, 3, "1/10", z="7/10")
    # A side of its own has no rule for sums of coordinates, and keeps the independent ones.
    assert vector_floor(8, 2, "1/10", law="uniform[-1/2,1]") > 0


def test_the_catalogue_shows_them() -> None:
    vectors = bound_numbers("becchetti2022-vectors", eps=Fraction(1, 100), delta=0.1, trials=0)
    few = bound_numbers("natale2024-fixed-size", eps=Fraction(1, 100), delta=0.1, trials=0)
    assert vectors.necessary == necessary_vectors(2, "1/100", 0.1, law="normal").n
    assert few.necessary is not None
    assert few.necessary >= 9


def test_bad_input() -> None:
    with pytest.raises(BadInput, match="never add up to hi"):
        necessary_of_size(2, "1/10", "1/10", hi=3)
    for size in (0, 65, 1.5):
        with pytest.raises(BadInput, match="size"):
            reach_floor_of_size(5, size, "1/10")  # type: ignore[arg-type]
    with pytest.raises(BadInput, match="delta"):
        necessary_of_size(2, "1/10", 1)
    with pytest.raises(BadInput, match="n = "):
        reach_floor_of_size(-1, 2, "1/10")
    with pytest.raises(BadInput, match="dim"):
        vector_floor(5, 9, "1/10")
    with pytest.raises(BadInput, match="delta"):
        necessary_vectors(2, "1/10", 0)
    with pytest.raises(BadInput, match="no negative items"):
        vector_floor(5, 2, "1/10", z=-1, law="uniform[0,1]")


@pytest.mark.parametrize("z", [0.3, -0.3])
def test_a_float_is_a_window_of_one_target(z):
    """Of the two numbers that a float means the one nearer to 0 asks for less."""
    window = {"lo": z, "hi": z, "targets": "fixed"}
    for found in (reach_floor(5, "1/10", **window), reach_floor_of_size(5, 2, "1/10", **window)):
        assert 0 < found < 1
    ask = asked("1/10", z, z, "uniform", "fixed")
    assert ask.lo == ask.hi == min(Fraction(z), Fraction(str(z)), key=abs)


def test_signs_may_just_reach():
    """Two halves add up to 1 - eps: only samples with fewer than two of one sign fail for sure."""
    law, eps = "signs[1/4]", "1/2"
    short = Fraction(2 * (1 + 5), 2**5)  # fewer than two of five are positive, or negative
    assert 0 < reach_floor_of_size(5, 2, eps, law=law) <= short
    with pytest.raises(BadInput, match="never add up to hi"):
        reach_floor_of_size(5, 2, "0.49", law=law)


@pytest.mark.parametrize("n", [2.5, True, -1, float("nan"), "many"])
def test_a_number_of_items_is_a_whole_number(n):
    for ask in (lambda: reach_floor(n, "1/10"), lambda: reach_floor_of_size(n, 2, "1/10")):
        with pytest.raises(BadInput, match="n = "):
            ask()
