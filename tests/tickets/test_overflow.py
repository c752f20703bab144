"""Numbers that are no numbers: a bound is then infinite, a search finds nothing, a claim fails."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import cases
import numpy as np
import plain
import pytest
from test_relaxation import Planted, dense

from slt_theory.errors import BadInput
from slt_theory.experiments.attention_tickets import random_attention
from slt_theory.networks import Dense, Operator
from slt_theory.networks.layers import (
    ActivationLayer,
    FlattenLayer,
    LinearLayer,
    PoolLayer,
    Residual,
    from_layers,
)
from slt_theory.networks.norms import spectral_certified
from slt_theory.tickets import build_ticket, verify
from slt_theory.tickets.checking.absolute_sums import largest_absolute_sum
from slt_theory.tickets.checking.effective import Effective
from slt_theory.tickets.checking.error_search import _extreme
from slt_theory.tickets.checking.outward import largest
from slt_theory.tickets.checking.silence import silent_copies
from slt_theory.tickets.domain import Ball, Box

NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize("exponent", [490, 513, 520, 700, 1000])
def test_weights_that_overflow_are_not_certified_below_their_error(exponent, tmp_path):
    size = 2.0**exponent
    target = Dense([[[size, -size / 3]], [[size / 7]]])
    ticket = build_ticket(target, theorem="pensia2020-two-layer", eps=size / 256, seed=1, threads=1)
    check = verify(ticket, target)
    slow = cases.plain_ticket(ticket, tmp_path)
    error = plain.sup_distance(slow, target, [Fraction(1), Fraction(0)])
    assert error > 0
    for bound in (check.sup_error_bound, *check.bounds.values(), *check.layer_error_bounds):
        assert bound > 0
    assert check.sup_error_bound == INF or Fraction(check.sup_error_bound) >= error
    assert check.sup_error_bound < INF or exponent > 500


@pytest.mark.parametrize("domain", ["box:0,1e307", "box:-8e307,8e307", "ball:1e300"])
@pytest.mark.parametrize("theorem", ["burkholz2022-depth", "pensia2020-two-layer"])
def test_domains_that_overflow_have_no_bound(theorem, domain):
    target = Dense([[[2.0**300, 1.0]], [[2.0**300]]])
    ticket = build_ticket(
        target, theorem=theorem, eps=2.0**296, seed=1, domain=domain, threads=1, n=30
    )
    check = verify(ticket, target)
    assert check.sup_error_bound == INF
    assert 0 <= check.sup_error_found < INF


@pytest.mark.parametrize("value", [NAN, INF, -INF])
def test_one_number_that_is_none_spoils_every_bound(value):
    ends = np.array([1.0, value, 2.0])
    assert largest((ends, np.ones(3))) == largest((np.ones(3), ends)) == INF
    assert largest(None) == 0
    assert largest((-np.ones(2), np.zeros(2))) == 1
    forms = np.array([[1.0, value], [1.0, 1.0]])
    assert largest_absolute_sum([forms], Box()) == INF
    assert spectral_certified(forms) == INF


@pytest.mark.parametrize("value", [NAN, INF, 2.0**1020])
@pytest.mark.parametrize("copies", [1, 3])
@pytest.mark.parametrize("layer", [0, 1])
def test_one_weight_that_is_none_spoils_the_relaxation(layer, copies, value):
    """Whichever row of outputs it meets; 2^1020 is a number, but overflows on this domain."""
    planted = Planted(3, dense(2, (3, 4, 2)), copies)
    gap = planted.gaps[layer]
    coefficients = gap.positive.coefficients.copy()
    coefficients[-1, 0, 1] = value
    changed = Operator(coefficients, gap.positive.unrolling)
    planted.gaps[layer] = replace(gap, positive=changed, negative=changed)
    with np.errstate(all="ignore"):
        assert planted.bound("box:0,1e10") == INF


def test_a_claim_that_is_none_fails():
    target = random_attention(3)
    ticket = build_ticket(target, theorem="otsuka2026-attention", eps=0.05, seed=1)
    for key, value in (
        ("layer_error_bounds", [NAN]),
        ("layer_error_bounds", []),
        ("sup_error_bound", NAN),
        ("max_weight_error", NAN),
        ("sup_error_found", NAN),
    ):
        forged = {**ticket.certificate, key: value}
        assert not verify(ticket.with_certificate(forged), target).ok
    far = build_ticket(
        target, theorem="otsuka2026-attention", eps=0.05, seed=1, domain="ball:1e200"
    )
    assert verify(far, target).sup_error_bound > 1e200
    huge = build_ticket(
        target, theorem="otsuka2026-attention", eps=0.05, seed=1, domain="box:0,8e307"
    )
    check = verify(huge, target)
    assert check.sup_error_bound > 8e307
    assert 0 <= check.sup_error_found < INF


def test_a_scale_beyond_floats_is_refused():
    target = cases.random_target(1, (3, 4, 2), biases=True)
    ticket = cases.built(target)
    first = replace(ticket.blocks[0], scale_exponent=1099)
    check = verify(replace(ticket, blocks=(first, *ticket.blocks[1:])), target)
    assert not check.ok
    assert check.sup_error_bound == INF


@pytest.mark.parametrize(
    "theorem", ["burkholz2022-depth", "pensia2020-two-layer", "pensia2020-direct"]
)
@pytest.mark.parametrize("scales", [(0.0, 0.5), (0.5, 0.0), (0.0, 0.0)])
def test_layers_of_zeros_are_built(theorem, scales):
    first, second = scales
    target = Dense([np.full((2, 2), first), np.full((1, 2), second)])
    ticket = build_ticket(target, theorem=theorem, eps=0.05, seed=1, threads=1)
    assert min(block.n for block in ticket.blocks) >= 1
    assert verify(ticket, target).ok


def test_tanh_is_nearly_linear_on_the_domain_only():
    """A sum before the first layer gives it numbers that the domain does not hold."""
    double = Residual([ActivationLayer("identity")])
    rest = [LinearLayer([[0.7]]), ActivationLayer("tanh"), LinearLayer([[0.5]])]
    options = {"theorem": "burkholz2022-depth", "eps": 0.05, "seed": 1, "threads": 1}
    with pytest.raises(BadInput, match="beyond the domain"):
        build_ticket(from_layers([double, *rest], input_shape=(1,)), **options)
    target = from_layers([ActivationLayer("relu"), *rest], input_shape=(1,))
    ticket = build_ticket(target, **options)
    assert verify(ticket, target).ok


def test_a_copy_with_a_doubtful_slope_is_not_silent():
    block = cases.built(cases.random_target(1, (1, 2, 1), biases=False)).blocks[0]
    slopes = np.array([[-1], [-3]])
    for loose, silent in ((0, [True, True]), (2, [False, True])):
        effective = Effective(slopes, slopes, 0, loose=loose)
        assert silent_copies(block, effective, non_negative=True).tolist() == silent


def test_a_window_of_padding_alone_is_refused():
    """The largest of no numbers would be minus infinity."""
    padded = [
        [PoolLayer("max", 2, 1, padding=p), FlattenLayer(), LinearLayer(np.ones((1, size)))]
        for p, size in ((1, 16), (2, 36))
    ]
    assert from_layers(padded[0], input_shape=(1, 3, 3)).depth == 1
    with pytest.raises(BadInput, match="holds nothing else"):
        from_layers(padded[1], input_shape=(1, 3, 3))


def test_points_of_a_ball_stay_in_it_however_small_the_gradient():
    for size in (1e-300, 1e-162, 1.0, 1e200):
        x = _extreme(Ball(2.0), np.array([[3.0, 4.0]]) * size)
        assert np.abs(x - [[1.2, 1.6]]).max() < 1e-9
        assert np.linalg.norm(x) <= 2
