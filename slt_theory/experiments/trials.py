"""Hitting times of independent trials: trial t draws from its own stream, whatever else runs."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slt_theory.arrays import Ints
from slt_theory.errors import BadInput, NeedsMemory, Stopped
from slt_theory.experiments.question import Question
from slt_theory.lattice import check_headroom, cover_range, target_range
from slt_theory.streams import Purpose, stream_id, words32_rows, words64

__all__ = ["MAX_ITEMS", "Question", "hitting_times", "never"]

MAX_ITEMS = 1 << 15
"""Trials that are not done after this many items are reported as unfinished."""

BLOCK_TRIALS = 1024
_MEMORY_LIMIT = 4 << 30
_VECTOR_ITEMS = 44
_SUM_BITS = 57

Progress = Callable[[int], None] | None


def _blocks(trials: int) -> Iterator[tuple[int, int]]:
    # Short blocks first: a rate is known soon, and little is lost where trials are slow.
    start, size = 0, 64
    while start < trials:
        stop = min(start + size, trials)
        yield start, stop
        start, size = stop, min(2 * size, BLOCK_TRIALS)


def hitting_times(
    question: Question,
    *,
    trials: int,
    seed: int,
    start: int = 0,
    max_items: int = MAX_ITEMS,
    threads: int | None = None,
    progress: Progress = None,
) -> Ints:
    """First numbers of items (trials,) at which trials answer the question; -1 beyond `max_items`.

    Parameters
    ----------
    question : Question
        Without a frozen pattern, which `slt_theory.experiments.frozen` answers.
    trials, seed, start : int
        Trials ``start .. start + trials - 1``; the time of a trial depends on its number and the
        64-bit seed alone.
    max_items : int
        Where a trial gives up.
    threads : int, optional
        Default: all cores. The result does not depend on it.
    progress : callable, optional
        Called with the number of finished trials after each block.

    Raises
    ------
    NeedsMemory
        If the interval kernel's workspace at this eps is beyond 4 GiB.
    Stopped
        At Ctrl-C, with the times of the finished trials.
    """
    if question.is_frozen:
        raise BadInput("question", "frozen", "has no hitting time", "use frozen_successes")
    check_question(question, trials, max_items)
    one_block = _vectors if question.dim > 1 else _sums
    times = np.full(trials, -1, dtype=np.int64)
    done = 0
    try:
        for low, high in _blocks(trials):
            times[low:high] = one_block(
                question, start + low, start + high, seed, max_items, threads
            )
            done = high
            if progress is not None:
                progress(high - low)
    except KeyboardInterrupt as cause:
        raise Stopped(cause, times[:done] if done else None) from None
    return times


def check_question(question: Question, trials: int, max_items: int) -> None:
    """Refuse what the lattice or the memory cannot hold, before anything is drawn."""
    if trials < 1:
        raise BadInput("trials", trials, "must be >= 1")
    unit = question.law.unit
    reach = cover_range(question.lo, question.hi, question.eps, unit)
    if reach.width < 1:
        raise BadInput(
            "eps",
            float(question.eps),
            f"is below the lattice's resolution {float(unit):.3g} of the law {question.law.name}",
            f"ask for at least {float(unit):.3g}",
        )
    largest = max(abs(e) for e in question.law.support)
    check_headroom(
        "law",
        int(largest / unit) * min(max_items, 64) + abs(reach.left) + abs(reach.right) + reach.width,
        bits=question.law.bits,
    )
    span = (question.hi - question.lo) + 64 * largest
    needed = int(64 * span / (2 * question.eps))
    if question.dim == 1 and needed > _MEMORY_LIMIT:
        raise NeedsMemory(
            f"coverage at eps = {float(question.eps):.3g}",
            needed,
            _MEMORY_LIMIT,
            "raise eps or ask for one fixed target",
        )


def fitting(question: Question, items: int) -> Question:
    """The question on a lattice coarse enough for sums of this many numbers (2^57 at most).

    Laws that live on one lattice only stay there; the kernels check the sums they meet.
    """
    law = question.law
    largest = int(max(abs(e) for e in law.support) / law.unit)
    spare = (largest * max(items, 1)).bit_length() - _SUM_BITS
    if spare <= 0:
        return question
    try:
        return replace(question, law=law.at(law.bits - spare))
    except BadInput:
        return question


def rows(question: Question, seed: int, numbers: NDArray[np.uint64], items: int) -> Ints:
    """The first `items` numbers of each trial: shape (trials, items)."""
    base = np.uint64(stream_id(Purpose.TRIALS, 0))
    return question.law.sample_rows(seed, base + numbers, items)


def ends(question: Question, seed: int, numbers: NDArray[np.uint64]) -> tuple[int, Any, Any]:
    """Width, left and right of `cover_range`; one each a trial where targets are random."""
    unit = question.law.unit
    if not question.random:
        return cover_range(question.lo, question.hi, question.eps, unit)
    width = cover_range(question.lo, question.lo, question.eps, unit).width
    streams = np.uint64(stream_id(Purpose.TARGETS, 0)) + numbers
    pairs = words32_rows(seed, streams, 2).astype(np.uint64)
    words = ((pairs[:, 0] | pairs[:, 1] << np.uint64(32)) >> np.uint64(12)).tolist()
    # left = floor((z + eps) / unit), right = ceil((z - eps) / unit), z = lo + (hi - lo) w / 2^52,
    # in Python integers.
    slope = (question.hi - question.lo) / unit / (1 << 52)
    high, low = (question.lo + question.eps) / unit, (question.lo - question.eps) / unit
    scale = math.lcm(slope.denominator, high.denominator, low.denominator)
    rise, top, bottom = (int(value * scale) for value in (slope, high, low))
    lefts = np.array([(top + rise * w) // scale for w in words], dtype=np.int64)
    rights = np.array([-((-bottom - rise * w) // scale) for w in words], dtype=np.int64)
    return width, lefts, rights


def random_target(question: Question, seed: int, trial: int, coordinate: int = 0) -> Fraction:
    """The target of a trial, uniform on the window's 2**-52 grid."""
    word = int(words64(seed, stream_id(Purpose.TARGETS, trial), coordinate, 1)[0])
    return question.lo + (question.hi - question.lo) * Fraction(word >> 12, 1 << 52)


def out_of_reach(question: Question, seed: int, numbers: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """Trials that no number of items finishes, by the support and the lattice of the law alone.

    All sums are multiples of the law's `step`, at least 0 where no item is negative, at most 0
    where none is positive. A trial needs sums s <= left and s' >= right with neighbours at most
    `width` apart; where steps are wider than this, s and s' are one sum.
    """
    law, count = question.law, len(numbers)
    width, *bounds = ends(question, seed, numbers)
    left, right = (np.broadcast_to(np.asarray(bound), (count,)) for bound in bounds)
    low, high = law.support
    reached = np.ones(count, dtype=bool)
    if low >= 0:
        reached &= left >= 0
    if high <= 0:
        reached &= right <= 0
    step = law.step
    if step == 0:
        reached &= (left >= 0) & (right <= 0)
    elif step > width:
        reached &= left // step * step >= right
    return ~reached


def _two_sided(
    question: Question, seed: int, numbers: NDArray[np.uint64], sample: Ints
) -> NDArray[np.bool_]:
    """Rows whose items so far have the signs that the targets need, and not all one value."""
    width, *bounds = ends(question, seed, numbers)
    left, right = (np.broadcast_to(np.asarray(bound), (len(sample),)) for bound in bounds)
    low, high = sample.min(axis=1), sample.max(axis=1)
    step = np.maximum(np.abs(low), 1)
    stuck = (low == high) & (step > width) & (left // step * step < right)
    return np.asarray(~(((low >= 0) & (left < 0)) | ((high <= 0) & (right > 0)) | stuck))


def never(question: Question) -> str:
    """Why no n answers a question about all targets or a fixed one; empty where one may."""
    if question.random or question.is_frozen or question.dim > 1:
        return ""
    if not out_of_reach(question, 0, np.zeros(1, dtype=np.uint64))[0]:
        return ""
    law = question.law
    low, high = law.support
    window = f"[{float(question.lo):g}, {float(question.hi):g}]"
    if low >= 0 and question.lo + question.eps < 0:
        return f"no n suffices: {law.name} has no negative numbers, {window} has negative targets"
    if high <= 0 and question.hi - question.eps > 0:
        return f"no n suffices: {law.name} has no positive numbers, {window} has positive targets"
    gap = float(law.step * law.unit)
    return (
        f"no n suffices: sums of {law.name} are multiples of {gap:g}, {window} has targets between"
    )


def _sums(
    question: Question, first: int, last: int, seed: int, max_items: int, threads: int | None
) -> Ints:
    """One block of trials: draw a few items, then twice as many for those that need more."""
    from slt_theory.subset_sum import hitting_times as kernel
    from slt_theory.subset_sum.fixed_size import coverage_by_size

    numbers = np.arange(first, last, dtype=np.uint64)
    times = np.full(last - first, -1, dtype=np.int64)
    open_rows = np.flatnonzero(~out_of_reach(question, seed, numbers))
    items = 24
    while open_rows.size:
        items = min(items, max_items)
        asked = fitting(question, items)
        sample = rows(asked, seed, numbers[open_rows], items)
        # Kernels take long over rows that have no end; most of these show by their signs.
        tried = _two_sided(asked, seed, numbers[open_rows], sample)
        bounds = ends(asked, seed, numbers[open_rows[tried]])
        found = np.full(open_rows.size, -1, dtype=np.int64)
        if not tried.any():
            pass
        elif question.size is None:
            found[tried] = kernel(sample[tried], *bounds, threads=threads)
        else:
            sizes = coverage_by_size(
                sample[tried], *bounds, max_size=question.size, threads=threads
            )
            found[tried] = sizes[:, question.size]
        times[open_rows] = found
        open_rows = open_rows[found < 0]
        if items == max_items:
            break
        items *= 2
    return times


def _vectors(
    question: Question, first: int, last: int, seed: int, max_items: int, threads: int | None
) -> Ints:
    """Vectors, one trial after another: success grows with n, so bisection finds the first n."""
    from slt_theory.subset_sum.vector import decide

    dim, unit = question.dim, question.law.unit
    most = min(max_items, _VECTOR_ITEMS)
    times = np.full(last - first, -1, dtype=np.int64)
    for index, trial in enumerate(range(first, last)):
        sample = rows(question, seed, np.array([trial], dtype=np.uint64), most * dim)[0]
        items = np.ascontiguousarray(sample.reshape(most, dim))
        targets = [
            random_target(question, seed, trial, k) if question.random else question.lo
            for k in range(dim)
        ]
        boxes = [target_range(z, question.eps, unit) for z in targets]
        low, high = np.array([b.lo for b in boxes]), np.array([b.hi for b in boxes])

        def found(n: int, items: Ints = items, low: Ints = low, high: Ints = high) -> bool:
            return decide(items[:n], low, high) is not None

        times[index] = _first(found, most)
    return times


def _first(found: Callable[[int], bool], most: int) -> int:
    """Smallest n with an answer, by doubling steps and bisection; -1 if there is none."""
    if found(0):
        return 0
    low, high = 0, 8
    while not found(min(high, most)):
        if high >= most:
            return -1
        low, high = high, high + 8
    high = min(high, most)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if found(middle) else (middle, high)
    return high
