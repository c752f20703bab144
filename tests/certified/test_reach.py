"""The reach floor: values, exact small cases, Monte Carlo from both sides, bad input."""

from __future__ import annotations

import itertools
from dataclasses import replace
from fractions import Fraction
from functools import cache

import numpy as np
import pytest
from scipy.stats import binom

from slt_theory.certified import counting_n, necessary_n, reach_floor
from slt_theory.certified.exact import ONE
from slt_theory.certified.extension import irwin_hall
from slt_theory.certified.reach_frozen import frozen_floor
from slt_theory.certified.reach_hits import expected_hits
from slt_theory.certified.reach_sides import sides
from slt_theory.certified.reach_sizes import Sizes, below
from slt_theory.errors import BadInput
from slt_theory.experiments.bounds import bound_numbers
from slt_theory.experiments.check import check, successes_at
from slt_theory.experiments.question import Question
from slt_theory.experiments.sufficient import necessary_for
from slt_theory.lattice import cover_range
from slt_theory.laws import Uniform, parse_law
from slt_theory.subset_sum.cover import hitting_times
from slt_theory.subset_sum.draws import Drawn
from slt_theory.theorems import Bound, all_theorems

TENTHS = ("1/10", "1/100", "1/1000")
ALARM = 1e-6
"""Level of all Monte Carlo rows of this file together."""


@pytest.mark.parametrize(
    ("law", "least"),
    [
        ("uniform", (10, 16, 22)),
        ("normal", (9, 14, 19)),
        ("uniform*uniform", (18, 26, 33)),
        ("relu(uniform)*uniform", (37, 56, 72)),
    ],
)
def test_necessary_numbers_of_the_table(law: str, least: tuple[int, ...]) -> None:
    found = [necessary_n(e, e, law=law) for e in TENTHS]
    assert tuple(f.n for f in found) == least
    for f, e in zip(found, TENTHS, strict=True):
        assert f.failure > Fraction(e)
        assert f.proof == "reach-floor"
        assert f.n > counting_n(e, delta=e, law=law).n


def test_the_narrow_window() -> None:
    assert necessary_n("1/50", "1/100", lo="-1/2", hi="1/2").n == 12


def test_the_floor_of_uniforms_is_the_rational_number() -> None:
    n, level = 9, Fraction(9, 10)
    exact = Fraction(0)
    for word in itertools.product((0, 1), repeat=n):
        g, h = irwin_hall(sum(word), level), irwin_hall(n - sum(word), level)
        exact += (g + h - g * h) / 2**n
    found = reach_floor(n, "1/10")
    assert 0 <= exact - found < Fraction(1, 2**60)


def test_a_counted_number_says_no_more_than_it_shows() -> None:
    """Below it some target is always missed, a fixed one with probability above delta only."""
    wide = {"eps": "1/1000", "delta": "1/3", "law": "normal"}
    every, each = necessary_n(**wide), necessary_n(**wide, targets="fixed")  # type: ignore[arg-type]
    assert (every.method, each.method) == ("counting", "counting")
    assert every.failure > 0.999999
    assert 0.333 < each.failure <= Fraction(1, 3)


def test_floats_ask_for_less_and_more_items_help() -> None:
    assert necessary_n(0.1, 0.1).n <= necessary_n("1/10", "1/10").n
    rows = [reach_floor(n, "1/10", law="bernoulli(0.3)*uniform*uniform") for n in range(0, 60, 6)]
    assert rows == sorted(rows, reverse=True)


def test_scales_masks_and_windows() -> None:
    plain = necessary_n("1/50", "1/100", law="normal")
    assert necessary_n("1/100", "1/100", law="0.5*normal", lo="-1/2", hi="1/2").n == plain.n
    pruned = necessary_n("1/100", "1/100", prune="1/2", law="uniform*uniform")
    assert pruned.n == necessary_n("1/100", "1/100", law="relu(uniform)*uniform").n
    # One end alone asks for no more than both; targets below eps on one side ask nothing there.
    both = necessary_n("1/100", "1/100").n
    assert necessary_n("1/100", "1/100", lo=0).n <= both
    assert necessary_n("1/100", "1/100", targets="fixed").n <= both
    assert reach_floor(20, "1/10", lo="-1/20", hi=1) == reach_floor(20, "1/10", lo=0, hi=1)


def test_one_sided_and_shifted_laws() -> None:
    assert reach_floor(3, "1/10", law="uniform[0,1]", lo=0, hi=1) == Fraction(
        irwin_hall(3, Fraction(9, 10)) * ONE // 1, ONE
    )
    shifted = reach_floor(12, "1/10", law="uniform[-1/2,3/2]")
    assert shifted == reach_floor(12, "1/10", law="uniform[-3/2,1/2]")
    assert reach_floor(3, "1/10", law="uniform[1/2,1]", lo="3/4", hi=2) > 0
    with pytest.raises(BadInput, match="no negative items"):
        necessary_n("1/10", "1/10", law="uniform[0,1]")
    with pytest.raises(BadInput, match="no rule"):
        necessary_n("1/10", "1/10", law="signs*uniform")

    class Own(Uniform):
        """Draws as it likes."""

    with pytest.raises(BadInput, match="no rule"):
        sides(Own())
    for change in ({"eps": 0}, {"delta": 1}, {"lo": 2}, {"lock": "1/2", "prune": "1/2"}):
        with pytest.raises(BadInput):
            necessary_n(**{"eps": "1/10", "delta": "1/10"} | change)  # type: ignore[arg-type]


def test_lattice_bounds_enclose_the_exact_sums() -> None:
    size, level = Sizes("uniforms", Fraction(1), count=1), Fraction(9, 10)
    low, high = below(size, level), below(size, level, upper=True)
    for k in range(1, 12):
        assert low[k] <= irwin_hall(k, level) * ONE <= high[k]
        assert high[k] - low[k] < high[k] * k * k // 3500


def _failures(law: str, n: int, eps: Fraction, trials: int, stream: int) -> int:
    source = parse_law(law)
    goal = cover_range(Fraction(-1), Fraction(1), eps, source.unit)
    drawn = Drawn(source, 20250101, stream, trials, n)
    return int(np.count_nonzero(hitting_times(drawn, *goal) < 0))


ROWS = (
    ("uniform", 9, "1/10", 200_000),
    ("normal", 8, "1/10", 200_000),
    ("uniform*uniform", 18, "1/10", 1_000_000),
    ("uniform*uniform", 25, "1/100", 100_000),
    ("relu(uniform)*uniform", 36, "1/10", 200_000),
    ("normal*uniform", 12, "1/10", 100_000),
    ("normal*normal", 10, "1/10", 100_000),
    ("bernoulli(0.4)*uniform", 24, "1/10", 100_000),
    ("uniform[-1/2,3/2]", 28, "1/10", 100_000),
    ("hyperbolic[1/8,2]", 7, "1/10", 100_000),
)


@cache
def _row(index: int) -> tuple[int, int, float]:
    law, n, eps, trials = ROWS[index]
    error = Fraction(eps)
    floor = reach_floor(n, error + n * parse_law(law).coupling, law=law)
    return _failures(law, n, error, trials, index), trials, float(floor)


@pytest.mark.parametrize("index", range(len(ROWS)))
def test_no_law_fails_less_often_than_the_floor(index: int) -> None:
    failures, trials, floor = _row(index)
    assert floor > 0.005
    assert binom.cdf(failures, trials, floor) >= ALARM / len(ROWS)


def test_the_floor_is_met_and_a_raised_one_rings() -> None:
    """Products of uniforms fail by reach: the floor of 0.0797 is the truth to two per cent."""
    failures, trials, floor = _row(2)
    assert abs(floor - 0.0797) < 0.0001
    assert failures < 1.05 * floor * trials
    assert binom.cdf(failures, trials, 1.05 * floor) < ALARM / len(ROWS)


def test_frozen_sums_fail_at_least_as_often() -> None:
    lock, prune, n, trials = Fraction(1, 4), Fraction(1, 4), 17, 20_000
    needed = necessary_n("1/10", "1/10", lock=lock, prune=prune, targets="fixed")
    assert needed.n == n + 1
    rows = frozen_floor(
        sides("uniform"), lock, prune, Fraction(9, 10), Fraction(9, 10), Fraction(ONE, 20)
    )
    question = Question.of("uniform", Fraction(1, 10), "fixed:1", -1, 1, lock=lock, prune=prune)
    failures = trials - successes_at(question, n, trials=trials, seed=5)
    floor = rows[n] / ONE
    assert floor > 0.1
    assert binom.cdf(failures, trials, floor) >= ALARM
    assert failures < 3 * floor * trials


def test_expected_hits_are_above_a_simulation() -> None:
    n, end, error, extra = 8, 1.0, 0.1, 0.15
    items = np.random.default_rng(3).uniform(-1, 1, (20_000, n))
    few = items[np.maximum(items, 0).sum(axis=1) <= end - error + extra]
    picks = np.array(list(itertools.product((0, 1), repeat=n)))
    hits = int((np.abs(few @ picks.T - end) <= error).sum())
    mean = hits / len(items)
    bound = expected_hits(n, Fraction(1), Fraction(1, 10), Fraction(3, 20)) / ONE
    assert mean < bound < 1.5 * mean


def test_every_constant_of_the_catalogue_is_above_the_floor() -> None:
    """Statements that name their n; a fit below the floor is called so."""
    tried = 0
    for entry in all_theorems():
        if entry.named_n is None or entry.claims != "sufficient":
            continue
        low, high = entry.window
        for eps, delta in itertools.product((0.2, 0.1, 0.01, 0.001), (0.3, 0.1, 0.01, 1e-4)):
            needed = necessary_for(entry, Fraction(str(eps)), delta, low, high)
            assert needed is not None
            assert entry.named_n(eps, delta, low, high) >= needed.n, (entry.id, eps, delta)
            tried += 1
    assert tried >= 48
    fit = bound_numbers("gadhikar2023-subset-sum", eps=Fraction(1, 100), delta=0.01, trials=300)
    assert fit.fitted is not None
    assert fit.necessary is not None
    assert fit.fitted_excluded == (fit.fitted <= fit.necessary - 1)


def test_the_code_of_a_paper_states_an_n_for_every_fixed_target() -> None:
    """3 round(log2(1/eps)) names no failure probability; at 1e-4 it is below the floor."""
    entry = next(t for t in all_theorems() if t.id == "pensia2020-direct")
    assert entry.bound is not None
    n = int(entry.bound(eps=0.01))
    needed = {d: necessary_for(entry, Fraction(1, 100), d, -1, 1) for d in (0.01, 1e-4)}
    assert needed[0.01] is not None
    assert needed[1e-4] is not None
    assert needed[0.01].n <= n < needed[1e-4].n


def test_a_bound_below_the_floor_is_told_before_any_trial() -> None:
    few = Bound("few", n=lambda eps, delta: 17, law="uniform*uniform")
    report = check(few, eps=Fraction(1, 10), delta=0.1, trials=50, seed=1)
    assert any("at least 18 numbers are necessary" in note for note in report.notes)
    enough = replace(few, n=lambda eps, delta: 18)
    report = check(enough, eps=Fraction(1, 10), delta=0.1, trials=50, seed=1)
    assert not report.notes
