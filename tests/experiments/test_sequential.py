"""Checks that stop early keep their level: exact martingale, exact errors, stated power."""

from __future__ import annotations

import random
from fractions import Fraction
from itertools import product
from math import factorial
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import betaln

from slt_theory.errors import BadInput
from slt_theory.experiments import check
from slt_theory.experiments.sequential import (
    confidence_sequence,
    excludes,
    settle,
    settle_at_the_end,
)
from slt_theory.statistics import Verdict, binomial_alarm, clopper_pearson, verdict

VIOLATED, CONSISTENT, OPEN = Verdict.VIOLATED, Verdict.CONSISTENT, Verdict.INCONCLUSIVE


def exact_m(s: int, t: int, p: Fraction) -> Fraction:
    """M_t(p) in integers: B(s + 1/2, f + 1/2) / B(1/2, 1/2) = (2s)! (2f)! / (4^t s! f! t!)."""
    f = t - s
    mixture = Fraction(
        factorial(2 * s) * factorial(2 * f), 4**t * factorial(s) * factorial(f) * factorial(t)
    )
    return mixture / (p**s * (1 - p) ** f)


def naive_verdict(answers: list[bool], claimed: Fraction, alpha: float) -> tuple[Verdict, int, int]:
    """Look after every trial, in exact fractions; the exact binomial test at the end."""
    half, s = alpha / 2, 0
    for t, answer in enumerate(answers, start=1):
        s += answer
        if exact_m(s, t, claimed) >= 1 / Fraction(half):
            return (CONSISTENT if Fraction(s, t) >= claimed else VIOLATED), s, t
    t = len(answers)
    return verdict(s, t, float(claimed), half), s, t


def feed(answers: list[bool] | NDArray[np.bool_]) -> Any:
    array = np.array(answers, dtype=np.bool_)
    return lambda start, stop: array[start:stop]


@pytest.mark.parametrize("p", [Fraction(1, 2), Fraction(9, 10), Fraction(1, 100)])
def test_m_is_a_martingale_that_starts_at_one(p: Fraction) -> None:
    assert exact_m(0, 0, p) == 1
    for t in range(12):
        for s in range(t + 1):
            step = p * exact_m(s + 1, t + 1, p) + (1 - p) * exact_m(s, t + 1, p)
            assert step == exact_m(s, t, p)


def test_balls_decide_as_exact_fractions_do() -> None:
    p = Fraction(9, 10)
    seen = set()
    for t in (1, 7, 40, 150):
        for s in range(t + 1):
            for alpha in (0.3, 1e-2, 1e-4):
                wanted = exact_m(s, t, p) >= 1 / Fraction(alpha)
                assert excludes(s, t, p, alpha) == wanted
                seen.add(wanted)
    assert seen == {True, False}


@pytest.mark.parametrize("claimed", [Fraction(1, 2), Fraction(3, 4)])
def test_settle_is_the_naive_rule_on_all_short_sequences(claimed: Fraction) -> None:
    verdicts = set()
    for answers in product((False, True), repeat=8):
        found = settle(feed(list(answers)), claimed=claimed, trials=8, alpha=0.5)
        assert (found.verdict, found.successes, found.trials) == naive_verdict(
            list(answers), claimed, 0.5
        )
        verdicts.add(found.verdict)
    assert verdicts == {VIOLATED, CONSISTENT, OPEN}


def test_settle_is_the_naive_rule_across_batches() -> None:
    chance = random.Random(1)
    for share in (0.7, 0.85, 0.9, 0.93, 1.0):
        answers = [chance.random() < share for _ in range(260)]
        found = settle(feed(answers), claimed=Fraction(9, 10), trials=260, alpha=0.01)
        wanted = naive_verdict(answers, Fraction(9, 10), 0.01)
        assert (found.verdict, found.successes, found.trials) == wanted
        assert (found.ci.hi < 0.9) == (found.verdict is VIOLATED)
        assert (found.ci.lo >= 0.9) == (found.verdict is CONSISTENT)


def exact_errors(p: Fraction, claimed: Fraction, trials: int, alpha: float) -> dict[Verdict, Any]:
    """Probability of each verdict if every trial succeeds with chance p, by adding up all paths."""
    half = alpha / 2
    alive = {0: Fraction(1)}
    ends = dict.fromkeys((VIOLATED, CONSISTENT, OPEN), Fraction(0))
    for t in range(1, trials + 1):
        grown: dict[int, Fraction] = {}
        for s, mass in alive.items():
            grown[s + 1] = grown.get(s + 1, Fraction(0)) + mass * p
            grown[s] = grown.get(s, Fraction(0)) + mass * (1 - p)
        alive = {}
        for s, mass in grown.items():
            if excludes(s, t, claimed, half):
                ends[CONSISTENT if Fraction(s, t) >= claimed else VIOLATED] += mass
            elif t == trials:
                ends[verdict(s, t, float(claimed), half)] += mass
            else:
                alive[s] = mass
    assert sum(ends.values()) == 1
    return ends


@pytest.mark.parametrize("claimed", [Fraction(1, 2), Fraction(3, 4), Fraction(15, 16)])
@pytest.mark.parametrize("alpha", [0.4, 0.1])
def test_the_level_is_kept_exactly(claimed: Fraction, alpha: float) -> None:
    at = exact_errors(claimed, claimed, 60, alpha)
    # At the claim itself both errors count: the second is the limit from below.
    assert at[VIOLATED] + at[CONSISTENT] <= Fraction(alpha)
    # The bound is not idle: a good part of the level is used.
    assert at[VIOLATED] + at[CONSISTENT] >= Fraction(alpha) / 4
    for shift in (Fraction(1, 64), Fraction(1, 32)):
        assert exact_errors(claimed + shift, claimed, 60, alpha)[VIOLATED] <= at[VIOLATED]
        assert exact_errors(claimed - shift, claimed, 60, alpha)[CONSISTENT] <= at[CONSISTENT]


def test_looking_at_every_trial_with_a_fixed_interval_would_break_the_level() -> None:
    """The reason for all this: the exact interval of a fixed sample, looked at all the time."""
    claimed, alpha, trials = Fraction(1, 2), 0.1, 40
    alive, wrong = {0: Fraction(1)}, Fraction(0)
    for t in range(1, trials + 1):
        grown: dict[int, Fraction] = {}
        for s, mass in alive.items():
            for k in (s, s + 1):
                grown[k] = grown.get(k, Fraction(0)) + mass / 2
        alive = {}
        for s, mass in grown.items():
            low, high = clopper_pearson(s, t, alpha)
            if low <= claimed <= high:
                alive[s] = mass
            else:
                wrong += mass
    assert wrong > Fraction(alpha)


def operating(p: float, claimed: float, trials: int, alpha: float) -> tuple[float, float]:
    """Probability of VIOLATED, and the mean number of trials, in floats."""
    half, violated, mean = alpha / 2, 0.0, 0.0
    mass = np.zeros(trials + 2)
    mass[0] = 1.0
    for t in range(1, trials + 1):
        mass[1 : t + 1] = mass[1 : t + 1] * (1 - p) + mass[:t] * p
        mass[0] *= 1 - p
        mean += mass[: t + 1].sum() if t < trials else 0
        s = np.arange(t + 1)
        log_m = betaln(s + 0.5, t - s + 0.5) - np.log(np.pi)
        log_m -= s * np.log(claimed) + (t - s) * np.log1p(-claimed)
        out = log_m >= -np.log(half)
        violated += mass[: t + 1][out & (s < claimed * t)].sum()
        mass[: t + 1][out] = 0.0
    last = binomial_alarm(claimed, p, trials, alpha=half / 2).threshold
    return violated + mass[: last + 1].sum(), mean


@pytest.mark.parametrize(
    ("trials", "power", "mean"), [(200, 0.73, 168), (400, 0.98, 223), (1000, 0.9999, 230)]
)
def test_power_and_mean_length_are_as_stated(trials: int, power: float, mean: float) -> None:
    """Claim 0.9, truth 0.8, level 1e-3: VIOLATED with this power after about so many trials."""
    found, length = operating(0.8, 0.9, trials, 1e-3)
    assert found >= power
    assert length <= mean
    # What a report states is a bound from below, and little is lost against a fixed sample.
    assert found >= binomial_alarm(0.9, 0.8, trials, alpha=1e-3 / 4).power - 1e-3 / 2
    assert found >= binomial_alarm(0.9, 0.8, trials, alpha=1e-3 / 2).power - 0.06


def test_all_successes_settle_after_the_stated_number() -> None:
    for claimed, stop in ((Fraction(9, 10), 100), (Fraction(99, 100), 1165)):
        found = settle(feed([True] * 2000), claimed=claimed, trials=2000, alpha=1e-3)
        assert (found.verdict, found.trials) == (CONSISTENT, stop)
        assert exact_m(stop, stop, claimed) >= 2000 > exact_m(stop - 1, stop - 1, claimed)


@pytest.mark.parametrize(("s", "t"), [(0, 5), (5, 5), (3, 10), (90, 100), (999, 1000)])
def test_the_interval_is_what_is_not_excluded(s: int, t: int) -> None:
    low, high = confidence_sequence(s, t, 0.05)
    exact_low, exact_high = clopper_pearson(s, t, 0.05)
    assert low <= exact_low <= s / t <= exact_high <= high
    assert s == 0 or excludes(s, t, low, 0.05)
    assert s == t or excludes(s, t, high, 0.05)
    for p in np.linspace(0.001, 0.999, 97):
        assert excludes(s, t, float(p), 0.05) == (not low < p < high)


def test_the_interval_holds_at_all_times_at_once() -> None:
    """Exact chance that some interval of the first 60 misses p; and over them none is empty."""
    for p in (Fraction(1, 3), Fraction(9, 10)):
        alive, missed = {0: Fraction(1)}, Fraction(0)
        for t in range(1, 61):
            grown: dict[int, Fraction] = {}
            for s, mass in alive.items():
                grown[s + 1] = grown.get(s + 1, Fraction(0)) + mass * p
                grown[s] = grown.get(s, Fraction(0)) + mass * (1 - p)
            alive = {s: m for s, m in grown.items() if not excludes(s, t, p, 0.2)}
            missed += sum(m for s, m in grown.items() if s not in alive)
        assert Fraction(1, 50) < missed <= Fraction(0.2)


def test_a_check_is_the_same_for_any_threads_and_its_fixed_mode_runs_all() -> None:
    options: dict[str, Any] = {"eps": 0.1, "delta": 0.1, "trials": 700, "seed": 4}
    early = check("lueker1998-rss", **options, threads=1)
    assert early.to_dict() == check("lueker1998-rss", **options, threads=3).to_dict()
    assert (early.verdict, early.trials, early.most_trials) == (CONSISTENT, 100, 700)
    fixed = check("lueker1998-rss", **options, fixed=True)
    assert (fixed.verdict, fixed.trials) == (CONSISTENT, 700)
    assert fixed.ci == clopper_pearson(fixed.successes, 700, 1e-3)
    assert "settled" in early.summary()
    assert "settled" not in fixed.summary()


def test_too_few_numbers_are_found_out_early() -> None:
    found = check("lueker1998-rss", eps=0.05, delta=0.1, n=8, trials=5000)
    assert found.verdict is VIOLATED
    assert found.trials < 30


def test_a_necessary_number_is_checked_by_its_failures() -> None:
    claim: dict[str, Any] = {"eps": 0.05, "delta": 0.1, "trials": 600}
    early = check("slt-rss-counting", **claim)
    fixed = check("slt-rss-counting", **claim, fixed=True)
    assert early.verdict is fixed.verdict is CONSISTENT
    assert early.trials < fixed.trials == 600


def test_bad_input_is_refused() -> None:
    for bad in ({"trials": 0}, {"claimed": 0}, {"claimed": 1}, {"alpha": 0}, {"alpha": 2}):
        with pytest.raises(BadInput):
            settle(feed([True]), **({"claimed": 0.5, "trials": 1, "alpha": 0.1} | bad))
    with pytest.raises(BadInput):
        confidence_sequence(3, 2, 0.1)
    with pytest.raises(BadInput):
        check("lueker1998-rss", eps=0.1, delta=0.1, trials=0)
    assert settle_at_the_end(feed([True]), claimed=0.5, trials=1, alpha=0.1).verdict is OPEN
