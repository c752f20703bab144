"""Golden-ratio categories: one number each, neurons of their own, the pool that the bound names."""

from __future__ import annotations

from fractions import Fraction

import cases
import numpy as np
import pytest
import source_cases

from slt_theory.errors import BadInput
from slt_theory.networks import Dense
from slt_theory.papers.orseau2020.construction import categories, golden, pool_size
from slt_theory.tickets import build_ticket, verify
from slt_theory.tickets.building.request import BuildSettings, parse_request
from slt_theory.tickets.source import kept_matrix

THEOREM = "orseau2020-hyperbolic"


def products(ticket, b):
    """(rows, neurons): the product that each kept out-weight carries."""
    inner, outer = (kept_matrix(ticket, b, m).toarray() for m in (0, 1))
    return outer * inner.sum(axis=1)


@pytest.mark.parametrize("shared", [False, True])
def test_a_sum_keeps_at_most_one_number_of_every_category_and_sign(shared):
    ticket = source_cases.built(THEOREM, shared=shared)
    for b, block in enumerate(ticket.blocks):
        k = categories(int(Fraction(block.eps) * 2**48))
        # gamma^k <= eps < gamma^(k - 1).
        assert golden(k) < Fraction(block.eps) * 2**48 <= golden(k - 1) + 1
        for sums in products(ticket, b).reshape(-1, block.n):
            kept = sums[sums != 0]
            assert len(set(np.sign(kept).tolist())) <= 1
            places = [
                next(c for c in range(k) if golden(c + 1) < value <= golden(c))
                for value in np.abs(kept).tolist()
            ]
            assert len(set(places)) == len(places)


def test_neurons_of_their_own_serve_one_weight_and_shared_ones_need_a_smaller_pool():
    network = cases.random_target(3, (2, 8), biases=False)
    own = source_cases.built(THEOREM, network, n=None)
    shared = source_cases.built(THEOREM, network, n=None, shared=True)
    uses = [np.unpackbits(ticket.masks[0][1], axis=1).sum(axis=0).max() for ticket in (own, shared)]
    assert uses[0] == 1
    assert uses[1] > 1
    assert shared.blocks[0].n < own.blocks[0].n
    assert shared.source_weights < own.source_weights
    for ticket in (own, shared):
        assert verify(ticket, network).ok


def test_the_pool_of_the_bound_fills_every_category():
    """Twelve seeds at a failure of 1 %: more than five failures have probability 9e-10."""
    network = cases.random_target(4, (1, 2), biases=False)
    failures = sum(
        not source_cases.built(THEOREM, network, n=None, seed=seed, shared=True).complete
        for seed in range(12)
    )
    assert failures <= 5


def test_the_pool_grows_with_the_logarithm_of_the_error():
    """Categories times the logarithm of the sums; with neurons of their own outputs add k each."""
    network = cases.random_target(4, (2, 50), biases=False)
    twice = cases.random_target(4, (2, 100), biases=False)

    def size(target: Dense, eps: Fraction, shared: bool) -> int:
        return pool_size(parse_request(target, BuildSettings(eps=eps)), shared=shared)

    small, finer = Fraction(1, 100), Fraction(1, 10_000)
    k = categories(int(small * 2**48))
    for shared in (False, True):
        assert size(network, finer, shared) < 3 * size(network, small, shared)
    grown = size(twice, small, False) - size(network, small, False)
    assert 2 * 50 * k <= grown <= 3 * 50 * k
    assert size(twice, small, True) - size(network, small, True) < 10 * k


def test_too_small_a_pool_is_incomplete_and_says_so():
    ticket = source_cases.built(THEOREM, n=8)
    assert not ticket.complete
    check = verify(ticket, source_cases.target())
    assert not check.ok
    assert "incomplete" in check.failures[0]


def test_shared_is_a_parameter_of_this_construction_and_move_is_not():
    with pytest.raises(BadInput, match="move"):
        build_ticket(source_cases.target(), theorem=THEOREM, eps=0.05, move=0.1)
