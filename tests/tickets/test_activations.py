"""Depth L + 1 for leaky ReLU and tanh: gadgets, error terms, refusals."""

from __future__ import annotations

import random
from dataclasses import replace
from fractions import Fraction

import cases
import numpy as np
import pytest
from flint import arb

from slt_theory.errors import BadInput
from slt_theory.networks import Dense
from slt_theory.streams import Purpose, stream_id, words32
from slt_theory.tickets import build_ticket, read_ticket, ticket_forward, verify, write_ticket
from slt_theory.tickets.bends import bend_units, leaky_slopes
from slt_theory.tickets.checking.effective import sparse_layers

EPS = Fraction(1, 20)
THEOREM = "burkholz2022-depth"
CASES = [
    (activation, domain)
    for activation in ("leaky_relu(0.1)", "tanh")
    for domain in ("box:0,1", "box:-1,1", "ball:2")
]


def target(activation: str) -> Dense:
    plain = cases.random_target(31, (3, 4, 2), biases=True)
    return Dense(plain.weights, plain.biases, activation=activation)


@pytest.fixture(scope="module", params=CASES, ids=lambda case: f"{case[0]}-{case[1]}")
def built(request):
    activation, domain = request.param
    network = target(activation)
    options = {"eps": EPS, "seed": 1, "domain": domain, "signs": "needed", "threads": 1}
    return network, build_ticket(network, theorem=THEOREM, **options)


def inputs(ticket, count: int = 300) -> np.ndarray:
    words = words32(5, stream_id(Purpose.TESTS, 1), 0, count * 3).reshape(count, 3) / 2.0**32
    kind, _, numbers = ticket.domain.partition(":")
    if kind == "ball":
        x = words - 0.5
        return x / np.linalg.norm(x, axis=1, keepdims=True) * float(numbers) * (1 - 2.0**-40)
    low, high = map(float, numbers.split(","))
    return low + (high - low) * words


def test_it_is_verified_and_its_network_keeps_the_bound(built, tmp_path):
    network, ticket = built
    check = verify(ticket, network)
    assert check.ok, check.failures
    assert check.max_weight_error <= EPS
    x = inputs(ticket)
    gap = np.abs(ticket_forward(ticket, x) - network.forward(x)).max()
    assert gap <= check.sup_error_bound
    assert check.sup_error_found <= check.sup_error_bound
    # The search looks at more than these inputs.
    assert gap <= 1.05 * check.sup_error_found
    write_ticket(ticket, tmp_path / "t.npz")
    again = read_ticket(tmp_path / "t.npz")
    assert again.blocks == ticket.blocks
    assert verify(again, network).ok


def test_slopes_of_the_gadget_are_within_eps_in_ball_arithmetic(built):
    """Slope by slope: the two random layers of the pair alone, at inputs of both signs."""
    network, ticket = built
    block = ticket.blocks[0]
    inner, outer = (layer.toarray() for layer in sparse_layers(ticket, 0))
    reach = float(ticket.domain.partition(":")[2].rpartition(",")[2])
    sides = (1, -1) if not ticket.domain.startswith("box:0") else (1,)
    rng = random.Random(2)
    wanted = network.matrix(0)
    for _ in range(12):
        row, column = rng.randrange(block.rows), rng.randrange(block.columns)
        largest = 1.0 if column == block.inputs else reach
        for side in (1,) if column == block.inputs else sides:
            x = arb(side * largest)
            value = arb(0)
            for neuron in np.flatnonzero(outer[row]):
                seen = arb(float(inner[neuron, column])) * x
                if network.activation.kind == "tanh":
                    passed = seen.tanh()
                else:
                    passed = seen if seen > 0 else seen * arb(network.activation.slope)
                value += arb(float(outer[row, neuron])) * passed
            error = abs(value / x - arb(float(wanted[row // block.copies_out, column])))
            assert error.upper() < arb(float(EPS)) + arb(2) ** -40


@pytest.mark.parametrize(("n", "shrink", "reach"), [(40, 0, "1/4"), (1000, 6, "1"), (7, 3, "3/2")])
def test_the_bend_of_tanh_is_bounded(n, shrink, reach):
    """n neurons with u = v = 1, the worst there are, at the largest input."""
    largest = Fraction(reach)
    scale = arb(2) ** -shrink
    x = arb(largest.numerator) / largest.denominator
    slope = n * ((scale * x).tanh() / (scale * x))
    bend = arb(bend_units(n, shrink, largest)) / arb(2) ** 48
    assert n - slope < bend
    # To leading order it is the bound itself.
    if shrink:
        assert (n - slope) * arb("1.1") > bend


def test_leaky_slopes_are_off_by_at_most_a_unit():
    rng = random.Random(4)
    for _ in range(500):
        ours, other = rng.randint(-(2**52), 2**52), rng.randint(-(2**52), 2**52)
        slope = rng.random()
        got = int(leaky_slopes(np.array([ours]), np.array([other]), slope)[0])
        assert abs(got - (ours + Fraction(slope) * other)) <= 1


def test_forged_gadgets_are_rejected(built):
    network, ticket = built
    first = ticket.blocks[0]
    for forged, reason in (
        (replace(first, activation="relu", shrink=0), "a gadget with relu"),
        (replace(first, activation="leaky_relu(0.2)", shrink=0), "a gadget with leaky_relu(0.2)"),
        (replace(first, shrink=first.shrink + 41), "shrink"),
    ):
        report = verify(replace(ticket, blocks=(forged, *ticket.blocks[1:])), network)
        assert not report.ok
        assert any(reason in text for text in report.failures)
    if first.activation == "tanh":
        # Larger in-weights bend more than eps allows.
        blunt = replace(first, shrink=1)
        report = verify(replace(ticket, blocks=(blunt, *ticket.blocks[1:])), network)
        assert any("further than eps" in text for text in report.failures)


def test_a_negative_in_weight_has_no_place_in_one_half():
    network = target("tanh")
    ticket = build_ticket(network, theorem=THEOREM, eps=EPS, seed=1, threads=1)
    block, masks = ticket.blocks[0], [m.copy() for m in ticket.masks[0]]
    layer = block.layers[0]
    from slt_theory.tickets.source import layer_law

    neurons = np.arange(layer.rows)
    places = neurons * layer.columns + neurons // block.n
    u = layer_law(layer).sample_at(1, layer.stream, places)
    neuron = int(np.flatnonzero(u < 0)[0])
    masks[0][neuron // 8] |= 128 >> (neuron % 8)
    report = verify(replace(ticket, masks=(tuple(masks), *ticket.masks[1:])), network)
    assert any("negative in-weight" in text for text in report.failures)


@pytest.mark.parametrize("theorem", ["pensia2020-two-layer", "natale2024-network"])
def test_theorems_about_relu_name_those_that_cover_tanh(theorem):
    with pytest.raises(BadInput, match="burkholz2022-depth"):
        build_ticket(target("tanh"), theorem=theorem, eps=EPS, seed=1)


def test_sigmoid_is_covered_by_direct_sums_only():
    with pytest.raises(BadInput, match="pensia2020-direct") as caught:
        build_ticket(target("sigmoid"), theorem=THEOREM, eps=EPS, seed=1)
    assert "burkholz2022-depth assumes" in str(caught.value)
    network = target("sigmoid")
    ticket = build_ticket(network, theorem="pensia2020-direct", eps=EPS, seed=1, threads=1)
    assert verify(ticket, network).ok
    x = words32(1, stream_id(Purpose.TESTS, 2), 0, 300).reshape(100, 3) / 2.0**32
    gap = np.abs(ticket_forward(ticket, x) - network.forward(x)).max()
    assert gap <= ticket.certificate["sup_error_bound"]
