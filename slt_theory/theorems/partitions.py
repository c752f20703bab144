"""Exact searches over signs and subsets of a few integers, for small checks of entries."""

from __future__ import annotations

from collections.abc import Sequence
from heapq import heapify, heappop, heapreplace

import numpy as np
from numpy.typing import NDArray

from slt_theory.statistics import Verdict
from slt_theory.streams import Purpose, stream_id, words32
from slt_theory.theorems.checks import Outcome, share

__all__ = [
    "differencing",
    "of_order",
    "reached",
    "signed_sums",
    "smallest_discrepancy",
    "together",
    "wide_integers",
]


def wide_integers(seed: int, stream: int, count: int, bits: int) -> list[int]:
    """Independent integers, uniform on 0 .. 2^bits - 1."""
    words = -(-bits // 32)
    drawn = words32(seed, stream_id(Purpose.TESTS, stream), 0, count * words).tolist()
    joined = (
        sum(word << (32 * k) for k, word in enumerate(drawn[at : at + words]))
        for at in range(0, count * words, words)
    )
    return [value & ((1 << bits) - 1) for value in joined]


def signed_sums(items: Sequence[int] | NDArray[np.int64]) -> NDArray[np.int64]:
    """sum s_i x_i over all signs with s_1 = +1: shape (2^(n-1),), or (2^(n-1), d) for vectors."""
    rows = np.asarray(items, dtype=np.int64)
    sums = rows[:1]
    for row in rows[1:]:
        sums = np.concatenate([sums + row, sums - row])
    return sums


def smallest_discrepancy(items: Sequence[int] | NDArray[np.int64]) -> int:
    """min over signs of |sum s_i x_i|, by all of them."""
    return int(np.abs(signed_sums(items)).min())


def differencing(items: Sequence[int]) -> int:
    """The difference that Karmarkar and Karp's method leaves: the two largest become one."""
    heap = [-abs(int(x)) for x in items]
    heapify(heap)
    while len(heap) > 1:
        largest = heappop(heap)
        heapreplace(heap, largest - heap[0])
    return -heap[0]


def reached(items: Sequence[int]) -> tuple[int, int]:
    """All subset sums as a set of bits: bit z - low is set if a subset has the sum z.

    Returns
    -------
    (bits, low)
    """
    bits, low = 1, 0
    for x in map(int, items):
        bits |= bits << abs(x) if x > 0 else 0
        if x < 0:
            # A negative number moves the origin: the old sums stand |x| further up.
            bits, low = bits | bits << -x, low + x
    return bits, low


def of_order(
    found: Sequence[int], order: float, below: tuple[float, str], above: tuple[float, str]
) -> tuple[Outcome, Outcome]:
    """Test that values are of an order: at most 4 times it, and above a quarter of it.

    Parameters
    ----------
    found : sequence of int
    order : float
    below, above : (float, str)
        The share of values that is claimed, and its words.
    """
    low, tiny = (sum(value <= factor * order for value in found) for factor in (4, 0.25))
    return share(low, len(found), *below), share(len(found) - tiny, len(found), *above)


def together(*outcomes: Outcome) -> Outcome:
    """One outcome of several: VIOLATED if one is, CONSISTENT if all are."""
    order = (Verdict.VIOLATED, Verdict.INCONCLUSIVE, Verdict.CONSISTENT)
    found = [outcome.verdict for outcome in outcomes]
    return Outcome(
        next(one for one in order if one in found),
        "; ".join(outcome.evidence for outcome in outcomes),
        {str(k): outcome.numbers for k, outcome in enumerate(outcomes)},
    )
