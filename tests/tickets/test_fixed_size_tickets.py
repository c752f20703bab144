"""Exactly k live numbers in every sum: counted by the slow checker, and the table beside it."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from math import comb

import cases
import numpy as np
import pytest

from slt_theory.experiments.fixed_size_tickets import (
    SHARE,
    fixed_size_markdown,
    fixed_size_row,
    keeps_exactly,
    smallest_size,
)
from slt_theory.tickets import build_ticket, verify

TARGET = cases.random_target(8, (4, 3, 2), biases=True, size=0.6)
EPS = Fraction(1, 10)


@pytest.fixture(scope="module")
def rows():
    return smallest_size(TARGET, eps=EPS, threads=1)


def test_the_first_complete_size_keeps_exactly_that_many(rows):
    assert [row.size for row in rows] == list(range(1, len(rows) + 1))
    assert all(row.unreached and row.exact is None for row in rows[:-1])
    last = rows[-1]
    assert not last.unreached
    assert last.exact is True
    assert last.n == last.size / SHARE
    assert last.max_weight_error <= EPS
    for row in rows:
        assert comb(row.n_counting, row.size) * EPS >= 1
        assert row.n_counting == row.size or comb(row.n_counting - 1, row.size) * EPS < 1
    assert fixed_size_markdown(rows).count("\n") == len(rows) + 1


def test_dead_numbers_do_not_count(rows):
    """By hand: live products of every half-sum of the first layer, from masks and draws."""
    size = rows[-1].size
    ticket = build_ticket(
        TARGET, theorem="natale2024-network", eps=EPS, seed=0, size=size, n=20 * size,
        signs="needed", threads=1,
    )  # fmt: skip
    from slt_theory.laws import Uniform

    law, block = Uniform(bits=24), ticket.blocks[0]
    inner, outer = block.layers
    u = law.sample(0, inner.stream, 0, inner.rows * inner.columns)
    u = u.reshape(inner.rows, inner.columns)
    first = ticket.rows(0, 0, 0, inner.rows)
    kept = ticket.rows(0, 1, 0, outer.rows)
    for i in range(outer.rows):
        for j in range(block.columns):
            hidden = range(j * block.n, (j + 1) * block.n)
            live = [h for h in hidden if kept[i, h] and first[h, j] and u[h, j] > 0]
            assert len(live) == size
    assert keeps_exactly(ticket, size)
    assert not keeps_exactly(ticket, size + 1)
    mask = ticket.masks[0][1].copy()
    mask[0] &= np.uint8(0b01111111)
    forged = replace(ticket, masks=((ticket.masks[0][0], mask), *ticket.masks[1:]))
    if (mask != ticket.masks[0][1]).any():
        assert not keeps_exactly(forged, size)
        assert not verify(forged, TARGET).ok


def test_one_row():
    row = fixed_size_row(TARGET, 1, eps=Fraction(1, 2), threads=1)
    assert row.n == 20
    assert row.half_sums == 3 * 5 + 2 * 4
    assert row.density_theorem == pytest.approx(1.5 * 0.05)
