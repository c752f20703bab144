"""Rows side by side to a few bits: never off by more than is said, and no sum near trouble lost."""

from __future__ import annotations

import numpy as np
import pytest

from slt_theory.lattice import PRODUCT_BITS
from slt_theory.laws import Uniform
from slt_theory.streams import Purpose, stream_id
from slt_theory.subset_sum.kernels import lanes
from slt_theory.subset_sum.kernels.slack import GRAIN, window_slacks
from slt_theory.tickets.block import SourceLayer
from slt_theory.tickets.building.slack import margin_of
from slt_theory.tickets.building.window_slack import WindowSums, _near, keep_windows_within_reach
from slt_theory.tickets.source import KernelDraws

UNIT = 1 << PRODUCT_BITS
LAW = Uniform(bits=24)


def window(rows: int, columns: int, first: int, seed: int) -> tuple[WindowSums, SourceLayer]:
    draw = np.random.default_rng(seed)
    places = np.sort(draw.permutation(150).reshape(3, 50), axis=1)
    slopes = draw.integers(-(1 << 24), (1 << 24) + 1, places.shape) * (draw.random((3, 50)) > 0.1)
    slopes[0, :4] = 1 << 24, -(1 << 24), 1, -1
    goals = draw.integers(-2 * UNIT, 2 * UNIT, (rows, 3))
    stream = stream_id(Purpose.WEIGHTS, 7)
    source = SourceLayer(rows, columns, "uniform", 24, stream, "1/8", "1/4")
    return WindowSums(first, places, slopes, goals), source


def exact(own: WindowSums, source: SourceLayer, draws: KernelDraws) -> np.ndarray:
    down = own.goals >> GRAIN
    slack = np.stack([down, -down], axis=2)
    where = source.columns, own.first
    window_slacks(draws.keys, where, draws.source, own.places, own.slopes, slack)
    return slack


def rough(own: WindowSums, source: SourceLayer, draws: KernelDraws) -> np.ndarray:
    low, doubled, pruned, locked = draws.source
    groups, slopes = np.empty((2, own.places.size), np.int32)
    groups[own.places] = np.arange(3)[:, None]
    slopes[own.places] = own.slopes >> 9
    sums = np.empty((*own.goals.shape, 2), np.int32)
    known = np.int32(low >> 10), np.uint32(int(doubled) >> 10), np.uint32(pruned), np.uint32(locked)
    where = source.columns, own.first
    lanes.rough_slacks(draws.keys, where, known, groups, slopes, sums)
    return sums


@pytest.mark.parametrize("rows", [1, 3, 511, 513, 700])
@pytest.mark.parametrize(("columns", "first"), [(160, 0), (161, 1), (163, 13)])
def test_rough_sums_are_as_near_as_is_said(rows, columns, first):
    own, source = window(rows, columns, first, rows + columns)
    draws = KernelDraws.of(3, source, LAW)
    down = own.goals >> GRAIN
    sums = exact(own, source, draws) - np.stack([down, -down], axis=2)
    off = np.abs(rough(own, source, draws) - sums / 2**lanes.ROUGH)
    assert off.max() <= 50 * lanes.SHARE_ERROR
    # Rows that changed places would be off by the size of a number.
    assert off.max() < 1 << 19


@pytest.mark.parametrize("seed", range(4))
def test_no_sum_near_the_end_of_its_reach_is_lost(seed):
    own, source = window(700, 163, 13, seed)
    draws = KernelDraws.of(3, source, LAW)
    slack = exact(own, source, draws).min(axis=2)
    for bound in np.quantile(slack, [0.001, 0.1, 0.5]).astype(int):
        near = _near(draws, source.columns, own, own.goals >> GRAIN, int(bound))
        assert near[slack < bound].all()
        assert not near[slack > bound + (200 * lanes.SHARE_ERROR << lanes.ROUGH)].any()


@pytest.mark.parametrize("seed", range(3))
def test_the_same_numbers_stay_as_with_every_bit(seed, monkeypatch):
    own, source = window(700, 163, 13, seed)
    own = WindowSums(own.first, own.places, np.abs(own.slopes), own.goals // 8)
    margin = margin_of(UNIT // 20)
    found = keep_windows_within_reach(1, lambda k: own, source, LAW, 3, margin=margin)
    assert not found.alive[own.slopes != 0].all()
    monkeypatch.setattr(lanes, "MOST_NUMBERS", 0)
    slow = keep_windows_within_reach(1, lambda k: own, source, LAW, 3, margin=margin)
    assert found.enough == slow.enough
    assert (found.alive == slow.alive).all()
