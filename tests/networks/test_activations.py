"""Constants and images of activations, held by ball arithmetic; values against torch."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from flint import arb, ctx

from slt_theory.networks import parse_activation
from slt_theory.networks.activations import _VALLEYS

CURVED = ("gelu", "gelu_tanh", "silu")


def derivative(kind, x):
    """f'(x) in balls, by the product rule."""
    if kind == "gelu":
        density = (-x * x / 2).exp() / (2 * arb.pi()).sqrt()
        return (-x / arb(2).sqrt()).erfc() / 2 + x * density
    if kind == "silu":
        s = 1 / (1 + (-x).exp())
        return s * (1 + x * (1 - s))
    scale = 2 * (2 / arb.pi()).sqrt()
    s = 1 / (1 + (-scale * (x + arb(0.044715) * (x * x * x))).exp())
    return s + x * s * (1 - s) * scale * (1 + 3 * arb(0.044715) * (x * x))


def cells(lo, hi, count):
    """Balls that cover [lo, hi]."""
    width = (hi - lo) / count
    for k in range(count):
        yield arb(lo + (k + 0.5) * width, width / 2 * 1.0001)


@pytest.mark.parametrize("kind", CURVED)
def test_the_minimum_and_the_steepest_slope_are_enclosed(kind):
    valley = _VALLEYS[kind]
    left, right = valley.place
    assert derivative(kind, arb(left)) < 0 < derivative(kind, arb(right))
    bottom = parse_activation(kind).ball(arb((left + right) / 2))
    assert valley.depth < bottom < valley.depth + 1e-7
    # Slopes at x and -x add up to 1, so x >= 0 is enough; beyond 8 they differ from 1 by 1e-6.
    for lo, hi in ((0.0, 1.0), (2.5, 8.0)):
        assert all(derivative(kind, x).upper() < valley.steepest for x in cells(lo, hi, 1 << 13))
    # In between the slope has curvature below 1: a grid of 2^-14 misses less than 2^-28.
    grid = [derivative(kind, arb(k) / 2**14) for k in range(2**14, 5 * 2**13)]
    assert max(float(d.upper()) for d in grid) + 2.0**-28 <= valley.steepest


@pytest.mark.parametrize("kind", CURVED)
def test_slopes_at_x_and_minus_x_add_up_to_one(kind):
    for x in np.random.default_rng(0).normal(0, 3, 200):
        total = derivative(kind, arb(float(x))) + derivative(kind, arb(-float(x)))
        assert abs(total - 1) < 1e-12


@pytest.mark.parametrize("kind", [*CURVED, "tanh", "sigmoid"])
def test_images_hold_all_values_and_deviations_all_differences(kind):
    rng = np.random.default_rng(1)
    activation = parse_activation(kind)
    lo = rng.normal(0, 2, 300)
    hi = lo + rng.exponential(1, 300)
    low, high = activation.image((lo, hi))
    down, up = activation.deviation((-0.1 * (hi - lo), hi - lo))
    for share in np.linspace(0, 1, 33):
        x = lo + share * (hi - lo)
        values = [activation.ball(arb(float(v))) for v in x]
        assert all(a <= v <= b for a, v, b in zip(low, values, high, strict=True))
        for part in (-0.1, 0.3, 1.0):
            moved = [activation.ball(arb(float(v)) + arb(float(d))) for v, d in
                     zip(x, part * (hi - lo), strict=True)]  # fmt: skip
            for a, v, w, b in zip(down, values, moved, up, strict=True):
                assert a <= (w - v).upper()
                assert (w - v).lower() <= b


def kinked(slope, x):
    return x if x > 0 else slope * x


@pytest.mark.parametrize("name", ["relu", "leaky_relu(0.3)", "leaky_relu(1)", "identity"])
def test_deviations_of_kinked_activations_are_exact_on_every_small_rectangle(name):
    """Against all pairs of a grid of thirds in fractions; numbers below 4, met up to rounding."""
    activation = parse_activation(name)
    slope = Fraction(1 if name == "identity" else activation.slope)
    grid = [Fraction(v / 3) for v in range(-5, 6)]
    values = {(z, d): kinked(slope, z + d) - kinked(slope, z) for z in grid for d in grid}
    ranges = [(a, b) for a, b in product(range(11), repeat=2) if a <= b]
    cases = list(product(ranges, ranges))
    lz, uz, ld, ud = (np.array([float(grid[c[p][q]]) for c in cases])
                      for p in (0, 1) for q in (0, 1))  # fmt: skip
    low, high = activation.deviation((ld, ud), (lz, uz))
    for ((a, b), (p, q)), least, most in zip(cases, low.tolist(), high.tolist(), strict=True):
        inside = [values[z, d] for z in grid[a : b + 1] for d in grid[p : q + 1]]
        assert Fraction(least) <= min(inside) <= Fraction(least) + Fraction(1, 2**48)
        assert Fraction(most) - Fraction(1, 2**48) <= max(inside) <= Fraction(most)


def test_a_dead_neuron_passes_no_error_on_and_a_lone_point_no_width():
    z, d = (np.array([-3.0, -2.0]), np.array([-2.0, -2.0])), (np.array([-1.0]), np.array([1.5]))
    assert [end.tolist() for end in parse_activation("relu").deviation(d, z)] == [[0, 0], [0, 0]]
    point = np.array([0.7])
    for kind in (*CURVED, "tanh", "sigmoid"):
        low, high = parse_activation(kind).deviation((point / 7, point / 7), (point, point))
        assert 0 < high - low < 1e-14


@pytest.mark.parametrize("kind", [*CURVED, "tanh", "sigmoid"])
def test_joint_deviations_of_curved_activations_hold_and_are_no_wider(kind):
    rng = np.random.default_rng(3)
    activation = parse_activation(kind)
    lo, down = rng.normal(0, 2, 200), rng.normal(0, 0.5, 200)
    values = lo, lo + rng.exponential(0.3, 200) * rng.integers(0, 2, 200)
    change = down, down + rng.exponential(0.3, 200) * rng.integers(0, 2, 200)
    low, high = activation.deviation(change, values)
    plain = activation.deviation(change)
    assert (low >= plain[0] - 1e-15).all()
    assert (high <= plain[1] + 1e-15).all()
    assert np.median((high - low) / (plain[1] - plain[0])) < 0.9
    slopes = activation.slope_range(values)
    for s, t in product(np.linspace(0, 1, 7), repeat=2):
        z, d = (a + u * (b - a) for u, (a, b) in ((s, values), (t, change)))
        z, d = np.clip(z, *values), np.clip(d, *change)
        for each in zip(z, d, low, high, *slopes, strict=True):
            at, move, least, most, flat, steep = map(arb, map(float, each))
            gap = activation.ball(at + move) - activation.ball(at)
            assert not gap < least
            assert not gap > most
            slope = activation.slope_ball(at)
            assert not slope < flat
            assert not slope > steep


@pytest.mark.parametrize("kind", [*CURVED, "tanh", "sigmoid"])
def test_slopes_in_balls_are_those_of_divided_differences(kind):
    activation = parse_activation(kind)
    with ctx.workprec(300):
        step = arb(2) ** -100
        for x in np.random.default_rng(4).normal(0, 3, 60):
            at = arb(float(x))
            divided = (activation.ball(at + step) - activation.ball(at - step)) / (2 * step)
            assert abs(divided - activation.slope_ball(at)) < 1e-50


@pytest.mark.parametrize("kind", [*CURVED, "tanh", "sigmoid"])
def test_evaluation_is_within_its_charge_of_the_ball(kind):
    activation = parse_activation(kind)
    x = np.concatenate([np.linspace(-60, 60, 501), np.random.default_rng(2).normal(size=200)])
    for at, value in zip(x, activation(x), strict=True):
        with ctx.workprec(200):
            true = activation.ball(arb(float(at)))
            relative, absolute = (arb(charge) for charge in activation.rounding)
            assert abs(arb(float(value)) - true) <= relative * abs(true) + absolute


@pytest.mark.parametrize("kind", CURVED)
def test_values_equal_torch(kind):
    torch = pytest.importorskip("torch")
    functional = torch.nn.functional
    forms = {
        "gelu": functional.gelu,
        "gelu_tanh": lambda x: functional.gelu(x, approximate="tanh"),
        "silu": functional.silu,
    }
    x = torch.linspace(-9, 9, 999, dtype=torch.float64)
    ours = parse_activation(kind)(x.numpy())
    assert np.abs(ours - forms[kind](x).numpy()).max() < 1e-14
