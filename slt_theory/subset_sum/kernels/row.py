"""One row of a random layer, some groups of columns at a time: drawn, gathered, solved, kept.

The same as `philox`, `wiring.offer`, `ragged.within_rows` and `wiring.keep` one after the other, on
stretches that stay in the nearest caches: a row of a large layer has megabytes.
"""

from __future__ import annotations

import numpy as np

from slt_theory.subset_sum.kernels._compile import jit
from slt_theory.subset_sum.kernels._types import (
    Bytes,
    Ints,
    Ints32,
    Rows32,
    Scalar,
    Truths,
    Words32,
)
from slt_theory.subset_sum.kernels.gather import unpack_mask
from slt_theory.subset_sum.kernels.philox import fill_blocks, uniform32
from slt_theory.subset_sum.kernels.ragged import FINE, within, within_many
from slt_theory.subset_sum.kernels.slack import Source
from slt_theory.subset_sum.kernels.wiring import GATHER, TOP_BYTE, exponent

FREE, LOCKED = 1, 2
"""Kinds of numbers; others are pruned or 0."""
_LOWEST = np.uint64(0x0101010101010101)

Keys = tuple[np.uint64, np.uint64, np.uint64]
"""The seed, the stream of numbers and the one that freezes."""
Wiring = tuple[Scalar, Ints, Ints, Rows32, Rows32]
"""Columns a group; the first group of every stretch, and the end; live columns of every group: how
many, which, counted from the first of the stretch, and their slopes."""
Room = tuple[Words32, Words32, Ints32, Bytes, Ints, Ints32, Truths, Ints, Ints]
"""Words, states, numbers and kinds of a stretch; items and places of a sum, and which are taken;
errors of a row's sums; work space of the solver."""
Tables = tuple[Ints32, Ints32, Ints32, Ints]
"""Rounded and turned items, sums of eight of them, work space of proofs."""


def sort_numbers_py(
    words: Words32, states: Words32, source: Source, numbers: Ints32, kinds: Bytes
) -> None:
    """Numbers of a uniform law, one word each, and whether they are `FREE`, `LOCKED` or neither.

    No `states`: nothing is frozen. A number that is 0 is not free.
    """
    low, doubled, pruned, locked = source
    uniform32(words, low, doubled, numbers[: words.size])
    if states.size == 0:
        for k in range(words.size):
            kinds[k] = np.uint8(numbers[k] != 0)
        return
    first, last = np.uint32(pruned), np.uint32(locked)
    for k in range(words.size):
        state = states[k]
        free = np.uint8(state >= last) & np.uint8(numbers[k] != 0)
        fixed = np.uint8(state >= first) & np.uint8(state < last)
        kinds[k] = free | fixed << np.uint8(1)


sort_numbers = jit(sort_numbers_py)


def gather_py(
    numbers: Ints32, kinds: Bytes, live: Ints32, slopes: Ints32, items: Ints, places: Ints32
) -> tuple[Scalar, Scalar]:
    """Free products of some columns and their places in front; their count, the sum of locked ones.

    `numbers` and `kinds` begin where the columns `live` are counted from. Indices have no sign: the
    compiler would add a test for each that has one.
    """
    at = np.uint64(0)
    fixed = np.int64(0)
    for w in range(live.size):
        k = np.uint64(live[w])
        kind = np.int64(kinds[k])
        product = np.int64(slopes[w]) * np.int64(numbers[k])
        items[at] = product
        places[at] = live[w]
        at += np.uint64(kind & FREE)
        fixed += product & -(kind >> 1)
    return np.int64(at), fixed


gather = jit(gather_py)


def add_locked_py(kinds: Bytes, packed: Bytes) -> None:
    """Set the bits of locked numbers in a part of a packed row; `kinds` are a multiple of 8."""
    eights = kinds.view(np.uint64)
    for b in range(eights.size):
        flags = (eights[b] >> np.uint64(1)) & _LOWEST
        packed[b] |= np.uint8((flags * GATHER) >> TOP_BYTE)


add_locked = jit(add_locked_py)


def draw_py(keys: Keys, first: Scalar, source: Source, room: Room, kinds: Bytes) -> None:
    """Numbers and kinds, one a column, from word `first` on."""
    words, states, numbers = room[0], room[1], room[2]
    skipped = first % 4
    end = skipped + kinds.size
    length = 4 * ((end + 3) // 4)
    fill_blocks(keys[0], keys[1], np.uint64(first // 4), words[:length])
    if source[3] == 0:
        sort_numbers(words[skipped:end], states[:0], source, numbers, kinds)
        return
    fill_blocks(keys[0], keys[2], np.uint64(first // 4), states[:length])
    sort_numbers(words[skipped:end], states[skipped:end], source, numbers, kinds)


draw = jit(draw_py)


def solve_sum_py(
    items: Ints, goal: Scalar, radius: Scalar, shift: Scalar, tables: Tables, taken: Truths
) -> tuple[Scalar, Scalar]:
    """Error of a subset of the items within `radius` of the goal, -1 for none, and the next shift.

    As a row of `ragged.within_rows`.
    """
    rounded, turned, table, space = tables
    low, high = goal - radius, goal + radius
    if items.size > FINE:
        mask, total, shift = within_many(
            items, low, high, shift, rounded, turned, table, space, taken
        )
    else:
        mask, total, shift = within(items, low, high, shift, rounded, turned, table, space)
        unpack_mask(max(mask, 0), taken)
    return abs(total - goal) if mask >= 0 else -1, shift


solve_sum = jit(solve_sum_py)


def keep_taken_py(taken: Truths, places: Ints32, column: Scalar, packed: Bytes) -> None:
    """Set the bits of taken items, a multiple of 8, in a packed row; few are."""
    eights = taken.view(np.uint64)
    for first in range(0, eights.size, 8):
        bits = np.uint64(0)
        for b in range(first, min(first + 8, eights.size)):
            bits |= ((eights[b] * GATHER) >> TOP_BYTE) << np.uint64(8 * (b - first))
        while bits != 0:
            lowest = bits & (~bits + np.uint64(1))
            bits ^= lowest
            place = np.uint64(column + places[8 * first + (exponent(lowest) ^ 7)])
            packed[place >> np.uint64(3)] |= np.uint8(128 >> (place & np.uint64(7)))


keep_taken = jit(keep_taken_py)


def solve_row_py(
    keys: Keys,
    start: Scalar,
    source: Source,
    wiring: Wiring,
    goals: Ints,
    radius: Scalar,
    room: Room,
    packed: Bytes,
) -> None:
    """Set the bits of a row's mask: of locked numbers, and of subsets within `radius` of its goals.

    `start` is the first word of the row. Afterwards ``room[-2]`` has the error of every sum, locked
    numbers included, -1 where no subset is near enough.
    """
    n, bounds, counts, live, slopes = wiring
    numbers, kinds, items, places, taken, errors, space = room[2:]
    tables = np.empty(64, np.int32), np.empty(64, np.int32), np.empty(256, np.int32), space
    shift = 20
    for s in range(bounds.size - 1):
        last = min(bounds[s + 1], goals.size)
        if bounds[s] >= last:
            break
        column, count = bounds[s] * n, (last - bounds[s]) * n
        before = column % 8
        end = 8 * ((before + count + 7) // 8)
        kinds[:before] = 0
        kinds[before + count : end] = 0
        own = kinds[before : before + count]
        draw(keys, start + column, source, room, own)
        if source[3] != 0:
            add_locked(kinds[:end], packed[column // 8 :])
        for g in range(bounds[s], last):
            k = counts[g]
            at, fixed = gather(numbers, own, live[g, :k], slopes[g, :k], items, places)
            taken[at : at + 7] = False
            errors[g], shift = solve_sum(
                items[:at], goals[g] - fixed, radius, shift, tables, taken[:at]
            )
            keep_taken(taken[: 8 * ((at + 7) // 8)], places, column, packed)


solve_row = jit(solve_row_py)
