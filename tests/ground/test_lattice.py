"""The transfer from reals to integers against rational arithmetic on all sums."""

from __future__ import annotations

import math
import random
from decimal import Decimal
from fractions import Fraction

import naive
import numpy as np
import pytest

from slt_theory.errors import BadInput
from slt_theory.lattice import (
    HEADROOM_BITS,
    Lattice,
    check_headroom,
    cover_range,
    positive_fraction,
    target_range,
    to_fraction,
)


def some_fraction(rng: random.Random, span: int) -> Fraction:
    """Often on the grid or half a step off it: that is where rounding would go wrong."""
    if rng.random() < 0.5:
        return Fraction(rng.randint(-4 * span, 4 * span), 4)
    return Fraction(rng.randint(-span * 30, span * 30), rng.randint(1, 30))


def test_target_range_holds_exactly_the_sums_within_eps():
    rng = random.Random(1)
    for _ in range(2000):
        unit = Fraction(1, rng.choice([1, 2, 8, 3]))
        z, eps = some_fraction(rng, 6) * unit, abs(some_fraction(rng, 3)) * unit
        lo, hi = target_range(z, eps, unit)
        for s in range(-30, 31):
            assert (lo <= s <= hi) == (abs(z - s * unit) <= eps)


def all_reals_covered(sums: list[Fraction], lo: Fraction, hi: Fraction, eps: Fraction) -> bool:
    """Is every real of [lo, hi] within eps of a sum? The union of [s - eps, s + eps], exactly."""
    reached, closed = lo, False
    for s in sorted(sums):
        if s - eps > reached:
            break
        if s + eps >= reached:
            reached, closed = s + eps, True
    return closed and reached >= hi


def test_cover_range_decides_coverage_of_all_real_targets():
    rng = random.Random(2)
    answers = {True: 0, False: 0}
    for _ in range(6000):
        unit = Fraction(1, rng.choice([1, 4, 3]))
        items = [rng.randint(-6, 6) for _ in range(rng.randint(0, 5))]
        ends = sorted((some_fraction(rng, 4) * unit, some_fraction(rng, 4) * unit))
        eps = max(abs(some_fraction(rng, 3)), Fraction(1, 50)) * unit
        sums = naive.all_sums(items)
        exact = all_reals_covered([s * unit for s in sums], *ends, eps)
        assert naive.covered(sums, *cover_range(*ends, eps, unit)) == exact
        answers[exact] += 1
    assert min(answers.values()) > 500


def test_cover_range_of_a_reversed_interval_is_refused():
    with pytest.raises(BadInput, match="lo <= hi"):
        cover_range(Fraction(1), Fraction(0), Fraction(1), Fraction(1))


@pytest.mark.parametrize(
    ("value", "exact"),
    [
        (3, Fraction(3)),
        (0.1, Fraction(0.1)),
        (Fraction(1, 3), Fraction(1, 3)),
        (Decimal("0.1"), Fraction(1, 10)),
        (np.float32(0.1), Fraction(float(np.float32(0.1)))),
        (np.int64(7), Fraction(7)),
        (10**300, Fraction(10**300)),
    ],
)
def test_numbers_are_taken_exactly(value, exact):
    taken = to_fraction("x", value)
    assert taken == exact
    # A numpy integer inside a Fraction would wrap around later.
    assert type(taken.numerator) is int
    assert type(taken.denominator) is int


def test_a_numpy_integer_does_not_wrap_in_later_arithmetic():
    assert to_fraction("x", np.int64(2**62)) * 4 == 2**64


@pytest.mark.parametrize(
    "value", [math.nan, math.inf, -math.inf, "abc", None, True, 1j, [1, 2], Decimal("NaN")]
)
def test_what_is_no_finite_real_is_refused_by_name(value):
    with pytest.raises(BadInput, match=r"^x = "):
        to_fraction("x", value)


@pytest.mark.parametrize("value", [0, 0.0, -1, -1e-300])
def test_an_error_must_be_positive(value):
    with pytest.raises(BadInput, match="must be > 0"):
        positive_fraction("eps", value)


def test_nearest_is_exact_on_the_grid_and_half_a_unit_off_it():
    rng = random.Random(3)
    for bits in (0, 1, 24, 48, 52):
        lattice = Lattice(bits)
        for _ in range(300):
            value = rng.uniform(-4, 4)
            (k,) = lattice.nearest([value]).tolist()
            assert abs(Fraction(value) - k * lattice.unit) <= lattice.unit / 2
            assert lattice.nearest(lattice.to_float([k])).tolist() == [k] or bits == 52


@pytest.mark.parametrize("values", [[math.nan], [math.inf, 0.0], [2.0**40]])
def test_nearest_refuses_what_has_no_place(values):
    with pytest.raises(BadInput, match=r"^weights = "):
        Lattice(24).nearest(values, name="weights")


@pytest.mark.parametrize("kind", [list, np.int64, np.uint64])
def test_integers_beyond_2_to_the_53_are_exact(kind):
    numbers = [2**53 + 1, 2**60 - 1, 0]
    values = numbers if kind is list else np.array(numbers, kind)
    assert Lattice(0).nearest(values).tolist() == numbers
    assert Lattice(1).nearest(np.array([2**53 + 1, -(2**53) - 1])).tolist() == [
        2**54 + 2,
        -(2**54) - 2,
    ]
    with pytest.raises(BadInput, match=r"lattice's range of 2\^60"):
        Lattice(1).nearest(np.array([2**60, 0]))


@pytest.mark.parametrize("bits", [-1, HEADROOM_BITS + 1])
def test_lattices_that_do_not_fit_are_refused(bits):
    with pytest.raises(BadInput, match="bits"):
        Lattice(bits)


def test_headroom_is_checked_at_the_boundary():
    check_headroom("sample", 2**HEADROOM_BITS - 1, bits=52)
    with pytest.raises(BadInput, match="sample"):
        check_headroom("sample", 2**HEADROOM_BITS, bits=52)
