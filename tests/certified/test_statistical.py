"""Certified by statistics: the stored table, the trials behind it, and the rules on top."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import binom

from slt_theory.certified import certified_n, necessary_n, reach_floor, statistical_n
from slt_theory.certified.exact import ONE
from slt_theory.certified.statistical_table import (
    CELLS,
    LEVEL,
    PARTS,
    PLANS,
    TrialPlan,
    failure_bounds,
    profiles,
    reach_failure,
)
from slt_theory.errors import BadInput
from slt_theory.experiments.statistical import count_misses, reach_times, run_plan
from slt_theory.laws import parse_law
from slt_theory.statistics.intervals import tail_at_most
from slt_theory.streams import Purpose, stream_id

ROWS = [plan.key for plan in PLANS]
TENTHS = ("1/10", "1/100", "1/1000")


def test_the_level_is_shared_and_every_plan_is_stored() -> None:
    assert sum(plan.last - plan.first + 1 for plan in PLANS) <= CELLS
    assert len({plan.stream for plan in PLANS}) == len(PLANS) == len(set(ROWS))
    assert [profile.plan for profile in profiles()] == list(PLANS)


@pytest.mark.parametrize("row", ROWS)
def test_stored_rows_are_consistent(row: str) -> None:
    """Above the proved floor at every n, above the counts, and never increasing."""
    profile = profiles()[ROWS.index(row)]
    plan = profile.plan
    assert len(profile.late) == len(profile.misses) == len(profile.failure)
    assert list(profile.failure) == sorted(profile.failure, reverse=True)
    places = range(plan.first, plan.last + 1)
    for n, late, misses, bound in zip(
        places, profile.late, profile.misses, profile.failure, strict=True
    ):
        assert 0 <= misses <= late <= plan.trials
        floor = reach_floor(n, plan.eps, lo=plan.lo, hi=plan.hi, law=plan.law)
        assert Fraction(bound, PARTS) >= floor
        assert bound >= min(PARTS, late * PARTS // plan.trials // 2)


@pytest.mark.parametrize("row", ["uniform:0.01:1", "uniform*uniform:0.1:1"])
def test_stored_bounds_follow_from_the_counts(row: str) -> None:
    profile = profiles()[ROWS.index(row)]
    assert failure_bounds(profile.plan, profile.misses) == profile.failure
    # One miss more or a floor left out would show.
    k = len(profile.misses) // 2
    more = tuple(m + (j == k) * 50 for j, m in enumerate(profile.misses))
    assert failure_bounds(profile.plan, more) != profile.failure


def test_clopper_pearson_holds_at_the_shared_level() -> None:
    profile = profiles()[ROWS.index("uniform:0.01:1")]
    k = 19 - profile.plan.first
    reach = reach_failure("uniform", Fraction(99, 100), Fraction(99, 100), 19)
    yet = profile.failure[k] / PARTS - reach / ONE
    level = float(LEVEL / CELLS)
    count, trials = profile.misses[k], profile.plan.trials
    assert tail_at_most(count, trials, yet * (1 + 1e-6), level, upper=False)
    assert not tail_at_most(count, trials, yet * (1 - 1e-3), level, upper=False)


def _naive(plan: TrialPlan, trials: int, seed: int) -> tuple[list[int], list[int]]:
    """Counts by all subset sums of every prefix, in rationals of the unit."""
    law = parse_law(plan.law)
    charge = plan.last * law.coupling
    rows = law.sample(seed, stream_id(Purpose.TRIALS, plan.stream), 0, trials * plan.last)
    late, short = [0] * (plan.last + 1), [0] * (plan.last + 1)
    for row in rows.reshape(trials, plan.last).tolist():
        sums, error = [0], (plan.eps - charge) / law.unit
        low, high = plan.lo / law.unit, plan.hi / law.unit
        for n in range(plan.last + 1):
            if n:
                sums = sorted([*sums, *(s + row[n - 1] for s in sums)])
            near = [s for s in sums if low - error <= s <= high + error]
            ends = bool(near) and near[0] <= low + error and near[-1] >= high - error
            covered = ends and all(b - a <= 2 * error for a, b in itertools.pairwise(near))
            late[n] += not covered
            slack = plan.eps + charge
            reached = sums[-1] * law.unit >= plan.hi - slack
            reached = reached and -sums[0] * law.unit >= -plan.lo - slack
            short[n] += not reached
    return late[plan.first :], short[plan.first :]


@pytest.mark.parametrize("law", ["uniform", "normal", "uniform*uniform"])
def test_counts_equal_a_slow_way(law: str) -> None:
    plan = TrialPlan(law, Fraction(1, 5), Fraction(-1), Fraction(1), 2, 9, 0, stream=3)
    late, short = count_misses(plan, 60, 8)
    slow = _naive(plan, 60, 8)
    assert (late.tolist(), short.tolist()) == slow
    assert 5 < slow[0][3] < 60
    assert (late >= short).all()


def test_a_coupling_above_the_error_is_refused() -> None:
    plan = replace(PLANS[0], eps=Fraction(1, 2**60))
    with pytest.raises(BadInput, match="lattice"):
        count_misses(plan, 10, 1)


def test_reach_times_of_small_rows() -> None:
    items = np.array([[3, -2, 1, -1], [5, 5, 5, 5]])
    assert reach_times(items, 4, 3).tolist() == [4, 5]
    assert reach_times(items, 3, 0).tolist() == [1, 1]


def test_a_small_plan_runs_and_is_repeatable() -> None:
    plan = replace(PLANS[0], trials=3000)
    first, again = run_plan(plan), run_plan(plan)
    assert replace(first, seconds=0) == replace(again, seconds=0)
    other = run_plan(replace(plan, seed=2))
    assert other.misses != first.misses
    assert all(a >= b for a, b in zip(first.failure, profiles()[0].failure, strict=True))


@pytest.mark.parametrize(
    ("law", "most"),
    [("uniform", 0), ("normal", 0), ("uniform*uniform", 0), ("relu(uniform)*uniform", 2)],
)
@pytest.mark.parametrize("eps", TENTHS)
def test_the_table_is_at_the_measured_number(law: str, most: int, eps: str) -> None:
    found = statistical_n(eps, eps, law=law)
    assert found is not None
    needed, enough = necessary_n(eps, eps, law=law), certified_n(eps, eps, law=law)
    assert enough is not None
    assert needed.n <= found.n <= enough.n
    assert found.failure <= Fraction(eps)
    if most == 0:
        profile = profiles()[ROWS.index(found.row)]
        assert found.n == profile.measured(Fraction(eps))
    else:
        assert found.n - needed.n <= 4


FRESH = (("uniform:0.1:1", 11), ("uniform:0.01:1", 19), ("uniform*uniform:0.1:1", 18))


@pytest.mark.parametrize(("row", "n"), FRESH)
def test_fresh_trials_stay_below_the_bound(row: str, n: int) -> None:
    """Other seeds, exact one-sided tests; at two thirds of the bound they would ring."""
    profile, trials = profiles()[ROWS.index(row)], 100_000
    place = n - profile.plan.first
    late, _ = count_misses(profile.plan, trials, 99)
    bound = profile.failure[place] / PARTS
    assert binom.sf(int(late[place]) - 1, trials, bound) >= 1e-6 / len(FRESH)
    assert binom.sf(int(late[place]) - 1, trials, bound * 2 / 3) < 1e-6 / len(FRESH)


def test_the_page_of_windows_shows_these_numbers() -> None:
    page = Path(__file__).parents[2] / "docs" / "windows.md"
    text = page.read_text(encoding="utf-8")
    for law in ("uniform", "normal", "uniform*uniform", "relu(uniform)*uniform"):
        cells = []
        for eps in TENTHS:
            likely = statistical_n(eps, eps, law=law)
            assert likely is not None
            cells.append(f"{necessary_n(eps, eps, law=law).n} … {likely.n}")
        assert f"| {law} | {' | '.join(cells)} |" in text


def test_scale_window_and_masks() -> None:
    plain = statistical_n("1/50", "1/100", lo="-1/2", hi="1/2")
    assert plain is not None
    assert plain.n == 15
    scaled = statistical_n("1/25", "1/100", law="2*uniform")
    assert scaled is not None
    assert scaled.n == plain.n
    # The same number of items that are there, spread over more draws.
    masked = statistical_n("1/10", "1/10", law="bernoulli(1/4)*uniform*uniform")
    half = statistical_n("1/10", "1/10", law="relu(uniform)*uniform")
    assert masked is not None
    assert half is not None
    assert 1.8 * half.n < masked.n < 2.2 * half.n


def test_blocks_serve_a_small_delta() -> None:
    found = statistical_n("1/100", "1e-12")
    assert found is not None
    assert "blocks" in found.steps[-1]
    assert found.failure <= 1e-12
    one = statistical_n("1/100", "1/1000")
    assert one is not None
    assert found.n <= 4 * one.n
    assert found.n >= necessary_n("1/100", "1e-12").n


def test_what_has_no_row() -> None:
    assert statistical_n("1/2000", "1/10") is None
    assert statistical_n("1/10", "1/10", hi=2) is None
    assert statistical_n("1/10", "1/10", law="normal*normal") is None
    assert statistical_n("1/10", "1/10", law="uniform[-1/2,1]") is None
    with pytest.raises(BadInput):
        statistical_n("1/10", 1)
    assert not math.isnan(statistical_n(0.1, 0.1).failure)  # type: ignore[union-attr]
