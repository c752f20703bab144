"""Coverage by gap cells: one possible hole for each cell, many cells at a time.

With cells as wide as the intervals, a cell has at most one hole: two would leave a component
between them shorter than an interval. Holes are kept relative to their cell in small integers, on a
grid of 2^-14 of the width (16 bits) or 2^-29 (32 bits). Rounding is certified: intervals are
shortened by more than the rounding can shift, so that "covered" is certain; "not covered" is
certain where a hole is longer than what was taken away; a trial with a hole in between is left to a
finer grid, and at last to the interval union.

Half of the sums say all. Replacing an item x < 0 by -x shifts every sum by -x, so let all items be
>= 0 and the window move. Then S_t, the union of [s, s + w] over the sums s of t items with total
T_t, lies in [0, M_t], M_t = T_t + w, and is symmetric: p is in S_t exactly if M_t - p is. Cells up
to M_t / 2 are kept:

    0        x              M/2      M'/2 = (M + x)/2             M
    |--------|---------------|--------|···························|      S_t
             |  S_t + x meets these   |
             |-----------------------→|
                             |←------→|  first, by reflection of S_t at M/2

Below x nothing changes. The window is folded at the middle in the same way.
"""

from __future__ import annotations

import math

import numpy as np

from slt_theory.subset_sum.kernels._compile import jit
from slt_theory.subset_sum.kernels._types import Cells, Ints, Scalar

DOUBT = -2

_EXACT = 2.0**49  # below it a product of floats is within half a unit
_LANES = 64  # counts are rounded up to whole vectors: a loop of one costs 4 ns, its rest up to 60
_KEPT = 2 * _LANES  # cells that are always kept: below, reflection would cost more than it saves
_LISTED = 64  # sums that are listed before the first cell is made
_BASE = _LANES  # index of cell 0: a whole vector of cells without sums lies below

SPARE = _BASE + _KEPT + _LANES
"""Cells that `space` has beyond those of half the sums."""


def step_cells_py(
    begin: Cells,
    end: Cells,
    new_begin: Cells,
    new_end: Cells,
    first: Scalar,
    last: Scalar,
    cells: Scalar,
    part: Scalar,
    width: Scalar,
) -> None:
    """Holes of ``C u (C + x)`` at the indices ``first .. last - 1``, x = cells * width + part.

    A hole survives where a hole of C meets a hole of C + x. The shifted cell is put together of the
    upper piece of one cell and the lower piece of the next.
    """
    kind = begin.dtype.type
    count = last - first
    begin0 = begin[first:last]
    end0 = end[first:last]
    begin2 = begin[first - cells : last - cells]
    end2 = end[first - cells : last - cells]
    begin1 = begin[first - cells - 1 : last - cells - 1]
    end1 = end[first - cells - 1 : last - cells - 1]
    begins = new_begin[first:last]
    ends = new_end[first:last]
    full = kind(width)
    zero = kind(0)
    up = kind(part)
    down = kind(part - width)
    for c in range(count):
        b2 = min(kind(begin2[c] + up), full)
        e2 = min(kind(end2[c] + up), full)
        b1 = max(kind(begin1[c] + down), zero)
        e1 = max(kind(end1[c] + down), zero)
        start = b1 if b1 < e1 else b2
        stop = e2 if b2 < e2 else e1
        begins[c] = max(begin0[c], start)
        ends[c] = min(end0[c], stop)


step_cells = jit(step_cells_py)


def add_item_py(
    begin: Cells,
    end: Cells,
    new_begin: Cells,
    new_end: Cells,
    last: Scalar,
    cells: Scalar,
    part: Scalar,
    width: Scalar,
) -> None:
    """Holes of ``C u (C + x)`` below cell `last`; what is written beyond says nothing."""
    same = -(-min(cells, last) // _LANES) * _LANES  # below x nothing changes
    old_begins, old_ends = begin[_BASE : _BASE + same], end[_BASE : _BASE + same]
    begins, ends = new_begin[_BASE : _BASE + same], new_end[_BASE : _BASE + same]
    for c in range(same):
        begins[c] = old_begins[c]
        ends[c] = old_ends[c]
    if cells < last:
        first = _BASE + cells
        stop = first + -(-(last - cells) // _LANES) * _LANES
        step_cells(begin, end, new_begin, new_end, first, stop, cells, part, width)


add_item = jit(add_item_py)


def reflect_cells_py(
    begin: Cells,
    end: Cells,
    spare_begin: Cells,
    spare_end: Cells,
    first: Scalar,
    last: Scalar,
    cells: Scalar,
    part: Scalar,
    width: Scalar,
) -> None:
    """Holes of the cells ``first .. last - 1`` from those that lie as far below the middle.

    The set is symmetric about M / 2, M = cells * width + part; cell c is the mirror image of the
    upper piece of cell ``cells - c - 1`` and the lower piece of cell ``cells - c``, and a hole runs
    from the image of its end to that of its beginning.
    """
    kind = begin.dtype.type
    count = -(-(last - first) // _LANES) * _LANES
    high = _BASE + cells - first
    low = high - count
    begin1, end1 = begin[low + 1 : high + 1], end[low + 1 : high + 1]
    begin2, end2 = begin[low:high], end[low:high]
    full = kind(width)
    bend = kind(part)
    for c in range(count):
        b1 = kind(bend - min(begin1[c], bend))
        e1 = kind(bend - min(end1[c], bend))
        b2 = kind(full - kind(max(begin2[c], bend) - bend))
        e2 = kind(full - kind(max(end2[c], bend) - bend))
        spare_begin[c] = e1 if e1 < b1 else e2
        spare_end[c] = b2 if e2 < b2 else b1
    begins = begin[_BASE + first : _BASE + first + count]
    ends = end[_BASE + first : _BASE + first + count]
    size = np.uint64(count)
    for i in range(size):  # an unsigned index never counts from the end: this is vectorised
        mirror = size - np.uint64(1) - i
        begins[i] = spare_begin[mirror]
        ends[i] = spare_end[mirror]


reflect_cells = jit(reflect_cells_py)


def longest_hole_py(
    begin: Cells, end: Cells, low: Scalar, high: Scalar, enough: Scalar, bits: Scalar
) -> Scalar:
    """Longest piece of a hole within the points [low, high]; stops looking beyond `enough`."""
    kind = begin.dtype.type
    mask = (1 << bits) - 1
    first = (low >> bits) + _BASE
    last = (high >> bits) + _BASE
    if first == last:
        return min(np.int64(end[first]), high & mask) - max(np.int64(begin[first]), low & mask)
    longest = max(
        np.int64(end[first]) - max(np.int64(begin[first]), low & mask),
        min(np.int64(end[last]), high & mask) - np.int64(begin[last]),
    )
    start = first + 1
    size = 64  # a window that is not covered mostly shows it soon
    while start < last and longest <= enough:
        stop = min(start + size, last)
        begins = begin[start:stop]
        ends = end[start:stop]
        most = kind(0)
        for c in range(stop - start):
            most = max(most, kind(ends[c] - begins[c]))
        longest = max(longest, np.int64(most))
        start = stop
        size = 1024
    return longest


longest_hole = jit(longest_hole_py)


def folded_py(low: Scalar, high: Scalar, length: Scalar) -> tuple[Scalar, Scalar]:
    """The points [low, high] of [0, length], those beyond the middle put where they mirror."""
    if 2 * low >= length:
        return length - high, length - low
    if 2 * high > length:
        return min(low, length - high), (length + 1) >> 1
    return low, high


folded = jit(folded_py)


def mark_sums_py(
    begin: Cells, end: Cells, sums: Ints, count: Scalar, cells: Scalar, bits: Scalar
) -> None:
    """The first `cells` cells of the union of [s, s + width] over ``sums[:count]``, unsorted."""
    for i in range(_BASE + cells):
        begin[i] = 0
        end[i] = 1 << bits
    for i in range(count):
        cell = _BASE + (sums[i] >> bits)
        part = sums[i] & ((1 << bits) - 1)
        if cell < _BASE + cells:
            end[cell] = min(np.int64(end[cell]), part)
            begin[cell + 1] = max(np.int64(begin[cell + 1]), part)


mark_sums = jit(mark_sums_py)


def extend_cells_py(
    begin: Cells,
    end: Cells,
    spare_begin: Cells,
    spare_end: Cells,
    first: Scalar,
    last: Scalar,
    length: Scalar,
    bits: Scalar,
) -> None:
    """Holes of the cells ``first .. last - 1`` of a set within [0, length], symmetric there."""
    full = 1 << bits
    cells = length >> bits
    beyond = max(first, min(last, cells + 1))
    if first < beyond:
        part = length & (full - 1)
        reflect_cells(begin, end, spare_begin, spare_end, first, beyond, cells, part, full)
    for c in range(beyond, last):
        begin[_BASE + c] = 0
        end[_BASE + c] = full


extend_cells = jit(extend_cells_py)


def list_sums_py(
    row: Ints, scale: float, most: Scalar, sums: Ints
) -> tuple[Scalar, Scalar, Scalar, Scalar]:
    """List the sums of the absolute values of the first items, at most about `most`.

    Returns the number of items, that of sums, the sum of the absolute values, and `below`: that of
    the items < 0, positive, which is how far the window has moved.
    """
    sums[0] = 0
    count = 1
    reach = np.int64(0)
    below = np.int64(0)
    t = 0
    while t < row.size and count < most:
        if row[t] != 0:
            scaled = np.int64(np.rint(row[t] * scale))
            reach += abs(scaled)
            below += max(-scaled, np.int64(0))
            for i in range(count):
                sums[count + i] = sums[i] + abs(scaled)
            count *= 2
        t += 1
    return t, count, reach, below


list_sums = jit(list_sums_py)


def scaled_window_py(
    row: Ints, width: Scalar, left: Scalar, right: Scalar, bits: Scalar
) -> tuple[float, Scalar, Scalar, Scalar]:
    """Units of the grid in one of the lattice, the window of targets in these, a doubtful hole.

    Intervals are ``2**bits`` long after they were shortened; one length is added to the window. It
    is empty where products of floats would not be exact enough. Longer holes than the last number
    are certain.
    """
    n = row.size
    spare = 2 * n + 4  # what the intervals are shortened by
    doubt = spare + 2 * n + 16
    full = np.int64(1) << bits
    scale = (full + spare) / float(width)
    if max(abs(left), abs(right), np.abs(row).max()) * scale >= _EXACT:
        return scale, np.int64(0), np.int64(0), doubt
    # rounding moves every sum by at most n, and the ends by at most 4
    low = np.int64(math.floor(left * scale)) - 2 - n
    return scale, low, np.int64(math.ceil(right * scale)) + 2 + n + full, doubt


scaled_window = jit(scaled_window_py)


def covers_py(
    begin: Cells,
    end: Cells,
    low: Scalar,
    high: Scalar,
    length: Scalar,
    doubt: Scalar,
    bits: Scalar,
) -> Scalar:
    """1 if no hole of a set within [0, length] meets [low, high], -1 if one does, else DOUBT."""
    if low < -doubt or high > length + doubt:
        return -1
    if low < 0 or high > length:
        return DOUBT
    low, high = folded(low, high, length)
    hole = longest_hole(begin, end, low, high, doubt, bits)
    if hole > doubt:
        return -1
    return 1 if hole <= 0 else DOUBT


covers = jit(covers_py)


def hitting_time_py(
    row: Ints,
    width: Scalar,
    left: Scalar,
    right: Scalar,
    bits: Scalar,
    space: Cells,
    sums: Ints,
) -> Scalar:
    """As `intervals.hitting_time`, or DOUBT where rounding might decide or space is short."""
    begin, end, new_begin, new_end = space[0], space[1], space[2], space[3]
    if right <= 0 <= left:
        return 0
    n = row.size
    if n == 0:
        return -1
    full = np.int64(1) << bits
    scale, window_low, window_high, doubt = scaled_window(row, width, left, right, bits)
    if window_low >= window_high:
        return DOUBT
    # fewer than (right - left) / width sums are listed only: they cannot cover the targets
    most = min((right - left) // width >> 1, sums.size)
    t, count, reach, below = list_sums(row, scale, most, sums)
    length = full + reach  # M: the set lies in [0, M]
    known = max(np.int64(_KEPT), (((length + 1) >> 1) >> bits) + 1)
    if known + _BASE + _LANES > begin.size:
        return DOUBT
    mark_sums(begin, end, sums, count, known, bits)
    mark_sums(new_begin, new_end, sums, 0, known, bits)
    while t < n:
        t += 1
        if row[t - 1] == 0:  # a pruned item
            continue
        scaled = np.int64(np.rint(row[t - 1] * scale))
        item = abs(scaled)
        below += max(-scaled, np.int64(0))
        need = max((((length + item + 1) >> 1) >> bits) + 1, known)
        if need + _BASE + _LANES > begin.size:
            return DOUBT
        scratch = new_begin[_BASE:], new_end[_BASE:]  # the margin stays
        extend_cells(begin, end, scratch[0], scratch[1], known, need, length, bits)
        known = need
        length += item
        last = min(need, (length >> bits) + 1)
        add_item(begin, end, new_begin, new_end, last, item >> bits, item & (full - 1), full)
        begin, end, new_begin, new_end = new_begin, new_end, begin, end
        covered = covers(begin, end, window_low + below, window_high + below, length, doubt, bits)
        if covered != -1:
            return t if covered == 1 else DOUBT
    return -1


hitting_time = jit(hitting_time_py)


def hitting_times_py(
    items: Ints,
    width: Scalar,
    left: Ints,
    right: Ints,
    bits: Scalar,
    times: Ints,
    space: Cells,
) -> Scalar:
    """`hitting_time` of every row on a grid of 2^-bits of the width; returns how many are in doubt.

    `space` has four rows, one entry a cell up to the middle of the sums, and `SPARE` more.
    """
    doubts = 0
    sums = np.empty(_LISTED, np.int64)
    for r in range(items.shape[0]):
        times[r] = hitting_time(
            items[r],
            width,
            left[r],
            right[r],
            bits,
            space,
            sums,
        )
        if times[r] == DOUBT:
            doubts += 1
    return doubts


hitting_times_by_cells = jit(hitting_times_py)
