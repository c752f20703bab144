"""The checker believes no compiled code that it shares with the builders, or of its own.

A fault is planted in one compiled function of this process: what is built or verified in the same
process must then fail, though builder and checker agree with each other.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from slt_theory.errors import KernelMismatch
from slt_theory.experiments.attention_tickets import random_attention
from slt_theory.networks import Dense
from slt_theory.subset_sum.kernels import philox, wiring
from slt_theory.tickets import Ticket, build_ticket, verify
from slt_theory.tickets.checking.compiled import SPOTS, spots
from slt_theory.tickets.checking.effective import MalformedTicket, source_block
from slt_theory.tickets.checking.kinds.base import SourceBlock
from slt_theory.universal import build_universal
from slt_theory.universal import verify as verify_universal

NET = Dense([[[0.5, -0.25], [0.3, 0.9]], [[0.75, -0.5]]])
ATTENTION = random_attention(3)
EPS = Fraction(1, 20)


def pairs() -> Ticket:
    return build_ticket(NET, eps=EPS, seed=1, n=44)


def singles() -> Ticket:
    return build_ticket(NET, theorem="burkholz2022-depth", eps=EPS, seed=1)


def frozen() -> Ticket:
    return build_ticket(
        NET,
        theorem="otsuka2024-frozen-network",
        eps=EPS,
        seed=1,
        prune=Fraction(1, 5),
        lock=Fraction(1, 10),
    )


def attention() -> Ticket:
    return build_ticket(ATTENTION, theorem="otsuka2026-attention", eps=EPS, seed=1)


def universal() -> Ticket:
    return build_universal("sin:1", eps=0.1, seed=0)


def judged(ticket: Ticket) -> bool:
    if ticket.theorem == "burkholz2022c-universal":
        from slt_theory.universal import family_of

        return verify_universal(ticket, family_of(ticket)).ok
    return verify(ticket, ATTENTION if "attention" in ticket.theorem else NET).ok


KINDS = [pairs, singles, frozen, attention, universal]


def changed(function: Callable[..., Any], change: Callable[[Any], Any]) -> Callable[..., Any]:
    """The compiled function, its last argument changed in place after the call."""

    def faulty(*arguments: Any) -> None:
        function(*arguments)
        arguments[-1][...] = change(arguments[-1])

    return faulty


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_a_law_halved_for_builder_and_checker_alike(kind, monkeypatch):
    assert judged(kind())
    monkeypatch.setattr(philox, "uniform32", changed(philox.uniform32, lambda out: out >> 1))
    with pytest.raises(KernelMismatch, match="numbers of the law uniform"):
        judged(kind())


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_a_generator_with_a_wrong_last_bit(kind, monkeypatch):
    monkeypatch.setattr(philox, "fill_blocks", changed(philox.fill_blocks, lambda out: out ^ 512))
    with pytest.raises(KernelMismatch):
        judged(kind())


def _without_the_last_input(sums: np.ndarray) -> np.ndarray:
    return np.where(np.arange(sums.shape[1]) == sums.shape[1] - 1, 0, sums)


@pytest.mark.parametrize("kind", [pairs, frozen, attention, universal], ids=lambda k: k.__name__)
@pytest.mark.parametrize("argument", [-2, -1], ids=["sums", "counts"])
def test_compiled_sums_that_leave_something_out(kind, argument, monkeypatch):
    ticket, real = kind(), wiring.effective_row

    def faulty(*arguments: Any) -> None:
        real(*arguments)
        arguments[argument][...] = _without_the_last_input(arguments[argument])

    monkeypatch.setattr(wiring, "effective_row", faulty)
    with pytest.raises(KernelMismatch, match="kept products"):
        judged(ticket)


@pytest.mark.parametrize(
    "fault",
    [
        lambda found: -1,
        lambda found: max(found - 1, -1),
        lambda found: -1 if found % 8 == 7 else found,
    ],
    ids=["blind", "one-off", "blind-in-the-last-bit"],
)
def test_a_search_of_frozen_weights_that_overlooks_some(fault, monkeypatch):
    ticket, real = frozen(), wiring.wrongly_frozen
    monkeypatch.setattr(wiring, "wrongly_frozen", lambda *a: fault(int(real(*a))))
    with pytest.raises(KernelMismatch, match="frozen pattern"):
        judged(ticket)


def test_one_wrong_number_in_fifty_is_caught(monkeypatch):
    """Of 1,024 places none is wrong with a chance of 0.98^1024 = 1e-9."""
    wide = Dense(np.linspace(-1, 1, 40).reshape(1, 4, 10))
    ticket = build_ticket(wide, eps=EPS, seed=1, n=40)
    assert ticket.blocks[0].layers[1].rows * ticket.blocks[0].layers[1].columns > 3 * SPOTS

    def nudged(out: np.ndarray) -> np.ndarray:
        return out + (np.arange(out.size) % 50 == 17)

    monkeypatch.setattr(philox, "uniform32", changed(philox.uniform32, nudged))
    with pytest.raises(KernelMismatch):
        verify(ticket, wide)


def test_places_are_many_and_follow_from_all_that_the_file_says():
    wide = Dense(np.linspace(-1, 1, 40).reshape(1, 4, 10))
    ticket = build_ticket(wide, eps=EPS, seed=1, n=40)
    other = replace(ticket, certificate={**ticket.certificate, "sup_error_found": 0.0})
    layer = ticket.blocks[0].layers[1]

    def places(one: Ticket) -> set[tuple[int, int]]:
        return {(row, int(c)) for row, columns in spots(one, layer, "numbers") for c in columns}

    assert len(places(ticket)) >= SPOTS
    assert len(places(ticket) & places(other)) < len(places(ticket)) // 2 + 300
    assert places(ticket) != places(other)
    small = replace(layer, rows=5, columns=7)
    assert sum(columns.size for _, columns in spots(ticket, small, "numbers")) == 35


@pytest.mark.parametrize("kind", [pairs, frozen], ids=lambda k: k.__name__)
def test_products_are_counted_where_all_live_neurons_would_leave_no_room(kind, monkeypatch):
    ticket = kind()
    block = source_block(ticket, 0)
    known, most = block.effective(), 0
    for row in range(block.block.rows):
        kept = ticket.rows(0, 1, row, row + 1)[0]
        seen, u = block.in_layer()
        live = kept & (seen >= 0) & (u != 0)
        cells = seen[live] + block.block.columns * (u[live] < 0)
        most = max(most, int(np.bincount(cells, minlength=1).max()))
    for room, enough in ((most, True), (most - 1, False)):
        monkeypatch.setattr(SourceBlock, "has_headroom", lambda _, count, r=room: count <= r)
        if enough:
            assert (block.effective().positive == known.positive).all()
        else:
            with pytest.raises(MalformedTicket, match=f"sums of {most} numbers"):
                block.effective()
