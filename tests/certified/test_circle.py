"""Sums modulo 2: certified numbers, an exact decision, Monte Carlo."""

from __future__ import annotations

import itertools
from fractions import Fraction

import numpy as np
import pytest
from scipy.stats import binom

from slt_theory.certified import certified_n, circle_n
from slt_theory.errors import BadInput
from slt_theory.experiments.circle import circle_reached, circle_times
from slt_theory.laws import Uniform
from slt_theory.subset_sum.draws import Drawn

ALARM = 1e-9


@pytest.mark.parametrize(("eps", "n"), [("0.1", 10), ("0.01", 18), ("0.001", 25)])
def test_certified_numbers(eps: str, n: int) -> None:
    found = circle_n(eps, eps)
    assert found is not None
    assert found.n <= n
    on_the_line = certified_n(eps, eps)
    assert on_the_line is not None
    assert found.n < on_the_line.n


def test_coverage_is_decided_exactly() -> None:
    """Against every residue of a small circle."""
    source = np.random.default_rng(2)
    for _ in range(60):
        items = source.integers(-16, 17, 4)
        for steps in range(1, 9):
            eps = Fraction(steps, 2) / 16
            sums = {sum(c) for r in range(5) for c in itertools.combinations(items.tolist(), r)}
            near = all(
                min(abs((Fraction(z, 2) - s + 16) % 32 - 16) for s in sums) <= eps * 16
                for z in range(64)
            )
            assert circle_reached(items, 4, eps) == near


@pytest.mark.parametrize("eps", [Fraction(1, 3), Fraction(1, 10), Fraction(1, 50)])
def test_the_first_covering_number_is_the_same_on_the_line_and_on_the_circle(
    eps: Fraction,
) -> None:
    law, n, trials = Uniform(), 11, 150
    rows = Drawn(law, 4, 0, trials, n)
    slow = [
        next((m for m in range(n + 1) if circle_reached(row[:m], law.bits, eps)), -1)
        for row in rows.block(range(trials))
    ]
    assert circle_times(rows, law.bits, eps).tolist() == slow
    assert len(set(slow)) > 2


@pytest.mark.parametrize(("eps", "trials"), [("0.1", 2000), ("0.05", 500)])
def test_failures_stay_below_delta_and_few_items_ring(eps: str, trials: int) -> None:
    found, law = circle_n(eps, eps), Uniform()
    assert found is not None
    error = Fraction(eps) + found.n * law.coupling
    rows = law.sample(6, 0, 0, trials * found.n).reshape(trials, found.n)
    for n, rings in ((found.n, False), (found.n // 2, True)):
        failures = sum(not circle_reached(row[:n], law.bits, error) for row in rows)
        assert (binom.sf(failures - 1, trials, float(eps)) < ALARM) == rings


def test_bad_input_and_large_errors() -> None:
    assert circle_n(1, "0.1").n == 0  # type: ignore[union-attr]
    for eps, delta in ((0, 0.1), (0.1, 0), (0.1, 1)):
        with pytest.raises(BadInput):
            circle_n(eps, delta)
