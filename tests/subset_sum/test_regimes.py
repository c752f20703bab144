"""Every method on instances of its own size; all answers re-checked with Python integers."""

from __future__ import annotations

import naive
import numpy as np
import pytest

from slt_theory import subset_sum
from slt_theory.subset_sum import cover, halves, vector
from slt_theory.subset_sum.one import best, decide

UNIT = 1 << 48


def rows_of(rng, rows, n, product=False):
    items = rng.uniform(-1, 1, (rows, n))
    if product:
        items *= rng.uniform(-1, 1, (rows, n))
    return np.rint(items * UNIT).astype(np.int64)


MANY = [
    # eps, n, rows, product
    (1e-1, 6, 12_000, False),
    (1e-1, 9, 12_000, True),
    (1e-2, 10, 12_000, False),
    (1e-2, 14, 20_000, True),
    (1e-2, 20, 20_000, False),
    (1e-2, 40, 10_000, True),
    (1e-3, 14, 10_000, False),
    (1e-3, 24, 10_000, True),
    (1e-4, 24, 3_000, False),
    (1e-5, 28, 400, False),
    (1e-6, 30, 100, True),
]


@pytest.mark.parametrize(("eps", "n", "rows", "product"), MANY)
def test_found_is_found_and_absent_is_absent(eps, n, rows, product):
    """Together more than 100,000 rows; absence is checked against all sums, at most 2^14 a row."""
    rng = np.random.default_rng(n)
    items = rows_of(rng, rows, n, product)
    targets = np.rint(rng.uniform(-1.5, 1.5, rows) * UNIT).astype(np.int64)
    radius = int(eps * UNIT)
    answer = subset_sum.solve_many(items, targets, radius=radius)
    table = items.tolist()
    for row, target, mask, error, found in zip(
        table,
        targets.tolist(),
        answer.masks.tolist(),
        answer.errors.tolist(),
        answer.found.tolist(),
        strict=True,
    ):
        if found:
            assert abs(naive.sum_of_mask(row, mask) - target) == error <= radius
        else:
            assert (mask, error) == (0, -1)
    absent = np.flatnonzero(~answer.found)
    if n <= 14:
        for r in absent[: (1 << 22) >> n]:
            sums = naive.sums_by_doubling(table[r])
            assert min(abs(s - int(targets[r])) for s in sums) > radius
    for r in absent[:20]:
        assert best(items[r], int(targets[r])).error > radius


def test_exact_optima_of_many_rows():
    rng = np.random.default_rng(1)
    items = rows_of(rng, 3000, 13)
    targets = np.rint(rng.uniform(-2, 2, 3000) * UNIT).astype(np.int64)
    answer = subset_sum.solve_many(items, targets, radius=None)
    for r, (row, target) in enumerate(zip(items.tolist(), targets.tolist(), strict=True)):
        assert abs(naive.sum_of_mask(row, int(answer.masks[r])) - target) == answer.errors[r]
        if r < 300:
            assert answer.errors[r] == min(abs(s - target) for s in naive.sums_by_doubling(row))


@pytest.mark.parametrize("size", [1, 50, 1 << 20, 1 << 52])
@pytest.mark.parametrize("n", [9, 13, 20, 26])
def test_methods_agree(size, n):
    rng = np.random.default_rng(n)
    for _ in range(4):
        row = rng.integers(-size, size + 1, n)
        target = int(rng.integers(-size, size + 1))
        least = best(row, target, method="meet").error
        windows = best(row, target, method="windows")
        assert windows.error == least == abs(sum(row[windows.chosen].tolist()) - target)
        low, high = int(row[row < 0].sum()), int(row[row > 0].sum())
        sliced = halves.optimum_by_meeting(row, max(low, min(high, target)))
        assert abs(sum(row[sliced].tolist()) - target) == least
        for method in ("auto", "meet", "windows", "scan", "four-list"):
            assert decide(row, target - least, target + least, method=method) is not None
            if least:
                inside = decide(row, target - least + 1, target + least - 1, method=method)
                assert inside is None


@pytest.mark.parametrize(
    ("n", "eps"),
    [(16, 1e-2), (20, 1e-3), (30, 1e-4), (40, 1e-6), (50, 1e-8), (60, 1e-10), (80, 1e-8)],
)
def test_decisions_far_beyond_brute_force(n, eps):
    rng = np.random.default_rng(n)
    for _ in range(10):
        row = rows_of(rng, 1, n)[0]
        target = int(rng.uniform(-0.5, 0.5) * UNIT)
        radius = int(eps * UNIT)
        found = decide(row, target - radius, target + radius)
        assert found is not None
        total = sum(int(x) for x, c in zip(row, found.chosen, strict=True) if c)
        assert total == found.total
        assert abs(total - target) <= radius


@pytest.mark.parametrize(("eps", "n"), [(1e-2, 16), (3e-3, 20), (1e-3, 24)])
@pytest.mark.parametrize("product", [False, True])
def test_cells_and_intervals_agree(eps, n, product):
    rng = np.random.default_rng(n)
    items = rows_of(rng, 500, n, product)
    width, left = int(2 * eps * UNIT), int((eps - 1) * UNIT)
    by_cells = subset_sum.hitting_times(items, width, left, -left, method="cells")
    by_intervals = subset_sum.hitting_times(items, width, left, -left, method="intervals")
    assert by_cells.tolist() == by_intervals.tolist()
    gaps = subset_sum.widest_gaps(items, width, left, -left)
    first = [int(np.argmax(row == width)) if (row == width).any() else -1 for row in gaps]
    assert first == by_intervals.tolist()


@pytest.mark.parametrize(
    "kind", ["signed", "positive", "negative", "magnitudes", "pruned", "powers"]
)
def test_cells_and_intervals_agree_on_any_window(kind):
    """Half of the sums, mirrored and folded: windows off the middle, large items, equal sums."""
    rng = np.random.default_rng([4, len(kind)])
    for _ in range(60):
        shape = int(rng.integers(1, 30)), int(rng.integers(1, 26))
        x = rng.uniform(-1, 1, shape)
        x = {
            "signed": x,
            "positive": abs(x),
            "negative": -abs(x),
            "magnitudes": x * 10 ** rng.uniform(-6, 1, shape),
            "pruned": x * (rng.random(shape) < 0.6),
            "powers": np.sign(x) * 2.0 ** rng.integers(-8, 2, shape),
        }[kind]
        unit = 1 << int(rng.integers(20, 50))
        items = np.rint(x * unit).astype(np.int64)
        width = max(1, int(unit * 10 ** rng.uniform(-4, 0)))
        middle, half = rng.uniform(-1, 1), rng.uniform(0, 1.2)
        ends = int((middle - half) * unit), int((middle + half) * unit)
        by_cells = subset_sum.hitting_times(items, width, *ends, method="cells")
        by_intervals = subset_sum.hitting_times(items, width, *ends, method="intervals")
        assert by_cells.tolist() == by_intervals.tolist()


def test_cells_leave_what_rounding_might_decide_to_the_intervals():
    """Steps exactly as wide as allowed, or one unit wider: no rounded answer may come through."""
    width = 1 << 30
    for more in (0, 1):
        items = np.array([[width + more, 2 * width, 4 * width, 8 * width]] * 3)
        for method in ("cells", "intervals"):
            times = subset_sum.hitting_times(items, width, 0, 15 * width, method=method)
            assert times.tolist() == [4 if more == 0 else -1] * 3


def all_rounded_one_way(rng, bits, count, width, gap, up):
    """Items whose sums of all but the last and of the last alone are neighbours, `gap` apart.

    On a grid of 2^-bits of the width, made as the kernel makes it, the last item is rounded up by
    nearly half a unit and all others down, or the other way round: the gap is off by count / 2.
    """
    scale = ((1 << bits) + 2 * count + 4) / width
    first = (0.4, 0.5) if up else (0.5, 0.6)  # parts above an integer that are rounded so

    def drawn(base):
        while True:
            item = base + int(rng.integers(0, width >> 10))
            if first[0] < item * scale % 1 < first[1]:
                return item

    base = width + (width >> 4)
    while True:
        items = [drawn(base << k) for k in range(count - 1)]
        last = sum(items) + gap
        if 0 < (last * scale % 1 - 0.5) * (1 if up else -1) < 0.1:
            return [*items, last]


@pytest.mark.parametrize("up", [False, True])
@pytest.mark.parametrize("bits", [14, 29])
def test_roundings_that_all_add_up_decide_nothing(bits, up):
    """One gap exactly as wide as allowed, or one unit wider, at the edge of what rounding moves."""
    rng = np.random.default_rng([bits, up])
    count, width = 16, (1 << 42) + 12345
    for more in (0, 1):
        for sign in (1, -1):
            items = all_rounded_one_way(rng, bits, count, width, width + more, up)
            row = np.array([[sign * x for x in items]])
            ends = sorted((sign * sum(items[:-1]), sign * items[-1]))
            kind = {14: np.int16, 29: np.int32}[bits]
            times = cover._times(row, width, np.array(ends[:1]), np.array(ends[1:]), [(bits, kind)])
            assert times.tolist() == [count if more == 0 else -1]


def test_cells_leave_large_items_to_the_intervals():
    """Beyond 2^20 widths an item is no longer rounded to within a cell's grid."""
    rng = np.random.default_rng(5)
    width = 1 << 24
    items = rng.integers(-(1 << 46), 1 << 46, (20, 8))
    items[:, 4:] = rng.integers(-width, width, (20, 4))
    by_cells = subset_sum.hitting_times(items, width, 0, width, method="cells")
    by_intervals = subset_sum.hitting_times(items, width, 0, width, method="intervals")
    assert by_cells.tolist() == by_intervals.tolist()


def test_large_vectors():
    rng = np.random.default_rng(2)
    for dimensions, eps, n in ((2, 1e-3, 30), (3, 1e-2, 30), (4, 1e-1, 24)):
        vectors = np.rint(rng.uniform(-1, 1, (n, dimensions)) * UNIT).astype(np.int64)
        target = np.rint(rng.uniform(-0.5, 0.5, dimensions) * UNIT).astype(np.int64)
        radius = int(eps * UNIT)
        found = vector.decide(vectors, target - radius, target + radius)
        assert found is not None
        total = [sum(int(v) for v in column) for column in vectors[found.chosen].T]
        assert max(abs(t - int(z)) for t, z in zip(total, target, strict=True)) <= radius


def test_shared_sample_of_many_items():
    rng = np.random.default_rng(3)
    row = rows_of(rng, 1, 30)[0]
    targets = np.rint(rng.uniform(-1, 1, 20_000) * UNIT).astype(np.int64)
    radius = int(1e-4 * UNIT)
    answer = subset_sum.solve_shared(row, targets, radius=radius)
    assert answer.found.all()
    items = row.tolist()
    for target, mask, error in zip(
        targets.tolist(), answer.masks.tolist(), answer.errors.tolist(), strict=True
    ):
        assert abs(naive.sum_of_mask(items, mask) - target) == error <= radius
