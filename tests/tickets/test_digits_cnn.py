"""The shipped convolutional network of the digits inside random ones: errors and accuracy."""

from __future__ import annotations

from fractions import Fraction

import pytest

from slt_theory.data import digits, shipped_target
from slt_theory.tickets import build_ticket, ticket_forward, verify

BUILDS = [
    ("dacunha2022-cnn", Fraction(1, 100), {}),
    ("burkholz2022b-conv-residual", Fraction(1, 200), {"signs": "needed"}),
    (
        "otsuka2024-frozen-network",
        Fraction(1, 1000),
        {"signs": "needed", "prune": Fraction(1, 10), "lock": Fraction(1, 10)},
    ),
]


@pytest.mark.long
@pytest.mark.parametrize(("theorem", "eps", "options"), BUILDS)
def test_the_ticket_alone_is_as_accurate_as_the_target(theorem, eps, options):
    pytest.importorskip("sklearn")
    target = shipped_target("digits_cnn")
    ticket = build_ticket(target, theorem=theorem, eps=eps, seed=1, **options)
    check = verify(ticket, target)
    assert check.ok, check.failures
    certificate = ticket.certificate
    for kind in ("border", "interior"):
        assert certificate[f"{kind}_error_found"] <= certificate[f"{kind}_error_bound"]
    _, held_out = digits()
    right = [
        int((outputs.argmax(axis=1) == held_out.labels).sum())
        for outputs in (target.forward(held_out.inputs), ticket_forward(ticket, held_out.inputs))
    ]
    assert abs(right[0] - right[1]) <= len(held_out.labels) * 0.005
