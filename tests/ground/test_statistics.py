"""Binomial statistics against exact rational tail sums and full enumeration."""

from __future__ import annotations

import bisect
import itertools
import math
from fractions import Fraction

import pytest
from scipy.stats import binomtest

from slt_theory.errors import BadInput
from slt_theory.statistics import (
    Verdict,
    binomial_alarm,
    clopper_pearson,
    hitting_quantile,
    probability,
    trials_needed,
    verdict,
)


def at_most(k: int, n: int, p: Fraction) -> Fraction:
    """P(X <= k), X ~ Bin(n, p), exactly."""
    return sum((math.comb(n, i) * p**i * (1 - p) ** (n - i) for i in range(k + 1)), Fraction(0))


@pytest.mark.parametrize("alpha", [0.05, 1e-3, 1e-9])
@pytest.mark.parametrize("n", [1, 2, 5, 12, 30])
def test_clopper_pearson_holds_its_level_exactly_and_wastes_little(n, alpha):
    half = Fraction(alpha) / 2
    for k in range(n + 1):
        lo, hi = clopper_pearson(k, n, alpha)
        # The level, in rational arithmetic: never inside the exact bound.
        if k:
            assert 1 - at_most(k - 1, n, Fraction(lo)) <= half
        else:
            assert lo == 0.0
        if k < n:
            assert at_most(k, n, Fraction(hi)) <= half
        else:
            assert hi == 1.0
        # Not needlessly wide either: 1e-12 of itself or 8 ulp further in, the level is lost.
        if k:
            inner = Fraction(lo) * (1 + Fraction(1, 10**12))
            assert 1 - at_most(k - 1, n, inner) > half
        if k < n:
            inner = Fraction(hi) - max((1 - Fraction(hi)) / 10**12, Fraction(1, 2**50))
            assert at_most(k, n, inner) > half


@pytest.mark.parametrize(("k", "n"), [(950, 1000), (3990, 4000), (10**5 - 3, 10**5), (7, 10**6)])
def test_clopper_pearson_never_lies_inside_scipy_and_agrees_with_it(k, n):
    lo, hi = clopper_pearson(k, n, 0.05)
    other = binomtest(k, n).proportion_ci(0.95, method="exact")
    assert lo <= other.low * (1 + 1e-9)
    assert hi >= other.high * (1 - 1e-9)
    assert lo >= other.low * (1 - 1e-7)
    assert hi <= other.high * (1 + 1e-7)


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        ((1, 0), "trials"),
        ((-1, 5), "successes"),
        ((6, 5), "successes"),
        ((1, 5, 0.0), "alpha"),
        ((1, 5, 1.0), "alpha"),
        ((1, 5, math.nan), "alpha"),
    ],
)
def test_bad_arguments_of_an_interval(arguments, name):
    with pytest.raises(BadInput, match=f"^{name} = "):
        clopper_pearson(*arguments)


@pytest.mark.parametrize("value", [0, 1, -0.1, math.nan, math.inf, "x", None])
def test_a_probability_lies_strictly_inside(value):
    with pytest.raises(BadInput, match=r"^delta = "):
        probability("delta", value)


LAWS_OF_TIMES = [
    {1: Fraction(1, 2), 2: Fraction(1, 4), -1: Fraction(1, 4)},
    {3: Fraction(9, 10), 7: Fraction(1, 10)},
    {0: Fraction(1, 5), 4: Fraction(1, 5), 5: Fraction(3, 5)},
    {5: Fraction(1)},
]


@pytest.mark.parametrize("law", LAWS_OF_TIMES)
@pytest.mark.parametrize("delta", [0.1, 0.3, 0.5, 0.75, 0.9])
@pytest.mark.parametrize("level", [0.5, 0.95])
@pytest.mark.parametrize("trials", [1, 2, 5])
def test_quantile_bounds_hold_their_level_by_enumeration(law, delta, level, trials):
    goal, reached = 1 - Fraction(delta), Fraction(0)
    truth = math.inf
    for n in sorted(t for t in law if t >= 0):
        reached += law[n]
        if reached >= goal:
            truth = n
            break
    too_high = too_low = Fraction(0)
    for times in itertools.product(law, repeat=trials):
        weight = math.prod((law[t] for t in times), start=Fraction(1))
        found = hitting_quantile(times, delta, level=level)
        low = math.inf if found.n_low is None else found.n_low
        high = math.inf if found.n_high is None else found.n_high
        assert low <= high
        too_high += weight * (low > truth)
        too_low += weight * (high < truth)
    side = (1 - Fraction(level)) / 2
    assert too_high <= side
    assert too_low <= side


def test_the_point_estimate_is_the_order_statistic():
    times = [4, 9, 7, -1, 5, 6, 8, 10, 3, 11]
    assert hitting_quantile(times, 0.1).n == 11
    assert hitting_quantile(times, 0.5).n == 7
    assert hitting_quantile(times, 0.05).n is None


@pytest.mark.parametrize("times", [[], [[1, 2]], [1.5], [math.nan], ["a"]])
def test_times_that_are_none(times):
    with pytest.raises(BadInput, match="times"):
        hitting_quantile(times, 0.1)


@pytest.mark.parametrize("trials", [1, 7, 60])
@pytest.mark.parametrize("claimed", [0.5, 0.9, 0.99])
def test_the_verdict_rule(trials, claimed):
    seen = []
    for k in range(trials + 1):
        lo, hi = clopper_pearson(k, trials, 1e-3)
        expected = (
            Verdict.VIOLATED
            if hi < claimed
            else Verdict.CONSISTENT
            if lo >= claimed
            else Verdict.INCONCLUSIVE
        )
        assert verdict(k, trials, claimed) is expected
        seen.append(expected)
    order = [Verdict.VIOLATED, Verdict.INCONCLUSIVE, Verdict.CONSISTENT]
    assert seen == sorted(seen, key=order.index)


def test_a_true_claim_is_violated_with_at_most_half_the_level():
    for trials, claimed in ((40, Fraction(9, 10)), (90, Fraction(1, 2))):
        wrong = max(
            (
                k
                for k in range(trials + 1)
                if verdict(k, trials, float(claimed), 0.01) == "VIOLATED"
            ),
            default=-1,
        )
        assert wrong >= 0
        assert at_most(wrong, trials, claimed) <= Fraction(1, 200)


def test_exit_codes_of_verdicts():
    assert {v.value: v.exit_code for v in Verdict} == {
        "CONSISTENT": 0,
        "VIOLATED": 1,
        "INCONCLUSIVE": 3,
        "VACUOUS": 0,
        "NOT_APPLICABLE": 0,
    }


@pytest.mark.parametrize(
    ("p0", "p1", "trials", "alpha"),
    [(0.5, 0.2, 80, 1e-6), (0.9, 0.7, 150, 1e-9), (0.99, 0.9, 120, 1e-3), (0.9, 0.5, 3, 1e-2)],
)
def test_alarms_have_their_level_and_their_power_exactly(p0, p1, trials, alpha):
    alarm = binomial_alarm(p0, p1, trials, alpha=alpha)
    level = at_most(alarm.threshold, trials, Fraction(p0))
    assert level <= Fraction(alpha)
    # The next threshold would be too high: the test is the most powerful of its kind.
    assert at_most(alarm.threshold + 1, trials, Fraction(p0)) > Fraction(alpha)
    assert math.isclose(alarm.level, level, rel_tol=1e-12)
    power = at_most(alarm.threshold, trials, Fraction(p1))
    assert math.isclose(alarm.power, power, rel_tol=1e-12)


def test_no_outcome_may_alarm_when_trials_are_few():
    assert binomial_alarm(0.9, 0.5, 1, alpha=1e-9) == (-1, 0.0, 0.0)


@pytest.mark.parametrize(
    ("arguments", "name"),
    [((0.5, 0.5, 9), "p1"), ((0.5, 0.9, 9), "p1"), ((1.0, 0.5, 9), "p0")],
)
def test_bad_arguments_of_an_alarm(arguments, name):
    with pytest.raises(BadInput, match=f"^{name} = "):
        binomial_alarm(*arguments)


def test_an_alarm_level_above_one_is_refused():
    with pytest.raises(BadInput, match=r"^alpha = "):
        binomial_alarm(0.9, 0.5, 10, alpha=2.0)


@pytest.mark.parametrize(
    ("p0", "p1", "power"), [(0.9, 0.8, 0.9), (0.99, 0.95, 0.5), (0.5, 0.3, 0.99)]
)
def test_the_power_asked_for_is_reached_by_the_verdict_itself(p0, p1, power):
    alpha = 1e-3
    trials = trials_needed(p0, p1, alpha=alpha, power=power)
    # Verdicts are monotone in the successes.
    first_open = bisect.bisect_left(
        range(trials + 1), True, key=lambda k: verdict(k, trials, p0, alpha) != "VIOLATED"
    )
    threshold = first_open - 1
    assert at_most(threshold, trials, Fraction(p1)) >= Fraction(power)
    assert trials < 4000


def test_claims_too_close_to_be_told_apart_are_refused():
    with pytest.raises(BadInput, match="p1"):
        trials_needed(0.5, 0.5 - 1e-9)
