"""The compiled path of subset sums against all subsets: zeros, locked items, many items."""

from __future__ import annotations

import random

import naive
import numpy as np
import pytest

from slt_theory.tickets.building.sums import solve_sums


def rows(seed: int, width: int, count: int, locked: float):
    rng = random.Random(seed)
    items = np.array(
        [
            [0 if rng.random() < 0.3 else rng.randint(-999, 999) for _ in range(width)]
            for _ in range(count)
        ],
        dtype=np.int64,
    ).reshape(count, width)
    fixed = np.array([[rng.random() < locked for _ in range(width)] for _ in range(count)], bool)
    wanted = np.array([rng.randint(-2000, 2000) for _ in range(count)], dtype=np.int64)
    return items, fixed.reshape(count, width), wanted


@pytest.mark.parametrize("width", [0, 1, 6, 11])
@pytest.mark.parametrize("locked", [0.0, 0.3])
@pytest.mark.parametrize("radius", [None, 0, 4, 60])
def test_against_all_subsets(width, locked, radius):
    items, fixed, wanted = rows(width, width, 40, locked)
    answer = solve_sums(items, wanted, radius=radius, locked=fixed if locked else None, threads=1)
    for r in range(40):
        base = int(items[r][fixed[r]].sum()) if locked else 0
        free = items[r][~fixed[r]] if locked else items[r]
        least = min(abs(base + s - int(wanted[r])) for s in naive.all_sums(free.tolist()))
        if radius is None:
            assert answer.errors[r] == least
        else:
            assert answer.found[r] == (least <= radius)
        if answer.found[r]:
            total = int(items[r][answer.chosen[r]].sum())
            assert abs(total - int(wanted[r])) == answer.errors[r]
            assert not locked or answer.chosen[r][fixed[r]].all()
            assert not answer.chosen[r][(items[r] == 0) & ~(fixed[r] & (locked > 0))].any()


@pytest.mark.parametrize("width", [45, 90, 300])
def test_more_items_than_a_proof_can_hold(width):
    """Targets all over the reach of the row are met, beyond it none."""
    unit = 1 << 20
    rng = random.Random(width)
    items = np.array([[rng.randint(-unit, unit) for _ in range(width)] for _ in range(60)])
    low, high = np.minimum(items, 0).sum(axis=1), np.maximum(items, 0).sum(axis=1)
    share = np.linspace(0.05, 0.95, 60)
    wanted = (low + share * (high - low)).astype(np.int64)
    answer = solve_sums(items, wanted, radius=unit // 100, threads=2)
    assert answer.found.all()
    totals = np.where(answer.chosen, items, 0).sum(axis=1)
    assert (np.abs(totals - wanted) == answer.errors).all()
    assert (answer.errors <= unit // 100).all()
    assert not solve_sums(items, high + unit, radius=unit // 2, threads=1).found.any()
    again = solve_sums(items[30:], wanted[30:], radius=unit // 100, threads=1)
    assert (again.chosen == answer.chosen[30:]).all()


def test_small_errors_are_met_or_proved_absent():
    rng = random.Random(1)
    items = np.array([[rng.randint(-(1 << 40), 1 << 40) for _ in range(16)] for _ in range(20)])
    wanted = np.array([rng.randint(-(1 << 40), 1 << 40) for _ in range(20)])
    radius = 1 << 24
    answer = solve_sums(items, wanted, radius=radius, threads=1)
    for r in range(20):
        least = min(abs(s - int(wanted[r])) for s in naive.all_sums(items[r].tolist()))
        assert answer.found[r] == (least <= radius)
