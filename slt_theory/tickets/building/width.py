"""How many random numbers a ticket needs: an estimate from the target's own weights.

The share of failing sums is measured on draws of the target's weights for growing n, from the very
source that the ticket will use (dead neurons, pruned and locked weights included), and continued
geometrically beyond what was seen. It is an estimate for choosing n; whether a ticket is complete
is decided by its sums.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from slt_theory.lattice import PRODUCT_BITS
from slt_theory.laws import Law
from slt_theory.streams import Purpose, stream_id, words32
from slt_theory.tickets.building.sums import solve_sums

__all__ = ["Offer", "Sums", "smallest_n"]

Int64Array = NDArray[np.int64]
_TAIL_SHARE = 0.02
_FEWEST = 20
_LEAST, _MOST = 63, 256
_LIMIT = 4096


@dataclass(frozen=True)
class Sums:
    """The subset sums of one layer: integer targets, the radius around them, sums per target."""

    targets: Int64Array
    radius: int
    copies: int

    @property
    def count(self) -> int:
        return self.copies * self.targets.size


@dataclass(frozen=True)
class Offer:
    """What is offered to one sum.

    Attributes
    ----------
    law : Law
        Of one weight.
    gadget : bool
        Products of a live in-weight (one half of them) with an out-weight, or single weights.
    lift : int
        Bits between the lattice of the numbers and the finer one of the targets.
    prune, lock : float
        Random freezing of the numbers.
    prune_in : float
        Random pruning of in-weights.
    size : int or None
        Exactly so many numbers in a sum.
    """

    law: Law
    gadget: bool = False
    lift: int = 0
    prune: float = 0.0
    lock: float = 0.0
    prune_in: float = 0.0
    size: int | None = None

    @property
    def live(self) -> float:
        """Chance that a number is there and free."""
        there = 0.5 * (1 - self.prune_in) if self.gadget else 1.0
        return there * (1 - self.prune - self.lock) * (1 - float(self.law.atom))

    def draw(self, seed: int, stream: int, sums: int, n: int) -> tuple[Int64Array, Int64Array]:
        """Free numbers (sums, n), 0 where there is none, and running sums of the locked ones."""
        numbers = self.law.sample(seed, stream, 0, sums * n).reshape(sums, n)
        words = words32(seed, stream + 1, 0, 2 * sums * n).reshape(2, sums, n) / 2.0**32
        if self.gadget:
            u = self.law.sample(seed, stream + 2, 0, sums * n).reshape(sums, n)
            numbers = np.where(words[1] < 1 - self.prune_in, np.maximum(u, 0), 0) * numbers
        numbers = numbers << self.lift
        locked = np.where(words[0] < self.lock, numbers, 0)
        free = np.where(words[0] >= self.lock + self.prune, numbers, 0)
        return free, np.cumsum(locked, axis=1)


@dataclass(frozen=True)
class _Plan:
    """How much to measure: proofs of absence cost 2**(live / 2), so small errors get fewer rows."""

    rows: int
    first: int
    last: int
    stride: int

    @classmethod
    def of(cls, sums: Sums, offer: Offer) -> _Plan:
        bits = max(0.0, PRODUCT_BITS - math.log2(max(sums.radius, 1)))
        # Below log2(1 / eps) live numbers next to nothing is reached; a dozen more nearly all.
        first = max(1, int(0.8 * bits / offer.live))
        last = min(_MOST, max(_LEAST, math.ceil((bits + 12) / offer.live)))
        if bits <= 17:
            # Locked numbers can undo a success: every row is asked again, so fewer are.
            return cls(1 << 12, 1, last, 3) if offer.lock else cls(1 << 14, 1, last, 1)
        return cls(1 << (11 if bits <= 24 else 9), min(first, last), last, 4)


def _failure_shares(sums: Sums, offer: Offer, seed: int, layer: int) -> NDArray[np.float64]:
    """Share of failing sums after 0 .. _LIMIT numbers: measured, then continued."""
    if offer.size == 1:
        return _single_failures(sums, offer, seed, layer)
    plan = _Plan.of(sums, offer)
    base = stream_id(Purpose.PLANNING, 4 * layer)
    targets = _some_targets(sums, seed, base, plan.rows)
    free, locked = offer.draw(seed, base + 1, plan.rows, plan.last)
    still = np.flatnonzero(np.abs(targets) > sums.radius)
    asked = range(plan.first, plan.last + 1, plan.stride)
    failing = [still.size]
    for n in asked:
        # Without locked numbers a sum once reached stays reached.
        rows = still if offer.lock == 0 else np.arange(plan.rows)
        if rows.size:
            wanted = targets[rows] - locked[rows, n - 1]
            still = rows[~solve_sums(free[rows, :n], wanted, radius=sums.radius).found]
        failing.append(still.size)
    # Log-linear between the n that were asked; a quarter of a failure stands for none.
    logs = np.log(np.maximum(failing, 0.25) / plan.rows)
    shares = np.exp(np.interp(np.arange(plan.last + 1), [0, *asked], logs))
    return _continued(shares, plan.rows)


def _some_targets(sums: Sums, seed: int, stream: int, rows: int) -> Int64Array:
    word = words32(seed, stream, 0, rows).astype(np.int64)
    return np.asarray(sums.targets.ravel()[(word * sums.targets.size) >> 32])


def _single_failures(sums: Sums, offer: Offer, seed: int, layer: int) -> NDArray[np.float64]:
    """One number a sum: (1 - p)^n for every target, p the measured chance that a number fits."""
    base = stream_id(Purpose.PLANNING, 4 * layer)
    numbers = np.sort(offer.draw(seed, base + 1, 1 << 20, 1)[0][:, 0])
    targets = np.unique(_some_targets(sums, seed, base, 1 << 14))
    fits = np.searchsorted(numbers, targets + sums.radius, side="right") - np.searchsorted(
        numbers, targets - sums.radius
    )
    chance = np.maximum(fits, 0.5) / numbers.size
    return np.asarray(np.mean((1 - chance[:, None]) ** np.arange(_LIMIT + 1), axis=0))


def _continued(shares: NDArray[np.float64], rows: int) -> NDArray[np.float64]:
    """Beyond well-measured shares, a geometric tail whose ratio is pooled over the tail seen."""
    small = np.flatnonzero(shares <= max(_TAIL_SHARE, 3 * _FEWEST / rows))
    seen = shares[int(small[0]) if small.size else shares.size // 2 :]
    ratio = float(seen[1:].sum() / seen[:-1].sum()) if seen[:-1].any() else 0.5
    solid = np.flatnonzero(shares * rows >= _FEWEST)
    last = int(solid[-1]) if solid.size else 0
    steps = np.arange(_LIMIT + 1) - last
    head = shares[np.minimum(np.arange(_LIMIT + 1), last)]
    tail = shares[last] * min(ratio, 0.9999) ** np.maximum(steps, 0)
    return np.asarray(np.where(steps <= 0, head, tail))


def smallest_n(families: list[Sums], offer: Offer, *, seed: int, chance: float = 0.01) -> int:
    """Smallest n whose estimated chance of any failure over all sums is at most `chance`.

    Parameters
    ----------
    families : list of Sums
        One a layer.
    offer : Offer
        What the source offers to a sum.
    seed : int
    chance : float

    Returns
    -------
    int
        Numbers offered to one sum, dead ones included. About a second.
    """
    expected = np.zeros(_LIMIT + 1)
    for layer, family in enumerate(families):
        expected += family.count * _failure_shares(family, offer, seed, layer)
    enough = np.flatnonzero(expected <= chance)
    return int(enough[0]) if enough.size else _LIMIT
