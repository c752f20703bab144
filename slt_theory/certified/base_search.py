"""Search for the weights of a base interval: a linear program in floats. Nothing rests on it."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from slt_theory.certified.base_certificate import Certificate
from slt_theory.certified.base_interval import Base, Core
from slt_theory.certified.enclose import FloatArray

__all__ = ["search", "weights_for"]

_ROOM = 1 + 1e-7


def weights_for(core: Core, count: int) -> FloatArray | None:
    """Weights (a, c) with the least bound for `count` small items; None if none proves anything."""
    from scipy.optimize import linprog

    cost, rows = core.costs(count), core.constraint(count)
    share = rows / cost  # by what each weight adds to the bound
    scale, parts = 1.0, None
    for _ in range(4):
        # The solver wants coefficients near 1: measure in units of the last optimum.
        matrix = np.clip(share * scale, 0.0, 1e3)
        matrix[matrix < 1e-7] = 0.0
        found = linprog(np.ones(cost.size), A_ub=-matrix, b_ub=-np.ones(len(rows)), method="highs")
        if found.x is None:
            break
        better = float(found.x.sum()) * scale
        done = parts is not None and better > 0.9 * float(parts.sum())
        parts, scale = found.x * scale, better
        if done:
            break
    if parts is None:
        return None
    weights = parts / cost
    weights = weights / float((rows @ weights).min()) * _ROOM
    rounded = np.array([float(f"{w:.5e}") for w in weights * _ROOM])
    return rounded * (1 + 1e-5) if core.failure(count, rounded) == 1.0 else rounded


def search(
    base: Base, *, half_width: Fraction, top: Fraction, core: int, longest: int
) -> Certificate:
    """A certificate for 0 .. `longest` items with weights for every K up to `core`.

    Cost: about half a minute.
    """
    made = Core(base)
    weights = {}
    for count in range(1, core + 1):
        row = weights_for(made, count)
        if row is not None and made.failure(count, row) < 1:
            weights[count] = tuple(float(w) for w in row)
    empty = (1.0,) * (longest + 1)
    return Certificate(base, half_width, top, core, weights, empty).with_bounds()
