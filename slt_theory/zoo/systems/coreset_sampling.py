"""Importance sampling of rows by sensitivities from repeated peeling of dominating sets.

Source: Tukan, Mualem and Maalouf (2022), CORESET(P, m), on one cluster; sampled with replacement,
as its proof needs.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slt_theory.streams import words64
from slt_theory.zoo.systems.coresets import Integers, dominating

__all__ = ["SCALE", "draw", "peeled", "sample_size", "upper_sensitivities"]

#: Sensitivities are multiples of 1/SCALE, rounded up: sampling is then exact in integers.
SCALE = 1 << 24


def peeled(points: Any) -> Integers:
    """In which round each point is taken, from 1: a dominating set of what is left, then again.

    Fewer than 2 r^2 points, or so few that they span no ellipsoid, are one last round.
    """
    rows, rank = np.asarray(points), np.shape(points)[1]
    rounds = np.zeros(len(rows), dtype=np.int64)
    for number in range(1, len(rows) + 1):
        left = np.flatnonzero(rounds == 0)
        if len(left) < max(2 * rank**2, rank + 2):
            rounds[left] = number
            break
        rounds[left[dominating(rows[left]).members]] = number
    return rounds


def upper_sensitivities(rounds: Integers, rank: int) -> Integers:
    """min(1, 2 r^1.5 / round) in units of 1/SCALE, rounded up."""
    root = math.isqrt(4 * rank**3 * SCALE**2 - 1) + 1  # 2 r^1.5 SCALE from above
    return np.minimum(SCALE, -(-root // rounds))


def sample_size(total: Fraction, eps: Fraction, delta: float) -> int:
    """Draws that estimate one sum within a factor 1 +- eps except with probability `delta`.

    Bernstein's inequality for terms of mean 1, range `total` and variance at most `total`: derived.
    """
    return math.ceil(
        2 * total * (1 + eps / 3) / eps**2 * Fraction(math.log(2 / delta) * (1 + 1e-12))
    )


def draw(sensitivities: Integers, size: int, seed: int, stream: int) -> NDArray[np.int64]:
    """Numbers of `size` rows drawn with replacement, each with probability s / sum of all s.

    Their weights are sum / (size s). No probability is off by more than sum / 2^64.
    """
    ends = np.cumsum(sensitivities)
    words = words64(seed, stream, 0, size) % np.uint64(ends[-1])
    return np.asarray(np.searchsorted(ends, words.astype(np.int64), side="right"))
