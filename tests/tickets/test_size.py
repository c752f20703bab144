"""Model size in bits, and tickets on data."""

from __future__ import annotations

import json
import math
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from slt_theory.data import Labelled, digits, shipped_target
from slt_theory.errors import BadInput
from slt_theory.networks import Dense
from slt_theory.tickets import build_ticket, ticket_forward, verify
from slt_theory.tickets.agreement import agreement
from slt_theory.tickets.frozen import frozen_pattern
from slt_theory.tickets.size import ticket_size

EPS = Fraction(1, 20)
SMALL = Dense([[[0.5, -0.25], [0.125, 0.75]], [[1.0, -0.5]]])


def test_a_plain_source_stores_its_seed_and_one_bit_a_weight():
    ticket = build_ticket(SMALL, eps=EPS, n=40, seed=1)
    size = ticket_size(ticket, SMALL)
    assert size.mask_bits == ticket.source_weights
    assert (size.seed_bits, size.choice_bits, size.target_bits) == (64, 0, 32 * 6)
    assert size.stored_bits == 64 + ticket.source_weights
    assert size.compression == pytest.approx(192 / size.stored_bits)


def test_frozen_weights_are_not_stored():
    options = {"prune": Fraction(1, 4), "lock": Fraction(1, 4)}
    ticket = build_ticket(
        SMALL, theorem="otsuka2024-frozen-network", eps=EPS, seed=1, signs="needed", **options
    )
    size = ticket_size(ticket, SMALL)
    assert size.choice_bits == 0
    free = 0
    for block in ticket.blocks:
        for layer in block.layers:
            frozen = np.logical_or(*frozen_pattern(ticket.seed, layer, 0, layer.rows))
            free += int(np.count_nonzero(~frozen))
    # Counted is the expected number: a sum of independent bits strays so far once in 10^9.
    assert abs(size.mask_bits - free) <= math.sqrt(ticket.source_weights * math.log(2e9) / 2)
    assert size.mask_bits < 0.6 * ticket.source_weights


def test_moves_are_stored():
    ticket = build_ticket(SMALL, theorem="xiong2023-perturbation", eps=EPS, n=40, seed=1)
    size = ticket_size(ticket, SMALL)
    kept = [
        int(np.bitwise_count(mask).sum()) * layer.choice_bits
        for block, masks in zip(ticket.blocks, ticket.masks, strict=True)
        for layer, mask in zip(block.layers, masks, strict=True)
        if layer.choices > 1
    ]
    assert size.choice_bits == sum(kept) > 0
    assert size.stored_bits == 64 + size.mask_bits + size.choice_bits


@pytest.fixture(scope="module")
def ticket():
    target = shipped_target("digits_mlp")
    return build_ticket(target, theorem="pensia2020-direct", eps=Fraction(1, 50), seed=0)


def test_the_certificate_says_the_size_and_is_held_to_it(ticket):
    target = shipped_target("digits_mlp")
    assert ticket.certificate["size"] == ticket_size(ticket, target).to_dict()
    smaller = {**ticket.certificate["size"], "mask_bits": 1}
    forged = ticket.with_certificate({**ticket.certificate, "size": smaller})
    assert any("size" in text for text in verify(forged, target).failures)


def test_agreement_counts_what_the_two_networks_say(ticket):
    target, (_, sample) = shipped_target("digits_mlp"), digits()
    found = agreement(ticket, target, sample)
    ours, theirs = ticket_forward(ticket, sample.inputs), target.forward(sample.inputs)
    same = sum(int(np.argmax(a) == np.argmax(b)) for a, b in zip(ours, theirs, strict=True))
    assert found.inputs == len(sample) == 451
    assert (found.agree, found.ticket_correct) == (same, sample.correct(ours))
    assert found.target_correct == sample.correct(theirs) == 445
    assert found.largest_difference <= ticket.certificate["sup_error_bound"]


def test_data_of_another_size_are_refused():
    ticket = build_ticket(SMALL, eps=EPS, n=40, seed=1)
    with pytest.raises(BadInput, match="takes 2"):
        agreement(ticket, SMALL, Labelled(np.zeros((3, 5)), np.zeros(3, dtype=np.int64)))


def test_the_verb_says_size_and_accuracy(ticket, tmp_path: Path):
    from typer.testing import CliRunner

    from slt_theory.cli import app
    from slt_theory.data import shipped_path
    from slt_theory.tickets import write_ticket

    write_ticket(ticket, tmp_path / "t.slt.npz")
    arguments = ["ticket", "verify", str(tmp_path / "t.slt.npz")]
    arguments += ["--target", str(shipped_path("digits_mlp")), "--data", "digits", "--json"]
    answer = CliRunner().invoke(app, arguments)
    assert answer.exit_code == 0, answer.output
    record = json.loads(answer.stdout)
    assert record["ok"]
    assert record["size"]["stored_bits"] == 64 + ticket.source_weights
    assert record["data"]["inputs"] == 451
    assert record["data"]["target_correct"] == 445
