"""Signs, grids and the hyperbolic law: every word, exact powers, names."""

from __future__ import annotations

import math
from collections import Counter
from decimal import Decimal, localcontext
from fractions import Fraction

import numpy as np
import pytest

from slt_theory.errors import BadInput
from slt_theory.laws import Grid, Hyperbolic, Signs, parse_law
from slt_theory.streams import words32

LAWS = [
    Signs(),
    Signs(bits=0),
    Signs("3/16"),
    Grid(1),
    Grid(8),
    Grid(4, bits=2),
    Hyperbolic("1/30", 1),
    Hyperbolic(Fraction(1, 1000), 3),
]


@pytest.mark.parametrize("law", LAWS, ids=lambda law: f"{law.name}@{law.bits}")
def test_names_read_back_and_draws_stay_inside(law):
    assert parse_law(law.name).at(law.bits) == law
    draws = law.sample(1, 2, 0, 3000)
    low, high = (int(end / law.unit) for end in law.support)
    assert low <= draws.min()
    assert draws.max() <= high
    assert np.array_equal(draws[100:200], law.sample(1, 2, 100, 100))
    assert np.array_equal(draws[[5, 7]], law.sample_at(1, 2, np.array([5, 7])))
    assert law.is_symmetric


def test_a_sign_is_the_top_bit():
    words = np.array([[0], [2**31 - 1], [2**31], [2**32 - 1]], dtype=np.uint32)
    assert Signs(bits=0).integers(words).tolist() == [-1, -1, 1, 1]
    assert Signs("1/4").integers(words).tolist() == [-(2**22)] * 2 + [2**22] * 2


@pytest.mark.parametrize("steps", [1, 2, 8])
def test_every_point_of_a_grid_has_its_share_of_words(steps):
    """The first word of every point: shares differ by at most one word."""
    count = 2 * steps + 1
    firsts = [-(-(k << 32) // count) for k in range(count + 1)]
    words = np.array([[w] for k in range(count) for w in (firsts[k], firsts[k + 1] - 1)])
    points = Grid(steps, bits=10).integers(words.astype(np.uint32)) * steps >> 10
    assert points.tolist() == [k - steps for k in range(count) for _ in range(2)]
    shares = np.diff(firsts)
    assert shares.max() - shares.min() <= 1


@pytest.mark.parametrize(("lo", "hi"), [("1/30", "1"), ("1/1000", "5/2"), ("7/10", "1")])
def test_a_hyperbolic_draw_is_the_power_of_its_word(lo, hi):
    law = Hyperbolic(lo, hi)
    words = np.concatenate([words32(3, 1, 0, 500), np.array([0, 2**31 - 1, 2**31, 2**32 - 1])])
    draws = law.integers(words.astype(np.uint32)[:, None])
    bound = law.coupling
    with localcontext() as context:
        context.prec = 40
        low, high = (Decimal(v.numerator) / v.denominator for v in (law.lo, law.hi))
        for word, value in zip(words.tolist(), draws.tolist(), strict=True):
            share = Decimal(word % 2**31) / 2**31
            exact = high * ((low / high).ln() * share).exp() * (1 if word >> 31 else -1)
            assert abs(Fraction(exact) - Fraction(value, 2**24)) <= bound
    assert bound < Fraction(1, 2**22)


def test_equal_factors_have_equal_mass():
    """Exponents are uniform: a chi-square of 30 equal factors, false alarm below 1e-9."""
    law = Hyperbolic("1/1024", 1)
    draws = np.abs(law.sample(7, 0, 0, 60000)) / 2.0**24
    counts = Counter(np.minimum((-np.log2(draws) * 3).astype(int), 29).tolist())
    statistic = sum((counts[k] - 2000) ** 2 / 2000 for k in range(30))
    # P(chi2 with 29 degrees > 110) = 2.6e-11.
    assert statistic < 110
    # The density integrates to one half on each side.
    grid = np.geomspace(1 / 1024, 1, 4001)
    values = law.density(grid)
    half = float((np.diff(grid) * (values[1:] + values[:-1]) / 2).sum())
    assert math.isclose(half, 0.5, rel_tol=1e-5)
    assert law.uniform_component("1/2") == 0


@pytest.mark.parametrize(
    "name",
    ["signs[0]", "signs[-1]", "signs[1/3]", "signs[1e9]", "grid[3]", "grid[0]", "grid[999999999]",
     "hyperbolic[1,1]", "hyperbolic[0,1]", "hyperbolic[2,1]", "hyperbolic[1,1e9]", "signs[x]",
     "hyperbolic[1e-12,1]"],
)  # fmt: skip
def test_bad_names_are_refused(name):
    with pytest.raises(BadInput):
        parse_law(name)


def test_signs_and_grids_have_no_density():
    for law in (Signs(), Grid(2)):
        with pytest.raises(BadInput, match="has no density"):
            law.density([0.5])
