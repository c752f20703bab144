"""Thresholds of every kind of question against slow references on the same draws."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations
from typing import Any

import naive
import numpy as np
import pytest

from slt_theory.errors import BadInput
from slt_theory.experiments.check import successes_at
from slt_theory.experiments.frozen import frozen_successes, patterns
from slt_theory.experiments.question import Question
from slt_theory.experiments.threshold import threshold
from slt_theory.experiments.trials import ends, fitting, hitting_times, random_target, rows
from slt_theory.lattice import cover_range, target_range
from slt_theory.laws import Integers, read_law

TRIALS = 12
NUMBERS = np.arange(TRIALS, dtype=np.uint64)


def question(**change: Any) -> Question:
    arguments: dict[str, Any] = {"law": "uniform", "eps": Fraction(1, 8), "targets": "all"}
    arguments |= {"lo": Fraction(-1, 2), "hi": Fraction(1, 2)} | change
    return Question.of(
        arguments.pop("law"),
        arguments.pop("eps"),
        arguments.pop("targets"),
        arguments.pop("lo"),
        arguments.pop("hi"),
        **arguments,
    )


@pytest.mark.parametrize("law", ["uniform", "normal", "uniform*uniform", "bernoulli(0.5)*uniform"])
@pytest.mark.parametrize("targets", ["all", "fixed:1/3", "random"])
def test_hitting_times_are_those_of_all_subsets(law: str, targets: str) -> None:
    asked = question(law=law, targets=targets)
    times = hitting_times(asked, trials=TRIALS, seed=5, max_items=9)
    sample = rows(fitting(asked, 9), 5, NUMBERS, 9)
    for trial in range(TRIALS):
        z = random_target(asked, 5, trial)
        reach = cover_range(asked.lo, asked.hi, asked.eps, asked.law.unit)
        if targets == "random":
            reach = cover_range(z, z, asked.eps, asked.law.unit)
        assert times[trial] == naive.hitting_time([int(x) for x in sample[trial]], *reach)


@pytest.mark.parametrize("targets", ["all", "random"])
def test_fixed_sizes_are_those_of_combinations(targets: str) -> None:
    asked = question(targets=targets, size=3, eps=Fraction(1, 6))
    times = hitting_times(asked, trials=TRIALS, seed=5, max_items=9)
    sample = rows(asked, 5, NUMBERS, 9)
    width, left, right = ends(asked, 5, NUMBERS)
    lefts, rights = np.broadcast_to(left, TRIALS), np.broadcast_to(right, TRIALS)
    for trial in range(TRIALS):
        items = [int(x) for x in sample[trial]]
        first = -1
        for n in range(10):
            sums = [sum(c) for c in combinations(items[:n], 3)]
            if sums and naive.covered(sums, width, int(lefts[trial]), int(rights[trial])):
                first = n
                break
        assert times[trial] == first


def test_frozen_successes_are_those_of_all_patterns() -> None:
    asked = question(lock=Fraction(1, 4), prune=Fraction(1, 4))
    for n in (0, 3, 8):
        pruned, locked = patterns(asked, 5, NUMBERS, max(n, 1))
        sample = rows(asked, 5, NUMBERS, max(n, 1))
        width, left, right = ends(asked, 5, NUMBERS)
        count = 0
        for trial in range(TRIALS):
            free = [
                int(x)
                for x, p, q in zip(sample[trial], pruned[trial], locked[trial], strict=True)
                if not p and not q
            ][:n]
            shift = int(sample[trial][:n][locked[trial][:n]].sum())
            sums = [s + shift for s in naive.all_sums(free if n else [])]
            count += naive.covered(sums, width, left, right)
        assert frozen_successes(asked, n, trials=TRIALS, seed=5) == count


def test_patterns_keep_their_numbers_when_n_grows() -> None:
    asked = question(lock=Fraction(1, 3), prune=Fraction(1, 3))
    short, long = patterns(asked, 1, NUMBERS, 5), patterns(asked, 1, NUMBERS, 50)
    assert all(np.array_equal(a, b[:, :5]) for a, b in zip(short, long, strict=True))
    assert not (long[0] & long[1]).any()


def test_vectors_are_those_of_all_subsets() -> None:
    asked = question(law="normal", targets="random", dim=2, eps=Fraction(1, 3))
    times = hitting_times(asked, trials=6, seed=5, max_items=8)
    for trial in range(6):
        sample = rows(asked, 5, np.array([trial], dtype=np.uint64), 16)[0].reshape(8, 2)
        boxes = [
            target_range(random_target(asked, 5, trial, k), asked.eps, asked.law.unit)
            for k in range(2)
        ]
        first = -1
        for n in range(9):
            pairs = zip(
                *(naive.all_sums([int(x) for x in sample[:n, k]]) for k in range(2)), strict=True
            )
            if any(all(b.lo <= s <= b.hi for s, b in zip(p, boxes, strict=True)) for p in pairs):
                first = n
                break
        assert times[trial] == first


def test_integer_laws_are_exact_and_answer_exact_questions() -> None:
    law = read_law("integers[5]")
    draws = law.sample(seed=1, stream=2, start=0, count=4000)
    assert sorted(set(draws.tolist())) == list(range(-5, 6))
    assert set(Integers(3, 2).sample(seed=1, stream=2, start=0, count=999).tolist()) == {
        a * b for a in range(-3, 4) for b in range(-3, 4)
    }
    asked = Question.of("integers[5]", Fraction(1, 2), "all", -5, 5)
    times = hitting_times(asked, trials=TRIALS, seed=3, max_items=10)
    sample = rows(asked, 3, NUMBERS, 10)
    for trial in range(TRIALS):
        first = next(
            (
                n
                for n in range(11)
                if set(range(-5, 6)) <= set(naive.all_sums([int(x) for x in sample[trial][:n]]))
            ),
            -1,
        )
        assert times[trial] == first


@pytest.mark.parametrize(
    "law", ["uniform", "uniform*uniform", "normal", "normal*normal", "relu(uniform)*uniform"]
)
@pytest.mark.parametrize("eps", [Fraction(1, 20), Fraction(1, 100), Fraction(1, 500)])
def test_thresholds_agree_between_two_methods(law: str, eps: Fraction) -> None:
    from slt_theory.subset_sum import hitting_times as kernel

    asked = Question.of(law, eps, "all", -1, 1)
    trials = 300
    fitted = fitting(asked, 64)
    sample = rows(fitted, 0, np.arange(trials, dtype=np.uint64), 64)
    reach = cover_range(asked.lo, asked.hi, asked.eps, fitted.law.unit)
    by_intervals = kernel(sample, *reach, method="intervals")
    by_cells = kernel(sample, *reach, method="cells")
    assert np.array_equal(by_intervals, by_cells)
    found = threshold(law=law, eps=eps, delta=0.1, trials=trials, seed=0)
    ordered = np.sort(np.where(by_intervals < 0, 10**6, by_intervals))
    assert found.n == ordered[-(-9 * trials // 10) - 1]


def test_many_items_take_a_coarser_lattice() -> None:
    asked = question(lock=Fraction(1, 4))
    assert fitting(asked, 20) is asked
    assert fitting(asked, 5000).law.bits < 52
    assert successes_at(asked, 3000, trials=2, seed=0) >= 0


def test_a_locked_share_of_zero_changes_nothing() -> None:
    free = threshold(eps=Fraction(1, 20), delta=0.1, trials=200, seed=2)
    almost = threshold(eps=Fraction(1, 20), delta=0.1, prune=Fraction(1, 10**9), trials=200, seed=2)
    assert free.n == almost.n
    assert almost.counts[almost.n or 0] == free.successes(free.n or 0)


@pytest.mark.parametrize(
    "change",
    [
        {"size": 0},
        {"size": 65},
        {"dim": 9},
        {"dim": 2},
        {"lock": Fraction(1, 2), "prune": Fraction(1, 2)},
        {"lock": Fraction(-1, 8)},
        {"size": 3, "lock": Fraction(1, 8)},
        {"lo": 2, "hi": 1},
        {"targets": "fixed:x"},
        {"targets": "some"},
        {"eps": 0},
        {"law": "integers[0]"},
        {"law": "integers[3]*uniform"},
    ],
)
def test_bad_questions_are_refused(change: dict[str, Any]) -> None:
    with pytest.raises(BadInput):
        question(**change)


def test_frozen_questions_have_no_hitting_time() -> None:
    with pytest.raises(BadInput, match="hitting time"):
        hitting_times(question(lock=Fraction(1, 4)), trials=5, seed=0)
