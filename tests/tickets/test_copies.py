"""Where one copy of a value meets the mean of its copies: residual sums, in exact arithmetic."""

from __future__ import annotations

import itertools
import random

import numpy as np
import pytest
from test_relaxation import Planted, lattice

from slt_theory.networks.layers import (
    ActivationLayer,
    ConvolutionLayer,
    FlattenLayer,
    LinearLayer,
    PoolLayer,
    Residual,
    from_layers,
)
from slt_theory.tickets.checking.linear_pass import Pair
from slt_theory.tickets.checking.mean_and_spread import split_layers
from slt_theory.tickets.checking.pair_ranges import pair_ranges
from slt_theory.tickets.domain import parse_domain


def last_identity(rng: random.Random):
    return from_layers(
        [
            LinearLayer(lattice(rng, 3, 2)),
            ActivationLayer(),
            Residual([LinearLayer(lattice(rng, 3, 3), lattice(rng, 3))]),
        ],
        input_shape=(2,),
    )


def last_relu(rng: random.Random):
    """An activation after the sum, and a sum of a sum."""
    body = [Residual([LinearLayer(lattice(rng, 2, 2))]), ActivationLayer("leaky_relu(0.5)")]
    return from_layers(
        [LinearLayer(lattice(rng, 2, 2)), ActivationLayer(), Residual(body), ActivationLayer()],
        input_shape=(2,),
    )


def last_shortcut(rng: random.Random):
    """Layer 0 is the shortcut, which has copies, and the body has one."""
    block = Residual([LinearLayer(lattice(rng, 2, 2))], [LinearLayer(lattice(rng, 2, 2))])
    return from_layers([block, ActivationLayer()], input_shape=(2,))


def image(rng: random.Random):
    return from_layers(
        [
            ConvolutionLayer(lattice(rng, 1, 1, 2, 2), padding=1),
            ActivationLayer(),
            PoolLayer("max", 2, 1),
            Residual([ConvolutionLayer(lattice(rng, 1, 1, 1, 1))]),
            PoolLayer("average", 2),
            FlattenLayer(),
        ],
        input_shape=(1, 2, 2),
    )


TARGETS = [last_identity, last_relu, last_shortcut, image]
DOMAINS = ["box:0,1", "box:-1,1", "box:-2,0.5"]


def worst_and_bound(make, domain: str, seed: int) -> tuple[float, float]:
    """Largest error at corners and on a grid, exact in float64, and the relaxed bound."""
    planted = Planted(seed, make(random.Random(seed)), 3)
    where = parse_domain(domain)
    steps = np.linspace(where.lo, where.hi, 3)
    inputs = np.array(list(itertools.product(steps, repeat=planted.target.size_in)))
    return float(np.abs(planted.differences(inputs)).max()), planted.bound(domain)


@pytest.mark.parametrize("make", TARGETS)
@pytest.mark.parametrize("domain", DOMAINS)
def test_no_copy_has_more_error_than_the_bound(make, domain):
    for seed in range(12):
        worst, bound = worst_and_bound(make, domain, seed)
        assert worst <= bound < np.inf


@pytest.mark.parametrize("make", TARGETS)
def test_a_sum_that_forgets_what_its_copy_adds_is_caught(make, monkeypatch):
    """Planted: the mean error of all copies in place of that of copy 0."""
    monkeypatch.setattr(Pair, "_first_copy", lambda *_: None)
    found = [worst_and_bound(make, domain, seed) for domain in DOMAINS for seed in range(12)]
    assert any(worst > bound for worst, bound in found)


@pytest.mark.parametrize("make", TARGETS)
def test_a_value_of_one_copy_has_no_spread(make):
    planted = Planted(1, make(random.Random(1)), 3)
    layers = split_layers(planted.target, planted.gaps)
    ranges = pair_ranges(planted.target, parse_domain("box:0,1"), layers)
    assert any(spread is not None for spread in ranges.spread)
    for spread, copies in zip(ranges.spread, ranges.copies, strict=True):
        assert (spread is not None) <= (copies > 1)


def test_a_layer_that_tells_copies_apart_has_one_slope():
    """Its wiring is that for inputs >= 0; two halves would be bounded by the wrong one."""
    planted = Planted(2, last_identity(random.Random(2)), 2)
    gap = planted.gaps[1]
    object.__setattr__(
        gap, "negative", type(gap.positive)(gap.positive.coefficients, gap.positive.unrolling)
    )
    assert planted.bound("box:0,1") == np.inf
