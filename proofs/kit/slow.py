"""Second evaluations of the certified bounds: slow, by other formulas, in rational arithmetic.

Nothing here is shared with `slt_theory.certified`. A proof takes the number that the package
returns and asks whether the proved inequality holds there, and whether it fails one below.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import cache

from .balls import ball

__all__ = [
    "frozen_holds",
    "irwin_hall",
    "is_smallest",
    "lemma_r",
    "mixture",
    "ordered",
    "positive_below",
    "window_failure",
    "worst_process",
]

Profile = Sequence[Fraction]


@cache
def irwin_hall(k: int, s: Fraction) -> Fraction:
    """P(U_1 + ... + U_k <= s), by ``k F_k(s) = s F_(k-1)(s) + (k - s) F_(k-1)(s - 1)``."""
    if s <= 0 or s >= k:
        return Fraction(int(s >= k))
    return (s * irwin_hall(k - 1, s) + (k - s) * irwin_hall(k - 1, s - 1)) / k


@cache
def _short(m: int, s: Fraction) -> Fraction:
    """P(the positive ones of m items U[-1,1] add up to less than s)."""
    if s <= 0:
        return Fraction(0)
    terms = (math.comb(m, k) * irwin_hall(k, s) for k in range(m + 1))
    total: Fraction = sum(terms, Fraction(0))
    return total / (1 << m)


@cache
def lemma_r(n: int, error: Fraction, inside: Fraction) -> Fraction:
    """Failure bound on a window of length 1 with 0 at `inside` from its end: every split of n.

    Sums cover [-e, e], e half of the error; at the start that is [-min(e, inside), e].
    """
    e = error / 2
    start = e + min(e, inside)
    return min(
        Fraction(7, 8) ** t / (2 * start) + Fraction(3, 4) ** (n - t) / (2 * e)
        for t in range(n + 1)
    )


def window_failure(n: int, error: Fraction, lo: Fraction, hi: Fraction) -> Fraction:
    """Failure bound of Lemma R with n items of U[-1,1] for all targets of [lo, hi], 0 inside.

    Up to length 1 the window is moved so that 0 is in its middle as far as the targets allow. A
    longer one is reached from [s, s + 1] by further items.
    """
    if hi - lo <= 1:
        inside = max(min(-s, s + 1) for s in (hi - 1, lo, Fraction(-1, 2)) if hi - 1 <= s <= lo)
        return min(Fraction(1), lemma_r(n, error, inside))
    best = Fraction(1)
    for s in {max(lo, Fraction(-1, 2)), min(hi - 1, Fraction(-1, 2))}:
        if -1 <= s <= 0:
            right, left = max(Fraction(0), hi - s - 1), max(Fraction(0), s - lo)
            for m in range(1, n + 1):
                rest = lemma_r(n - m, error, min(-s, s + 1))
                best = min(best, rest + _short(m, right) + _short(m, left))
    return best


def mixture(profile: Profile, weight: Fraction) -> Fraction:
    """Failure with ``len(profile) - 1`` items, each of use with probability `weight`."""
    n = len(profile) - 1
    return sum(
        (math.comb(n, m) * weight**m * (1 - weight) ** (n - m) * profile[m] for m in range(n + 1)),
        Fraction(0),
    )


def frozen_holds(n: int, core: int, free: Fraction, locked: Fraction, delta: Fraction) -> bool:
    """The hypotheses of the frozen lemma at n, where `core` items do at delta / 2."""
    level = (ball(16) / ball(delta)).log()
    log2 = ball(2).log()
    half = ball(free * n / 4 - 1)
    # 2 m L / 3 = 2 L (q n + L) / (3 ln 2), compared by squares: a >= 8 t.
    drift = 2 * level * (ball(locked * n) + level) / (3 * log2)
    return bool(
        free * n / 4 - 1 >= core
        and ball(free * n) > 8 * level
        and half > 64 * level / 3
        and half * half > 64 * drift
    )


def worst_process(
    start: Fraction, stop: Fraction, kappa: Fraction, loss: Fraction, steps: int, grid: int
) -> list[Fraction]:
    """Failure of a feasible process of shares k / grid: a lower bound of the dynamic program.

    From k it goes to two points of [k, min(2 k, grid)] whose mean is the least one allowed.
    """
    unit = 1 << 60
    values = [unit if Fraction(grid - k, grid) >= stop else 0 for k in range(grid + 1)]
    first = math.ceil(start * grid)
    rows = [Fraction(values[first], unit)]
    means = []
    for k in range(grid):
        v = Fraction(k, grid)
        means.append(max(Fraction(k), grid * (v + kappa * v * (1 - v) - loss)))
    for _ in range(steps):
        new = values.copy()
        for k in range(first, grid):
            below, end = int(means[k]), min(2 * k, grid)
            if below >= end:
                new[k] = values[end]
                continue
            # Of all chords over a <= mean <= b, for each a the one of largest slope; floored.
            part = means[k] - below
            best = values[below] + math.floor((values[below + 1] - values[below]) * part)
            for a in range(k, below + 1):
                slope = max(
                    Fraction(values[b] - values[a], b - a) for b in range(below + 1, end + 1)
                )
                best = max(best, values[a] + math.floor(slope * (means[k] - a)))
            new[k] = best
        values = new
        rows.append(Fraction(values[first], unit))
    return rows


def ordered(masses: Sequence[Fraction], ends: Sequence[int], width: int, n: int) -> Fraction:
    """P(some magnitude does not fit) for n items: the sweep forwards, over (sum, items left).

    Probabilities are floored to 2**-120, which loses at most that a term.
    """
    unit = 1 << 120
    states = {(0, n): unit}
    failed, rest = 0, Fraction(1)
    for mass, (low, high) in zip(masses, itertools.pairwise(ends), strict=True):
        chance, rest = mass / rest, rest - mass
        moved: dict[tuple[int, int], int] = {}
        binomials = [[_binomial(left, c, chance) for c in range(left + 1)] for left in range(n + 1)]
        for (total, left), weight in states.items():
            if width + total < high:
                failed += weight
                continue
            for c in range(left + 1):
                key = (min(total + c * low, ends[-1]), left - c)
                moved[key] = moved.get(key, 0) + math.floor(binomials[left][c] * weight)
        states = moved
    return Fraction(failed, unit)


def _binomial(n: int, c: int, p: Fraction) -> Fraction:
    return math.comb(n, c) * p**c * (1 - p) ** (n - c)


def positive_below(masses: Sequence[Fraction], ends: Sequence[int], need: int, n: int) -> Fraction:
    """P(the positive items, each at the lower end of its cell, add up to less than `need`)."""
    sums = {0: Fraction(1)}
    for _ in range(n):
        moved: dict[int, Fraction] = {}
        for total, weight in sums.items():
            jumps = [(low, mass / 2) for low, mass in zip(ends, masses, strict=False)]
            for low, share in [*jumps, (0, 1 - sum(masses, Fraction(0)) / 2)]:
                if total + low < need:
                    moved[total + low] = moved.get(total + low, Fraction(0)) + weight * share
        sums = moved
    return sum(sums.values(), Fraction(0))


def is_smallest(n: int, delta: Fraction, failure: Callable[[int], Fraction]) -> bool:
    """True if the failure bound holds at n and not at n - 1."""
    return failure(n) <= delta and (n == 0 or failure(n - 1) > delta)
