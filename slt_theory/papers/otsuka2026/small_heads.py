"""A small attention head inside a random one: entries as subset sums, error by balls."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from slt_theory.laws import Product, Uniform
from slt_theory.streams import Purpose, stream_id
from slt_theory.theorems.checks import Outcome, all_of

__all__ = ["small_attention"]

_UNIT = 1 << 48


def _ticket(target: list[list[Fraction]], seed: int, number: int, n: int) -> list[list[Fraction]]:
    """Each entry replaced by its best subset sum of n products of two uniforms."""
    from slt_theory.subset_sum import solve_many

    law = Product(Uniform(), Uniform())
    flat = [w for row in target for w in row]
    stream = stream_id(Purpose.TESTS, number)
    items = law.sample(seed, stream, 0, n * len(flat)).reshape(len(flat), n)
    goals = np.array([round(w * _UNIT) for w in flat], dtype=np.int64)
    masks = solve_many(items, goals, threads=1).masks
    chosen = (masks[:, None] >> np.arange(n, dtype=np.uint64)) & np.uint64(1)
    sums = (items * chosen.astype(np.int64)).sum(axis=1)
    found = [Fraction(int(s), _UNIT) for s in sums]
    size = len(target)
    return [found[size * i : size * (i + 1)] for i in range(size)]


def _matrix(seed: int, number: int) -> list[list[Fraction]]:
    """A random 2 x 2 matrix with Frobenius norm at most 1."""
    draws = Uniform(bits=20).sample(seed, stream_id(Purpose.TESTS, number), 0, 4)
    return [[Fraction(int(d), 1 << 21) for d in draws[2 * i : 2 * i + 2]] for i in range(2)]


def _tokens(seed: int, number: int, count: int) -> list[list[Fraction]]:
    """Tokens with coordinates in [-1, 1], so of norm at most sqrt(2)."""
    draws = Uniform(bits=20).sample(seed, stream_id(Purpose.TESTS, number), 0, 2 * count)
    return [[Fraction(int(d), 1 << 20) for d in draws[2 * t : 2 * t + 2]] for t in range(count)]


def _dot(a: list[Fraction], b: list[Fraction]) -> Fraction:
    return sum((x * y for x, y in zip(a, b, strict=True)), Fraction(0))


def _head(qk: list[list[Fraction]], vo: list[list[Fraction]], tokens: list[list[Fraction]]) -> Any:
    """Output of the first token, in balls: softmax(x QK x_t) over t, then VO."""
    from flint import arb

    def ball(x: Fraction) -> Any:
        return arb(x.numerator) / x.denominator

    query = [_dot(list(column), tokens[0]) for column in zip(*qk, strict=True)]
    weights = [ball(_dot(query, t)).exp() for t in tokens]
    total = sum(weights[1:], weights[0])
    mean = [
        sum((w * ball(t[i]) for w, t in zip(weights, tokens, strict=True)), arb(0)) / total
        for i in range(2)
    ]
    return [sum((ball(vo[i][j]) * mean[j] for j in range(2)), arb(0)) for i in range(2)]


def small_attention(seed: int) -> Outcome:
    """Two-dimensional heads, 20 products an entry: sup error at most 1/50 for 2 to 64 tokens."""
    failures, cases, worst = [], 0, 0.0
    for head in range(4):
        qk, vo = _matrix(seed, 8 * head), _matrix(seed, 8 * head + 1)
        ours = _ticket(qk, seed, 8 * head + 2, 20), _ticket(vo, seed, 8 * head + 3, 20)
        for count in (2, 8, 64):
            tokens = _tokens(seed, 8 * head + 4, count)
            exact, found = _head(qk, vo, tokens), _head(*ours, tokens)
            for a, b in zip(exact, found, strict=True):
                cases += 1
                error = abs(a - b)
                worst = max(worst, float(error.mid()))
                if not bool(error * 50 <= 1):
                    failures.append(f"head {head}, {count} tokens")
    return all_of(failures, cases, f"error at most 1/50 for 2, 8, 64 tokens, largest {worst:.2g}")
