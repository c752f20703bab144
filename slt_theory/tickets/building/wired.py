"""Subset sums of the links that a source has: a constant input reaches one tap of a kernel only."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from slt_theory.tickets.building.sums import Answer, solve_sums

__all__ = ["solve_wired"]


def solve_wired(
    wired: NDArray[np.bool_],
    items: NDArray[np.int64],
    targets: NDArray[np.int64],
    *,
    locked: NDArray[np.bool_] | None = None,
    **options: Any,
) -> Answer:
    """`solve_sums` for the rows that are `wired`; in the others nothing is chosen, without error.

    Parameters
    ----------
    wired : bool array (sums,)
    items, targets, locked, options
        As in `slt_theory.tickets.building.sums.solve_sums`.
    """
    if wired.all():
        return solve_sums(items, targets, locked=locked, **options)
    rows = np.flatnonzero(wired)
    part = solve_sums(
        items[rows], targets[rows], locked=None if locked is None else locked[rows], **options
    )
    chosen = np.zeros(items.shape, dtype=bool)
    errors, found = np.zeros(wired.size, dtype=np.int64), np.ones(wired.size, dtype=bool)
    chosen[rows], errors[rows], found[rows] = part.chosen, part.errors, part.found
    return Answer(chosen, errors, found)
