"""The sign test and the median's interval against enumeration, with planted false claims."""

from __future__ import annotations

import itertools
from fractions import Fraction

import pytest

from slt_theory.errors import BadInput
from slt_theory.statistics import Verdict, median_interval, paired_verdict


def outcomes(count):
    """All sign patterns: the law of the differences when both arms are alike."""
    return itertools.product((-1, 1), repeat=count)


@pytest.mark.parametrize("alpha", [0.05, 0.01, 1e-3])
def test_each_side_errs_at_most_alpha_under_a_fair_coin(alpha):
    count = 12
    found = [paired_verdict(signs, alpha=alpha).verdict for signs in outcomes(count)]
    for side in (Verdict.CONSISTENT, Verdict.VIOLATED):
        share = Fraction(found.count(side), 1 << count)
        assert 0 < share <= Fraction(alpha)
    # And not needlessly few: one more pattern would pass the level.
    wins = max(
        k
        for k in range(count)
        if paired_verdict([1] * k + [-1] * (count - k), alpha=alpha).verdict is Verdict.INCONCLUSIVE
    )
    tail = sum(1 for signs in outcomes(count) if sum(s > 0 for s in signs) >= wins)
    assert Fraction(tail, 1 << count) > Fraction(alpha)


def test_twenty_wins_of_twenty_four_decide_at_one_in_a_thousand():
    assert paired_verdict([1] * 20 + [-1] * 4).verdict is Verdict.CONSISTENT
    assert paired_verdict([1] * 19 + [-1] * 5).verdict is Verdict.INCONCLUSIVE
    assert paired_verdict([-1] * 20 + [1] * 4).verdict is Verdict.VIOLATED


def test_ties_are_dropped_margins_moved_and_the_smallest_effect_needed():
    assert paired_verdict([0] * 30).verdict is Verdict.INCONCLUSIVE
    assert paired_verdict([0] * 30 + [1] * 10).wins == 10
    assert paired_verdict([-1] * 10, margin=2).verdict is Verdict.CONSISTENT
    assert paired_verdict([-2] * 10, margin=2).ties == 10
    assert paired_verdict([1] * 10, smallest=2).verdict is Verdict.INCONCLUSIVE
    tenth = [Fraction(-1, 10)] * 10
    assert paired_verdict(tenth, margin=Fraction(1, 10)).ties == 10
    with pytest.raises(BadInput, match="differences"):
        paired_verdict([1.0, float("nan")])


@pytest.mark.parametrize("count", range(1, 12))
def test_median_interval_covers_as_stated(count):
    """For a continuous law with median 0 the interval misses iff all ends share a sign."""
    lo, hi, level = median_interval(list(range(count)))
    j = int(lo)
    assert (lo, hi) == (j, count - 1 - j)
    misses = sum(1 for signs in outcomes(count) if not j < sum(s < 0 for s in signs) < count - j)
    assert level == max(0.0, 1 - misses / 2**count)
    if count >= 6:
        assert level >= 0.95
        narrower = median_interval(list(range(count)), level=0.9999999)
        assert narrower.lo <= lo
