"""Frozen sources: budgets, what is left out for locked weights, copies that are switched off."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import cases
import numpy as np
import pytest

from slt_theory.errors import BadInput
from slt_theory.laws import Uniform
from slt_theory.streams import Purpose, stream_id
from slt_theory.tickets import build_ticket, ticket_forward, verify
from slt_theory.tickets.block import SourceLayer
from slt_theory.tickets.building import depth
from slt_theory.tickets.building.budgets import free_shares, spread
from slt_theory.tickets.building.slack import Group, keep_within_reach
from slt_theory.tickets.checking.effective import effective_block, sparse_layers
from slt_theory.tickets.checking.silence import silent_copies
from slt_theory.tickets.frozen import frozen_pattern, frozen_weights

THEOREM = "otsuka2024-frozen-network"
LAW = Uniform(bits=24)
UNIT = 1 << 48


def layer(rows: int, columns: int, prune: str = "1/4", lock: str = "1/2") -> SourceLayer:
    return SourceLayer(rows, columns, "uniform", 24, stream_id(Purpose.WEIGHTS, 7), prune, lock)


def slow_slacks(group: Group, source: SourceLayer, seed: int, alive) -> list[tuple[int, int]]:
    """Room below and above every goal, in Python integers."""
    numbers = LAW.sample(seed, source.stream, 0, source.rows * source.columns)
    numbers = numbers.reshape(source.rows, source.columns)
    pruned, locked = frozen_pattern(seed, source, 0, source.rows)
    result = []
    for r, goal in enumerate(group.goals.tolist()):
        left, low, high = goal, 0, 0
        for k, slope in enumerate(group.slopes.tolist()):
            column = group.first + k
            product = slope * int(numbers[r, column])
            if not alive[k] or pruned[r, column]:
                continue
            if locked[r, column]:
                left -= product
            else:
                low, high = low + min(product, 0), high + max(product, 0)
        result.append((left - low, high - left))
    return result


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("first", [0, 3, 60])
def test_every_sum_keeps_its_margin(seed, first):
    """Checked in Python integers; with all numbers some of these sums are out of reach."""
    source = layer(40, 120)
    slopes = np.abs(LAW.sample(seed, 9, 0, 60)) * (np.arange(60) % 3 > 0)
    goals = LAW.sample(seed, 10, 0, 40) << 23
    group = Group(first, slopes, goals)
    margin = UNIT // 2
    before = slow_slacks(group, source, seed, slopes != 0)
    found = keep_within_reach(group, source, LAW, seed, margin=margin)
    after = slow_slacks(group, source, seed, found.alive)
    # The kernel knows products to 2^-30 of a unit.
    slop = 60 << 18
    if found.enough:
        assert min(map(min, after)) >= margin - slop
    else:
        assert min(map(min, before)) < margin + slop
    assert not found.alive[slopes == 0].any()
    if min(map(min, before)) >= margin + slop:
        assert found.enough
        assert (found.alive == (slopes != 0)).all()
    seen = keep_within_reach(group, source, LAW, seed, margin=margin, switch=False)
    assert (seen.alive == (slopes != 0)).all()
    assert (
        seen.enough == (min(map(min, before)) >= margin)
        or abs(min(map(min, before)) - margin) <= slop
    )


def test_leaving_numbers_out_helps_where_a_plain_source_fails():
    """Forty numbers, a quarter locked, a quarter pruned: of 100 groups of thirty sums nearly all
    have one that is out of reach, and nearly all can do without a few numbers."""
    source = layer(30, 100 * 40, "1/4", "1/4")
    groups = [
        Group(40 * g, np.full(40, 1 << 24), LAW.sample(g, 11, 0, 30) << 23) for g in range(100)
    ]
    plain = [
        keep_within_reach(g, source, LAW, 1, margin=UNIT // 2, switch=False).enough for g in groups
    ]
    found = [keep_within_reach(g, source, LAW, 1, margin=UNIT // 2) for g in groups]
    assert sum(plain) < 20
    assert sum(one.enough for one in found) > 80
    assert np.mean([np.count_nonzero(~one.alive) for one in found]) < 4


def test_with_many_sums_no_sum_is_harmed():
    source = layer(6000, 64, "0", "1/4")
    slopes = np.full(64, 1 << 24)
    group = Group(0, slopes, LAW.sample(3, 12, 0, 6000) << 22)
    found = keep_within_reach(group, source, LAW, 5, margin=UNIT // 4)
    worst = min(map(min, slow_slacks(group, source, 5, found.alive)))
    plain = min(map(min, slow_slacks(group, source, 5, slopes != 0)))
    assert np.count_nonzero(~found.alive) <= 8
    assert found.enough == (worst >= UNIT // 4 - (64 << 18))
    assert worst >= plain


SHAPES = [(900, 30), (64, 900), (10, 64)]


@pytest.mark.parametrize("budget", ["uniform", "epl", "erk"])
@pytest.mark.parametrize("free", [Fraction(1, 5), Fraction(1, 2), Fraction(9, 10), Fraction(1)])
def test_budgets_leave_the_asked_share_of_all_weights(budget, free):
    shares = free_shares(SHAPES, free, budget)
    sizes = [a * b for a, b in SHAPES]
    counts = [share * size for share, size in zip(shares, sizes, strict=True)]
    assert sum(counts) == free * sum(sizes)
    assert all(0 < share <= 1 for share in shares)
    partly = [k for k, share in enumerate(shares) if share < 1]
    claims = {"uniform": sizes, "epl": [1, 1, 1], "erk": [a + b for a, b in SHAPES]}[budget]
    ratios = {counts[k] / claims[k] for k in partly}
    assert len(ratios) <= 1
    # A full layer is one that would otherwise have more than it holds.
    for k in set(range(3)) - set(partly):
        assert all(claims[k] * ratio >= counts[k] for ratio in ratios)


def test_in_layers_of_gadgets_are_never_locked():
    for budget in ("uniform", "epl", "erk"):
        first, *others = spread(
            Fraction(1, 4), Fraction(1, 2), budget, SHAPES, [True, False, False]
        )
        assert first.lock == 0
        # Shares are rounded to the words that freeze.
        assert all(abs(one.lock - 2 * one.prune) < Fraction(1, 2**30) for one in others)
    listed = spread([0, 0.5, 0], [0.5, 0.25, 0], "uniform", SHAPES, [True, False, False])
    assert [(float(one.prune), float(one.lock)) for one in listed] == [(0, 0), (0.5, 0.25), (0, 0)]


@pytest.mark.parametrize(
    ("prune", "lock", "budget", "message"),
    [
        (0.6, 0.5, "uniform", "feasible"),
        (0.6, 0.4, "erk", "lock < 0.4"),
        (-0.1, 0, "uniform", "prune"),
        ([0.1, 0.2], 0, "uniform", "3 layers"),
        ([0.1, 0.9, 0], [0, 0.2, 0], "uniform", "feasible"),
        ([0.1, 0.2, 0.3], 0, "epl", "budget epl"),
        (0.1, 0.1, "flat", "uniform, epl, erk"),
    ],
)
def test_infeasible_freezing_is_refused_with_what_is_feasible(prune, lock, budget, message):
    with pytest.raises(BadInput, match=message):
        spread(prune, lock, budget, SHAPES, [True, False, False])


TARGET = cases.random_target(8, (5, 4, 3), biases=True, size=0.5)
FROZEN = {"prune": Fraction(1, 4), "lock": Fraction(1, 4)}


def build(**options):
    arguments = {"eps": Fraction(1, 10), "seed": 3, "threads": 1, **FROZEN, **options}
    return build_ticket(TARGET, theorem=THEOREM, **arguments)


@pytest.fixture(scope="module")
def ticket():
    return build(signs="needed")


@pytest.mark.parametrize("options", [{}, {"domain": "box:-1,1"}])
def test_quarter_locked_quarter_pruned_is_complete_and_verified(options):
    ticket = build(**options)
    report = verify(ticket, TARGET)
    assert report.ok, report.failures
    assert report.max_weight_error <= 0.1
    x = np.linspace(-1 if options.get("domain") else 0, 1, 35).reshape(7, 5)
    gap = np.abs(ticket_forward(ticket, x) - TARGET.forward(x)).max()
    assert gap <= report.sup_error_bound


@pytest.mark.parametrize("rounds", [1, 8])
@pytest.mark.parametrize("budget", ["epl", "erk"])
def test_other_budgets_build_and_are_counted(budget, rounds, monkeypatch):
    # Also where widths and budgets do not agree after so many rounds.
    monkeypatch.setattr(depth, "_ROUNDS", rounds)
    ticket = build(budget=budget, signs="needed")
    assert verify(ticket, TARGET).ok
    counts = frozen_weights(ticket)
    assert counts["gadget in-layers"]["locked"] == 0
    weights = sum(one["weights"] for one in counts.values())
    shapes = [shape for block in ticket.blocks for shape in block.mask_shapes]
    shares = free_shares(shapes, Fraction(1, 2), budget)
    lasts = [layer for block in ticket.blocks for layer in block.layers]
    assert weights == ticket.source_weights
    for share, layer in zip(shares, lasts, strict=True):
        frozen = Fraction(layer.prune) * (1 if Fraction(layer.lock) else 2)
        assert abs(frozen + Fraction(layer.lock) - (1 - share)) < Fraction(1, 10**6)


def test_some_copies_are_switched_off_and_really_are_zero(ticket):
    """The masked network itself, run on random inputs: silent copies are never positive."""
    block = ticket.blocks[0]
    silent = silent_copies(block, effective_block(ticket, 0), non_negative=True)
    assert silent.any()
    inner, outer = sparse_layers(ticket, 0)
    x = np.vstack([np.random.default_rng(0).random((5, 200)), np.ones((1, 200))])
    values = outer @ np.maximum(inner @ x, 0)
    assert (values[silent] <= 0).all()
    assert (values[~silent].max(axis=1) > 0).any()


def test_a_copy_that_is_off_no_longer_is_after_a_flip(ticket):
    """Removing free negative weights of a silent copy makes it positive: no one may trust it."""
    block = ticket.blocks[0]
    effective = effective_block(ticket, 0)
    wanted = TARGET.matrix(0)[block.target_rows(np.arange(block.rows))]
    wrong = (np.abs(effective.to_float() - wanted) > 0.1).any(axis=1)
    silent = silent_copies(block, effective, non_negative=True)
    layer = block.layers[1]
    rejected = 0
    for row in np.flatnonzero(silent & wrong).tolist():
        mask = ticket.masks[0][1].copy()
        _, locked = frozen_pattern(ticket.seed, layer, row, row + 1)
        bits = np.unpackbits(mask[row], count=layer.columns).astype(bool)
        # All that may go from the first group: the locked sum alone is left.
        bits[: block.n] &= locked[0, : block.n]
        mask[row] = np.packbits(bits)
        forged = replace(ticket, masks=((ticket.masks[0][0], mask), *ticket.masks[1:]))
        slopes = effective_block(forged, 0).positive[row]
        report = verify(forged, TARGET)
        if slopes[0] > 0:
            assert not report.ok
            assert "further than eps" in report.failures[0]
            rejected += 1
        else:
            # Still never positive, so the network is the same function.
            assert report.ok
    assert rejected


def test_a_ticket_may_not_lean_on_a_silent_copy(ticket):
    """Switch another copy off, by hand: the next layer's sums no longer come out."""
    block = ticket.blocks[0]
    silent = silent_copies(block, effective_block(ticket, 0), non_negative=True)
    row = int(np.flatnonzero(~silent)[0])
    layer = block.layers[1]
    weights = LAW.sample(ticket.seed, layer.stream, row * layer.columns, layer.columns)
    pruned, locked = frozen_pattern(ticket.seed, layer, row, row + 1)
    bits = (locked[0] | (weights < 0)) & ~pruned[0]
    mask = ticket.masks[0][1].copy()
    mask[row] = np.packbits(bits)
    forged = replace(ticket, masks=((ticket.masks[0][0], mask), *ticket.masks[1:]))
    assert silent_copies(block, effective_block(forged, 0), non_negative=True)[row]
    report = verify(forged, TARGET)
    assert not report.ok
    assert any("layer 1" in text and "further than eps" in text for text in report.failures)


def test_signed_inputs_need_both_slopes_for_silence(ticket):
    block = ticket.blocks[0]
    effective = effective_block(ticket, 0)
    both = replace(effective, negative=effective.positive)
    assert silent_copies(block, effective, non_negative=True).any()
    assert not silent_copies(block, both, non_negative=False).any()
