"""Monte Carlo never contradicts a certified bound: exact binomial alarm at 1e-9."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from scipy.stats import binom

from slt_theory.certified import METHODS, certified_n
from slt_theory.lattice import cover_range
from slt_theory.laws import parse_law
from slt_theory.subset_sum.cover import hitting_times

ALARM = 1e-9
TRIALS = 400
LONGEST = 80


@pytest.mark.parametrize(
    ("law", "eps", "delta", "lo", "hi"),
    [
        ("uniform", "1/50", "1/100", "-1/2", "1/2"),
        ("uniform", "1/10", "1/10", "-1", "1"),
        ("uniform", "1/100", "1/10", "-1", "1"),
        ("uniform*uniform", "1/10", "1/10", "-1", "1"),
        ("uniform*uniform", "1/50", "1/10", "-1", "1"),
        ("relu(uniform)*uniform", "1/10", "1/10", "-1", "1"),
        ("normal", "1/10", "1/10", "-1", "1"),
        # Windows off 0, long ones, errors above parts of the window, atoms, odd supports.
        ("uniform", "0.31", "1/2", "0.2", "0.9"),
        ("0.3*uniform", "0.17", "0.3", "-2", "2"),
        ("uniform[-0.4,0.54]", "0.07", "0.2", "-1", "0.1"),
        ("bernoulli(0.3)*uniform", "0.25", "0.6", "-1", "0.1"),
        ("normal", "0.31", "1/2", "0", "3"),
        ("normal*uniform", "0.25", "0.6", "0", "3"),
        ("2*relu(uniform)*uniform", "0.17", "0.3", "0", "3"),
        ("bernoulli(0.7)*uniform*uniform", "0.1", "0.03", "-1", "1"),
    ],
)
@pytest.mark.parametrize("method", METHODS)
def test_failures_stay_below_delta(
    law: str, eps: str, delta: str, lo: str, hi: str, method: str
) -> None:
    found = certified_n(eps, delta, lo=lo, hi=hi, law=law, method=method)
    if found is None or found.n > LONGEST:
        return
    source = parse_law(law)
    # A statement on the lattice holds at eps + n * coupling.
    error = Fraction(eps) + found.n * source.coupling
    items = source.sample(20240229, 7, 0, TRIALS * found.n).reshape(TRIALS, found.n)
    goal = cover_range(Fraction(lo), Fraction(hi), error, source.unit)
    times = hitting_times(items, goal.width, goal.left, goal.right)
    failures = int(np.count_nonzero(times < 0))
    assert binom.sf(failures - 1, TRIALS, float(Fraction(delta))) >= ALARM


def test_alarm_has_power() -> None:
    """At half of the certified number the same test rings (delta = 0.01)."""
    found = certified_n("1/50", "1/100", lo="-1/2", hi="1/2")
    assert found is not None
    n = found.n // 4
    source = parse_law("uniform")
    items = source.sample(20240229, 8, 0, TRIALS * n).reshape(TRIALS, n)
    goal = cover_range(Fraction(-1, 2), Fraction(1, 2), Fraction(1, 50), source.unit)
    failures = int(np.count_nonzero(hitting_times(items, goal.width, goal.left, goal.right) < 0))
    assert binom.sf(failures - 1, TRIALS, 0.01) < ALARM
