"""Rows that choose among columns, each the best that has room left."""

from __future__ import annotations

import numpy as np

from slt_theory.subset_sum.kernels._compile import jit
from slt_theory.subset_sum.kernels._types import Ints, Rows, Scalar


def choose_py(weights: Rows, halves: Scalar, room: Ints, groups: Ints, chosen: Ints) -> None:
    """Group and weight of every row; `room` is what is left of every group, and goes down.

    Group ``j * halves`` takes weights > 0 of column j, and with two halves the next one those < 0.
    A row takes the largest there is room for; without any it fills up the first group, as a 0.
    """
    rows, columns = weights.shape
    for r in range(rows):
        best = np.int64(0)
        group = -1
        for j in range(columns):
            weight = weights[r, j]
            if weight > best and room[j * halves] > 0:
                best = weight
                group = j * halves
            elif halves == 2 and -weight > best and room[2 * j + 1] > 0:
                best = -weight
                group = 2 * j + 1
        chosen[r] = 0
        if group >= 0:
            chosen[r] = weights[r, group // halves]
        else:
            group = 0
            while room[group] == 0:
                group += 1
        room[group] -= 1
        groups[r] = group


choose = jit(choose_py)
