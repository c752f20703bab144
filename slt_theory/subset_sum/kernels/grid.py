"""Sums in the plane as a flat bitmap: one shift-or for each item, dilation by doubling."""

from __future__ import annotations

import numpy as np

from slt_theory.subset_sum.kernels._compile import jit
from slt_theory.subset_sum.kernels._types import Ints, Rows, Scalar, Words

_WORD = 64


def shift_or_py(source: Words, shift: Scalar, out: Words) -> None:
    """``out = source | source << shift`` over all words; ``shift >= 0`` bits fall off the end."""
    words = source.size
    whole = min(shift // _WORD, words)
    out[:whole] = source[:whole]
    if whole == words:
        return
    count = words - whole
    old = source[whole:]
    low = source[:count]
    new = out[whole:]
    up = np.uint64(shift % _WORD)
    if up == np.uint64(0):
        for k in range(count):
            new[k] = old[k] | low[k]
        return
    down = np.uint64(_WORD) - up
    new[0] = old[0] | (low[0] << up)
    for k in range(1, count):
        new[k] = old[k] | (low[k] << up) | (low[k - 1] >> down)


shift_or = jit(shift_or_py)


def smear_py(source: Words, step: Scalar, copies: Scalar, space: Words, spare: Words) -> bool:
    """OR of `source` shifted by ``0, step, ..., copies * step``; True if it is left in `spare`."""
    space[:] = source
    done = 0
    in_spare = False
    while done < copies:
        more = min(done + 1, copies - done)
        if in_spare:
            shift_or(spare, more * step, space)
        else:
            shift_or(space, more * step, spare)
        in_spare = not in_spare
        done += more
    return in_spare


smear = jit(smear_py)


def all_set_py(bits: Words, stride: Scalar, x0: Scalar, x1: Scalar, y0: Scalar, y1: Scalar) -> bool:
    """True if all bits with x0 <= x <= x1 and y0 <= y <= y1 are set; False outside the map."""
    if x0 < 0 or y0 < 0 or x1 >= stride or (y1 + 1) * stride > bits.size * _WORD:
        return False
    for y in range(y0, y1 + 1):
        x = x0
        while x <= x1:
            at = y * stride + x
            offset = at % _WORD
            count = min(_WORD - offset, x1 - x + 1)
            word = bits[at // _WORD] >> np.uint64(offset)
            inside = np.uint64(0xFFFFFFFFFFFFFFFF) >> np.uint64(_WORD - count)
            if word & inside != inside:
                return False
            x += count
    return True


all_set = jit(all_set_py)


def point_up_py(items: Rows, flipped: Rows) -> tuple[Scalar, Scalar, Scalar]:
    """Items turned so that they point up, or right; the least and greatest x and y of their sums.

    The least y is 0.
    """
    low = np.int64(0)
    high = np.int64(0)
    top = np.int64(0)
    for t in range(items.shape[0]):
        down = items[t, 1] < 0 or (items[t, 1] == 0 and items[t, 0] < 0)
        for c in range(2):
            flipped[t, c] = -items[t, c] if down else items[t, c]
        low += min(flipped[t, 0], np.int64(0))
        high += max(flipped[t, 0], np.int64(0))
        top += flipped[t, 1]
    return low, high, top


point_up = jit(point_up_py)


def near_sums_py(
    bits: Words,
    stride: Scalar,
    radius: Scalar,
    box: Ints,
    corner_x: Scalar,
    corner_y: Scalar,
    spaces: Words,
) -> bool:
    """True if all points of a box [x0, x1, y0, y1] are within `radius` of a sum; False below 0."""
    row_words = stride // _WORD
    # only rows near the box matter
    first = max(0, box[2] - radius - corner_y)
    last = min(bits.size // row_words, box[3] + radius - corner_y + 1)
    if radius < 0 or first >= last:
        return False
    wide = spaces[0, : (last - first) * row_words]
    tall = spaces[1, : (last - first) * row_words]
    free = spaces[2, : (last - first) * row_words]
    if smear(bits[first * row_words : last * row_words], 1, 2 * radius, wide, tall):
        wide, tall = tall, wide
    if smear(wide, stride, 2 * radius, tall, free):
        tall, free = free, tall
    dx = radius - corner_x
    dy = radius - corner_y - first
    return all_set(tall, stride, box[0] + dx, box[1] + dx, box[2] + dy, box[3] + dy)


near_sums = jit(near_sums_py)


def plane_times_py(
    items: Rows,
    reach: Scalar,
    step: Scalar,
    inner: Ints,
    outer: Ints,
    margin: Scalar,
    times: Ints,
) -> None:
    """``times`` = [first t not refuted, first t certain], -1 where not within n items.

    ``items`` (n, 2) are on a grid of `step`; targets are to be within `reach` of a sum. After t
    items a sum is off by t / 2 steps, and a target by half a step from its grid point: certain
    coverage takes that from the radius, refutation adds it. ``inner`` is the box [x0, x1, y0, y1]
    of grid points to be covered, ``outer`` of those that are targets themselves.
    """
    n = items.shape[0]
    flipped = np.empty_like(items)  # every item points up or right: negative ones move the corner
    low, high, top = point_up(items, flipped)
    stride = (high - low + 2 * margin + _WORD) // _WORD * _WORD
    words = (top + 2 * margin + 2) * (stride // _WORD)
    bits = np.zeros(words, np.uint64)
    other = np.zeros(words, np.uint64)
    spaces = np.empty((3, words), np.uint64)
    bits[-low // _WORD] = np.uint64(1) << np.uint64(-low % _WORD)
    corner_x = low
    corner_y = np.int64(0)
    times[0] = -1
    times[1] = -1
    for t in range(n + 1):
        if t > 0:
            shift_or(bits, flipped[t - 1, 1] * stride + flipped[t - 1, 0], other)
            bits, other = other, bits
            if flipped[t - 1, 0] != items[t - 1, 0] or flipped[t - 1, 1] != items[t - 1, 1]:
                corner_x += items[t - 1, 0]
                corner_y += items[t - 1, 1]
        for kind in range(2):
            if times[kind] >= 0 or (kind == 1 and times[0] < 0):
                continue
            box = outer if kind == 0 else inner
            if box[0] > box[1] or box[2] > box[3]:  # no grid point is a target: nothing refutes
                times[kind] = t
                continue
            slack = t if kind == 0 else -(t + 1)
            radius = (2 * reach + slack * step) // (2 * step)
            if near_sums(bits, stride, radius, box, corner_x, corner_y, spaces):
                times[kind] = t
        if times[1] >= 0:
            return


plane_times = jit(plane_times_py)
