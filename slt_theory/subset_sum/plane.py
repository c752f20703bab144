"""All targets of a rectangle: when are they covered by sums of vectors of the plane?

In the plane an interval union does not stay small, so sums are put on a grid. Rounding is
certified: the answer is a pair of times with the true one between them.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from slt_theory.arrays import Ints
from slt_theory.errors import BadInput
from slt_theory.subset_sum.checks import HEADROOM, as_integers, check_memory
from slt_theory.subset_sum.kernels.grid import plane_times
from slt_theory.subset_sum.parallel import map_blocks, row_blocks

__all__ = ["hitting_times_in_plane"]


def hitting_times_in_plane(
    items: ArrayLike,
    radius: int,
    lo: ArrayLike,
    hi: ArrayLike,
    *,
    fineness: int = 32,
    threads: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> NDArray[np.int64]:
    """Bounds on the number of items after which every target of a rectangle is near a sum.

    Parameters
    ----------
    items : integer array, shape (T, n, 2)
        One trial a row.
    radius : int
        Largest distance in either coordinate (sup-norm).
    lo, hi : integer arrays, shape (2,)
        Corners of the rectangle of targets.
    fineness : int
        Grid steps in a radius. Cost and memory grow with its square; the two bounds meet more
        often.
    threads, progress
        As in `cover.hitting_times`.

    Returns
    -------
    int64 array, shape (T, 2)
        ``[:, 0]``: with fewer items some target is certainly not covered. ``[:, 1]``: with this
        many all are certainly covered. -1 where n items do not bring it about.
    """
    trials, corners = _checked(items, lo, hi)
    if not 2 <= fineness <= radius <= HEADROOM:
        given = (radius, fineness)
        raise BadInput("radius, fineness", given, "must satisfy 2 <= fineness <= radius")
    step = radius // fineness
    rounded = (2 * trials + step) // (2 * step)
    inner, outer = _grid_corners(corners, step)
    margin = radius // step + trials.shape[1] + 2
    spans = np.abs(rounded).sum(axis=1).max(axis=0, initial=0) + 2 * margin + 66
    check_memory("coverage in the plane", int(spans[0]) * int(spans[1]) * 5 // 8, "a larger radius")
    times = np.empty((trials.shape[0], 2), np.int64)

    def work(block: range) -> None:
        for trial in block:
            plane_times(rounded[trial], radius, step, inner, outer, margin, times[trial])

    map_blocks(work, row_blocks(trials.shape[0], 4), threads=threads, progress=progress)
    return times


def _grid_corners(corners: Ints, step: int) -> tuple[Ints, Ints]:
    """Corners rounded to the grid for the targets to be covered, inwards for those that refute."""
    near = (2 * corners + step) // (2 * step)
    inwards = np.array([-(-corners[0] // step), corners[1] // step])
    return near.T.ravel().copy(), inwards.T.ravel().copy()


def _checked(items: ArrayLike, lo: ArrayLike, hi: ArrayLike) -> tuple[Ints, Ints]:
    """Trials (T, n, 2) and corners (2, 2) as integers whose sums have headroom."""
    trials = as_integers("items", items)
    if trials.ndim != 3 or trials.shape[2] != 2:
        raise BadInput("items", trials.shape, "must have shape (T, n, 2)")
    corners = np.array([as_integers("lo", lo), as_integers("hi", hi)])
    if corners.shape != (2, 2) or bool((corners[0] > corners[1]).any()):
        raise BadInput("lo, hi", corners.tolist(), "must be two corners with lo <= hi")
    largest = max(abs(int(v)) for v in (trials.min(initial=0), trials.max(initial=0)))
    if largest * max(trials.shape[1], 1) > HEADROOM or int(np.abs(corners).max()) > HEADROOM:
        raise BadInput("items, lo, hi", "too large", f"sums must be at most {HEADROOM}")
    return trials, corners
