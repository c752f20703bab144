"""Structured tickets keep hidden channels whole; the published experiment on convolutions."""

from __future__ import annotations

import dataclasses
import itertools

import conv_cases
import numpy as np
import pytest

from slt_theory.errors import BadInput
from slt_theory.experiments.cnn import direct_errors, random_lenet5, two_layer_beside
from slt_theory.networks import Conv, Geometry
from slt_theory.tickets import build_ticket, ticket_forward, verify
from slt_theory.tickets.source import layer_law

THEOREM = "dacunha2023b-structured"


def small(kernel=(1, 2), outputs=1):
    return Conv(
        (conv_cases.numbers(1, outputs, 1, *kernel), conv_cases.numbers(2, 1, outputs, *kernel)),
        (conv_cases.numbers(3, outputs), None),
        geometry=(Geometry(padding=0),) * 2,
        input_shape=(1, 4, 4),
    )


@pytest.mark.parametrize(("kernel", "outputs"), [((1, 2), 1), ((2, 1), 2)])
def test_whole_channels_are_kept_and_the_network_is_certified(kernel, outputs):
    target = small(kernel, outputs)
    ticket = build_ticket(target, theorem=THEOREM, eps=0.125, seed=1)
    check = verify(ticket, target)
    assert check.ok, check.failures
    x = np.random.default_rng(1).random((20, 16))
    gap = np.abs(ticket_forward(ticket, x) - target.forward(x)).max()
    assert gap <= check.sup_error_bound
    for k, block in enumerate(ticket.blocks):
        outer = block.layers[1]
        kept = ticket.rows(k, 1, 0, outer.rows)
        wired = np.repeat(
            block.wired(np.arange(outer.rows)), outer.columns // block.columns, axis=1
        )
        for column, linked in zip(kept.T, wired.T, strict=True):
            assert column[linked].all() or not column.any()


def test_a_channel_kept_in_part_is_rejected():
    target = small()
    ticket = build_ticket(target, theorem=THEOREM, eps=0.125, seed=1)
    dead = int(np.flatnonzero(~ticket.rows(0, 1, 0, 1)[0])[0])
    out = ticket.masks[0][1].copy()
    out[0, dead // 8] |= 128 >> (dead % 8)
    masks = ((ticket.masks[0][0], out), *ticket.masks[1:])
    check = verify(dataclasses.replace(ticket, masks=masks), target)
    assert not check.ok
    assert "kept in part" in check.failures[0]


def test_too_many_coordinates_are_refused_with_their_cost():
    target = Conv((conv_cases.numbers(1, 2, 1, 3, 3),), input_shape=(1, 4, 4))
    with pytest.raises(BadInput, match=r"18 taps and outputs: are approximated at once.*2\^"):
        build_ticket(target, theorem=THEOREM, eps=0.1)


def test_direct_errors_are_the_optima_of_brute_force():
    target = Conv(
        (conv_cases.numbers(5, 2, 1, 2, 2),),
        (conv_cases.numbers(6, 2),),
        geometry=(Geometry(padding=0),),
        input_shape=(1, 3, 3),
    )
    n = 6
    (row,) = direct_errors(target, (n,), seed=4, images=3, threads=1)
    ticket = build_ticket(
        target, theorem="dacunha2022-direct", n=n, eps=2, objective="best", seed=4
    )
    source = ticket.blocks[0].layers[0]
    numbers = layer_law(source).sample(4, source.stream, 0, source.rows * n).reshape(-1, n)
    subsets = np.array(list(itertools.product((0, 1), repeat=n)))
    errors = []
    for r, w in enumerate(target.matrix(0).ravel()):
        if r % 2 == 1 and (r // 2) % 4 != ticket.blocks[0].constant_tap:
            continue
        sums = numbers[r] @ subsets.T
        errors.append(np.abs(sums / 2.0**24 - w).min())
    assert len(errors) == target.parameters == row.parameters
    assert row.weight_error == max(errors) == ticket.certificate["max_weight_error"]
    assert row.relative_output_error > 0


def test_lenet_and_the_ticket_beside_it():
    target = random_lenet5(1)
    assert sum(a.size for a in (*target.weights[:2], *target.biases[:2])) == 2572
    rows = direct_errors(target, (5, 10, 15), seed=1, images=4)
    errors = [row.relative_weight_error for row in rows]
    assert errors == sorted(errors, reverse=True)
    (beside,) = two_layer_beside(target, rows[-1:], seed=1)
    assert beside["unreached"] == 0
    assert beside["weight_error"] <= rows[-1].weight_error
    assert beside["n"] > 15
