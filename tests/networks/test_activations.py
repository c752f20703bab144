"""Constants and images of activations, held by ball arithmetic; values against torch."""

from __future__ import annotations

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
