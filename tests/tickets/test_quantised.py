"""Sources of finite precision: rounded targets are represented exactly."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import cases
import numpy as np
import pytest
import source_cases

from slt_theory.errors import BadInput
from slt_theory.networks import Dense
from slt_theory.tickets import verify
from slt_theory.tickets.checking.effective import effective_block
from slt_theory.tickets.resolution import resolution_units, rounded

THEOREM = "kumar2025-quantised"


@pytest.mark.parametrize(("resolution", "steps"), [(None, 4), (Fraction(1, 64), 8)])
def test_the_error_is_the_rounding_of_the_target_and_nothing_else(resolution, steps):
    network = source_cases.target()
    ticket = source_cases.built(THEOREM, resolution=resolution)
    wanted = Fraction(1, 16) if resolution is None else resolution
    worst = Fraction(0)
    for k, block in enumerate(ticket.blocks):
        assert Fraction(block.resolution) == wanted
        assert {layer.law for layer in block.layers} == {f"grid[{steps}]"}
        effective = effective_block(ticket, k)
        weights = np.column_stack([network.weights[k], network.biases[k]])
        for i, j in np.ndindex(weights.shape):
            w = Fraction(weights[i, j])
            nearest = round(w / wanted) * wanted
            assert Fraction(int(effective.positive[i, j]), 2**48) == nearest
            assert Fraction(int(effective.negative[i, j]), 2**48) == nearest
            worst = max(worst, abs(w - nearest))
    assert Fraction(ticket.certificate["max_weight_error"]) == worst <= wanted / 2


def test_a_quantised_target_is_represented_without_any_error():
    rng = np.random.default_rng(1)
    network = Dense([rng.integers(-16, 17, (3, 4)) / 16, rng.integers(-16, 17, (2, 3)) / 16])
    ticket = source_cases.built(THEOREM, network, n=120)
    assert ticket.certificate["max_weight_error"] == 0
    # Outward rounding leaves the smallest normal numbers, a few hundred of them.
    assert ticket.certificate["sup_error_bound"] < 1e-300
    assert verify(ticket, network).ok


def test_a_sum_within_eps_that_is_not_exact_is_rejected():
    """The same masks under a claim of twice the resolution: within eps, but not multiples."""
    network = cases.random_target(3, (3, 3), biases=False)
    ticket = source_cases.built(THEOREM, network, eps=Fraction(1, 4), resolution=Fraction(1, 16))
    assert verify(ticket, network).ok
    coarse = replace(ticket.blocks[0], resolution="1/8")
    check = verify(replace(ticket, blocks=(coarse,)), network)
    assert not check.ok
    assert "rounded to a multiple of 1/8" in check.failures[0]


def test_resolutions_above_one_go_with_the_scale():
    network = cases.random_target(5, (2, 2), biases=True, size=5.0)
    ticket = source_cases.built(THEOREM, network, eps=1)
    block = ticket.blocks[0]
    assert block.resolution == "2"
    assert resolution_units("2", block.scale_exponent) == 2 ** (49 - block.scale_exponent)
    assert verify(ticket, network).ok


@pytest.mark.parametrize("bad", [Fraction(1, 3), Fraction(1, 4), 0, -1, "x", Fraction(3, 64)])
def test_resolutions_that_do_not_fit_are_refused(bad):
    with pytest.raises(BadInput) as caught:
        source_cases.built(THEOREM, resolution=bad)
    assert caught.value.argument == "resolution"


def test_rounding_is_to_the_nearest_and_halves_go_up():
    assert rounded(np.array([-6, -5, -2, -1, 0, 1, 2, 5, 6]), 4).tolist() == [
        *(-4, -4, 0, 0, 0, 0, 4, 4, 8),
    ]
    assert resolution_units("1/3", 0) == 0
    assert resolution_units("1/16", 0) == 1 << 44


SHALLOW = "kumar2025-shallow"


@pytest.mark.parametrize(("resolution", "steps"), [(None, 16), (Fraction(1, 64), 64)])
def test_at_depth_one_more_every_weight_is_a_sum_of_single_draws(resolution, steps):
    """Behind the first pair a sum is a multiple of 1/M, so r >= 1/M where a product has 1/M^2."""
    network = source_cases.target()
    ticket = source_cases.built(SHALLOW, resolution=resolution)
    assert [block.kind for block in ticket.blocks] == ["gadget-pair", "single-layer"]
    assert sum(len(block.layers) for block in ticket.blocks) == network.depth + 1
    wanted = Fraction(1, 16) if resolution is None else resolution
    for k, block in enumerate(ticket.blocks):
        assert {layer.law for layer in block.layers} == {f"grid[{steps}]"}
        effective = effective_block(ticket, k)
        weights = np.column_stack([network.weights[k], network.biases[k]])
        for i, j in np.ndindex(weights.shape):
            nearest = round(Fraction(weights[i, j]) / wanted) * wanted
            row = i * block.copies_out
            assert Fraction(int(effective.positive[row, j]), 2**48) == nearest
    assert verify(ticket, network).ok


def test_at_depth_one_more_a_quantised_target_has_no_error_either():
    rng = np.random.default_rng(1)
    network = Dense([rng.integers(-16, 17, (3, 4)) / 16, rng.integers(-16, 17, (2, 3)) / 16])
    ticket = source_cases.built(SHALLOW, network)
    assert ticket.certificate["max_weight_error"] == 0
    assert verify(ticket, network).ok


@pytest.mark.parametrize("theorem", [THEOREM, SHALLOW])
def test_a_ticket_of_the_other_depth_is_no_ticket_of_the_theorem(theorem):
    ticket = source_cases.built(SHALLOW if theorem == THEOREM else THEOREM)
    check = verify(replace(ticket, theorem=theorem), source_cases.target())
    assert not check.ok
    assert any("the theorem builds" in text for text in check.failures)
