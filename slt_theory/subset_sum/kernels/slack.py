"""Which numbers to leave out so that locked ones keep every sum of a group within reach.

The numbers of a group are candidates of many sums, each with its own out-weights and its own frozen
pattern. With L the sum of the locked products, the free ones reach from ``low`` to ``high``: a goal
has the slacks ``goal - L - low`` below and ``high - (goal - L)`` above. Leaving a number out takes
its share from both slacks of every sum, which helps where it is locked the wrong way.
"""

from __future__ import annotations

import numpy as np

from slt_theory.subset_sum.kernels._compile import jit
from slt_theory.subset_sum.kernels._types import (
    Cells,
    Ints,
    Rows,
    Rows32,
    Scalar,
    Truths,
    Words32,
)
from slt_theory.subset_sum.kernels.philox import fill_blocks

GRAIN = 18
"""Products are known here to 18 bits less: those of two 24-bit numbers then fit in 32."""


Source = tuple[Scalar, np.uint64, Scalar, Scalar]
"""Least number and twice their count, of a uniform law; states below which a number is pruned, and
below which it is frozen."""


def share_of_py(
    word: Scalar,
    state: Scalar,
    source: Source,
    slope: Scalar,
) -> tuple[Scalar, bool]:
    """A number times its slope, 0 if pruned, and whether it is frozen."""
    low, doubled, pruned, locked = source
    draw = (np.uint64(word) * doubled) >> np.uint64(32)
    number = low + np.int64((draw + np.uint64(1)) >> np.uint64(1))
    share = (slope * number) >> GRAIN
    return (np.int64(0) if np.int64(state) < pruned else share), np.int64(state) < locked


share_of = jit(share_of_py, inline="always")


def draw_window_py(
    keys: tuple[np.uint64, np.uint64, np.uint64],
    where: tuple[Scalar, Scalar],
    row: Scalar,
    words: Words32,
    states: Words32,
) -> Scalar:
    """Words and states of a row from its first column on, and how many come before that one.

    `keys` are the seed, the stream of numbers and the one that freezes; `where` a row's length and
    the first column.
    """
    start = row * where[0] + where[1]
    fill_blocks(keys[0], keys[1], np.uint64(start // 4), words)
    fill_blocks(keys[0], keys[2], np.uint64(start // 4), states)
    return start % 4


draw_window = jit(draw_window_py, inline="always")  # else `shares` takes 1.55 times as long


def both_shares_py(
    word: Scalar, state: Scalar, source: Source, slope: Scalar
) -> tuple[Scalar, Scalar]:
    """What a number takes from the slacks below and above: all if locked, else what it can add."""
    share, fixed = share_of(word, state, source, slope)
    return (
        -share if fixed else max(-share, np.int64(0)),
        share if fixed else max(share, np.int64(0)),
    )


both_shares = jit(both_shares_py, inline="always")


def shares_py(
    seed: np.uint64,
    stream: np.uint64,
    frozen_stream: np.uint64,
    columns: Scalar,
    first: Scalar,
    source: Source,
    slopes: Ints,
    live: Ints,
    goals: Ints,
    bound: Scalar,
    below: Rows32,
    above: Rows32,
    slack: Rows,
) -> Scalar:
    """Slacks of sums below `bound`, with the shares of live numbers in them; how many there are.

    Numbers are uniform, one word each, as in `philox.uniform32`; sum r has those of columns
    ``first .. first + n - 1`` of row r, of which `live` lists the live ones. Row t of ``below``,
    ``above`` and ``slack`` belongs to the t-th sum that is near the end of its reach.
    """
    n = slopes.size
    keys = (seed, stream, frozen_stream)
    words = np.empty(4 * (n // 4 + 2), np.uint32)
    states = np.empty_like(words)
    count = 0
    for r in range(goals.size):
        skipped = draw_window(keys, (columns, first), r, words, states)
        down = goals[r] >> GRAIN
        up = -down
        for k in range(n):  # without branches or stores: most sums are far from the end
            less, more = both_shares(words[skipped + k], states[skipped + k], source, slopes[k])
            down += less
            up += more
        if min(down, up) >= bound:
            continue
        for at in range(live.size):
            k = live[at]
            less, more = both_shares(words[skipped + k], states[skipped + k], source, slopes[k])
            below[count, at] = less
            above[count, at] = more
        slack[count, 0] = down
        slack[count, 1] = up
        count += 1
    return count


shares = jit(shares_py)


def deficit_py(
    below: Rows32, above: Rows32, slack: Rows, k: Scalar, sign: Scalar, margin: Scalar
) -> Scalar:
    """Total shortfall of the sums below `margin` once number k is left out (or back: sign -1)."""
    total = np.int64(0)
    for r in range(slack.shape[0]):
        total += max(np.int64(0), margin - slack[r, 0] + sign * below[r, k])
        total += max(np.int64(0), margin - slack[r, 1] + sign * above[r, k])
    return total


deficit = jit(deficit_py)


def leave_out_py(
    below: Rows32, above: Rows32, slack: Rows, margin: Scalar, most: Scalar, alive: Truths
) -> Scalar:
    """Leave out at most `most` numbers so that no sum lacks anything; what is lacking in the end.

    In each step the sum that lacks most names the candidates: numbers locked against it, and those
    left out that would help it.
    """
    lacking = np.int64(0)
    for r in range(slack.shape[0]):
        for side in range(2):
            lacking += max(np.int64(0), margin - slack[r, side])
    out = 0
    while lacking > 0:
        worst = 0
        side = 0
        for r in range(slack.shape[0]):
            for s in range(2):
                if slack[r, s] < slack[worst, side]:
                    worst = r
                    side = s
        best = lacking
        chosen = -1
        for k in range(alive.size):
            share = below[worst, k] if side == 0 else above[worst, k]
            if (share < 0 and alive[k] and out < most) or (share > 0 and not alive[k]):
                sign = 1 if alive[k] else -1
                total = deficit(below, above, slack, k, sign, margin)
                if total < best:
                    best = total
                    chosen = k
        if chosen < 0:
            return lacking
        sign = 1 if alive[chosen] else -1
        out += sign
        alive[chosen] = not alive[chosen]
        lacking = best
        for r in range(slack.shape[0]):
            slack[r, 0] -= sign * below[r, chosen]
            slack[r, 1] -= sign * above[r, chosen]
    return lacking


leave_out = jit(leave_out_py)


def window_slacks_py(
    keys: tuple[np.uint64, np.uint64, np.uint64],
    where: tuple[Scalar, Scalar],
    source: Source,
    places: Rows,
    slopes: Rows,
    slack: Cells,
) -> None:
    """Slacks (rows, groups, 2) of all sums of a window; `slack` comes with those of goals alone.

    Group g has the columns ``places[g]``, counted from the window's first, with a slope each.
    """
    words = np.empty(4 * (places.size // 4 + 2), np.uint32)
    states = np.empty_like(words)
    for r in range(slack.shape[0]):
        skipped = draw_window(keys, where, r, words, states)
        for g in range(places.shape[0]):
            down = np.int64(0)
            up = np.int64(0)
            for w in range(places.shape[1]):
                k = skipped + places[g, w]
                below, above = both_shares(words[k], states[k], source, slopes[g, w])
                down += below
                up += above
            slack[r, g, 0] += down
            slack[r, g, 1] += up


window_slacks = jit(window_slacks_py)


def window_shares_py(
    keys: tuple[np.uint64, np.uint64, np.uint64],
    where: tuple[Scalar, Scalar],
    source: Source,
    places: Ints,
    slopes: Ints,
    rows: Ints,
    shares: Cells,
) -> None:
    """What every number of one group takes from the slacks of some rows: (side, row, number)."""
    words = np.empty(4 * (places.max() // 4 + 3), np.uint32)
    states = np.empty_like(words)
    for at in range(rows.size):
        skipped = draw_window(keys, where, rows[at], words, states)
        for w in range(places.size):
            k = skipped + places[w]
            below, above = both_shares(words[k], states[k], source, slopes[w])
            shares[0, at, w] = below
            shares[1, at, w] = above


window_shares = jit(window_shares_py)
