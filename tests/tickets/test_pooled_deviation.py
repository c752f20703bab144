"""How far pooling can move, against every choice of values and moves on a small grid."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from slt_theory.networks.steps import Pool
from slt_theory.tickets.checking.error_bound import pooled_deviation

SHAPE = (1, 2, 2)


@pytest.mark.parametrize("kind", ["max", "average"])
@pytest.mark.parametrize(
    ("lo", "hi"),
    [((-1, 0, 0, 0), (0, 0, 0, 0)), ((-1, -2, 0, 1), (0, 1, 2, 1)), ((1, 1, 1, 2), (2, 1, 3, 2))],
)
def test_no_value_moves_a_window_further_and_some_move_it_so_far(kind, lo, hi):
    step = Pool(0, kind, side=2, stride=2)
    anywhere = np.full(4, -9.0), np.full(4, 9.0)
    move = np.array(lo, float), np.array(hi, float)
    low, high = pooled_deviation(step, move, anywhere, SHAPE)
    moves = []
    for values in product((-9, 0, 9), repeat=4):
        before = step(np.array(values, float), SHAPE)
        for each in product(*zip(lo, hi, strict=True)):
            after = step(np.array(values, float) + np.array(each, float), SHAPE)
            moves.append(float((after - before)[0]))
    assert low[0] <= min(moves)
    assert max(moves) <= high[0]
    if kind == "max":
        assert (low[0], high[0]) == (min(moves), max(moves))


def pairs(rng, size):
    ends = rng.integers(-3, 4, (2, size))
    return ends.min(axis=0).astype(float), ends.max(axis=0).astype(float)


@pytest.mark.parametrize("seed", range(60))
def test_a_largest_value_moves_within_what_is_known_of_the_values(seed):
    """Integers in every range, so that floats are exact; the ends of the ranges are among them."""
    rng = np.random.default_rng(seed)
    step = Pool(0, "max", side=2, stride=2, padding=seed % 2)
    values, move = pairs(rng, 4), pairs(rng, 4)
    if seed % 3 == 0:
        values = values[0], values[0]
    low, high = pooled_deviation(step, move, values, SHAPE)
    z = np.array(list(product(*(np.arange(a, b + 1) for a, b in zip(*values, strict=True)))))
    d = np.array(list(product(*(sorted({a, b}) for a, b in zip(*move, strict=True)))))
    moves = step(z[:, None] + d, SHAPE) - step(z, SHAPE)[:, None]
    least, most = moves.min(axis=(0, 1)), moves.max(axis=(0, 1))
    assert (low <= least).all()
    assert (most <= high).all()
    if seed % 3 == 0:
        # At one point nothing is lost.
        assert np.abs(low - least).max() < 1e-14
        assert np.abs(high - most).max() < 1e-14
