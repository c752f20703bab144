"""Vectors in the sup-norm: meet in the middle by hashing the left sums into cubes."""

from __future__ import annotations

import numpy as np

from slt_theory.subset_sum.kernels._compile import jit
from slt_theory.subset_sum.kernels._types import Ints, Ints32, Rows, Scalar, Words
from slt_theory.subset_sum.kernels.sums import BEYOND

_MIX = np.uint64(0x9E3779B1)
_FINAL = np.uint64(0x85EBCA77)
_LOW = np.uint64(0xFFFFFFFF)
_MIDDLE = np.uint64(20)
_HALF = np.uint64(32)


def vector_sums_py(items: Rows, sums: Rows) -> None:
    """``sums[mask]``: the sum of the subset `mask`, one row a subset."""
    dim = items.shape[1]
    for c in range(dim):
        sums[0, c] = 0
    length = 1
    for t in range(items.shape[0]):
        for k in range(length):
            for c in range(dim):
                sums[length + k, c] = sums[k, c] + items[t, c]
        length *= 2


vector_sums = jit(vector_sums_py)


def hash_cube_py(key: np.uint64, cell: Scalar) -> np.uint64:
    """Mix one more coordinate into a 32-bit hash; products of 32-bit words cannot overflow."""
    product = (key ^ np.uint64(cell & 0xFFFFFFFF)) * _MIX
    return (product >> _HALF) ^ (product & _LOW)


hash_cube = jit(hash_cube_py, inline="always")


def file_sums_py(sums: Rows, shifts: Ints, bits: Scalar, heads: Ints32, links: Ints32) -> None:
    """Chain the left sums by the hash of their cube; the side of a cube is ``2^shifts[c]``."""
    mask = np.uint64((1 << bits) - 1)
    for k in range(heads.size):
        heads[k] = -1
    for k in range(sums.shape[0]):
        key = np.uint64(0)
        for c in range(sums.shape[1]):
            key = hash_cube(key, sums[k, c] >> shifts[c])
        at = ((key * _FINAL) >> _MIDDLE) & mask
        links[k] = heads[at]
        heads[at] = np.int32(k)


file_sums = jit(file_sums_py)


def box_cubes_py(sums: Ints, lo: Ints, hi: Ints, shifts: Ints, keys: Words) -> Scalar:
    """Hashes of the cubes that the box ``lo - sums .. hi - sums`` meets; how many there are."""
    count = 1
    keys[0] = np.uint64(0)
    for c in range(sums.size):
        first = (lo[c] - sums[c]) >> shifts[c]
        last = (hi[c] - sums[c]) >> shifts[c]
        if first != last:
            for k in range(count):
                keys[count + k] = hash_cube(keys[k], last)
        for k in range(count):
            keys[k] = hash_cube(keys[k], first)
        if first != last:
            count *= 2
    return count


box_cubes = jit(box_cubes_py)


def probe_py(
    left: Rows,
    right: Rows,
    begin: Scalar,
    end: Scalar,
    lo: Ints,
    hi: Ints,
    target: Ints,
    any_hit: bool,
    shifts: Ints,
    bits: Scalar,
    heads: Ints32,
    links: Ints32,
    best: Ints,
) -> bool:
    """Pairs of a left sum and right sums ``begin .. end - 1`` with ``lo <= sum <= hi`` throughout.

    ``best`` = [sup-norm distance from `target`, left, right] of the nearest pair, or of the first
    if `any_hit`. A right sum leaves a box for the left one, which meets at most two cubes a
    coordinate.
    """
    dim = left.shape[1]
    mask = np.uint64((1 << bits) - 1)
    keys = np.empty(1 << dim, np.uint64)
    found = False
    for r in range(begin, end):
        count = box_cubes(right[r], lo, hi, shifts, keys)
        for k in range(count):
            at = np.int64(heads[((keys[k] * _FINAL) >> _MIDDLE) & mask])
            while at >= 0:
                distance = np.int64(0)
                inside = True
                for c in range(dim):
                    total = left[at, c] + right[r, c]
                    inside = inside and lo[c] <= total <= hi[c]
                    distance = max(distance, abs(total - target[c]))
                if inside and distance < best[0]:
                    best[0] = distance
                    best[1] = at
                    best[2] = r
                    found = True
                    if any_hit:
                        return True
                at = np.int64(links[at])
    return found


probe = jit(probe_py)


def nothing_yet() -> Ints:
    """Initial ``best`` of `probe`."""
    return np.array([BEYOND, -1, -1], np.int64)
