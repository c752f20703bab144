"""The strategies: what they promise, and that they shrink to small things."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import find, given, settings
from hypothesis import strategies as st
from naive import least_error

from slt_theory.laws import Uniform
from slt_theory.networks.norms import largest, row_sum
from slt_theory.subset_sum import best
from slt_theory.testing import strategies as slt
from slt_theory.testing.exact import spectral_at_most, spectral_bound
from slt_theory.testing.golden import GOLDEN, Golden

quick = settings(max_examples=40, deadline=None)


@quick
@given(slt.samples("0.5*uniform"), slt.targets(), slt.errors(), slt.deltas())
def test_ranges(sample: Any, z: Fraction, eps: Fraction, delta: Fraction) -> None:
    assert all(abs(x) <= Fraction(1, 2) for x in sample)
    assert abs(z) <= 1
    assert 0 < eps <= 1
    assert 0 < delta < 1


@quick
@given(slt.lattice_samples(Uniform(0, 1), max_size=5), st.integers(-20, 60))
def test_lattice_samples_feed_the_solvers(items: tuple[int, ...], target: int) -> None:
    assert all(0 <= k <= 16 for k in items)
    row = np.array(items, dtype=np.int64)
    assert best(row, target).error == least_error(items, target)


@quick
@given(slt.masks(5, kept=2), slt.frozen_patterns(4), slt.ball_inputs(3), slt.box_inputs(2, lo=0))
def test_masks_patterns_inputs(mask: Any, pattern: Any, x: Any, y: Any) -> None:
    assert sum(mask) == 2
    assert set(pattern) <= {-1, 0, 1}
    assert sum(v * v for v in x) <= 1
    assert all(0 <= v <= 1 for v in y)


@quick
@given(slt.dense_networks(), slt.conv_networks(), slt.dense_networks(norm="max"))
def test_networks(dense: Any, conv: Any, other: Any) -> None:
    assert all(row_sum(w) <= 1 for w in dense.weights)
    assert np.abs(conv.weights[0]).sum() <= 1
    assert all(largest(w) <= 1 for w in other.weights)


@quick
@given(slt.attention_inputs(alpha=2), slt.polynomials(3), slt.dense_layers(norm="spectral"))
def test_tokens_functions_and_spectral_norms(tokens: Any, f: Any, layers: Any) -> None:
    assert all(abs(v) <= 2 for row in tokens for v in row)
    assert 1 <= len(f) <= 4
    assert all(spectral_at_most(w, 1) for w in layers)


def test_they_shrink_to_few_simple_items() -> None:
    assert find(slt.samples(), lambda s: len(s) >= 2) == (0, 0)
    assert find(slt.samples(), lambda s: any(x < 0 for x in s)) == (-1,)
    assert find(slt.targets(), lambda z: 0 < z < 1) == Fraction(1, 2)
    assert len(find(slt.dense_layers(), lambda w: len(w) == 2)[0]) == 1


def test_spectral_norms_are_decided_exactly() -> None:
    half = Fraction(1, 2)
    assert spectral_at_most(((half, half), (half, half)), 1)
    assert not spectral_at_most(((half, half), (half, Fraction(51, 100))), 1)
    assert spectral_bound(((Fraction(3, 1), Fraction(0)), (Fraction(0), Fraction(2)))) == 3
    matrix = ((Fraction(1), Fraction(2)), (Fraction(-3), Fraction(1, 2)))
    norm = float(np.linalg.norm(np.array(matrix, dtype=float), 2))
    assert 0 <= float(spectral_bound(matrix)) - norm <= 2**-10


@quick
@given(*(st.integers(-50, 50) for _ in range(4)))
def test_golden_numbers_are_ordered_as_real_ones(a: int, b: int, c: int, d: int) -> None:
    x, y = Golden(Fraction(a), Fraction(b)), Golden(Fraction(c), Fraction(d))
    assert (x == y) == ((a, b) == (c, d))
    if (a, b) != (c, d):
        # Norms of differences are integers over 2: no difference below 1/500 here.
        assert (x < y) == (float(x) < float(y))
    assert float(x * y) == pytest.approx(float(x) * float(y), abs=1e-9)


def test_powers_of_the_golden_ratio() -> None:
    assert GOLDEN**2 == 1 - GOLDEN
    assert GOLDEN**3 == 2 * GOLDEN - 1
    assert hash(GOLDEN) == hash(Golden(Fraction(0), Fraction(1)))
