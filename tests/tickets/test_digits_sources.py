"""The shipped digits network by every source: certified, and within half a point of its target."""

from __future__ import annotations

from fractions import Fraction

import pytest
import source_cases

from slt_theory.data import digits, shipped_target
from slt_theory.tickets import build_ticket, ticket_forward, verify

CASES = [
    *[(theorem, {}) for theorem in source_cases.OPTIONS],
    ("orseau2020-hyperbolic", {"shared": True}),
]


@pytest.mark.long
@pytest.mark.parametrize(("theorem", "options"), CASES, ids=str)
def test_digits(theorem, options):
    target = shipped_target("digits_mlp")
    ticket = build_ticket(target, theorem=theorem, eps=Fraction(1, 50), seed=1, **options)
    assert ticket.complete
    check = verify(ticket, target)
    assert check.ok, check.failures
    assert check.sup_error_found <= check.sup_error_bound
    _, held_out = digits()
    right = [
        (outputs.argmax(axis=1) == held_out.labels).mean()
        for outputs in (target.forward(held_out.inputs), ticket_forward(ticket, held_out.inputs))
    ]
    assert abs(right[1] - right[0]) <= 0.005
