"""How many random numbers a ticket needs: an estimate from the target's own weights.

The chance that a sum fails is measured on draws of the target's weights as a function of the live
numbers, continued geometrically beyond what was seen, and mixed over the number of dead neurons.
It is an estimate for choosing n; whether a ticket is complete is decided by its sums.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from slt_theory.errors import BadInput
from slt_theory.lattice import PRODUCT_BITS
from slt_theory.laws import Law, Product, Uniform
from slt_theory.streams import Purpose, stream_id, words32

__all__ = ["Sums", "smallest_n"]

_SAMPLE = 1 << 15
_TAIL_SHARE = 0.02
_LIVE_LIMIT = 40
_LIMIT = 512
_FEWEST = 256
_WORK = 1 << 30


@dataclass(frozen=True)
class Sums:
    """The subset sums of one layer: integer targets, the radius around them, sums per target."""

    targets: NDArray[np.int64]
    radius: int
    copies: int

    @property
    def count(self) -> int:
        return self.copies * self.targets.size


def _failure_shares(sums: Sums, law: Law, seed: int, layer: int, lift: int) -> NDArray[np.float64]:
    """Share of failing sums by the number of live items, 0 .. _LIVE_LIMIT, then continued."""
    from slt_theory.subset_sum import solve_many

    word = words32(seed, stream_id(Purpose.PLANNING, 2 * layer), 0, _SAMPLE).astype(np.int64)
    targets = sums.targets.ravel()[(word * sums.targets.size) >> 32]
    stream = stream_id(Purpose.PLANNING, 2 * layer + 1)
    items = law.sample(seed, stream, 0, _SAMPLE * _LIVE_LIMIT).reshape(_SAMPLE, _LIVE_LIMIT)
    items <<= lift
    shares, counts = np.zeros(_LIVE_LIMIT + 1), np.zeros(_LIVE_LIMIT + 1, dtype=np.int64)
    failing = np.flatnonzero(np.abs(targets) > sums.radius)
    shares[0], counts[0] = failing.size / _SAMPLE, failing.size
    for live in range(1, _LIVE_LIMIT + 1):
        if failing.size:
            # Sums become dear at small errors: go on with fewer of them.
            failing = failing[: max(_FEWEST, _WORK // _cost(live, sums.radius))]
            before = failing.size
            found = solve_many(
                np.ascontiguousarray(items[failing, :live]), targets[failing], radius=sums.radius
            ).found
            failing = failing[~found]
            shares[live] = shares[live - 1] * failing.size / before
            counts[live] = failing.size
    if shares[-1] > _TAIL_SHARE:
        raise BadInput(
            "n",
            "not given",
            f"cannot be estimated where {_LIVE_LIMIT} live numbers do not suffice",
            "give n, or allow a larger error",
        )
    return _continued(shares, counts)


def _cost(live: int, radius: int) -> int:
    """Rough steps of one sum: all subsets, half of them at a time, or until one is near."""
    return int(min(2**live, 4 * 2 ** (live // 2), 2**PRODUCT_BITS // (radius + 1) + 1))


def _continued(shares: NDArray[np.float64], counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Replace what rests on few failures by a geometric tail, its ratio pooled over the tail."""
    first = int(np.flatnonzero(shares <= _TAIL_SHARE)[0])
    seen = shares[first:]
    ratio = float(seen[1:].sum() / seen[:-1].sum()) if seen[:-1].any() else 0.5
    last = int(np.flatnonzero(counts >= 20)[-1]) if counts[0] >= 20 else 0
    steps = np.arange(_LIMIT + 1) - last
    head = shares[np.minimum(np.arange(_LIMIT + 1), last)]
    return np.asarray(np.where(steps <= 0, head, shares[last] * ratio ** np.maximum(steps, 0)))


def smallest_n(
    families: list[Sums],
    law: Law,
    *,
    live: float,
    seed: int,
    lift: int = 0,
    chance: float = 0.01,
) -> int:
    """Smallest n whose estimated chance of any failure over all sums is at most `chance`.

    Parameters
    ----------
    families : list of Sums
        One a layer.
    law : Law
        Law of one live number.
    live : float
        Probability that an offered number is live (1/2 behind a ReLU gadget).
    seed : int
    lift : int
        Bits between the lattice of `law` and the finer one of the targets.
    chance : float

    Returns
    -------
    int
        Numbers offered to one sum, dead ones included.
    """
    shares = [_failure_shares(f, law, seed, k, lift) for k, f in enumerate(families)]
    for n in range(1, _LIMIT + 1):
        mix = _binomial(n, live)
        expected = sum(
            f.count * float(mix @ s[: n + 1]) for f, s in zip(families, shares, strict=True)
        )
        if expected <= chance:
            return n
    return _LIMIT


def _binomial(n: int, p: float) -> NDArray[np.float64]:
    if p == 1.0:
        return np.asarray(np.eye(1, n + 1, n)[0])
    k = np.arange(n + 1)
    choose = [
        math.lgamma(n + 1) - math.lgamma(j + 1) - math.lgamma(n - j + 1) for j in range(n + 1)
    ]
    return np.asarray(np.exp(np.array(choose) + k * math.log(p) + (n - k) * math.log1p(-p)))


def live_law() -> Law:
    """Law of a live product of the gadget: U[0,1] times U[-1,1], which is that of U times U."""
    return Product(Uniform(), Uniform())
