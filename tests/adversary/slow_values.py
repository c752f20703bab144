"""Numbers of three kinds that both networks are evaluated in.

"exact": Python integers times one fraction, for piecewise linear networks. "ball": flint balls.
"float": float64 on batches, only to find inputs that are worth an exact look. Values are arrays
(channels with copies, sites, batch).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from flint import arb
from slow_sources import Rows

KINKED = ("relu", "leaky_relu", "identity")


def _ball(value: int, exponent: int) -> arb:
    return arb((value, exponent))


@dataclass
class Values:
    """``array * scale``; the scale of exact numbers is one over an integer, of others 1."""

    array: np.ndarray
    scale: Fraction
    kind: str

    @classmethod
    def of(cls, x: np.ndarray, kind: str) -> Values:
        """From floats (channels, sites, batch)."""
        if kind == "float":
            return cls(x, Fraction(1), kind)
        if kind == "ball":
            return cls(np.vectorize(arb, otypes=[object])(x), Fraction(1), kind)
        fractions = [Fraction(v) for v in x.ravel().tolist()]
        unit = math.lcm(*(f.denominator for f in fractions))
        integers = np.array([int(f * unit) for f in fractions], dtype=object)
        return cls(integers.reshape(x.shape), Fraction(1, unit), kind)

    def with_ones(self, count: int) -> Values:
        """Constant channels at the end."""
        one = {"float": 1.0, "ball": arb(1)}.get(self.kind, self.scale.denominator)
        ones = np.full((count, *self.array.shape[1:]), one, dtype=self.array.dtype)
        return Values(np.concatenate([self.array, ones]), self.scale, self.kind)

    def plus(self, other: Values) -> Values:
        unit = math.lcm(self.scale.denominator, other.scale.denominator)
        mine, theirs = (
            v.array if unit == v.scale.denominator else v.array * (unit // v.scale.denominator)
            for v in (self, other)
        )
        return Values(mine + theirs, Fraction(1, unit), self.kind)

    def times(self, matrix: Matrix) -> Values:
        shape = self.array.shape
        product = matrix.product(self.array.reshape(shape[0], -1), self.kind)
        unit = self.scale.denominator << max(0, -matrix.rows.exponent)
        scale = Fraction(1, unit) if self.kind == "exact" else self.scale
        return Values(product.reshape(-1, *shape[1:]), scale, self.kind)

    def activated(self, kind: str, slope: float) -> Values:
        x = self.array
        if kind == "identity":
            return self
        if self.kind == "float":
            return Values(_float_activation(kind, slope, x), self.scale, self.kind)
        if self.kind == "ball":
            rule = np.frompyfunc(lambda v: _ball_activation(kind, slope, v), 1, 1)
            return Values(rule(x), self.scale, self.kind)
        assert kind in KINKED
        if kind == "relu":
            return Values(np.maximum(x, 0), self.scale, self.kind)
        share = Fraction(slope)
        below = np.minimum(x, 0) * share.numerator + np.maximum(x, 0) * share.denominator
        return Values(below, self.scale / share.denominator, self.kind)


_ROOT = math.sqrt(2 / math.pi)


def _float_activation(kind: str, slope: float, x: np.ndarray) -> np.ndarray:
    rules = {
        "relu": lambda: np.maximum(x, 0),
        "leaky_relu": lambda: np.where(x < 0, slope * x, x),
        "tanh": lambda: np.tanh(x),
        "sigmoid": lambda: 0.5 + 0.5 * np.tanh(0.5 * x),
        "silu": lambda: x * (0.5 + 0.5 * np.tanh(0.5 * x)),
        "gelu": lambda: x * (0.5 + 0.5 * np.vectorize(math.erf)(x / math.sqrt(2))),
        "gelu_tanh": lambda: x * (0.5 + 0.5 * np.tanh(_ROOT * (x + 0.044715 * x * x * x))),
    }
    return rules[kind]()


def _ball_activation(kind: str, slope: float, x: arb) -> arb:
    if kind == "tanh":
        return x.tanh()
    if kind in ("sigmoid", "silu"):
        share = 1 / (1 + (-x).exp())
        return x * share if kind == "silu" else share
    if kind == "gelu":
        return x * (1 + (x / arb(2).sqrt()).erf()) / 2
    if kind == "gelu_tanh":
        root = (arb(2) / arb.pi()).sqrt()
        return x * (1 + (root * (x + arb(0.044715) * (x * (x * x)))).tanh()) / 2
    above, below = (x + abs(x)) / 2, (x - abs(x)) / 2
    return above if kind == "relu" else above + arb(slope) * below


class Matrix:
    """Sparse integers, and the same as floats or balls when they are asked for."""

    def __init__(self, rows: Rows) -> None:
        self.rows = rows
        self._dense: dict[str, np.ndarray] = {}

    def product(self, x: np.ndarray, kind: str) -> np.ndarray:
        if kind == "float":
            if kind not in self._dense:
                self._dense[kind] = self.rows.floats()
            return self._dense[kind] @ x
        lift = 1 << max(0, self.rows.exponent)
        zero = arb(0) if kind == "ball" else 0
        result = np.full((len(self.rows.rows), x.shape[1]), zero, dtype=object)
        for r, (columns, values) in enumerate(self.rows.rows):
            if not columns.size:
                continue
            if kind == "ball":
                values = np.array([_ball(v, self.rows.exponent) for v in values], dtype=object)
            elif lift > 1:
                values = values * lift
            result[r] = (values[:, None] * x[columns]).sum(axis=0)
        return result


def exact_rows(matrix: np.ndarray) -> Rows:
    """Floats as integers times one power of two."""
    fractions = [Fraction(v) for v in matrix.ravel().tolist()]
    bits = max((f.denominator.bit_length() - 1 for f in fractions), default=0)
    integers = np.array([int(f * 2**bits) for f in fractions], dtype=object)
    return Rows.of(integers.reshape(matrix.shape), -bits)


def differences(ours: Values, theirs: Values, copies: int) -> np.ndarray:
    """Ticket minus target, copy by copy: floats, fractions or balls."""
    repeated = Values(np.repeat(theirs.array, copies, axis=0), theirs.scale, theirs.kind)
    minus = Values(-repeated.array, repeated.scale, repeated.kind)
    gap = ours.plus(minus)
    return gap.array * gap.scale if gap.kind == "exact" else gap.array
