"""Ranges by forms carried back: no input leaves them, in exact arithmetic, and they are tighter."""

from __future__ import annotations

import itertools
from fractions import Fraction

import numpy as np
import pytest
from conv_cases import tiny_conv, tiny_residual

from slt_theory.networks import Dense, Network, from_layers
from slt_theory.networks.layers import ActivationLayer, LinearLayer
from slt_theory.networks.steps import Activate, Weigh
from slt_theory.tickets.checking import backward
from slt_theory.tickets.checking.backward import largest_forms, target_ranges
from slt_theory.tickets.checking.error_bound import value_ranges
from slt_theory.tickets.domain import Ball, Box, Region

Exact = list[list[Fraction]]


def deep(seed: int, activation: str = "relu") -> Network:
    rng = np.random.default_rng(seed)
    sizes = (3, 6, 5, 4, 2)
    layers = []
    for a, b in itertools.pairwise(sizes):
        layers += [LinearLayer(rng.normal(0, 0.6, (b, a)), rng.normal(0, 0.3, b))]
        layers += [ActivationLayer(activation)]
    return from_layers(layers[:-1], input_shape=(3,))


def exact_values(target: Network, x: np.ndarray) -> Exact:
    """Every value of a chain of linear layers and (leaky) ReLUs at one input, in fractions."""
    values = [[Fraction(float(number)) for number in x]]
    for step in target.steps:
        before = values[step.of]
        if isinstance(step, Weigh):
            matrix, bias = target.matrix(step.layer), target.biases[step.layer]
            rows = [
                sum(Fraction(float(w)) * v for w, v in zip(row, before, strict=False))
                for row in matrix[:, : len(before)]
            ]
            values.append([r + Fraction(float(b)) for r, b in zip(rows, bias, strict=True)])
        else:
            assert isinstance(step, Activate)
            name = step.activation.kind
            slope = Fraction(1 if name == "identity" else step.activation.slope)
            values.append([v if v > 0 else slope * v for v in before])
    return values


def points(region: Region, count: int, seed: int) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    corners = [
        np.where(signs, region.hi, region.lo) for signs in itertools.product((0, 1), repeat=3)
    ]
    inside = rng.uniform(region.lo, region.hi, (count, 3))
    return [*corners, *np.clip(inside, region.lo, region.hi)]


def leaving(target: Network, region: Region, seed: int) -> int:
    """Values of some inputs, evaluated exactly, that lie outside the ranges."""
    ranges = target_ranges(target, region)
    outside = 0
    for x in points(region, 6, seed):
        for values, (low, high) in zip(exact_values(target, x), ranges, strict=True):
            outside += sum(
                not Fraction(float(a)) <= v <= Fraction(float(b))
                for v, a, b in zip(values, low, high, strict=True)
            )
    return outside


@pytest.mark.parametrize("activation", ["relu", "leaky_relu(0.25)", "identity"])
def test_no_value_leaves_its_range(activation):
    for seed in range(12):
        rng = np.random.default_rng(seed)
        low = rng.uniform(-2, 2, 3)
        region = Region(low, low + rng.choice([0.0, 1e-9, 0.1, 2.0]))
        assert leaving(deep(seed, activation), region, seed) == 0


@pytest.mark.parametrize("fault", ["chord", "constant", "sign"])
def test_a_planted_error_is_caught(fault, monkeypatch):
    real = backward._activated

    def faulty(step, before, c):
        b, left, lost = real(step, before, c)
        if fault == "chord":
            return real(step, before, -c)[0] * -1, left, lost
        return (b, left * 0.99 - 0.01, lost) if fault == "constant" else (np.abs(b), left, lost)

    monkeypatch.setattr(backward, "_activated", faulty)
    region = Region(np.full(3, -1.0), np.full(3, 1.0))
    assert sum(leaving(deep(seed), region, seed) for seed in range(8))


@pytest.mark.parametrize("activation", ["relu", "tanh", "gelu"])
def test_never_wider_than_intervals_and_tighter_in_depth(activation):
    for seed in range(4):
        target = deep(seed, activation)
        region = Region(np.full(3, -0.1), np.full(3, 0.1))
        plain, forms = value_ranges(target, region), target_ranges(target, region)
        for (low, high), (lo, hi) in zip(plain, forms, strict=True):
            assert (lo >= low).all()
            assert (hi <= high).all()
        widths = [float((hi - lo).sum()) for lo, hi in (plain[-1], forms[-1])]
        assert widths[1] < 0.95 * widths[0]


@pytest.mark.parametrize("target", [tiny_conv(), tiny_residual()], ids=["conv", "residual"])
@pytest.mark.parametrize("domain", [Box(0, 1), Box(-0.5, 0.25), Ball(0.7)], ids=str)
def test_images_and_skips_stay_inside_up_to_the_rounding_of_the_evaluation(target, domain):
    """Float64 evaluation is off by far less than 1e-12 here."""
    rng = np.random.default_rng(2)
    lo, hi = domain.ends(target.size_in)
    x = rng.uniform(lo, hi, (64, target.size_in))
    if isinstance(domain, Ball):
        x *= domain.radius / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), domain.radius)
    for values, (low, high) in zip(target.run(x), target_ranges(target, domain), strict=True):
        assert (values >= low - 1e-12).all()
        assert (values <= high + 1e-12).all()


@pytest.mark.parametrize("activation", ["tanh", "sigmoid", "gelu", "silu"])
def test_curved_values_stay_inside_up_to_the_rounding_of_the_evaluation(activation):
    """Wide and narrow regions on both sides of 0, at their corners and inside."""
    for seed in range(12):
        rng = np.random.default_rng(seed)
        low = rng.uniform(-2, 2, 3)
        region = Region(low, low + rng.choice([1e-6, 0.05, 0.5, 2.0]))
        target = deep(seed, activation)
        x = np.array(points(region, 200, seed))
        for values, (least, most) in zip(target.run(x), target_ranges(target, region), strict=True):
            assert (values >= least - 1e-12).all()
            assert (values <= most + 1e-12).all()


@pytest.mark.parametrize("size", [4, 64])
def test_roundings_of_a_form_are_charged(size):
    """Sums of 1 and of numbers that a float sum loses: only the charge holds the exact value."""
    small = 2.0**-54
    first = np.full((1, size), small)
    first[0, 0] = 1.0
    target = Dense([first, [[1.0], [-1.0]]])
    point = Region(np.ones(size), np.ones(size))
    ranges = target_ranges(target, point)
    value = 1 + (size - 1) * Fraction(small)
    for rows, exact in (([[1.0, 0.0]], value), ([[0.0, 1.0]], -value)):
        most = largest_forms(target, point, ranges, np.array(rows), len(target.steps))
        assert Fraction(most[0]) >= exact


def test_a_form_of_the_output_takes_cancellation_into_account():
    """Of z1 - z1 nothing is left, whatever the range of z1."""
    target = Dense([[[1.0, -2.0]], [[1.0], [1.0]]])
    domain = Box(-1, 1)
    ranges = target_ranges(target, domain)
    most = largest_forms(target, domain, ranges, np.array([[1.0, -1.0]]), len(target.steps))
    assert 0 <= most[0] < 1e-9
