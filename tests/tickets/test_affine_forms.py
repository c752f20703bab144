"""Affine forms of a pair of deep networks on small boxes, where intervals say nothing."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest

from slt_theory.networks import Dense, Network, from_layers
from slt_theory.networks.layers import (
    ActivationLayer,
    ConvolutionLayer,
    FlattenLayer,
    LinearLayer,
    PoolLayer,
    Residual,
)
from slt_theory.tickets.checking import affine_forms
from slt_theory.tickets.checking.affine_forms import bounds_by_forms
from slt_theory.tickets.checking.backward import target_ranges
from slt_theory.tickets.checking.error_bound import deviation_ranges
from slt_theory.tickets.checking.network_pair import pair_of_networks
from slt_theory.tickets.checking.on_boxes import on_region
from slt_theory.tickets.checking.outward import largest
from slt_theory.tickets.domain import Region


def chain(activation: str) -> Network:
    """Twenty-one layers."""
    rng = np.random.default_rng(0)
    widths = [6, *[20] * 20, 3]
    weights = [rng.normal(0, (2 / a) ** 0.5, (b, a)) for a, b in itertools.pairwise(widths)]
    return Dense(weights, [rng.normal(0, 0.1, b) for b in widths[1:]], activation=activation)


def residual(activation: str) -> Network:
    """Twelve blocks of two convolutions, a skip around each block."""
    rng = np.random.default_rng(0)

    def convolution() -> ConvolutionLayer:
        return ConvolutionLayer(rng.normal(0, 0.25, (4, 4, 3, 3)), rng.normal(0, 0.1, 4), padding=1)

    act = ActivationLayer(activation)
    blocks = [(Residual([convolution(), act, convolution()]), act) for _ in range(12)]
    head = [PoolLayer("average", 5), FlattenLayer(), LinearLayer(rng.normal(0, 1, (3, 4)))]
    layers = [convolution(), act, *itertools.chain(*blocks), *head]
    return from_layers(layers, input_shape=(4, 5, 5))


@pytest.mark.parametrize("activation", ["relu", "leaky_relu(0.1)"])
@pytest.mark.parametrize("make", [chain, residual])
def test_a_deep_network_is_certified_on_a_box_where_intervals_say_nothing(make, activation):
    one = make(activation)
    weights = tuple(w.astype("float16").astype("float64") for w in one.weights)
    pair = pair_of_networks(one, other := replace(one, weights=weights))
    rng = np.random.default_rng(1)
    x = rng.uniform(0.1, 1, one.size_in)
    region = Region(x - 1e-5, x + 1e-5)
    points = x + rng.uniform(-1e-5, 1e-5, (200, x.size))
    error = float(np.abs(other.run(points)[-1] - one.run(points)[-1]).max())
    found = bounds_by_forms(pair, region, int(one.run(x[None])[-1].argmax()))
    assert error * (1 - 1e-6) <= largest(found.last) <= 1.05 * error
    assert largest(deviation_ranges(one, region, pair.gaps)[-1]) > 1e3 * error
    facts = on_region(pair, region, target_ranges(one, region))
    assert facts.error_bound <= 1.05 * facts.error_found
    assert facts.class_kept
    assert facts.margin > 0


def test_without_room_for_its_symbols_a_pair_has_no_forms(monkeypatch):
    one = chain("relu")
    pair = pair_of_networks(one, one)
    region = Region(np.full(6, -1.0), np.full(6, 1.0))
    assert bounds_by_forms(pair, region, 0) is not None
    monkeypatch.setattr(affine_forms, "_MOST_NUMBERS", 7 * 20 + 1)
    assert bounds_by_forms(pair, region, 0) is None


@pytest.mark.parametrize("activation", ["tanh", "gelu"])
def test_curved_activations_have_no_forms(activation):
    one = chain(activation)
    assert bounds_by_forms(pair_of_networks(one, one), Region(*[np.full(6, 0.1)] * 2), 0) is None
