"""How many random numbers a ticket needs: an estimate from exact counts of the target's weights.

A target within the radius of 0 is reached by the empty sum. The others are counted exactly, by sign
and by size in octave bands b, and the expected number of failing sums after n numbers is

    E(n) = sum of  copies * count_b * q_b(n)  over the bands,  n the least with E(n) <= 1 %.

q_b(n), the share of failing sums whose target lies in the band, is measured on common random
numbers from the very source that the ticket will use (dead neurons and pruned weights included),
and continued geometrically beyond what was seen. It depends on the source, the radius and the seed,
not on the weights: so a weight set to 0 only lowers E, and never raises n. It is an estimate for
choosing n; whether a ticket is complete is decided by its sums.
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from slt_theory.lattice import PRODUCT_BITS
from slt_theory.laws import Law
from slt_theory.streams import Purpose, stream_id, words32
from slt_theory.tickets.building.sums import solve_sums

__all__ = ["Offer", "Sums", "smallest_n", "smallest_n_of_singles"]

Int64Array = NDArray[np.int64]
_TAIL_SHARE = 0.02
_FEWEST = 20
_LEAST, _MOST = 63, 256
_LIMIT = 4096


def _bits(radius: int) -> float:
    """log2 of the scale over the radius."""
    return max(0.0, PRODUCT_BITS - math.log2(max(radius, 1)))


def _edges(radius: int) -> list[int]:
    """Ends of the bands, in lattice units: the radius, then powers of two up to the scale.

    Small targets fail alike, so everything below the last few octaves is one band.
    """
    octaves = 6 if _bits(radius) <= 17 else 3
    ends = [1 << (PRODUCT_BITS - k) for k in reversed(range(octaves))]
    return [radius, *([end for end in ends if end > radius] or [2 * radius])]


@dataclass(frozen=True)
class Sums:
    """The subset sums of one layer that the empty sum does not reach.

    Attributes
    ----------
    radius : int
        Around a target, in units of the products' lattice.
    counts : int64 array (2, bands)
        Sums with a positive and with a negative target, by the band of its magnitude.
    """

    radius: int
    counts: Int64Array

    @classmethod
    def of(cls, targets: Int64Array, radius: int, copies: int = 1) -> Sums:
        """Every target, `copies` times. Cost: O(size log bands)."""
        edges = np.array(_edges(radius))
        signed = (targets[targets > radius], -targets[targets < -radius])
        # A magnitude lies in the band whose upper end is the first not below it.
        bands = (np.searchsorted(edges[1:-1], part) for part in signed)
        counts = [np.bincount(b, minlength=edges.size - 1) for b in bands]
        return cls(radius, copies * np.array(counts, dtype=np.int64))


@dataclass(frozen=True)
class Offer:
    """Candidates of one sum.

    Attributes
    ----------
    law : Law
        Of one weight.
    gadget : bool
        Products of a live in-weight (one half of them) with an out-weight, or single weights.
    lift : int
        Bits between the lattice of the numbers and the finer one of the targets.
    prune : float
        Random pruning of the numbers.
    prune_in : float
        Random pruning of in-weights.
    """

    law: Law
    gadget: bool = False
    lift: int = 0
    prune: float = 0.0
    prune_in: float = 0.0

    @property
    def live(self) -> float:
        """Chance that a number is there."""
        there = 0.5 * (1 - self.prune_in) if self.gadget else 1.0
        return there * (1 - self.prune) * (1 - float(self.law.atom))

    def largest(self, sign: int) -> int:
        """Largest magnitude of a number of this sign, in units of the targets."""
        low, high = (int(end / self.law.unit) for end in self.law.support)
        one = high if sign > 0 else -low
        return (one * high if self.gadget else one) << self.lift

    def draw(self, seed: int, sums: int, n: int) -> Int64Array:
        """Numbers (sums, n), 0 where there is none."""
        stream = stream_id(Purpose.PLANNING, 0)
        numbers = self.law.sample(seed, stream, 0, sums * n).reshape(sums, n)
        words = words32(seed, stream + 1, 0, 2 * sums * n).reshape(2, sums, n) / 2.0**32
        if self.gadget:
            u = self.law.sample(seed, stream + 2, 0, sums * n).reshape(sums, n)
            numbers = np.where(words[1] < 1 - self.prune_in, np.maximum(u, 0), 0) * numbers
        return np.asarray(np.where(words[0] >= self.prune, numbers << self.lift, 0))


@dataclass(frozen=True)
class _Plan:
    """Number of rows to measure: absence costs 2**(live / 2), so small errors get fewer.

    What would take over `work` steps for one n is not asked, but continued.
    """

    rows: int
    first: int
    last: int
    stride: int
    work: float

    @classmethod
    def of(cls, radius: int, offer: Offer) -> _Plan:
        bits = _bits(radius)
        # Below log2(1 / eps) live numbers next to nothing is reached; a dozen more nearly all.
        first = max(1, int(0.8 * bits / offer.live))
        last = min(_MOST, max(_LEAST, math.ceil((bits + 12) / offer.live)))
        if bits <= 17:
            return cls(1 << 13, 1, last, 1, 2.0**24)
        return cls(1 << (10 if bits <= 24 else 8), min(first, last), last, 4, 2.0**30)


def _band_targets(low: int, high: int, rows: int, grain: int) -> Int64Array:
    """Magnitudes in (low, high], evenly spread in the logarithm, on the lattice of the numbers."""
    spread = (np.arange(rows) + 0.5) / rows
    even = np.exp2(math.log2(max(low, 1)) * (1 - spread) + math.log2(high) * spread)
    least = low // grain + 1
    steps = np.maximum(np.rint(even / grain).astype(np.int64), least)
    return np.asarray(steps * grain)


@lru_cache(maxsize=64)
def _failure_shares(
    offer: Offer, radius: int, band: int, sign: int, seed: int
) -> NDArray[np.float64]:
    """q_b: share of failing sums of a band after 0 .. _LIMIT numbers, measured, then continued."""
    plan, edges = _Plan.of(radius, offer), _edges(radius)
    numbers = offer.draw(seed, plan.rows, plan.last)
    # Of a law on few points the sums form a lattice, and so do the targets that it is meant for.
    grain = max(1, int(np.gcd.reduce(numbers, axis=None)))
    low, high = edges[band], edges[band + 1]
    # Where the law is made for the target (its ends are the extreme weights), nothing lies beyond.
    if low < offer.largest(sign) < high:
        high = offer.largest(sign)
    targets = sign * _band_targets(low, high, plan.rows, grain)
    still = np.arange(plan.rows)
    asked, failing = [0], [plan.rows]
    for n in range(plan.first, plan.last + 1, plan.stride):
        if still.size * 2.0 ** (offer.live * n / 2) > plan.work:
            break
        # A sum once reached stays reached.
        if still.size:
            reached = solve_sums(numbers[still, :n], targets[still], radius=radius).found
            still = still[~reached]
        asked.append(n)
        failing.append(still.size)
    shares = np.interp(np.arange(asked[-1] + 1), asked, np.array(failing) / plan.rows)
    return _continued(shares, plan.rows)


def _continued(shares: NDArray[np.float64], rows: int) -> NDArray[np.float64]:
    """Beyond well-measured shares, a geometric tail whose ratio is pooled over the tail seen."""
    small = np.flatnonzero(shares <= max(_TAIL_SHARE, 3 * _FEWEST / rows))
    seen = shares[int(small[0]) - 1 if small.size else shares.size // 2 :]
    # One failure more, before and after: none seen does not mean none.
    ratio = float((seen[1:].sum() * rows + 1) / (seen[:-1].sum() * rows + 1))
    last = int(np.flatnonzero(shares * rows >= _FEWEST)[-1])
    steps = np.arange(_LIMIT + 1) - last
    head = shares[np.minimum(np.arange(_LIMIT + 1), last)]
    tail = shares[last] * min(ratio, 0.9999) ** np.maximum(steps, 0)
    return np.asarray(np.where(steps <= 0, head, tail))


def _expected(family: Sums, offer: Offer, seed: int) -> Iterator[NDArray[np.float64]]:
    """Expected failures after 0 .. _LIMIT numbers, of every band that has targets."""
    counts = family.counts
    if offer.law.is_symmetric:
        counts = counts.sum(axis=0, keepdims=True)
    for sign, row in zip((1, -1), counts, strict=False):
        for band in np.flatnonzero(row).tolist():
            yield row[band] * _failure_shares(offer, family.radius, band, sign, seed)


def smallest_n(families: list[Sums], offer: Offer, *, seed: int, chance: float = 0.01) -> int:
    """Smallest n whose estimated chance of any failure over all sums is at most `chance`.

    The chance of any failure is at most the expected number E(n) of failures, see the module.

    Parameters
    ----------
    families : list of Sums
        One a layer; layers of the same radius share their measurement.
    offer : Offer
        The candidates that the source has for a sum.
    seed : int
    chance : float

    Returns
    -------
    int
        Candidates of one sum, dead ones included, in 1..4096; 1 if no target lies beyond its
        radius. About a second a radius.
    """
    expected = np.zeros(_LIMIT + 1)
    for radius in sorted({family.radius for family in families}):
        counts = np.sum([f.counts for f in families if f.radius == radius], axis=0)
        for part in _expected(Sums(radius, counts), offer, seed):
            expected += part
    enough = np.flatnonzero(expected[1:] <= chance)
    return 1 + int(enough[0]) if enough.size else _LIMIT


@lru_cache(maxsize=2)
def _single_numbers(offer: Offer, seed: int) -> Int64Array:
    return np.sort(offer.draw(seed, 1 << 20, 1)[:, 0])


def smallest_n_of_singles(
    layers: list[tuple[Int64Array, int, int]], offer: Offer, *, seed: int, chance: float = 0.01
) -> int:
    """As `smallest_n` where every sum holds exactly one number, also that of a target at 0.

    With p(z) the measured chance that a number lies within the radius of z,
    ``E(n) = sum copies (1 - p(z))^n`` over all targets. No p exceeds p(0), as for every law whose
    density falls from 0 on, so here too a weight set to 0 never raises n.

    Parameters
    ----------
    layers : list of (targets, radius, copies)
    offer, seed, chance
        As in `smallest_n`.
    """
    numbers = _single_numbers(offer, seed)

    def fits(targets: Int64Array, radius: int) -> Int64Array:
        above = np.searchsorted(numbers, targets + radius, side="right")
        return np.asarray(above - np.searchsorted(numbers, targets - radius))

    chances, sums = [], []
    for targets, radius, copies in layers:
        at_zero = fits(np.zeros(1, np.int64), radius)
        found, count = np.unique(np.minimum(fits(targets, radius), at_zero), return_counts=True)
        chances.append(np.maximum(found, 0.5) / numbers.size)
        sums.append(copies * count)
    p, count = np.concatenate(chances), np.concatenate(sums)
    candidates = range(1, _LIMIT)
    return candidates.start + bisect.bisect_left(
        candidates, True, key=lambda n: bool((count * (1 - p) ** n).sum() <= chance)
    )
