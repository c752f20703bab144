"""The search for bad inputs: what it reports is real, and it finds what can be found."""

from __future__ import annotations

import itertools
import random
from fractions import Fraction

import cases
import numpy as np
import plain
import pytest

from slt_theory.data import shipped_target
from slt_theory.networks import Dense
from slt_theory.tickets import build_ticket, ticket_forward, verify
from slt_theory.tickets.checking.error_search import _extreme, _towards, start_inputs
from slt_theory.tickets.domain import parse_domain


@pytest.mark.parametrize("domain", ["box:0,1", "box:-1,2", "ball:1.5"])
@pytest.mark.parametrize("widths", [(4, 5, 2), (3, 4, 3, 1)])
def test_what_is_found_is_never_above_what_is_certified(domain, widths):
    for seed in range(3):
        target = cases.random_target(seed, widths, biases=True)
        ticket = cases.built(target, domain=domain, seed=seed)
        certificate = ticket.certificate
        assert 0 < certificate["sup_error_found"] <= certificate["sup_error_bound"]


def test_what_is_found_is_real_and_the_worst_corner(tmp_path):
    """On [0, 1]^4 the search finds at least the worst of all 16 corners, and a real input."""
    target = cases.random_target(4, (4, 5, 2), biases=True)
    ticket = cases.built(target)
    slow = cases.plain_ticket(ticket, tmp_path)
    corners = [[Fraction(v) for v in x] for x in itertools.product((0, 1), repeat=4)]
    worst = max(plain.sup_distance(slow, target, x) for x in corners)
    found = Fraction(ticket.certificate["sup_error_found"])
    # Reported numbers are rounded down to six digits.
    assert (
        worst * Fraction(99998, 100000) <= found <= Fraction(ticket.certificate["sup_error_bound"])
    )


def test_one_seed_finds_one_error():
    target = cases.random_target(5, (6, 8, 3), biases=True)
    ticket = cases.built(target)
    assert verify(ticket, target).sup_error_found == ticket.certificate["sup_error_found"]
    assert verify(ticket, target).sup_error_found == verify(ticket, target).sup_error_found


@pytest.mark.parametrize("domain", ["box:0,1", "box:-2,0.5", "ball:1.5"])
def test_samples_never_leave_the_domain(domain):
    where = parse_domain(domain)
    x = start_inputs(where, 50, 7, seed=3)
    for k in range(6):
        slope = np.cos(np.arange(350.0).reshape(50, 7) * (k + 1))
        share = np.full(50, 0.5**k)
        whole = k % 2 == 1 or domain.startswith("ball")
        x = _towards(x, _extreme(where, slope), slope, share, whole=whole)
        if domain.startswith("box"):
            assert where.lo <= x.min() <= x.max() <= where.hi
        else:
            assert np.linalg.norm(x, axis=1).max() <= where.radius


def test_climbing_beats_the_corners_that_it_starts_from():
    target = shipped_target("digits_mlp")
    ticket = build_ticket(target, theorem="pensia2020-direct", eps=Fraction(1, 20), seed=0)
    corners = start_inputs(parse_domain("box:0,1"), 512, 64, seed=0)
    effective = [block.eps for block in ticket.blocks]
    assert len(effective) == 2
    start = np.abs(ticket_forward(ticket, corners) - target.forward(corners)).max()
    assert ticket.certificate["sup_error_found"] >= 1.2 * start


@pytest.mark.parametrize("which", [0, 1, 37, 63])
def test_every_output_is_looked_at(which):
    """One of 64 outputs has weights, so one has an error: the search finds all of it."""
    rng = random.Random(which)
    first, second = np.zeros((64, 5)), np.zeros((64, 64))
    first[which] = [rng.randint(1, 1024) / 1024 for _ in range(5)]
    second[which, which] = 0.5
    target = Dense([first, second])
    ticket = build_ticket(target, theorem="pensia2020-two-layer", eps=0.05, n=24, seed=2, threads=1)
    corners = np.array(list(itertools.product((0.0, 1.0), repeat=5)))
    errors = np.abs(ticket_forward(ticket, corners) - target.forward(corners))
    assert errors.max() == errors[:, which].max() > 0
    assert ticket.certificate["sup_error_found"] >= errors.max() * (1 - 1e-5)
