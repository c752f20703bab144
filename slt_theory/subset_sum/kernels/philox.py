"""Philox 4x32-10 and the laws on it, compiled: bit for bit those of `streams` and `laws`."""

from __future__ import annotations

import numpy as np

from slt_theory.subset_sum.kernels._compile import jit
from slt_theory.subset_sum.kernels._types import Ints, Scalar, Words32

LOW = np.uint64(0xFFFFFFFF)
SHIFT = np.uint64(32)
M0 = np.uint64(0xD2511F53)
M1 = np.uint64(0xCD9E8D57)
W0 = np.uint64(0x9E3779B9)
W1 = np.uint64(0xBB67AE85)


def fill_blocks_py(seed: np.uint64, stream: np.uint64, first: np.uint64, out: Words32) -> None:
    """Words of consecutive blocks from block `first` on; the size of `out` is a multiple of 4."""
    lower = stream & LOW
    upper = stream >> SHIFT
    for b in range(out.size // 4):
        block = first + np.uint64(b)
        c0 = block & LOW
        c1 = block >> SHIFT
        c2 = lower
        c3 = upper
        k0 = seed & LOW
        k1 = seed >> SHIFT
        for _ in range(10):
            p0 = c0 * M0
            p1 = c2 * M1
            c0 = (p1 >> SHIFT) ^ c1 ^ k0
            c1 = p1 & LOW
            c2 = (p0 >> SHIFT) ^ c3 ^ k1
            c3 = p0 & LOW
            k0 = (k0 + W0) & LOW
            k1 = (k1 + W1) & LOW
        out[4 * b] = np.uint32(c0)
        out[4 * b + 1] = np.uint32(c1)
        out[4 * b + 2] = np.uint32(c2)
        out[4 * b + 3] = np.uint32(c3)


fill_blocks = jit(fill_blocks_py)


def uniform32_py(words: Words32, low: Scalar, doubled: np.uint64, out: Ints) -> None:
    """One word a draw: uniform on ``low .. low + doubled / 2``, ends with half the weight."""
    for k in range(out.size):
        r = (np.uint64(words[k]) * doubled) >> SHIFT
        out[k] = low + np.int64((r + np.uint64(1)) >> np.uint64(1))


uniform32 = jit(uniform32_py)


def uniform64_py(words: Words32, low: Scalar, doubled: np.uint64, out: Ints) -> None:
    """Two 32-bit words a draw, the low half first."""
    bound_low = doubled & LOW
    bound_high = doubled >> SHIFT
    for k in range(out.size):
        w_low = np.uint64(words[2 * k])
        w_high = np.uint64(words[2 * k + 1])
        cross = w_high * bound_low
        other = w_low * bound_high
        middle = ((w_low * bound_low) >> SHIFT) + (cross & LOW) + (other & LOW)
        r = w_high * bound_high + (cross >> SHIFT) + (other >> SHIFT) + (middle >> SHIFT)
        out[k] = low + np.int64((r + np.uint64(1)) >> np.uint64(1))


uniform64 = jit(uniform64_py)


def product32_py(
    words: Words32,
    low: Scalar,
    doubled: np.uint64,
    other_low: Scalar,
    other_doubled: np.uint64,
    floor: Scalar,
    out: Ints,
) -> None:
    """Product of two uniforms of one word each; the first is raised to `floor`, 0 for a ReLU."""
    for k in range(out.size):
        r = (np.uint64(words[2 * k]) * doubled) >> SHIFT
        a = low + np.int64((r + np.uint64(1)) >> np.uint64(1))
        r = (np.uint64(words[2 * k + 1]) * other_doubled) >> SHIFT
        b = other_low + np.int64((r + np.uint64(1)) >> np.uint64(1))
        out[k] = max(a, np.int64(floor)) * b


product32 = jit(product32_py)


def fill_rows_py(seed: np.uint64, stream: np.uint64, first: np.uint64, out: Words32) -> None:
    """Row r: the words of stream ``stream + r`` from block `first` on."""
    for r in range(out.shape[0]):
        fill_blocks(seed, stream + np.uint64(r), first, out[r])


fill_rows = jit(fill_rows_py)
