"""Frozen items: pruned ones are never chosen, locked ones always, each row with its own pattern."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from slt_theory.arrays import Bools, Ints
from slt_theory.errors import BadInput
from slt_theory.subset_sum.checks import as_integers
from slt_theory.subset_sum.draws import RowSource, as_source
from slt_theory.subset_sum.kernels.compact import compact, expand
from slt_theory.subset_sum.many import Many, solve_many

__all__ = ["freeze", "solve_many_frozen"]


_PIECE = 1 << 16


def freeze(
    items: ArrayLike, *, pruned: ArrayLike | None = None, locked: ArrayLike | None = None
) -> tuple[Ints, Ints]:
    """Rows without their frozen items, and the constant that the locked ones add.

    Coverage under a pattern is coverage by the free items of targets moved by that constant:
    ``free, shift = freeze(items, ...)``, then ``hitting_times(free, width, left - shift, right -
    shift)``. The frozen places hold zeros, which change no sum, so that hitting times still count
    all items. Locked items are taken as present from the start.

    Parameters
    ----------
    items : integer array, shape (T, n)
    pruned, locked : bool arrays, shape (T, n), optional
        Must not overlap.

    Returns
    -------
    free : int64 array, shape (T, n)
    shift : int64 array, shape (T,)
    """
    rows = as_integers("items", items)
    out, stay = _patterns(rows.shape, pruned, locked)
    return np.where(out | stay, 0, rows), np.where(stay, rows, 0).sum(axis=1)


def solve_many_frozen(
    items: ArrayLike | RowSource,
    targets: ArrayLike,
    *,
    radius: int | None = None,
    pruned: ArrayLike | None = None,
    locked: ArrayLike | None = None,
    threads: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> Many:
    """`many.solve_many` with frozen items; masks contain the locked items and no pruned one.

    Parameters
    ----------
    items, targets, radius, threads, progress
        As in `many.solve_many`.
    pruned, locked : bool arrays, shape (m, n), optional
        Must not overlap.
    """
    source = as_source(items)
    m, n = source.shape
    out, stay = _patterns((m, n), pruned, locked)
    goals = as_integers("targets", targets)
    if goals.shape != (m,):
        raise BadInput("targets", goals.shape, f"must have shape ({m},)")
    masks, errors = np.empty(m, np.uint64), np.empty(m, np.int64)
    for first in range(0, m, _PIECE):
        rows = range(first, min(first + _PIECE, m))
        part = slice(rows.start, rows.stop)
        pruned_here, locked_here = out[part], stay[part]
        free_items = int(n - (pruned_here | locked_here).sum(axis=1).min())
        free = np.empty((len(rows), free_items), np.int64)
        shift = np.empty(len(rows), np.int64)
        compact(source.block(rows), pruned_here, locked_here, free, shift)
        answer = solve_many(free, goals[part] - shift, radius=radius, threads=threads)
        expand(pruned_here, locked_here, answer.masks)
        masks[part] = np.where(answer.found, answer.masks, 0)
        errors[part] = answer.errors
        if progress is not None:
            progress(rows.stop)
    return Many(masks, errors, errors >= 0)


def _patterns(
    shape: tuple[int, ...], pruned: ArrayLike | None, locked: ArrayLike | None
) -> tuple[Bools, Bools]:
    masks = []
    for name, values in (("pruned", pruned), ("locked", locked)):
        mask = np.zeros(shape, np.bool_) if values is None else np.asarray(values)
        if mask.shape != shape or mask.dtype != np.bool_:
            raise BadInput(
                name, f"{mask.dtype}{mask.shape}", f"must be truth values of shape {shape}"
            )
        masks.append(np.ascontiguousarray(mask))
    if bool((masks[0] & masks[1]).any()):
        raise BadInput("pruned, locked", "overlap", "an item is pruned or locked, not both")
    return masks[0], masks[1]
