"""Digits, slices, products and their charges, in short digits where every loss shows."""

from __future__ import annotations

import itertools
from fractions import Fraction

import numpy as np
import pytest
import slow_fixed_point as slow
from exact_outputs import NET
from hypothesis import given
from hypothesis import strategies as st

from slt_theory.networks import Dense, Operator
from slt_theory.networks.unrolling import ONE_SITE
from slt_theory.tickets.checking import at_points, error_search, fixed_point_run, output_ends
from slt_theory.tickets.checking.error_search import errors_shown
from slt_theory.tickets.checking.fixed_point import (
    DigitBase,
    Slices,
    bits_of_digits,
    carried,
    cut,
    digits_of,
    largest_of_windows,
    multiplied,
    nearest_floats,
    plus,
    reciprocals,
    scaled,
    signs,
)
from slt_theory.tickets.checking.fixed_point_radius import radius_of_output
from slt_theory.tickets.checking.network_pair import NetworkPair, pair_of_networks
from slt_theory.tickets.checking.unrolled import SourceMap, target_maps

NUMBERS = st.integers(-(2**40), 2**40)
FLOATS = st.builds(
    lambda m, e: float(m) * 2.0**e, st.integers(-(2**53), 2**53), st.integers(-70, -40)
)
BITS = st.integers(4, 20)


def numbers(digits: np.ndarray, bits: int) -> list[int]:
    """The integers of digits (count, ...)."""
    flat = digits.reshape(len(digits), -1)
    assert (flat == np.rint(flat)).all()
    return [sum(int(d) << bits * i for i, d in enumerate(column)) for column in flat.T]


def as_digits(values: list[int], bits: int) -> np.ndarray:
    """Digits (count, numbers)."""
    each = [slow.digits(value, bits) for value in values]
    longest = max(1, *map(len, each))
    return np.array([d + [0] * (longest - len(d)) for d in each], dtype=float).T.copy()


@given(BITS, st.lists(st.integers(-(2**52) + 1, 2**52 - 1), min_size=1, max_size=6))
def test_a_carry_keeps_the_number_and_makes_its_digits(bits, sums):
    number = sum(value << bits * i for i, value in enumerate(sums))
    digits = carried(np.array(sums, dtype=float)[:, None], bits)
    assert numbers(digits, bits) == [number]
    assert digits[:, 0].tolist() == (slow.digits(number, bits) or [0])


@given(BITS, st.lists(FLOATS, min_size=1, max_size=4), st.integers(0, 12))
def test_slices_are_those_of_the_twin_and_leave_what_they_say(bits, values, last):
    slices = cut(np.array(values), bits, last)
    for place, value in enumerate(values):
        total = Fraction(0)
        for k, part in zip(slices.exponents, slices.parts, strict=True):
            assert abs(part[place]) <= 2 ** (bits - 1)
            assert slow.cut(Fraction(value), bits, last).get(k, 0) == part[place]
            total += (
                Fraction(part[place]) / 2 ** (bits * k)
                if k >= 0
                else Fraction(part[place]) * 2 ** (-bits * k)
            )
        rest = Fraction(value) - total
        assert abs(rest) <= Fraction(1, 2 * 2 ** (bits * last))
        assert bool(slices.rest[place]) == (rest != 0)


@given(BITS, st.lists(FLOATS, min_size=1, max_size=4), st.integers(0, 8))
def test_floats_are_within_half_a_unit_of_their_digits(bits, values, places):
    digits, exact = digits_of(np.array(values), DigitBase(bits, places))
    gaps = [
        abs(number - Fraction(value) * 2 ** (bits * places))
        for number, value in zip(numbers(digits, bits), values, strict=True)
    ]
    assert max(gaps) <= Fraction(1, 2)
    assert exact == (max(gaps) == 0)


@given(BITS, st.lists(NUMBERS, min_size=2, max_size=6))
def test_signs_sums_maxima_and_floats(bits, values):
    digits = as_digits(values, bits)
    assert signs(digits).tolist() == np.sign(np.array(values, dtype=object)).tolist()
    assert numbers(largest_of_windows(digits), bits) == [max(values)]
    one, other = as_digits(values[:1], bits), as_digits(values[1:2], bits)
    assert numbers(plus(one, other, bits), bits) == [values[0] + values[1]]
    for middle, slip, value in zip(*nearest_floats(digits, bits), values, strict=True):
        assert abs(Fraction(middle) - value) <= Fraction(slip)


def test_padding_is_never_the_largest():
    digits = np.concatenate([as_digits([-70, -900], 4), np.full((3, 1), -np.inf)], axis=1)
    assert numbers(largest_of_windows(digits), 4) == [-70]


def summed(bits: int, weights: list[float], values: list[int]) -> tuple[int, Fraction, Fraction]:
    """Units of a sum of products, what it is off, and its charge."""
    digits = as_digits(values, bits)
    slices = cut(np.array(weights)[None, None], bits, len(digits))
    found = multiplied([(digits[:, None], slices, ONE_SITE)], np.zeros((1, 1)), bits)
    exact = sum(Fraction(w) * v for w, v in zip(weights, values, strict=True))
    lost = Operator(slices.lost(bits), ONE_SITE) @ np.ones(len(values))
    charge = fixed_point_run._of_lost(lost, bits)
    return numbers(found, bits)[0], exact, Fraction(float(charge[0]))


@given(st.integers(4, 12), st.lists(st.tuples(FLOATS, NUMBERS), min_size=1, max_size=5))
def test_a_sum_of_products_is_the_twins_and_within_its_charge(bits, pairs):
    weights, values = map(list, zip(*pairs, strict=True))
    found, exact, charge = summed(bits, weights, values)
    theirs = [slow.product(Fraction(w), v, bits) for w, v in pairs]
    assert abs(found - exact) <= charge
    # The twin's digits are those of each number, the array's as many as those of the longest.
    longest = max(len(slow.digits(v, bits)) for v in values)
    if all(len(slow.digits(v, bits)) == longest for v in values):
        assert found == slow.nearest(sum(theirs))


def low_end(bits: int, terms: int) -> tuple[list[float], list[int]]:
    """Weights and numbers that lose nearly all that they can: low digits at their ends."""
    size = 2**bits
    weight = sum((size / 2 - 1) * size**-k for k in (2, 3, 4))
    number = sum(-(size // 2) * size**i for i in range(3)) + size**4
    return [weight] * terms, [number] * terms


@pytest.mark.parametrize("bits", [4, 6, 8])
def test_the_charge_is_nearly_reached_and_needed(bits, monkeypatch):
    found, exact, charge = summed(bits, *low_end(bits, 5))
    assert Fraction(6, 10) * charge <= abs(found - exact) <= charge
    monkeypatch.setattr(Slices, "lost", lambda slices, bits: 0.0 * slices.parts[0])
    found, exact, charge = summed(bits, *low_end(bits, 5))
    assert abs(found - exact) > charge


@given(st.integers(4, 12), FLOATS, NUMBERS, st.integers(1, 60))
def test_a_number_times_a_coefficient_or_divided(bits, weight, value, divisor):
    digits = as_digits([value], bits)
    for slices, factor in (
        (cut(np.array([weight]), bits, len(digits)), Fraction(weight)),
        (reciprocals(np.array([float(divisor)]), bits, len(digits)), Fraction(1, divisor)),
    ):
        (found,) = numbers(scaled(digits, slices, bits), bits)
        assert found == slow.nearest(slow.product(factor, value, bits))
        charge = fixed_point_run._of_lost(slices.lost(bits), bits)
        assert abs(found - factor * value) <= Fraction(float(charge[0]))


@pytest.mark.parametrize(("terms", "most"), [(1, 8), (27, 8), (576, 8), (4608, 16), (25088, 32)])
def test_sums_of_the_largest_digits_are_exact_and_longer_digits_would_not_be(terms, most):
    bits = bits_of_digits(terms, most)
    assert terms * most * 4 ** (bits - 1) <= 2**52 < max(terms, 2) * most * 4**bits * 2
    # As many slices as numbers have digits: all places that can meet in one sum do.
    weights = [sum((2 ** (bits - 1) - 1) * 2.0 ** (-bits * k) for k in (0, 1))] * terms
    values = [sum((2 ** (bits - 1) - 1) << bits * i for i in range(most))] * terms
    found, exact, charge = summed(bits, weights, values)
    assert abs(found - exact) <= charge
    assert found == slow.nearest(terms * slow.product(Fraction(weights[0]), values[0], bits))


def test_digits_too_long_for_exact_sums_are_caught():
    """Planted: two bits more, so that float64 rounds a sum."""
    bits, terms = bits_of_digits(25088, 8) + 4, 25088
    rng = np.random.default_rng(0)
    top = 2 ** (bits - 1)
    values = [
        sum(int(d) << bits * i for i, d in enumerate(rng.integers(top // 2, top, 3)))
        for _ in range(terms)
    ]
    weights = [float(d) for d in rng.integers(top // 2, top, terms)]
    found, exact, charge = summed(bits, weights, values)
    assert abs(found - exact) > charge


def deep(depth: int, rng: np.random.Generator) -> Dense:
    """Layers whose row sums make float64 say nothing."""
    widths = [4, *[12] * depth, 3]
    weights = [rng.normal(0, (2 / a) ** 0.5, (b, a)) for a, b in itertools.pairwise(widths)]
    return Dense(weights, [None] * (depth + 1))


def exact_outputs(network: Dense, x: np.ndarray) -> list[Fraction]:
    values = [Fraction(v) for v in x.tolist()]
    for k, weight in enumerate(network.weights):
        values = [max(v, Fraction(0)) for v in values] if k else values
        rows = [[Fraction(w) for w in row] for row in weight.tolist()]
        values = [sum(w * v for w, v in zip(row, values, strict=True)) for row in rows]
    return values


def test_a_deep_network_is_certified_where_float64_says_nothing(monkeypatch):
    rng = np.random.default_rng(1)
    one = deep(30, rng)
    other = Dense([w.astype(np.float32).astype(float) for w in one.weights], one.biases)
    pair, x = pair_of_networks(one, other), rng.uniform(-1, 1, (4, 4))
    points = at_points.at_points(pair, x)
    for row, point in zip(x, points, strict=True):
        ours, theirs = exact_outputs(other, row), exact_outputs(one, row)
        error = max(abs(a - b) for a, b in zip(ours, theirs, strict=True))
        assert Fraction(point.error_found) <= error <= Fraction(point.error_bound)
        assert point.error_bound <= 65 / 64 * point.error_found
        assert point.class_kept
    monkeypatch.setattr(output_ends, "ends_in_fixed_point", lambda *_: None)
    assert min(p.error_bound for p in at_points.at_points(pair, x)) > 1e3


def test_a_search_in_a_deep_network_shows_an_error(monkeypatch):
    rng = np.random.default_rng(2)
    one = deep(30, rng)
    other = Dense([w.astype(np.float32).astype(float) for w in one.weights], one.biases)
    x = rng.uniform(-1, 1, (4, 4))
    shown = errors_shown(one, target_maps(other), x)[-1]
    gaps = [
        [
            abs(a - b)
            for a, b in zip(exact_outputs(other, row), exact_outputs(one, row), strict=True)
        ]
        for row in x
    ]
    for number, low in enumerate(shown.tolist()):
        largest = max(gap[number] for gap in gaps)
        assert largest * Fraction(99, 100) <= Fraction(low) <= largest
    monkeypatch.setattr(error_search, "errors_of_outputs", lambda *_: np.zeros(3))
    assert not errors_shown(one, target_maps(other), x)[-1].any()


def test_equal_networks_and_networks_too_large_for_a_fixed_point():
    same = pair_of_networks(NET, NET)
    for point in at_points.at_points(same, np.full((1, 3), 0.3)):
        assert 0 <= point.error_found <= point.error_bound < 1e-10
    huge = Dense([np.full((2, 3), 1e200), np.full((2, 2), 1e200)], [None, None])
    maps = target_maps(huge)
    (point,) = at_points.at_points(NetworkPair(huge, maps, []), np.ones((1, 3)))
    assert point.error_bound == np.inf
    assert not point.class_kept


def test_inputs_with_more_digits_than_sums_have_room_for_are_refused():
    """Small weights take large inputs back to where they fit: the input itself is looked at."""
    rng = np.random.default_rng(3)
    network = Dense([rng.uniform(1, 2, (1, 500)) * 1e-200], [None])
    x = rng.uniform(1, 2, (1, 500)) * 1e200
    base = DigitBase(bits_of_digits(500, 8), 3)
    assert fixed_point_run.in_fixed_point(network, target_maps(network), x, base, 8) is None


def test_an_input_with_tiny_outputs_does_not_spoil_the_others():
    rng = np.random.default_rng(4)
    one = deep(30, rng)
    other = Dense([w.astype(np.float32).astype(float) for w in one.weights], one.biases)
    x = rng.uniform(-1, 1, (3, 4)) * np.array([[1], [1e-250], [1]])
    points = at_points.at_points(pair_of_networks(one, other), x)
    assert points[1].error_bound < 1e-20
    for point in (points[0], points[2]):
        assert point.error_bound <= 65 / 64 * point.error_found


def test_a_charge_that_a_radius_forgets_is_caught():
    """One layer whose low digits lose nearly all that they can, as a network."""
    weights, values = low_end(4, 5)
    network = Dense([np.array([weights])], [None])
    maps = [SourceMap(o.positive, o.positive, o.bias, 1, 1) for o in target_maps(network)]
    base = DigitBase(4, 4)
    x = np.array([values], dtype=float) / 2.0**16
    digits, charges = fixed_point_run.in_fixed_point(network, maps, x, base, 32)
    off = abs(numbers(digits, 4)[0] - sum(map(lambda w, v: Fraction(w) * v, weights, values)))
    assert off <= Fraction(float(radius_of_output(network, maps, charges)[0]))
    assert off > Fraction(float(radius_of_output(network, maps, [0.0, 0.5])[0]))
