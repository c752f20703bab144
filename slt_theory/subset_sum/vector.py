"""Sums of vectors in two to a few dimensions, compared coordinate by coordinate (sup-norm)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from slt_theory.arrays import Ints
from slt_theory.errors import BadInput
from slt_theory.subset_sum.checks import HEADROOM, as_integers, check_memory
from slt_theory.subset_sum.kernels.gather import unpack_mask
from slt_theory.subset_sum.kernels.join import file_sums, nothing_yet, probe, vector_sums

__all__ = ["VectorSubset", "best", "decide", "memory_needed"]


_SLICE = 1 << 16  # right sums between two looks at Ctrl-C
_MOST_DIMENSIONS = 8


@dataclass(frozen=True, slots=True)
class VectorSubset:
    """A subset of vectors and what it sums to.

    Attributes
    ----------
    chosen : bool array, shape (n,)
    total : int64 array, shape (d,)
    error : int
        Sup-norm distance from the target; for a decision from the middle of the box, rounded down.
    optimal : bool
    """

    chosen: NDArray[np.bool_]
    total: Ints
    error: int
    optimal: bool


def memory_needed(n: int, dimensions: int) -> int:
    """Bytes that an exact answer over `n` vectors may take."""
    half = n // 2
    return (8 * dimensions + 4 + 8) * (1 << half) + 8 * dimensions * (1 << (n - half))


def decide(items: ArrayLike, lo: ArrayLike, hi: ArrayLike) -> VectorSubset | None:
    """A subset with ``lo <= sum <= hi`` in every coordinate, or None, a proof that there is none.

    Parameters
    ----------
    items : integer array, shape (n, d)
    lo, hi : integer arrays, shape (d,)

    Notes
    -----
    Begins with as many items as one success takes and enlarges. At most about ``50 ns * 2^(n/2)``
    and `memory_needed` bytes.
    """
    rows = _checked(items)
    n, dim = rows.shape
    low, high = _corner("lo", lo, dim), _corner("hi", hi, dim)
    lowest, highest = np.minimum(rows, 0).sum(axis=0), np.maximum(rows, 0).sum(axis=0)
    box_lo, box_hi = np.maximum(low, lowest), np.minimum(high, highest)
    if bool((box_lo > box_hi).any()):
        return None
    tries = np.log2((highest - lowest) / (box_hi - box_lo + 1.0) + 1.0).sum()
    used = min(n, max(8, int(tries) - 1 * dim + 2))
    while True:
        best = _search(rows[:used], box_lo, box_hi, (box_lo + box_hi) // 2, any_hit=True)
        if best[1] >= 0:
            return _answer(rows, used, best, low, high, optimal=False)
        if used == n:
            return None
        used = min(n, used + 3)


def best(items: ArrayLike, target: ArrayLike) -> VectorSubset:
    """The subset whose sum is nearest to `target` in the sup-norm.

    Parameters
    ----------
    items : integer array, shape (n, d)
    target : integer array, shape (d,)

    Notes
    -----
    All sums within a radius are searched; the radius doubles until there is one.
    """
    rows = _checked(items)
    n, dim = rows.shape
    goal = _corner("target", target, dim)
    reach = int(np.abs(rows).sum(axis=0).max()) + int(np.abs(goal).max(initial=0)) if dim else 0
    radius = max(1, int(reach * 2.0 ** (-n / max(dim, 1)) / 4))
    while True:
        found = _search(rows, goal - radius, goal + radius, goal, any_hit=False)
        if found[1] >= 0:
            return _answer(rows, n, found, goal, goal, optimal=True)
        radius *= 2


def _checked(items: ArrayLike) -> Ints:
    rows = as_integers("items", items)
    if rows.ndim != 2 or not 1 <= rows.shape[1] <= _MOST_DIMENSIONS:
        raise BadInput("items", rows.shape, f"must be n vectors of 1 to {_MOST_DIMENSIONS} numbers")
    if rows.size and float(np.abs(rows.astype(np.float64)).sum(axis=0).max()) > HEADROOM:
        raise BadInput("items", "too large", f"sums must be at most {HEADROOM}", "a coarser unit")
    return rows


def _corner(name: str, values: ArrayLike, dim: int) -> Ints:
    corner = as_integers(name, values)
    if corner.shape != (dim,):
        raise BadInput(name, corner.shape, f"must have shape ({dim},)")
    return np.clip(corner, -2 * HEADROOM, 2 * HEADROOM)


def _search(rows: Ints, lo: Ints, hi: Ints, target: Ints, *, any_hit: bool) -> Ints:
    n, dim = rows.shape
    half = n // 2
    check_memory(f"a search over {n} vectors", memory_needed(n, dim), "use fewer items")
    left = np.empty((1 << half, dim), np.int64)
    right = np.empty((1 << (n - half), dim), np.int64)
    vector_sums(rows[:half], left)
    vector_sums(rows[half:], right)
    # cubes two to four times as wide as the box: few boxes meet two of them
    shifts = np.array([int(2 * (h - v) + 1).bit_length() for v, h in zip(lo, hi, strict=True)])
    bits = half + 1
    heads, links = np.empty(1 << bits, np.int32), np.empty(1 << half, np.int32)
    file_sums(left, shifts, bits, heads, links)
    found = nothing_yet()
    for begin in range(0, right.shape[0], _SLICE):
        end = min(begin + _SLICE, right.shape[0])
        hit = probe(
            left, right, begin, end, lo, hi, target, any_hit, shifts, bits, heads, links, found
        )
        if hit and any_hit:
            break
    return found


def _answer(
    rows: Ints, used: int, found: Ints, lo: Ints, hi: Ints, *, optimal: bool
) -> VectorSubset:
    chosen = np.zeros(rows.shape[0], np.bool_)
    half = used // 2
    unpack_mask(int(found[1]), chosen[:half])
    unpack_mask(int(found[2]), chosen[half:used])
    total = rows[chosen].sum(axis=0)
    error = max(
        abs(2 * int(t) - int(a) - int(b)) // 2 for t, a, b in zip(total, lo, hi, strict=True)
    )
    return VectorSubset(chosen, total, error, optimal)
