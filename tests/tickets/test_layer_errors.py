"""Errors layer by layer against all corners of the box, in exact numbers."""

from __future__ import annotations

import itertools

import cases
import numpy as np
import pytest

from slt_theory.tickets.checking.effective import effective_block
from slt_theory.tickets.layer_errors import layer_errors


@pytest.mark.parametrize(
    "options", [{}, {"theorem": "burkholz2022-depth", "signs": "needed", "n": None}]
)
def test_the_first_layer_errs_most_at_a_corner_and_the_last_as_certified(options):
    target = cases.random_target(4, (3, 4, 2), biases=True)
    ticket = cases.built(target, **options)
    first, last = layer_errors(ticket, target)
    block = ticket.blocks[0]
    ours = effective_block(ticket, 0).to_float()
    error = ours - target.matrix(0)[block.target_rows(np.arange(block.rows))]
    corners = np.array(list(itertools.product((0.0, 1.0), repeat=3)))
    # Multiples of 2^-50 below 8: these sums are exact.
    largest = np.abs(corners @ error[:, :3].T + error[:, 3]).max()
    assert first.found <= largest <= first.bound
    # Six digits are shown.
    assert first.bound <= largest * (1 + 1e-5)
    assert first.found >= largest * (1 - 1e-5)
    assert last.found == ticket.certificate["sup_error_found"]
    assert last.found <= ticket.certificate["sup_error_bound"] <= last.bound
