"""Sequences on which a ticket of a transformer is wrong: found in floats, shown by balls.

Both networks are evaluated by one code, on floats or on balls: matrices of slopes for positive and
for negative inputs. The worst of seeded sequences is evaluated again on balls, whose lower end is
an error that is reached, every rounding included.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from slt_theory.balls import down
from slt_theory.networks.attention import Attention
from slt_theory.networks.dense import Dense
from slt_theory.networks.transformer import PlainTransformer
from slt_theory.tickets.checking.attention_search import seeded_tokens
from slt_theory.tickets.checking.effective import effective_block
from slt_theory.tickets.domain import Ball
from slt_theory.tickets.ticket import Ticket

if TYPE_CHECKING:
    from flint import arb

__all__ = ["largest_transformer_error"]

Numbers = NDArray[Any]
_LENGTHS, _DRAWS = (1, 2, 4, 8, 16), 32


def largest_transformer_error(
    target: PlainTransformer, parts: list[tuple[Ticket, Ticket]], domain: Ball, seed: int
) -> float:
    """A Euclidean error of some token that some sequence of the ball has, rounded down.

    Parameters
    ----------
    parts : list of (Ticket, Ticket)
        Of attention and of the fully connected part of every block.
    """
    floats = [_Part.of_tickets(*pair) for pair in parts]
    theirs = [_Part.of_target(*pair, np.asarray) for pair in target.blocks]
    worst, at, number = -1.0, np.zeros((1, target.width)), 0
    for length in _LENGTHS:
        for _ in range(_DRAWS):
            x = seeded_tokens(domain, seed, number, length, target.width)
            number += 1
            gap = _through(floats, x) - _through(theirs, x)
            size = float(np.linalg.norm(gap, axis=1).max())
            # What has overflowed shows nothing.
            if np.isfinite(size) and size > worst:
                worst, at = size, x
    x = _balls(at)
    ours = _through([part.in_balls() for part in floats], x)
    gap = ours - _through([_Part.of_target(*pair, _balls) for pair in target.blocks], x)
    norms = [sum((value * value for value in row[1:]), row[0] * row[0]).sqrt() for row in gap]
    found = max(down(norm) for norm in norms)
    return found if 0 < found < np.inf else 0.0


class _Part:
    """One block: (scores, values) a head, and (slopes of x > 0, of x < 0, bias) a layer."""

    def __init__(
        self, heads: Sequence[tuple[Numbers, ...]], layers: Sequence[tuple[Numbers, ...]]
    ) -> None:
        self.heads, self.layers = heads, layers

    @classmethod
    def of_tickets(cls, heads: Ticket, connected: Ticket) -> _Part:
        """What the masked random layers compute, in exact floats."""
        found = [effective_block(heads, k).to_float() for k in range(len(heads.blocks))]
        layers = []
        for k, block in enumerate(connected.blocks):
            exact = effective_block(connected, k)
            plus, minus = exact.to_float(), exact.to_float("negative")
            bias = plus[:, block.inputs] if block.constant_input else np.zeros(len(plus))
            layers.append((plus[:, : block.inputs], minus[:, : block.inputs], bias))
        return cls(list(zip(found[::2], found[1::2], strict=True)), layers)

    @classmethod
    def of_target(
        cls, heads: Attention, connected: Dense, kind: Callable[[Numbers], Numbers]
    ) -> _Part:
        """What the target computes, its numbers as `kind` gives them."""
        root = np.sqrt(kind(np.array([float(heads.query.shape[2])])))
        merged = []
        for h in range(heads.heads):
            query, key, value, out = (
                kind(getattr(heads, name)[h]) for name in ("query", "key", "value", "output")
            )
            merged.append(((key @ query.T) / root, (value @ out).T))
        layers = []
        for weight, bias in zip(connected.weights, connected.biases, strict=True):
            slopes = kind(weight)
            none = np.zeros(len(weight))
            layers.append((slopes, slopes, kind(none if bias is None else bias)))
        return cls(merged, layers)

    def in_balls(self) -> _Part:
        """The same numbers as balls of radius 0."""
        each = ([tuple(map(_balls, one)) for one in some] for some in (self.heads, self.layers))
        return _Part(*each)


def _through(parts: list[_Part], x: Numbers) -> Numbers:
    """Outputs for tokens, both floats or both balls."""
    for part in parts:
        z = x
        for scores, values in part.heads:
            z = z + _softmax((x @ scores.T) @ x.T) @ (x @ values.T)
        y = z
        for number, (plus, minus, bias) in enumerate(part.layers):
            y = _positive(y) if number else y
            y = _positive(y) @ plus.T - _positive(-y) @ minus.T + bias
        x = z + y
    return x


def _positive(x: Numbers) -> Numbers:
    """max(x, 0), exact for floats and an enclosure for balls."""
    return np.asarray((x + np.abs(x)) / 2)


def _softmax(scores: Numbers) -> Numbers:
    if scores.dtype == object:
        weights = np.vectorize(lambda s: s.exp(), otypes=[object])(scores)
    else:
        weights = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))


def _balls(numbers: Numbers) -> Numbers:
    from flint import arb

    def ball(value: float) -> arb:
        return arb(float(value))

    return np.asarray(np.vectorize(ball, otypes=[object])(numbers))
