"""Curved activations in fixed point: the twin's numbers, their radii, and deep networks."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import slow_fixed_point as slow
from hypothesis import given
from hypothesis import strategies as st

from slt_theory.balls import precision
from slt_theory.networks import Activation, Dense
from slt_theory.tickets.checking import at_points, curves, output_ends
from slt_theory.tickets.checking.curves import curved, digits_of_integers, integers_of
from slt_theory.tickets.checking.fixed_point import DigitBase
from slt_theory.tickets.checking.fixed_point_radius import radius_of_output
from slt_theory.tickets.checking.network_pair import pair_of_networks
from slt_theory.tickets.checking.unrolled import target_maps

KINDS = sorted(slow.CURVES)
BASE = DigitBase(13, 7)
BELOW = BASE.bits * BASE.places
SOME = [0, 1, -1, 5 << BELOW, -(40 << BELOW), -(10**5) << BELOW, 3 << (BELOW + 60)]


def as_digits(numbers: list[int], bits: int) -> np.ndarray:
    return digits_of_integers(np.array(numbers, dtype=object), bits)


@given(st.integers(4, 20), st.lists(st.integers(-(2**130), 2**130), min_size=1, max_size=5))
def test_integers_have_the_digits_of_the_twin(bits, numbers):
    digits = as_digits(numbers, bits)
    assert integers_of(digits, bits).tolist() == numbers
    for column, number in zip(digits.T.tolist(), numbers, strict=True):
        own = slow.digits(number, bits)
        assert column == own + [0] * (len(column) - len(own))


@pytest.mark.parametrize("kind", KINDS)
@given(st.lists(st.integers(-(2 ** (BELOW + 6)), 2 ** (BELOW + 6)), max_size=4))
def test_values_are_the_numbers_nearest_to_the_curve(kind, numbers):
    numbers = [*numbers, *SOME]
    found = curved(Activation(kind), as_digits(numbers, BASE.bits), BASE)
    theirs = [slow.curve(kind, number, BELOW) for number in numbers]
    assert integers_of(found, BASE.bits).tolist() == theirs


@pytest.mark.parametrize("kind", KINDS)
def test_too_few_bits_are_noticed(kind, monkeypatch):
    monkeypatch.setattr(curves, "_SPARE", -60)
    assert curved(Activation(kind), as_digits([3 << BELOW], BASE.bits), BASE) is None


@pytest.mark.parametrize("kind", KINDS)
def test_a_radius_grows_by_the_steepest_slope_and_needs_to(kind):
    """A number that is off by c units gives one that is off by L c, at the steepest place."""
    network = Dense([np.ones((1, 1))] * 2, [None, None], activation=kind)
    units = 2**20
    radius = float(radius_of_output(network, target_maps(network), [float(units), 0, 0, 0])[0])
    places = [round(z * 2**BELOW) for z in np.linspace(-4, 4, 801)]
    changes = [abs(slow.curve(kind, z + units, BELOW) - slow.curve(kind, z, BELOW)) for z in places]
    assert max(changes) - 1 <= radius
    assert max(changes) >= 0.999 * radius


def deep(kind: str, depth: int, rng: np.random.Generator) -> Dense:
    gain = {"tanh": 1.6, "sigmoid": 4.0}.get(kind, 1.75)
    widths = [8, *[64] * depth, 3]
    weights = [rng.normal(0, gain / a**0.5, (b, a)) for a, b in itertools.pairwise(widths)]
    return Dense(weights, [rng.normal(0, 0.1, b) for b in widths[1:]], activation=kind)


def outputs_in_balls(network: Dense, x: np.ndarray) -> list:
    """Outputs at one input, layer by layer, by flint's matrices of balls."""
    from flint import arb, arb_mat

    activation = Activation(network.steps[1].activation.kind)
    values = arb_mat([[arb(v)] for v in x.tolist()])
    for k, (weight, bias) in enumerate(zip(network.weights, network.biases, strict=True)):
        if k:
            values = arb_mat([[activation.ball(v)] for v in values.entries()])
        values = arb_mat(weight.tolist()) * values + arb_mat([[b] for b in bias.tolist()])
    return values.entries()


@pytest.mark.parametrize("kind", KINDS)
def test_a_deep_curved_network_is_certified_where_float64_says_nothing(kind, monkeypatch):
    rng = np.random.default_rng(1)
    one = deep(kind, 16, rng)
    other = Dense(
        [w.astype("float32").astype(float) for w in one.weights], one.biases, activation=kind
    )
    pair, x = pair_of_networks(one, other), rng.uniform(-1, 1, (2, 8))
    points = at_points.at_points(pair, x)
    for row, point in zip(x, points, strict=True):
        with precision(400):
            gaps = [
                abs(a - b)
                for a, b in zip(
                    outputs_in_balls(one, row), outputs_in_balls(other, row), strict=True
                )
            ]
            assert all(gap <= point.error_bound for gap in gaps)
            assert any(gap >= point.error_found for gap in gaps)
        assert point.error_bound <= 1.05 * point.error_found
        assert point.class_kept
    monkeypatch.setattr(output_ends, "ends_in_fixed_point", lambda *_: None)
    assert min(p.error_bound for p in at_points.at_points(pair, x)) > 100
