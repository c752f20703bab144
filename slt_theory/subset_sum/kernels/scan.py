"""Early exit for one target among many: trying sums sixteen at a time until one falls in the range.

All sums of eight items form a table in 32-bit integers; a Gray code runs over the other items. Of
256 sums the one nearest to the middle of the range is looked at: errors lean to no side, and are
small where the range is wide.
Items are rounded to 32 bits and the range is shrunk by what the rounding may cost, so that a hit is
a hit; a miss proves nothing and goes to `meet`.
"""

from __future__ import annotations

import numpy as np

from slt_theory.subset_sum.kernels._compile import jit
from slt_theory.subset_sum.kernels._types import Ints, Ints32, Scalar, Truths
from slt_theory.subset_sum.kernels.gather import magnitude, reach, sum_of_mask

_BITS = 30  # of the sum of absolute values after rounding; int32 then never wraps


def fill_table_py(items: Ints32, table: Ints32) -> None:
    """All 256 sums of the first eight items."""
    x0, x1, x2, x3 = items[0], items[1], items[2], items[3]
    for k in range(16):  # without memory in between: a vector load behind scalar stores stalls
        bits = np.int32(k)
        s = x0 & -(bits & np.int32(1))
        s += x1 & -((bits >> np.int32(1)) & np.int32(1))
        s += x2 & -((bits >> np.int32(2)) & np.int32(1))
        s += x3 & -((bits >> np.int32(3)) & np.int32(1))
        table[k] = np.int32(s)
    length = 16
    for t in range(4, 8):
        item = items[t]
        low = table[:length]
        high = table[length : 2 * length]
        for k in range(length):
            high[k] = np.int32(low[k] + item)
        length *= 2


fill_table = jit(fill_table_py)


def scan_py(items: Ints32, low: Scalar, width: Scalar, table: Ints32, blocks: Scalar) -> Scalar:
    """Mask of a sum in ``low .. low + width`` among the first ``256 * blocks`` subsets, or -1.

    For an odd width it may be the one sum below `low`; a caller looks at the true sum anyway.
    """
    fill_table(items, table)
    bound = np.int32((width + 1) >> 1)
    offset = np.int32(-low - (width >> 1))
    rest = 0
    for block in range(blocks):
        if block > 0:
            j = 0
            while (block >> j) & 1 == 0:
                j += 1
            if (rest >> j) & 1 == 1:
                offset = np.int32(offset - items[8 + j])
            else:
                offset = np.int32(offset + items[8 + j])
            rest ^= 1 << j
        least = np.int32(0x7FFFFFFF)
        for k in range(256):
            least = min(least, abs(np.int32(table[k] + offset)))
        if least <= bound:
            last = np.int32(-1)
            for k in range(256):
                here = abs(np.int32(table[k] + offset)) == least
                last = max(last, np.int32(k) if here else np.int32(-1))
            return np.int64(last) | (np.int64(rest) << 8)
    return -1


scan = jit(scan_py)


def round_row_py(row: Ints, shift: Scalar, rounded: Ints32) -> tuple[Scalar, Scalar, Scalar]:
    """Items in units of ``2**shift``, the least shift that is enough; the ends of their sums, too.

    Sought from `shift` on.
    """
    while True:
        lowest = np.int64(0)
        highest = np.int64(0)
        half = (1 << shift) >> 1
        for k in range(row.size):
            item = row[k]
            lowest += min(item, np.int64(0))
            highest += max(item, np.int64(0))
            rounded[k] = np.int32((item + half) >> shift)  # meaningless while shift is too small
        span = highest - lowest
        if (span >> shift) >> _BITS != 0:
            shift += 1
        elif shift > 0 and (span >> (shift - 1)) >> _BITS == 0:
            shift -= 1
        else:
            return lowest, highest, shift


round_row = jit(round_row_py)


def turn_row_py(items: Ints32, begin: Scalar, turned: Ints32) -> None:
    """The items from `begin` on, then those before."""
    for k in range(items.size):
        source = begin + k
        turned[k] = items[source - items.size if source >= items.size else source]


turn_row = jit(turn_row_py)


def scan_row_py(
    row: Ints,
    lo: Scalar,
    hi: Scalar,
    effort: float,
    shift: Scalar,
    rounded: Ints32,
    turned: Ints32,
    table: Ints32,
) -> tuple[Scalar, Scalar, Scalar]:
    """Mask with ``lo <= sum <= hi``; -1 if there provably is none, -2 if none was found.

    Also the sum of the mask, and the `shift` used, a good first guess for the next row. `effort` is
    the number of sums to try in each turn, as a multiple of reach over width; every turn puts other
    items into the table, which helps where eight items happen to be small.
    """
    n = row.size
    lowest, highest, shift = round_row(row, shift, rounded)
    lo, hi = max(lo, lowest), min(hi, highest)
    if lo > hi:
        return -1, 0, shift
    if lo <= 0 <= hi:
        return 0, 0, shift
    margin = (n + 1) // 2 if shift > 0 else 0
    low = ((lo + ((1 << shift) - 1)) >> shift) + margin
    high = (hi >> shift) - margin
    if low > high:
        return -2, 0, shift
    padded = max(n, 8)
    rounded[n:padded] = 0
    enough = effort * (highest - lowest) / ((hi - lo + 1) * 256.0)
    everything = 1 << (padded - 8)
    few = enough + 4.0 < everything
    blocks = int(enough) + 4 if few else everything
    turns = min(6, (padded + 4) // 5) if few else 1
    for turn in range(turns):
        begin = (turn * 8) % padded
        if turn == 0:
            mask = scan(rounded, low, high - low, table, blocks)
        else:
            turn_row(rounded[:padded], begin, turned)
            mask = scan(turned, low, high - low, table, blocks)
        if mask >= 0:  # turned back; the items that only pad are beyond the first n bits
            mask = (mask << begin) | (mask >> (padded - begin))
            mask &= (np.int64(1) << np.int64(n)) - 1
            total = sum_of_mask(row, mask)
            if lo <= total <= hi:
                return mask, total, shift
            return -2, 0, shift
    return -1 if shift == 0 and blocks == everything else -2, 0, shift


scan_row = jit(scan_row_py)


def decide_few_py(
    row: Ints, lo: Scalar, hi: Scalar, most: Scalar, headroom: Scalar, chosen: Truths
) -> tuple[Scalar, Scalar]:
    """A decision in one call where trying suffices: its mask or what `scan_row` says, and the sum.

    -3 without headroom, which is looked at first; -2 also if more than `most` sums would have to be
    tried. ``chosen`` is filled for a mask.
    """
    if magnitude(row) > headroom:
        return -3, 0
    lowest, highest = reach(row)
    if max(lo, lowest) > min(hi, highest):
        return -1, 0
    if (highest - lowest) // (min(hi, highest) - max(lo, lowest) + 1) >= most:
        return -2, 0
    rounded = np.empty(64, np.int32)
    turned = np.empty(64, np.int32)
    table = np.empty(256, np.int32)
    few = row[:62]  # a mask has 64 bits
    mask, total, _ = scan_row(few, lo, hi, 1.5, 20, rounded, turned, table)
    if mask >= 0:
        for k in range(row.size):
            chosen[k] = k < 62 and (mask >> k) & 1 != 0
    elif few.size < row.size:
        mask = -2
    return mask, total


decide_few = jit(decide_few_py)
