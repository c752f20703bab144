"""Every construction on one small target with biases: built, certified, and run as a network."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from slt_theory.errors import BadInput
from slt_theory.networks import Dense
from slt_theory.streams import Purpose, stream_id, words32
from slt_theory.tickets import build_ticket, read_ticket, ticket_forward, verify, write_ticket
from slt_theory.tickets.building.construction import OfNetworks, constructions
from slt_theory.tickets.checking.effective import effective_block

EPS = Fraction(1, 20)
OPTIONS = {
    "fischer2021-biases": {"law": "normal"},
    "gadhikar2023-network": {"density": Fraction(1, 2)},
    "otsuka2024-frozen-network": {"prune": Fraction(1, 10), "lock": Fraction(1, 10)},
    "natale2024-network": {"size": 4},
    "kumar2025-shallow": {"signs": "needed"},
}


def target() -> Dense:
    words = words32(3, stream_id(Purpose.TESTS, 0), 0, 64) / 2.0**32
    return Dense(
        [(words[:20].reshape(4, 5) - 0.5) * 0.6, (words[20:32].reshape(3, 4) - 0.5) * 0.6],
        biases=[(words[32:36] - 0.5) * 0.6, (words[36:39] - 0.5) * 0.6],
    )


def covering():
    """Ids of the constructions that cover the target."""
    of_networks = {n: c for n, c in constructions().items() if issubclass(c, OfNetworks)}
    return [name for name, kind in of_networks.items() if kind().covers(target())]


@pytest.fixture(scope="module", params=covering())
def ticket(request):
    name = request.param
    return build_ticket(target(), theorem=name, eps=EPS, seed=5, **OPTIONS.get(name, {}))


def test_it_is_complete_and_verified(ticket):
    report = verify(ticket, target())
    assert report.ok, report.failures
    assert report.complete
    assert report.max_weight_error <= EPS


def test_the_masked_network_computes_its_effective_weights(ticket):
    x = words32(1, stream_id(Purpose.INPUTS, 0), 0, 200).reshape(40, 5) / 2.0**32
    ours = ticket_forward(ticket, x)
    values = x.T
    for k, block in enumerate(ticket.blocks):
        effective = effective_block(ticket, k)
        if k:
            values = np.maximum(values, 0)
        slopes = effective.to_float()
        linear, bias = slopes[:, : block.inputs], slopes[:, block.inputs :]
        wiring = linear if effective.wiring is None else effective.wiring
        values = wiring @ values + bias
    # Both sums have fewer than 4000 terms below 64: each is off by at most 4000 * 64 * 2**-53.
    assert np.abs(ours - values.T).max() <= 2 * 4000 * 64 * 2.0**-53 * 64
    gap = np.abs(ours - target().forward(x)).max()
    assert gap <= ticket.certificate["sup_error_bound"]


def test_file_round_trip_and_seed(ticket, tmp_path):
    name = ticket.theorem
    write_ticket(ticket, tmp_path / "a.npz")
    assert verify(read_ticket(tmp_path / "a.npz"), target()).ok
    again = build_ticket(target(), theorem=name, eps=EPS, seed=5, **OPTIONS.get(name, {}))
    write_ticket(again, tmp_path / "b.npz")
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    other = build_ticket(target(), theorem=name, eps=EPS, seed=6, **OPTIONS.get(name, {}))
    assert any(
        (p != q).any()
        for a, b in zip(
            (*ticket.masks, *ticket.choices), (*other.masks, *other.choices), strict=True
        )
        for p, q in zip(a, b, strict=True)
        if p.shape == q.shape
    ) or (other.blocks != ticket.blocks)


def frozen_ticket():
    name = "otsuka2024-frozen-network"
    return build_ticket(target(), theorem=name, eps=EPS, seed=5, **OPTIONS[name])


def test_frozen_weights_are_as_their_pattern_says():
    ticket = frozen_ticket()
    for b, block in enumerate(ticket.blocks):
        for m, layer in enumerate(block.layers):
            stream = stream_id(Purpose.FROZEN, layer.stream)
            words = words32(5, stream, 0, layer.rows * layer.columns).astype(np.int64)
            words = words.reshape(layer.rows, layer.columns)
            kept = ticket.rows(b, m, 0, layer.rows)
            first = round(Fraction(layer.prune) * 2**32)
            second = first + round(Fraction(layer.lock) * 2**32)
            assert not kept[words < first].any()
            assert kept[(words >= first) & (words < second)].all()
            if block.kind == "gadget-pair" and m == 0:
                assert layer.lock == "0"
                assert Fraction(layer.prune) == Fraction(1, 10)


@pytest.mark.parametrize("value", [False, True])
def test_a_flipped_frozen_bit_is_rejected(value):
    ticket = frozen_ticket()
    b = len(ticket.blocks) - 1
    layer = ticket.blocks[b].layers[0]
    words = words32(5, stream_id(Purpose.FROZEN, layer.stream), 0, layer.rows * layer.columns)
    first = round(Fraction(layer.prune) * 2**32)
    second = first + round(Fraction(layer.lock) * 2**32)
    chosen = (words < first) if value else (words >= first) & (words < second)
    row, column = divmod(int(np.flatnonzero(chosen)[0]), layer.columns)
    mask = ticket.masks[b][0].copy()
    mask[row, column // 8] ^= 128 >> (column % 8)
    masks = (*ticket.masks[:b], (mask,))
    report = verify(replace(ticket, masks=masks), target())
    assert not report.ok
    assert "is frozen " + ("pruned" if value else "locked") in report.failures[0]


def test_every_sum_has_its_size():
    name = "natale2024-network"
    ticket = build_ticket(target(), theorem=name, eps=EPS, seed=5, size=4)
    for b, block in enumerate(ticket.blocks):
        assert block.size == 4
        assert block.n == 80
        kept = ticket.rows(b, 1, 0, block.outputs)
        groups = kept.reshape(block.outputs, -1, block.n).sum(axis=2)
        assert (groups == 4).all()


def test_malach_keeps_two_neurons_a_weight():
    ticket = build_ticket(target(), theorem="malach2020-weights", eps=EPS, seed=5)
    outgoing = sum(
        int(ticket.rows(b, 1, 0, block.outputs).sum()) for b, block in enumerate(ticket.blocks)
    )
    assert outgoing == 2 * target().parameters


def test_source_and_copies_of_depth_plus_one():
    ticket = build_ticket(target(), theorem="burkholz2022-depth", eps=EPS, seed=5)
    assert [block.kind for block in ticket.blocks] == ["gadget-pair", "single-layer"]
    assert sum(len(block.layers) for block in ticket.blocks) == target().depth + 1
    assert ticket.blocks[0].copies_out == ticket.blocks[1].copies_in > 1


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"theorem": "otsuka2024-frozen-network", "prune": 0.6, "lock": 0.5}, "prune"),
        ({"theorem": "otsuka2024-frozen-network", "lock": -0.1}, "lock"),
        ({"theorem": "gadhikar2023-network", "density": 0}, "density"),
        ({"theorem": "fischer2021-biases", "law": "cauchy"}, "law"),
        ({"theorem": "natale2024-network", "size": 0}, "size"),
        ({"theorem": "pensia2020-two-layer", "lock": 0.2}, "lock"),
    ],
)
def test_bad_parameters_are_named(options, named):
    with pytest.raises(BadInput) as caught:
        build_ticket(target(), eps=EPS, seed=1, **options)
    assert named in caught.value.argument


def test_law_must_be_the_theorems():
    ticket = build_ticket(target(), theorem="pensia2020-two-layer", eps=EPS, seed=5)
    report = verify(replace(ticket, theorem="burkholz2022-depth"), target())
    assert not report.ok


@pytest.mark.parametrize("shared", [False, True])
def test_direct_sums_do_not_depend_on_how_many_are_solved_at_once(monkeypatch, shared):
    from slt_theory.tickets.building import direct

    whole = build_ticket(target(), theorem="pensia2020-direct", eps=EPS, seed=3, shared=shared)
    monkeypatch.setattr(direct, "_CHUNK_ITEMS", 2 * whole.blocks[0].n)
    parts = build_ticket(target(), theorem="pensia2020-direct", eps=EPS, seed=3, shared=shared)
    for one, other in zip(whole.masks, parts.masks, strict=True):
        assert all(map(np.array_equal, one, other))
