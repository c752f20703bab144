"""One row of a random layer: from its numbers to the items of its sums, and back to mask bits.

A row has groups of columns, one group a sum. `slopes` says what a number counts: the in-weight of
the neuron it comes from, a power of two where there is none, 0 for a dead neuron. Frozen numbers
are known by a word each: below `pruned` they are absent, from there to `locked` always kept.
"""

from __future__ import annotations

import numpy as np

from slt_theory.subset_sum.kernels._compile import jit
from slt_theory.subset_sum.kernels._types import Bytes, Ints, Rows, Scalar, TruthRows, Words32


def offer_py(
    numbers: Ints,
    words: Words32,
    pruned: Scalar,
    locked: Scalar,
    n: Scalar,
    live: Rows,
    slopes: Rows,
    items: Rows,
    places: Rows,
    counts: Ints,
    shifts: Ints,
) -> None:
    """Free items of every group to the front, their places in the group, sums of locked ones.

    Group g has the columns ``g * n .. g * n + n - 1``; ``live[g]`` lists its live places, `slopes`
    belong to them, and the first slope of 0 ends the list. No `words`: nothing is frozen. Items
    of value 0 are left out.
    """
    groups, width = slopes.shape
    frozen = words.size > 0
    for g in range(groups):
        at = 0
        fixed = np.int64(0)
        for w in range(width):
            slope = slopes[g, w]
            if slope == 0:
                break
            k = live[g, w]
            product = slope * numbers[g * n + k]
            free = product != 0
            if frozen:
                word = np.int64(words[g * n + k])
                free = free and word >= locked
                fixed += product if pruned <= word < locked else np.int64(0)
            items[g, at] = product
            places[g, at] = k
            at += free
        counts[g] = at
        shifts[g] = fixed


offer = jit(offer_py)


def frozen_bits_py(words: Words32, byte: Scalar, limit: Scalar) -> Scalar:
    """One bit a column, packed as in a mask: whether its word is below `limit`."""
    bits = np.int64(0)
    first = 8 * byte
    if first + 8 <= words.size:
        for k in range(8):
            bits |= np.int64(np.int64(words[first + k]) < limit) << (7 - k)
    else:
        for k in range(words.size - first):
            bits |= np.int64(np.int64(words[first + k]) < limit) << (7 - k)
    return bits


frozen_bits = jit(frozen_bits_py, inline="always")


def keep_py(
    words: Words32,
    pruned: Scalar,
    locked: Scalar,
    places: Rows,
    counts: Ints,
    taken: TruthRows,
    n: Scalar,
    packed: Bytes,
) -> None:
    """Set the bits of taken and of locked numbers in a packed row."""
    for g in range(counts.size):
        for k in range(counts[g]):
            if taken[g, k]:
                column = g * n + places[g, k]
                packed[column >> 3] |= np.uint8(128 >> (column & 7))
    for byte in range((words.size + 7) // 8):
        packed[byte] |= np.uint8(
            frozen_bits(words, byte, locked) & ~frozen_bits(words, byte, pruned)
        )


keep = jit(keep_py)


def locked_bits_py(words: Words32, pruned: Scalar, locked: Scalar, packed: Bytes) -> None:
    """Bits of the locked numbers of a row, packed as in a mask of zeros."""
    for byte in range((words.size + 7) // 8):
        packed[byte] = np.uint8(
            frozen_bits(words, byte, locked) & ~frozen_bits(words, byte, pruned)
        )


locked_bits = jit(locked_bits_py)


def spread_py(places: Rows, counts: Ints, taken: TruthRows, chosen: TruthRows) -> None:
    """Taken items back to their places."""
    for r in range(counts.size):
        for k in range(counts[r]):
            chosen[r, places[r, k]] = taken[r, k]


spread = jit(spread_py)


def effective_row_py(
    numbers: Ints, packed: Bytes, live: Bytes, seen: Ints, slopes: Ints, sums: Rows, counts: Rows
) -> None:
    """Sums of the kept products of a row, by the input their neuron sees and its side.

    ``sums[0]`` for slopes > 0, ``sums[1]`` for slopes < 0; `counts` of products that are not 0.
    `live` marks the neurons that see an input and have a slope, packed as the mask is.
    """
    for byte in range(packed.size):
        bits = np.int64(packed[byte] & live[byte])
        while bits != 0:
            last = bits & -bits
            bits ^= last
            column = 8 * byte + 7
            while last > 1:
                last >>= 1
                column -= 1
            slope = slopes[column]
            product = slope * numbers[column]
            side = np.int64(slope < 0)
            sums[side, seen[column]] += product
            counts[side, seen[column]] += product != 0


effective_row = jit(effective_row_py)


def wrongly_frozen_py(packed: Bytes, words: Words32, pruned: Scalar, locked: Scalar) -> Scalar:
    """The first column whose mask bit contradicts its frozen state, or -1."""
    for byte in range((words.size + 7) // 8):
        absent = frozen_bits(words, byte, pruned)
        there = frozen_bits(words, byte, locked) & ~absent
        kept = np.int64(packed[byte])
        wrong = (there & ~kept) | (absent & kept)
        if wrong != 0:
            column = 8 * byte
            while wrong & 128 == 0:
                wrong <<= 1
                column += 1
            return column
    return -1


wrongly_frozen = jit(wrongly_frozen_py)
