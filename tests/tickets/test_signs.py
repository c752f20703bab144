"""Random signs: weights in unary and in binary, by gates that can be read off the masks."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import cases
import numpy as np
import pytest
import source_cases

from slt_theory.errors import BadInput
from slt_theory.networks import Dense
from slt_theory.papers.diffenderfer2021.construction import signs_needed
from slt_theory.papers.sreenivasan2022.copies import sufficient_n
from slt_theory.tickets import verify
from slt_theory.tickets.building.request import BuildSettings, parse_request
from slt_theory.tickets.source import kept_matrix

UNARY, BINARY = "diffenderfer2021-binary", "sreenivasan2022-binary"


def gain(ticket, b=0):
    law = ticket.blocks[b].layers[-1].law
    return Fraction(law[len("signs[") : -1]) if "[" in law else Fraction(1)


def test_a_weight_in_unary_is_as_many_signs_as_gains():
    network = cases.random_target(3, (3, 2), biases=True)
    ticket = source_cases.built(UNARY, network)
    step = gain(ticket)
    assert Fraction(9, 100) < step <= Fraction(1, 10)
    block = ticket.blocks[0]
    kept = ticket.rows(0, 1, 0, block.rows).reshape(2, block.columns, 2, block.n).sum(axis=3)
    wanted = np.column_stack([network.weights[0], network.biases[0]])
    for i, j in np.ndindex(2, block.columns):
        length = abs(round(Fraction(wanted[i, j]) / step))
        assert kept[i, j].tolist() == [length, length]


def test_width_in_unary_grows_as_one_over_eps():
    network = source_cases.target()
    sizes = [
        signs_needed(parse_request(network, BuildSettings(eps=Fraction(1, k))))
        for k in (50, 500, 5000)
    ]
    # Four signs a step of 2 eps for the largest weight, and the tail's square root.
    largest = max(float(np.abs(w).max()) for w in (*network.weights, *network.biases))
    assert 2 * 50 * largest <= sizes[0] <= 4 * 50
    assert 2 * 5000 * largest <= sizes[2] <= 2.2 * 5000
    assert 7 < sizes[1] / sizes[0] < sizes[2] / sizes[1] < 10


def test_exact_tails_of_the_signs():
    """One weight of one gain on one half: 1 - (3/4)^n >= 99 % needs 17 signs."""
    network = Dense([[[0.5]]])
    request = parse_request(network, BuildSettings(eps=Fraction(1, 4), signs="needed"))
    assert signs_needed(request) == 17


def test_powers_of_two_by_depth_are_exact_for_dyadic_weights():
    """With gain 1/8 the weights k/8 come out without error, by three bits and five layers."""
    weights = [[k / 8 for k in (-7, -3, 0, 1)], [k / 8 for k in (2, 4, 5, 7)]]
    network = Dense([weights])
    ticket = source_cases.built(BINARY, network, eps=Fraction(1, 16))
    assert gain(ticket) == Fraction(1, 8)
    assert len(ticket.blocks[0].layers) == 3 + 2
    assert ticket.certificate["max_weight_error"] == 0
    # Outward rounding leaves the smallest normal numbers, a few hundred of them.
    assert ticket.certificate["sup_error_bound"] < 1e-300
    assert verify(ticket, network).ok


def test_every_kept_weight_before_the_last_layer_is_plus_one():
    ticket = source_cases.built(BINARY)
    for b, block in enumerate(ticket.blocks):
        for m in range(1, len(block.layers) - 1):
            assert set(kept_matrix(ticket, b, m).data.tolist()) == {1}
            # An accumulator or a doubled carrier takes every neuron below at most once.
        last = kept_matrix(ticket, b, len(block.layers) - 1)
        assert (np.diff(last.indptr) <= 2).all()


@pytest.mark.parametrize("layer", [1, 2])
def test_a_minus_one_in_the_middle_of_a_chain_is_rejected(layer):
    ticket = source_cases.built(BINARY)
    shape = ticket.blocks[0].mask_shapes[layer]
    full = replace(
        ticket,
        masks=(
            (
                *ticket.masks[0][:layer],
                np.packbits(np.ones(shape, dtype=bool), axis=1),
                *ticket.masks[0][layer + 1 :],
            ),
            *ticket.masks[1:],
        ),
    )
    check = verify(full, source_cases.target())
    assert not check.ok
    assert "keeps a weight <= 0 before its last layer" in check.failures[0]


def test_depth_grows_with_the_logarithm_and_copies_hardly():
    network = cases.random_target(4, (8, 8), biases=False)
    sizes = []
    for k in (4, 8, 16):
        request = parse_request(network, BuildSettings(eps=Fraction(1, 2**k)))
        sizes.append(sufficient_n(request))
    assert sizes[0] <= sizes[1] <= sizes[2] <= sizes[0] + 10


def test_copies_of_the_bound_suffice():
    """Twelve seeds at a failure of 1 %: more than five failures have probability 9e-10."""
    network = cases.random_target(4, (1, 2), biases=False)
    failures = sum(
        not source_cases.built(BINARY, network, seed=seed).complete for seed in range(12)
    )
    assert failures <= 5


def test_too_few_copies_lose_sums_and_name_them():
    network = cases.random_target(4, (3, 3), biases=False)
    ticket = source_cases.built(BINARY, network, n=4)
    assert ticket.unreached
    assert not verify(ticket, network).ok
    for layer, row, column, sign in ticket.unreached:
        assert layer == 0
        assert 0 <= row < 3
        assert 0 <= column < 3
        assert sign in "+-"


def test_errors_finer_than_a_gain_can_be_are_refused():
    for theorem in (UNARY, BINARY):
        with pytest.raises(BadInput, match=r"needs a gain below 2\^-24"):
            source_cases.built(theorem, eps=Fraction(1, 2**26))
