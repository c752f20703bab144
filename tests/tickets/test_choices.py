"""What is stored besides masks: moves, redraws, and their bits."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import cases
import numpy as np
import pytest
import source_cases
from hypothesis import given
from hypothesis import strategies as st

from slt_theory.errors import BadInput
from slt_theory.networks import Dense
from slt_theory.papers.chijiwa2021.construction import redraws_needed
from slt_theory.tickets import build_ticket, verify
from slt_theory.tickets.block import SourceLayer
from slt_theory.tickets.building.request import BuildSettings, parse_request
from slt_theory.tickets.choices import moves, pack_choices, unpack_choices
from slt_theory.tickets.source import KeptWeights

MOVED, REDRAWN = "xiong2023-perturbation", "chijiwa2021-redraws"


@given(st.integers(2, 5000), st.lists(st.integers(0, 4999), max_size=40))
def test_choices_survive_packing_in_as_few_bytes_as_they_need(count, values):
    layer = SourceLayer(1, 1, "uniform", 24, 0, choices=count)
    wanted = np.array([v % count for v in values], dtype=np.int64)
    packed = pack_choices(wanted, layer)
    assert packed.size == -(-len(values) * (count - 1).bit_length() // 8)
    assert unpack_choices(packed, layer, len(values)).tolist() == wanted.tolist()
    with pytest.raises(ValueError, match="do not go with"):
        unpack_choices(np.append(packed, np.uint8(0)), layer, len(values))


@pytest.mark.parametrize("reach", [Fraction(1, 10), Fraction(1, 3), Fraction(1)])
@pytest.mark.parametrize("choices", [3, 9, 255])
def test_moves_are_even_odd_and_never_further_than_allowed(reach, choices):
    layer = SourceLayer(1, 1, "uniform", 24, 0, choices=choices, move=str(reach))
    steps = moves(layer)
    assert (steps == -steps[::-1]).all()
    assert steps[choices // 2] == 0
    assert Fraction(int(steps[-1]), 2**24) <= reach < Fraction(int(steps[-1]) + 1, 2**24)
    assert np.diff(steps).max() - np.diff(steps).min() <= 1


def kept_and_drawn(ticket, b, m):
    """Kept weights with and without their choices."""
    layer = ticket.blocks[b].layers[m]
    places = np.flatnonzero(ticket.rows(b, m, 0, layer.rows).ravel())
    bare = replace(layer, choices=1, move="0")
    block = ticket.blocks[b]
    layers = (*block.layers[:m], bare, *block.layers[m + 1 :])
    plain = replace(
        ticket, blocks=(*ticket.blocks[:b], replace(block, layers=layers), *ticket.blocks[b + 1 :])
    )
    return KeptWeights(ticket, b, m)(places), KeptWeights(plain, b, m)(places)


def test_kept_weights_move_at_most_as_far_as_the_header_says():
    ticket = source_cases.moved()
    stored = 0
    for b, block in enumerate(ticket.blocks):
        outer = block.layers[1]
        assert outer.choices == 9
        assert outer.choice_bits == 4
        moved, drawn = kept_and_drawn(ticket, b, 1)
        reach = Fraction(outer.move)
        assert reach == Fraction(1, 10)
        assert np.abs(moved - drawn).max() <= reach * 2**24
        assert (moved != drawn).any()
        stored += 4 * moved.size
        assert block.layers[0].choices == 1
    assert ticket.stored_bits == stored


def test_moves_reach_sums_that_masks_alone_do_not():
    network = cases.random_target(3, (4, 8), biases=False)
    lost = [
        len(source_cases.built(MOVED, network, n=14, eps=Fraction(1, 100), move=move).unreached)
        for move in (Fraction(1, 1000), Fraction(1, 10), Fraction(3, 10))
    ]
    assert lost[0] > lost[1] > lost[2]
    plain = build_ticket(network, eps=Fraction(1, 100), n=14, seed=1)
    assert len(plain.unreached) >= lost[0]


def test_a_move_that_the_header_does_not_allow_is_rejected():
    ticket = source_cases.moved()
    smaller = tuple(
        replace(block, layers=(block.layers[0], replace(block.layers[1], move="1/50")))
        for block in ticket.blocks
    )
    assert not verify(replace(ticket, blocks=smaller), source_cases.target()).ok
    outer = ticket.blocks[0].layers[1]
    values = unpack_choices(
        ticket.choices[0][1], outer, int(np.bitwise_count(ticket.masks[0][1]).sum())
    )
    values[0] = outer.choices
    wide = pack_choices(values, outer)
    forged = replace(ticket, choices=((ticket.choices[0][0], wide), *ticket.choices[1:]))
    check = verify(forged, source_cases.target())
    assert "a kept weight has choice 9, there are moves up to 1/10" in check.failures[0]


def test_two_neurons_an_input_and_one_number_a_sum():
    network = cases.random_target(3, (4, 6), biases=True)
    ticket = source_cases.built(REDRAWN, network)
    block = ticket.blocks[0]
    assert block.n == 1
    assert block.layers[0].rows == 2 * block.columns
    wanted = np.abs(np.column_stack([network.weights[0], network.biases[0]]))
    kept = ticket.rows(0, 1, 0, block.rows).reshape(6, 5, 2)
    # Weights within eps of 0 keep nothing.
    assert (kept == (wanted > 0.05)[:, :, None]).all()


def test_the_first_draw_that_fits_is_kept_and_the_best_with_that_objective():
    network = Dense([[[0.7]]])
    first = source_cases.built(REDRAWN, network, signs="needed", redraws=200)
    best = source_cases.built(
        REDRAWN, network, signs="needed", redraws=200, objective="best", seed=1
    )
    inner, outer = first.blocks[0].layers
    u = KeptWeights(first, 0, 0)(np.array([0]))[0]
    law_draws = np.array(
        [
            KeptWeights(replace(first, choices=((c, c),)), 0, 1)(np.array([0]))[0]
            for c in (pack_choices(np.array([k]), outer) for k in range(200))
        ]
    )
    errors = np.abs(u * law_draws - int(network.weights[0][0, 0] * 2.0**48))
    fits = np.flatnonzero(errors <= 0.05 * 2**48)
    assert unpack_choices(first.choices[0][1], outer, 1).tolist() == [fits[0]]
    assert unpack_choices(best.choices[0][1], outer, 1).tolist() == [errors.argmin()]
    assert inner.choices == outer.choices == 200


def test_redraws_of_the_bound_suffice_and_grow_as_one_over_eps():
    """Twelve seeds at a failure of 1 %: more than five failures have probability 9e-10."""
    network = cases.random_target(4, (2, 3), biases=False)
    failures = sum(
        not source_cases.built(REDRAWN, network, seed=seed).complete for seed in range(12)
    )
    assert failures <= 5
    needs = [
        redraws_needed(parse_request(network, BuildSettings(eps=Fraction(1, k))))
        for k in (20, 200, 2000)
    ]
    assert 7 < needs[1] / needs[0] < 13
    assert 9 < needs[2] / needs[1] < 11


@pytest.mark.parametrize(
    ("theorem", "options", "named"),
    [
        (MOVED, {"move": 0}, "move"),
        (MOVED, {"move": 2}, "move"),
        (MOVED, {"move": "x"}, "move"),
        (MOVED, {"redraws": 5}, "redraws"),
        (REDRAWN, {"redraws": 0}, "redraws"),
        (REDRAWN, {"redraws": 2.5}, "redraws"),
        (REDRAWN, {"redraws": True}, "redraws"),
        (REDRAWN, {"redraws": 2**30}, "redraws"),
        (REDRAWN, {"n": 2}, "n"),
    ],
)
def test_bad_parameters_are_named(theorem, options, named):
    with pytest.raises(BadInput) as caught:
        source_cases.built(theorem, **options)
    assert caught.value.argument == named


def test_too_few_redraws_leave_sums_unreached():
    ticket = source_cases.built(REDRAWN, redraws=3)
    assert ticket.unreached
    assert not verify(ticket, source_cases.target()).ok
