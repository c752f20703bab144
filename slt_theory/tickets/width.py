"""How many random numbers a ticket needs: an estimate from the target's own weights.

The share of failing sums is measured on draws of the target's weights for growing n, from the very
source that the ticket will use (dead neurons, pruned and locked weights included), and continued
geometrically beyond what was seen. It is an estimate for choosing n; whether a ticket is complete
is decided by its sums.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from slt_theory.laws import Law
from slt_theory.streams import Purpose, stream_id, words32
from slt_theory.tickets.sums import solve_sums

__all__ = ["Offer", "Sums", "smallest_n"]

Int64Array = NDArray[np.int64]
_SAMPLE = 1 << 14
_TAIL_SHARE = 0.02
_FEWEST = 20
_MOST = 63
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


def _failure_shares(sums: Sums, offer: Offer, seed: int, layer: int) -> NDArray[np.float64]:
    """Share of failing sums after 0 .. _MOST numbers, then continued to _LIMIT."""
    if offer.size == 1:
        return _single_failures(sums, offer, seed, layer)
    base = stream_id(Purpose.PLANNING, 4 * layer)
    targets = _some_targets(sums, seed, base)
    free, locked = offer.draw(seed, base + 1, _SAMPLE, _MOST)
    shares = np.zeros(_MOST + 1)
    shares[0] = np.count_nonzero(np.abs(targets) > sums.radius) / _SAMPLE
    still = np.arange(_SAMPLE)
    for n in range(1, _MOST + 1):
        # Without locked numbers a sum once reached stays reached.
        rows = still if offer.lock == 0 else np.arange(_SAMPLE)
        if rows.size == 0:
            break
        # Few rows are left when n is large: what they lack is live numbers, so proofs stay cheap.
        wanted = targets[rows] - locked[rows, n - 1]
        still = rows[~solve_sums(free[rows, :n], wanted, radius=sums.radius).found]
        shares[n] = still.size / _SAMPLE
    return _continued(shares)


def _some_targets(sums: Sums, seed: int, stream: int) -> Int64Array:
    word = words32(seed, stream, 0, _SAMPLE).astype(np.int64)
    return np.asarray(sums.targets.ravel()[(word * sums.targets.size) >> 32])


def _single_failures(sums: Sums, offer: Offer, seed: int, layer: int) -> NDArray[np.float64]:
    """One number a sum: (1 - p)^n for every target, p the measured chance that a number fits."""
    base = stream_id(Purpose.PLANNING, 4 * layer)
    numbers = np.sort(offer.draw(seed, base + 1, 1 << 20, 1)[0][:, 0])
    targets = np.unique(_some_targets(sums, seed, base))
    fits = np.searchsorted(numbers, targets + sums.radius, side="right") - np.searchsorted(
        numbers, targets - sums.radius
    )
    chance = np.maximum(fits, 0.5) / numbers.size
    return np.asarray(np.mean((1 - chance[:, None]) ** np.arange(_LIMIT + 1), axis=0))


def _continued(shares: NDArray[np.float64]) -> NDArray[np.float64]:
    """Beyond well-measured shares, a geometric tail whose ratio is pooled over the tail seen."""
    small = np.flatnonzero(shares <= _TAIL_SHARE)
    seen = shares[int(small[0]) if small.size else shares.size // 2 :]
    ratio = float(seen[1:].sum() / seen[:-1].sum()) if seen[:-1].any() else 0.5
    solid = np.flatnonzero(shares * _SAMPLE >= _FEWEST)
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
