"""The forward pass of the masked layers of each kind of block is its effective weights."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from earlier_files import FOLDER, NAMES

from slt_theory.errors import BadInput
from slt_theory.tickets import Ticket, read_ticket, ticket_forward
from slt_theory.tickets.checking.effective import effective_block, source_block

TICKETS = {name: read_ticket(FOLDER / f"{name}.slt") for name in NAMES}
BLOCKS = [(name, k) for name in NAMES for k in range(len(TICKETS[name].blocks))]


def renamed(ticket: Ticket, kind: str) -> Ticket:
    return replace(ticket, blocks=tuple(replace(block, kind=kind) for block in ticket.blocks))


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize(("name", "index"), BLOCKS)
def test_the_forward_pass_of_unit_vectors_is_the_effective_weights(name, index, sign):
    """Products of 24-bit numbers, at most some hundred a sum: exact in float64."""
    kind = source_block(TICKETS[name], index)
    effective = kind.effective()
    inputs = kind.block.columns * kind.block.copies_in
    got = sign * kind.forward(sign * np.eye(inputs))
    if sign < 0 and effective.negative is None and kind.halved and kind.name != "product-pair":
        assert not got.any(), "a half that was not built passes inputs <= 0 on"
        return
    wanted = effective.wiring
    if wanted is None:
        wanted = effective.to_float("positive" if sign > 0 else "negative")
    assert np.array_equal(got[:, : wanted.shape[1]], wanted)


@pytest.mark.parametrize(("name", "index"), BLOCKS)
def test_the_shapes_of_a_kind_are_those_of_its_masks(name, index):
    kind = source_block(TICKETS[name], index)
    assert kind.shape_failures() == []
    wider = replace(kind.block, n=kind.block.n + 1)
    other = replace(
        TICKETS[name],
        blocks=(*TICKETS[name].blocks[:index], wider, *TICKETS[name].blocks[index + 1 :]),
    )
    assert source_block(other, index).shape_failures()


def test_a_kind_that_does_not_exist_is_refused_by_name():
    ticket = renamed(TICKETS["pensia2020-two-layer"], "pair-gadget")
    with pytest.raises(BadInput, match="pair-gadget: is no kind of block"):
        effective_block(ticket, 0)
    with pytest.raises(BadInput, match="pair-gadget: is no kind of block"):
        ticket_forward(ticket, np.zeros((1, 2)))
