"""One row of a random layer: from its numbers to the items of its sums, and back to mask bits.

A row has groups of columns, one group a sum. `slopes` says what a number counts: the in-weight of
the neuron it comes from, a power of two where there is none, 0 for a dead neuron. Frozen numbers
are known by a word each: below `pruned` they are absent, from there to `locked` always kept.
"""

from __future__ import annotations

import numpy as np

from slt_theory.subset_sum.kernels._compile import jit
from slt_theory.subset_sum.kernels._types import (
    Bytes,
    Cells,
    Ints,
    Rows,
    Rows32,
    Scalar,
    TruthRows,
    Words32,
)

_STRETCH = 2048
"""Words that are compared at once, a multiple of 8: their flags stay in the nearest cache."""

# Eight bytes of 0 or 1 times this: the highest byte has their bits, that of the first byte highest.
GATHER, TOP_BYTE = np.uint64(0x8040201008040201), np.uint64(56)
# A de Bruijn sequence: a power of two times it has the exponent's own number in its highest 6 bits.
_SEQUENCE, _TOP_SIX, _ONE = np.uint64(0x03F79D71B4CB0A89), np.uint64(58), np.uint64(1)
_PLACES = np.empty(64, np.int64)
for _k in range(64):
    _PLACES[(int(_SEQUENCE) << _k & (1 << 64) - 1) >> 58] = _k


def exponent_py(power: np.uint64) -> Scalar:
    """Exponent of a power of two, 0 to 63."""
    return _PLACES[(power * _SEQUENCE) >> _TOP_SIX]


exponent = jit(exponent_py, inline="always")


def offer_py(
    numbers: Ints,
    words: Words32,
    pruned: Scalar,
    locked: Scalar,
    n: Scalar,
    live: Rows32,
    slopes: Cells,
    items: Rows,
    places: Rows32,
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


def bits_between_py(words: Words32, low: Scalar, high: Scalar, flags: Bytes, bits: Bytes) -> None:
    """One bit a word, packed as in a mask: whether ``low <= word < high``.

    `flags` is work space of a byte a word, and of a multiple of 8 bytes.
    """
    some = np.uint8(high > low)
    least, last = np.uint32(low), np.uint32(max(high - low, 1) - 1)
    for k in range(words.size):
        flags[k] = np.uint8(np.uint32(words[k] - least) <= last) & some
    count = (words.size + 7) // 8
    for k in range(words.size, 8 * count):
        flags[k] = 0
    eights = flags.view(np.uint64)
    for b in range(count):
        bits[b] = np.uint8((eights[b] * GATHER) >> TOP_BYTE)


bits_between = jit(bits_between_py)


def keep_py(
    words: Words32,
    pruned: Scalar,
    locked: Scalar,
    places: Rows32,
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
    flags, bits = np.empty(_STRETCH, np.uint8), np.empty(_STRETCH // 8, np.uint8)
    for first in range(0, words.size, _STRETCH):
        part = words[first : min(first + _STRETCH, words.size)]
        bits_between(part, pruned, locked, flags, bits)
        for b in range((part.size + 7) // 8):
            packed[first // 8 + b] |= bits[b]


keep = jit(keep_py)


def locked_bits_py(words: Words32, pruned: Scalar, locked: Scalar, packed: Bytes) -> None:
    """Bits of the locked numbers of a row, packed as in a mask of zeros."""
    flags = np.empty(_STRETCH, np.uint8)
    for first in range(0, words.size, _STRETCH):
        part = words[first : min(first + _STRETCH, words.size)]
        bits_between(part, pruned, locked, flags, packed[first // 8 :])


locked_bits = jit(locked_bits_py)


def spread_py(places: Rows32, counts: Ints, taken: TruthRows, chosen: TruthRows) -> None:
    """Taken items back to their places."""
    for r in range(counts.size):
        for k in range(counts[r]):
            chosen[r, places[r, k]] = taken[r, k]


spread = jit(spread_py)


def add_products_py(
    first: Scalar, bits: np.uint64, numbers: Ints, cells: Cells, slopes: Cells, sums: Ints
) -> None:
    """Add the products of the columns from `first` on whose bits are set, 8 packed bytes of them.

    The first byte is the lowest; in a byte the first column is the highest bit.
    """
    while bits != 0:
        lowest = bits & (~bits + _ONE)
        bits ^= lowest
        # Indices without a sign: the compiler would add a test for each that has one.
        column = np.uint64(first + (exponent(lowest) ^ 7))
        sums[np.uint64(cells[column])] += np.int64(slopes[column]) * numbers[column]


add_products = jit(add_products_py)


def count_products_py(
    first: Scalar, bits: np.uint64, numbers: Ints, cells: Cells, counts: Ints
) -> None:
    """Count those of `add_products` that are not 0; slopes are not."""
    while bits != 0:
        lowest = bits & (~bits + _ONE)
        bits ^= lowest
        column = first + (exponent(lowest) ^ 7)
        counts[cells[column]] += numbers[column] != 0


count_products = jit(count_products_py)


def effective_row_py(
    numbers: Ints, packed: Bytes, live: Bytes, cells: Cells, slopes: Cells, sums: Rows, counts: Rows
) -> None:
    """Sums of the kept products of a row, by the cell of their column: (side, input), flat.

    `counts` of products that are not 0, by cell; none are counted where it is empty. `live` marks
    the columns that have a cell and a slope, packed as the mask is.
    """
    flat, counted = sums.reshape(sums.size), counts.reshape(counts.size)
    whole = packed.size // 8
    kept = packed[: 8 * whole].view(np.uint64)
    alive = live[: 8 * whole].view(np.uint64)
    for k in range(whole):
        add_products(64 * k, kept[k] & alive[k], numbers, cells, slopes, flat)
    rest = np.uint64(0)
    for k in range(8 * whole, packed.size):
        rest |= np.uint64(packed[k] & live[k]) << np.uint64(8 * (k - 8 * whole))
    add_products(64 * whole, rest, numbers, cells, slopes, flat)
    if counts.size > 0:
        for k in range(whole):
            count_products(64 * k, kept[k] & alive[k], numbers, cells, counted)
        count_products(64 * whole, rest, numbers, cells, counted)


effective_row = jit(effective_row_py)


def wrongly_frozen_py(packed: Bytes, words: Words32, pruned: Scalar, locked: Scalar) -> Scalar:
    """The first column whose mask bit contradicts its frozen state, or -1."""
    flags, absent = np.empty(_STRETCH, np.uint8), np.empty(_STRETCH // 8, np.uint8)
    there = np.empty(_STRETCH // 8, np.uint8)
    for first in range(0, words.size, _STRETCH):
        part = words[first : min(first + _STRETCH, words.size)]
        bits_between(part, 0, pruned, flags, absent)
        bits_between(part, pruned, locked, flags, there)
        for b in range((part.size + 7) // 8):
            kept = np.int64(packed[first // 8 + b])
            wrong = (there[b] & ~kept) | (absent[b] & kept)
            if wrong != 0:
                column = first + 8 * b
                while wrong & 128 == 0:
                    wrong <<= 1
                    column += 1
                return column
    return -1


wrongly_frozen = jit(wrongly_frozen_py)
