"""Counter-based random words: any weight from (seed, stream, index), in any order, on any machine.

Philox 4x32-10 of Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3"
(SC 2011). Key = seed, counter = (block, stream); one block yields four 32-bit words. The numba
twin is `slt_theory.subset_sum.kernels.philox`, equal bit for bit.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slt_theory.errors import BadInput

__all__ = [
    "Purpose",
    "check_seed",
    "philox4x32",
    "stream_id",
    "words32",
    "words32_at",
    "words32_rows",
    "words64",
]

Words32 = NDArray[np.uint32]
Words64 = NDArray[np.uint64]

_MULTIPLIERS = (np.uint64(0xD2511F53), np.uint64(0xCD9E8D57))
_WEYL = (0x9E3779B9, 0xBB67AE85)
_LOW = np.uint64(0xFFFFFFFF)
_SHIFT = np.uint64(32)


class Purpose(IntEnum):
    """Streams of different purposes never meet, so one seed is enough for a whole experiment."""

    WEIGHTS = 0
    TRIALS = 1
    TARGETS = 2
    INPUTS = 3
    FROZEN = 4
    TESTS = 5
    PLANNING = 6


def stream_id(purpose: Purpose, number: int) -> int:
    """The 64-bit stream of one layer, trial, ... : purpose in the top 8 bits, number below."""
    if not 0 <= number < 1 << 56:
        raise BadInput("stream number", number, "must lie in 0 .. 2^56 - 1")
    return (int(purpose) << 56) | number


def check_seed(seed: Any) -> int:
    """A seed is an integer of 64 bits.

    Raises
    ------
    BadInput
        For anything else; a seed is never silently truncated.
    """
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer):
        raise BadInput("seed", seed, "must be an integer")
    if not 0 <= int(seed) < 1 << 64:
        raise BadInput("seed", seed, "must lie in 0 .. 2^64 - 1")
    return int(seed)


def philox4x32(
    counter: tuple[Words64, Words64, Words64, Words64], key: tuple[int, int], rounds: int = 10
) -> tuple[Words64, Words64, Words64, Words64]:
    """The block function: four 32-bit counter words (held in uint64) to four 32-bit words."""
    c0, c1, c2, c3 = counter
    k0, k1 = key
    for _ in range(rounds):
        p0, p1 = c0 * _MULTIPLIERS[0], c2 * _MULTIPLIERS[1]
        c0, c1, c2, c3 = (
            (p1 >> _SHIFT) ^ c1 ^ np.uint64(k0),
            p1 & _LOW,
            (p0 >> _SHIFT) ^ c3 ^ np.uint64(k1),
            p0 & _LOW,
        )
        k0, k1 = (k0 + _WEYL[0]) & 0xFFFFFFFF, (k1 + _WEYL[1]) & 0xFFFFFFFF
    return c0, c1, c2, c3


def words32(seed: int, stream: int, start: int, count: int) -> Words32:
    """Words ``start .. start + count - 1`` of a stream.

    Parameters
    ----------
    seed : int
        64 bits, the Philox key.
    stream : int
        64 bits, the upper half of the counter; see `stream_id`.
    start, count : int
        Range of word numbers; word ``i`` is lane ``i % 4`` of block ``i // 4``.

    Returns
    -------
    ndarray of uint32, shape (count,)
        About 0.1 microseconds a word in numpy.
    """
    if count <= 0:
        return np.empty(0, dtype=np.uint32)
    first = start // 4
    blocks = np.arange(first, (start + count - 1) // 4 + 1, dtype=np.uint64)
    words = _blocks(seed, np.uint64(stream), blocks).ravel()
    return words[start - 4 * first : start - 4 * first + count]


def words32_rows(seed: int, streams: NDArray[np.uint64], count: int) -> Words32:
    """The first `count` words of each of many streams: shape (len(streams), count)."""
    blocks = np.arange((count + 3) // 4, dtype=np.uint64)
    words = _blocks(seed, streams[:, None], blocks[None, :])
    return words.reshape(streams.size, -1)[:, :count]


def words32_at(seed: int, stream: int, indices: NDArray[np.int64]) -> Words32:
    """Words at scattered positions of one stream, in the shape of `indices`."""
    blocks, lanes = np.divmod(indices, 4)
    words = _blocks(seed, np.uint64(stream), blocks.astype(np.uint64))
    return np.take_along_axis(words, lanes[..., None], axis=-1)[..., 0]


def _blocks(seed: int, stream: Any, blocks: Words64) -> Words32:
    """The four words of each block, on a new last axis; `stream` broadcasts against `blocks`."""
    key = check_seed(seed)
    stream = np.broadcast_to(
        np.asarray(stream, dtype=np.uint64), np.broadcast(stream, blocks).shape
    )
    block = np.broadcast_to(blocks, stream.shape)
    lanes = philox4x32(
        (block & _LOW, block >> _SHIFT, stream & _LOW, stream >> _SHIFT),
        (key & 0xFFFFFFFF, key >> 32),
    )
    return np.stack(lanes, axis=-1).astype(np.uint32)


def words64(seed: int, stream: int, start: int, count: int) -> Words64:
    """64-bit words: number ``i`` is the 32-bit words ``2 i`` (low) and ``2 i + 1`` (high)."""
    halves = words32(seed, stream, 2 * start, 2 * count).astype(np.uint64)
    return halves[0::2] | (halves[1::2] << _SHIFT)
