"""Sequences on which an attention ticket is wrong: errors that are reached, less all rounding."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from slt_theory.networks.attention import Attention, attend
from slt_theory.streams import Purpose, stream_id, words32
from slt_theory.tickets.domain import Box, Domain

__all__ = ["Heads", "largest_attention_error", "seeded_tokens"]

Floats = NDArray[np.float64]
Heads = list[tuple[Floats, Floats]]
_LENGTHS, _DRAWS = (1, 2, 4, 8, 16), 64


def seeded_tokens(domain: Domain, seed: int, number: int, count: int, width: int) -> Floats:
    """Sequence `number` of a seed, (count, width): corners of a box, every second one scattered
    inside, or points of a sphere.
    """
    stream = stream_id(Purpose.INPUTS, 1 + number)
    words = words32(seed, stream, 0, 2 * count * width).reshape(2, count, width) / 2.0**32
    direction = words[0] - 0.5
    if isinstance(domain, Box):
        corners = np.where(direction > 0, domain.hi, domain.lo)
        inside = domain.lo + words[1] * (domain.hi - domain.lo)
        return np.where(number % 2, np.clip(inside, domain.lo, domain.hi), corners)
    norm = np.linalg.norm(direction, axis=1, keepdims=True)
    return np.asarray(domain.radius * (1 - 2.0**-40) * direction / np.where(norm > 0, norm, 1))


def largest_attention_error(
    target: Attention,
    ours: Heads,
    domain: Domain,
    *,
    seed: int,
    lengths: tuple[int, ...] = _LENGTHS,
    draws: int = _DRAWS,
    asked: int | None = None,
) -> float:
    """Largest error over random sequences, less the rounding of evaluating both, rounded down.

    Parameters
    ----------
    ours : list of (scores, values)
        Of `effective_heads`.
    lengths : tuple of int
        Numbers of tokens.
    draws : int
        Sequences of each length.
    asked : int, optional
        Only the first so many tokens ask; default: all.
    """
    theirs = [
        (scores, values)
        for (scores, _), (values, _) in zip(
            target.merged()[::2], target.merged()[1::2], strict=True
        )
    ]
    slips = [slip for _, slip in target.merged()]
    worst = 0.0
    number = 0
    for length in lengths:
        for _ in range(draws):
            x = seeded_tokens(domain, seed, number, length, target.width)
            number += 1
            rows = x if asked is None else x[:asked]
            gap = np.abs(_run(ours, rows, x) - _run(theirs, rows, x)).max()
            slack = _rounding(ours, x, 0.0) + _rounding(theirs, x, max(slips))
            sure = float(np.nextafter(gap - slack, -np.inf))
            # What has overflowed shows nothing.
            worst = max(worst, sure if np.isfinite(sure) else 0.0)
    return worst


def _run(heads: Heads, rows: Floats, x: Floats) -> Floats:
    parts = [attend((rows @ s.T) @ x.T, None) @ (x @ v.T) for s, v in heads]
    return np.asarray(sum(parts[1:], parts[0]))


def _rounding(heads: Heads, x: Floats, slip: float) -> float:
    """Bound of the rounding errors of `_run`, and of `slip` in every entry of its matrices.

    A score has 2 d + 2 roundings; the exponential is taken to be within 4 units in the last place,
    a weight then moves by a factor within ``exp(2 r)`` of 1, and sums of T terms follow.
    """
    size, total = float(np.abs(x).sum(axis=1).max()), 0.0
    largest = float(np.abs(x).max())
    for scores, values in heads:
        score = largest * float((np.abs(scores) + slip).sum()) * largest
        r = (2 * x.shape[1] + 16) * 2.0**-52 * (score + 1) + slip * size * size
        value = float((np.abs(values) + slip).sum(axis=1).max()) * largest
        count = 2 * len(x) + 2 * x.shape[1] + 16
        total += value * (4 * r + count * 2.0**-52) + slip * size
    return total * len(heads)
