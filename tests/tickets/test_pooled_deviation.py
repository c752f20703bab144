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
    low, high = pooled_deviation(step, (np.array(lo, float), np.array(hi, float)), SHAPE)
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
