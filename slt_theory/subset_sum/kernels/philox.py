"""Philox 4x32-10 and the laws on it, compiled: bit for bit those of `streams` and `laws`."""

from __future__ import annotations

import numpy as np

from slt_theory.subset_sum.kernels._compile import jit
from slt_theory.subset_sum.kernels._types import Ints, Ints32, Scalar, Words32

_LOW = np.uint64(0xFFFFFFFF)
_SHIFT = np.uint64(32)
_M0 = np.uint64(0xD2511F53)
_M1 = np.uint64(0xCD9E8D57)
_W0 = np.uint64(0x9E3779B9)
_W1 = np.uint64(0xBB67AE85)


def block_words_py(
    seed: np.uint64, stream: np.uint64, block: np.uint64
) -> tuple[np.uint64, np.uint64, np.uint64, np.uint64]:
    """The four words of one block: ten rounds on the counter (block, stream)."""
    c0 = block & _LOW
    c1 = block >> _SHIFT
    c2 = stream & _LOW
    c3 = stream >> _SHIFT
    k0 = seed & _LOW
    k1 = seed >> _SHIFT
    for _ in range(10):
        p0 = c0 * _M0
        p1 = c2 * _M1
        c0 = (p1 >> _SHIFT) ^ c1 ^ k0
        c1 = p1 & _LOW
        c2 = (p0 >> _SHIFT) ^ c3 ^ k1
        c3 = p0 & _LOW
        k0 = (k0 + _W0) & _LOW
        k1 = (k1 + _W1) & _LOW
    return c0, c1, c2, c3


block_words = jit(block_words_py, inline="always")


def fill_blocks_py(seed: np.uint64, stream: np.uint64, first: np.uint64, out: Words32) -> None:
    """Words of consecutive blocks from block `first` on; the size of `out` is a multiple of 4."""
    for b in range(out.size // 4):
        c0, c1, c2, c3 = block_words(seed, stream, first + np.uint64(b))
        out[4 * b] = np.uint32(c0)
        out[4 * b + 1] = np.uint32(c1)
        out[4 * b + 2] = np.uint32(c2)
        out[4 * b + 3] = np.uint32(c3)


fill_blocks = jit(fill_blocks_py)


def uniform32_py(words: Words32, low: Scalar, doubled: np.uint64, out: Ints | Ints32) -> None:
    """One word a draw: uniform on ``low .. low + doubled / 2``, ends with half the weight."""
    for k in range(out.size):
        r = (np.uint64(words[k]) * doubled) >> _SHIFT
        out[k] = low + np.int64((r + np.uint64(1)) >> np.uint64(1))


uniform32 = jit(uniform32_py)


def uniform64_py(words: Words32, low: Scalar, doubled: np.uint64, out: Ints) -> None:
    """Two 32-bit words a draw, the low half first."""
    bound_low = doubled & _LOW
    bound_high = doubled >> _SHIFT
    for k in range(out.size):
        w_low = np.uint64(words[2 * k])
        w_high = np.uint64(words[2 * k + 1])
        cross = w_high * bound_low
        other = w_low * bound_high
        middle = ((w_low * bound_low) >> _SHIFT) + (cross & _LOW) + (other & _LOW)
        r = w_high * bound_high + (cross >> _SHIFT) + (other >> _SHIFT) + (middle >> _SHIFT)
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
        r = (np.uint64(words[2 * k]) * doubled) >> _SHIFT
        a = low + np.int64((r + np.uint64(1)) >> np.uint64(1))
        r = (np.uint64(words[2 * k + 1]) * other_doubled) >> _SHIFT
        b = other_low + np.int64((r + np.uint64(1)) >> np.uint64(1))
        out[k] = max(a, np.int64(floor)) * b


product32 = jit(product32_py)


def fill_rows_py(seed: np.uint64, stream: np.uint64, first: np.uint64, out: Words32) -> None:
    """Row r: the words of stream ``stream + r`` from block `first` on."""
    for r in range(out.shape[0]):
        fill_blocks(seed, stream + np.uint64(r), first, out[r])


fill_rows = jit(fill_rows_py)
