"""Rows drawn in the kernels are the rows that the laws draw, bit for bit."""

from __future__ import annotations

import numpy as np
import pytest

from slt_theory.errors import BadInput
from slt_theory.laws import Product, ReLU, Uniform, parse_law
from slt_theory.subset_sum import Drawn, hitting_times, solve_many

LAWS = [
    Uniform(),
    Uniform(bits=24),
    Uniform(0, 1, bits=30),
    Uniform(-3, 5),
    Product(Uniform(), Uniform()),
    Product(ReLU(Uniform()), Uniform()),
    parse_law("normal"),
    parse_law("normal*uniform"),
]
SEED = 12_345_678_901_234_567


@pytest.mark.parametrize("law", LAWS, ids=str)
@pytest.mark.parametrize("start", [0, 7, 13])
def test_equal_to_the_law(law, start):
    one = Drawn(law, SEED, stream=(3 << 40) + 5, rows=50, n=7, start=start)
    expected = law.sample(SEED, one.stream, start + 70, 280)
    assert one.block(range(10, 50)).ravel().tolist() == expected.tolist()
    each = Drawn(law, SEED, one.stream, rows=50, n=7, start=start, stream_per_row=True)
    for r in (10, 11):
        expected = law.sample(SEED, one.stream + r, start, 7)
        assert each.block(range(10, 12))[r - 10].tolist() == expected.tolist()


@pytest.mark.parametrize("law", LAWS[:2], ids=str)
def test_answers_do_not_depend_on_storage_or_threads(law):
    drawn = Drawn(law, 1, 2, rows=20_000, n=16)
    unit = 1 << law.bits
    targets = np.rint(np.random.default_rng(0).uniform(-1, 1, 20_000) * unit).astype(np.int64)
    stored = drawn.block(range(20_000))
    answers = [
        solve_many(items, targets, radius=unit // 100, threads=threads)
        for items, threads in ((drawn, 1), (drawn, 2), (stored, 1), (stored, 2))
    ]
    for other in answers[1:]:
        assert (other.masks == answers[0].masks).all()
        assert (other.errors == answers[0].errors).all()
    few = Drawn(law, 1, 2, rows=2000, n=16)
    ends = -unit + unit // 50, unit - unit // 50
    times = [
        hitting_times(items, unit // 25, *ends, threads=threads).tolist()
        for items, threads in ((few, 1), (few, 2), (few.block(range(2000)), 1))
    ]
    assert times[0] == times[1] == times[2]


def test_longer_rows_begin_alike_with_a_stream_for_each():
    short = Drawn(Uniform(), 1, 2, rows=5, n=6, stream_per_row=True).block(range(5))
    long = Drawn(Uniform(), 1, 2, rows=5, n=9, stream_per_row=True).block(range(5))
    assert (long[:, :6] == short).all()


def test_bad_streams():
    with pytest.raises(BadInput, match="stream"):
        Drawn(Uniform(), 1, (1 << 64) - 2, rows=5, n=3)
    with pytest.raises(BadInput, match="rows"):
        Drawn(Uniform(), 1, 0, rows=-1, n=3)
