"""Sums of many rows side by side, to a few bits: which of them are far from the end of their reach.

A column of many rows is a vector, so all that is done with it takes few steps: half the time of
`slack.window_slacks`, which goes row by row and knows every bit.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from slt_theory.subset_sum.kernels._compile import jit
from slt_theory.subset_sum.kernels._types import Cells, Ints32, Rows32, Scalar, Words
from slt_theory.subset_sum.kernels.philox import block_words

LANES = 128
"""Rows side by side. With 16 a column's few vectors took less time than the loop around them."""
_COLUMNS = 16
ROUGH = 9
"""Rough shares are `slack`'s in units of ``2**ROUGH``: 21 bits after the point."""
SHARE_ERROR = 601
"""Rough units by which a share is off at most.

With s a slope and x a number, both at most ``2**24`` in size: the rough number is off from
``x / 2**10`` by less than 4 (four roundings down: of the draw's bits, of the law's width, of its
lower end, of their product), the rough slope from ``s / 2**9`` by less than 1. So their product is
off by at most ``4 * 2**15 + 2**14``; divided by ``2**8`` that is 576, and a rounding more each here
and in `slack`.
"""
MOST_NUMBERS = 1000
"""Numbers of a sum: rough sums of so many stay below ``2**31``."""

_I, _U = np.int32, np.uint32
Words32Rows = Any


def fill_lanes_py(seed: np.uint64, stream: np.uint64, firsts: Words, out: Words32Rows) -> None:
    """Words of some rows: column w of lane l is word w from block ``firsts[l]`` on.

    As `philox.fill_blocks`, lane by lane; `out` is (columns, lanes), columns a multiple of 4.
    """
    for b in range(out.shape[0] // 4):
        four = out[4 * b : 4 * b + 4]
        for lane in range(LANES):
            c0, c1, c2, c3 = block_words(seed, stream, firsts[lane] + np.uint64(b))
            four[0, lane] = _U(c0)
            four[1, lane] = _U(c1)
            four[2, lane] = _U(c2)
            four[3, lane] = _U(c3)


fill_lanes = jit(fill_lanes_py)

Rough = tuple[np.int32, np.uint32, np.uint32, np.uint32]
"""Least number over ``2**10``, the doubled width of the law over ``2**10``; states below which a
number is pruned, and below which it is frozen."""


def add_columns_py(
    words: Words32Rows,
    states: Words32Rows,
    rough: Rough,
    groups: Ints32,
    slopes: Ints32,
    down: Rows32,
    up: Rows32,
) -> None:
    """Add what columns take from the slacks below and above of their groups: (groups, lanes)."""
    low, doubled, pruned, locked = rough
    for w in range(groups.size):
        g = groups[w]
        slope = _I(slopes[w])
        drawn = words[w]
        frozen = states[w]
        less = down[g]
        more = up[g]
        for lane in range(LANES):
            draw = _U(_U(drawn[lane] >> _U(17)) * doubled)
            share = _I(_I(slope * _I(low + _I(draw >> _U(16)))) >> _I(8))
            state = frozen[lane]
            share = share if state >= pruned else _I(0)
            fixed = state < locked
            more[lane] = _I(more[lane] + (share if fixed else max(share, _I(0))))
            less[lane] = _I(less[lane] - (share if fixed else min(share, _I(0))))


add_columns = jit(add_columns_py)


def rough_slacks_py(
    keys: tuple[np.uint64, np.uint64, np.uint64],
    where: tuple[Scalar, Scalar],
    rough: Rough,
    groups: Ints32,
    slopes: Ints32,
    slack: Cells,
) -> None:
    """Rough slacks int32 (rows, groups, 2) of all sums of a window, goals left out.

    Column k of the window belongs to group ``groups[k]`` with a rough slope. Rows whose first words
    lie alike in a block of four, every fourth, go side by side.
    """
    rows, count = slack.shape[0], slack.shape[1]
    words = np.empty((_COLUMNS, LANES), np.uint32)
    states = np.empty((_COLUMNS, LANES), np.uint32)
    down = np.empty((count, LANES), np.int32)
    up = np.empty((count, LANES), np.int32)
    firsts = np.empty(LANES, np.uint64)
    for block in range(0, rows, 4 * LANES):
        for r in range(block, min(block + 4, rows)):
            lanes = min(LANES, (rows - r + 3) // 4)
            skipped = (r * where[0] + where[1]) % 4
            for lane in range(LANES):  # those beyond the last row count for nothing
                firsts[lane] = np.uint64(((r + 4 * lane) * where[0] + where[1]) // 4)
            down[:] = 0
            up[:] = 0
            at = 0
            while at < groups.size:
                fill_lanes(keys[0], keys[1], firsts, words)
                fill_lanes(keys[0], keys[2], firsts, states)
                end = min(_COLUMNS, skipped + groups.size - at)
                part = slice(at, at + end - skipped)
                add_columns(
                    words[skipped:end],
                    states[skipped:end],
                    rough,
                    groups[part],
                    slopes[part],
                    down,
                    up,
                )
                at += _COLUMNS - skipped
                skipped = 0
                for lane in range(LANES):
                    firsts[lane] += np.uint64(_COLUMNS // 4)
            for lane in range(lanes):
                for g in range(count):
                    slack[r + 4 * lane, g, 0] = down[g, lane]
                    slack[r + 4 * lane, g, 1] = up[g, lane]


rough_slacks = jit(rough_slacks_py)
