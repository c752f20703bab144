"""Equality with the slow references on small random instances: ties, zeros, unreachable targets.

The sizes of numbers run from 1, where nearly all sums tie, to 2^40.
"""

from __future__ import annotations

import naive
import numpy as np
import pytest

from slt_theory import subset_sum
from slt_theory.subset_sum import vector

SIZES = [1, 3, 20, 1000, 1 << 40]
ROUNDS = 40
ROWS = 20


@pytest.fixture(params=SIZES, ids=lambda s: f"size{s}")
def instances(request):
    """Rounds of rows with targets and a radius; n from 0 to 10, some rows of one sign."""
    size = request.param
    rng = np.random.default_rng(size)
    found = []
    for _ in range(ROUNDS):
        n = int(rng.integers(0, 11))
        items = rng.integers(-size, size + 1, (ROWS, n))
        items[0] = -abs(items[0])
        items[1] = abs(items[1])
        items[2] = items[2, :1] if n else items[2]
        targets = rng.integers(-2 * size, 2 * size + 1, ROWS)
        found.append((rng, items, targets, int(rng.integers(0, size + 1))))
    return found


def test_solve_many(instances):
    for rng, items, targets, radius in instances:
        near = subset_sum.solve_many(items, targets, radius=radius)
        exact = subset_sum.solve_many(items, targets, radius=None)
        extra = rng.integers(0, 3, ROWS)
        ranged = subset_sum.solve_many(items, lo=targets - radius, hi=targets + extra)
        for r, (row, target) in enumerate(zip(items.tolist(), targets.tolist(), strict=True)):
            sums = naive.all_sums(row)
            least = min(abs(s - target) for s in sums)
            assert exact.found[r]
            assert exact.errors[r] == least
            assert abs(naive.sum_of_mask(row, int(exact.masks[r])) - target) == least
            assert near.found[r] == (least <= radius)
            if near.found[r]:
                error = abs(naive.sum_of_mask(row, int(near.masks[r])) - target)
                assert error == near.errors[r] <= radius
            else:
                assert near.errors[r] == -1
            lo, hi = target - radius, target + int(extra[r])
            assert ranged.found[r] == any(lo <= s <= hi for s in sums)
            if ranged.found[r]:
                assert lo <= naive.sum_of_mask(row, int(ranged.masks[r])) <= hi


def test_one_target(instances):
    for rng, items, targets, radius in instances:
        for row, target in zip(items[:5], targets[:5].tolist(), strict=True):
            sums = naive.all_sums(row.tolist())
            answer = subset_sum.best(row, target)
            assert answer.optimal
            assert answer.error == min(abs(s - target) for s in sums) == abs(answer.total - target)
            assert answer.total == sum(row[answer.chosen].tolist())
            lo, hi = target - radius, target + int(rng.integers(-radius, radius + 2))
            found = subset_sum.decide(row, lo, hi)
            assert (found is not None) == any(lo <= s <= hi for s in sums)
            assert found is None or lo <= sum(row[found.chosen].tolist()) <= hi


def test_one_target_with_size_and_locked_items(instances):
    for rng, items, targets, radius in instances:
        row, target = items[3], int(targets[3])
        n = row.size
        locked = rng.random(n) < 0.2
        size = int(rng.integers(locked.sum(), n + 1))
        free, shift = row[~locked].tolist(), sum(row[locked].tolist())
        sums = [shift + s for s in naive.all_sums_of_size(free, size - int(locked.sum()))]
        answer = subset_sum.best(row, target, size=size, locked=locked)
        assert answer.error == min(abs(s - target) for s in sums)
        assert answer.chosen.sum() == size
        assert answer.chosen[locked].all()
        lo, hi = target - radius, target + radius + 1
        found = subset_sum.decide(row, lo, hi, size=size, locked=locked)
        assert (found is not None) == any(lo <= s <= hi for s in sums)
        assert subset_sum.decide(row, lo, hi, size=n + 1) is None


@pytest.mark.parametrize("size", [1, 3, 20, 300])
def test_coverage(size):
    rng = np.random.default_rng(size)
    for _ in range(60):
        n = int(rng.integers(0, 8))
        items = rng.integers(-size, size + 1, (10, n))
        width = int(rng.integers(0, size + 1))
        left = int(rng.integers(-size, size + 1))
        right = left + int(rng.integers(-width, size + 1))
        rows = items.tolist()
        expected = [naive.hitting_time(row, width, left, right) for row in rows]
        assert subset_sum.hitting_times(items, width, left, right).tolist() == expected
        if width:
            by_cells = subset_sum.hitting_times(items, width, left, right, method="cells")
            assert by_cells.tolist() == expected
        by_size = subset_sum.coverage_by_size(items, width, left, right, max_size=3)
        for row, times in zip(rows[:3], by_size.tolist(), strict=False):
            assert times == [
                naive.hitting_time_of_size(row, k, width, left, right) for k in range(4)
            ]


@pytest.mark.parametrize("size", [1, 4, 15])
def test_widest_gaps(size):
    rng = np.random.default_rng(size)
    for _ in range(30):
        n = int(rng.integers(0, 8))
        items = rng.integers(-size, size + 1, (5, n))
        width = int(rng.integers(0, size + 1))
        left = int(rng.integers(-size, size + 1))
        right = left + int(rng.integers(-width, size + 1))
        fixed = subset_sum.widest_gaps(items, width, left, right)
        moving = subset_sum.widest_gaps(items, width, left, right, ends="moving")
        for row, gaps, distances in zip(items.tolist(), fixed, moving, strict=True):
            for t in range(n + 1):
                sums = naive.all_sums(row[:t])
                least = naive.smallest_width(sums, width, left, right)
                assert gaps[t] == (subset_sum.UNREACHED if least is None else least)
                farthest = naive.farthest_target(sums, 2 * left - width, 2 * right + width)
                assert distances[t] == max(width, farthest)


def test_frozen_items(instances):
    for rng, items, targets, radius in instances:
        pruned = rng.random(items.shape) < 0.2
        locked = (rng.random(items.shape) < 0.2) & ~pruned
        for limit in (None, radius):
            answer = subset_sum.solve_many_frozen(
                items, targets, radius=limit, pruned=pruned, locked=locked
            )
            for r in range(ROWS):
                free = items[r][~pruned[r] & ~locked[r]].tolist()
                target = int(targets[r]) - sum(items[r][locked[r]].tolist())
                least = naive.least_error(free, target)
                assert answer.found[r] == (limit is None or least <= limit)
                if answer.found[r]:
                    chosen = [k for k in range(items.shape[1]) if int(answer.masks[r]) >> k & 1]
                    assert not pruned[r][chosen].any()
                    assert set(np.flatnonzero(locked[r]).tolist()) <= set(chosen)
                    error = abs(sum(items[r][chosen].tolist()) - int(targets[r]))
                    assert error == answer.errors[r]
                    assert error == least if limit is None else error <= limit


def test_coverage_with_frozen_items():
    rng = np.random.default_rng(0)
    items = rng.integers(-9, 10, (200, 7))
    pruned = rng.random(items.shape) < 0.2
    locked = (rng.random(items.shape) < 0.2) & ~pruned
    free, shift = subset_sum.freeze(items, pruned=pruned, locked=locked)
    times = subset_sum.hitting_times(free, 3, 2 - shift, 5 - shift)
    for row, moved, time in zip(free.tolist(), shift.tolist(), times, strict=True):
        assert time == naive.hitting_time(row, 3, 2 - moved, 5 - moved)


def test_shared_sample(instances):
    for rng, items, _, radius in instances:
        row = items[3]
        size = 3 * int(abs(row).sum() + 1)
        targets = rng.integers(-size, size + 1, 50)
        answer = subset_sum.solve_shared(row, targets, radius=radius)
        sums = naive.all_sums(row.tolist())
        for r, target in enumerate(targets.tolist()):
            assert answer.found[r] == (min(abs(s - target) for s in sums) <= radius)
            if answer.found[r]:
                error = abs(naive.sum_of_mask(row.tolist(), int(answer.masks[r])) - target)
                assert error == answer.errors[r] <= radius


@pytest.mark.parametrize("dimensions", [1, 2, 3])
def test_vectors(instances, dimensions):
    for rng, items, targets, radius in instances[:15]:
        vectors = items[:dimensions].T
        target = targets[:dimensions]
        least = naive.least_vector_error(vectors.tolist(), target.tolist())
        answer = vector.best(vectors, target)
        assert answer.error == least
        assert answer.total.tolist() == vectors[answer.chosen].sum(axis=0).tolist()
        extra = rng.integers(0, 3, dimensions)
        lo, hi = target - radius, target + extra
        found = vector.decide(vectors, lo, hi)
        sums = zip(*(naive.all_sums(c) for c in vectors.T.tolist()), strict=True)
        inside = any(
            all(a <= s <= b for s, a, b in zip(total, lo, hi, strict=True)) for total in sums
        )
        assert (found is not None) == inside
        assert found is None or bool(((lo <= found.total) & (found.total <= hi)).all())


def test_coverage_in_the_plane():
    """The true time lies between the two, and for most trials they meet."""
    rng = np.random.default_rng(0)
    met = 0
    for _ in range(100):
        n = int(rng.integers(1, 7))
        items = rng.integers(-40, 41, (1, n, 2))
        if rng.random() < 0.3:  # a few points only, at the edge of the radius
            items //= 20
        lo = rng.integers(-30, 0, 2)
        hi = lo + rng.integers(0, 30, 2)
        radius = int(rng.integers(16, 30))
        fineness = int(rng.choice([4, 8, 16]))
        first, certain = subset_sum.hitting_times_in_plane(
            items, radius, lo, hi, fineness=fineness
        )[0].tolist()
        points = {(0, 0)}
        true = 0 if naive.plane_covered(points, radius, lo, hi) else -1
        for t, (a, b) in enumerate(items[0].tolist(), start=1):
            points |= {(x + a, y + b) for x, y in points}
            if true < 0 and naive.plane_covered(points, radius, lo, hi):
                true = t
        assert certain < 0 or 0 <= true <= certain
        assert true < 0 or 0 <= first <= true
        met += first == certain
    assert met > 30
