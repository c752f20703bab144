"""Target and masked random network, evaluated step by step in numbers of three kinds.

"exact": Python integers times one fraction, for piecewise linear networks. "ball": flint balls.
"float": float64 on batches, only to find inputs that are worth an exact look. Values are arrays
(channels with copies, sites, batch).
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from flint import arb
from slow_sources import Rows, Source

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


def _float_activation(kind: str, slope: float, x: np.ndarray) -> np.ndarray:
    rules = {
        "relu": lambda: np.maximum(x, 0),
        "leaky_relu": lambda: np.where(x < 0, slope * x, x),
        "tanh": lambda: np.tanh(x),
        "sigmoid": lambda: 0.5 + 0.5 * np.tanh(0.5 * x),
    }
    return rules[kind]()


def _ball_activation(kind: str, slope: float, x: arb) -> arb:
    if kind == "tanh":
        return x.tanh()
    if kind == "sigmoid":
        return 1 / (1 + (-x).exp())
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


def looks(
    target: Any, layer: int, before: tuple[int, ...]
) -> tuple[int, list[tuple[int, int, int]]]:
    """Sites out, and every (tap, site out, site in) that a layer joins; padding is left out."""
    kind, weight = target.kinds[layer], target.weights[layer]
    name = type(kind).__name__
    if name == "Linear":
        return 1, [(0, 0, 0)]
    if name == "Equivariant":
        basis = kind.matrices()
        return basis.shape[1], [tuple(map(int, place)) for place in np.argwhere(basis)]
    (height, width), (kh, kw) = before[1:], weight.shape[2:]
    out = [
        (side + 2 * pad - spread * (size - 1) - 1) // step + 1
        for side, pad, spread, size, step in zip(
            (height, width), kind.padding, kind.dilation, (kh, kw), kind.stride, strict=True
        )
    ]
    places = []
    for a, b, i, j in itertools.product(range(kh), range(kw), range(out[0]), range(out[1])):
        y = i * kind.stride[0] - kind.padding[0] + a * kind.dilation[0]
        x = j * kind.stride[1] - kind.padding[1] + b * kind.dilation[1]
        if 0 <= y < height and 0 <= x < width:
            places.append((a * kw + b, i * out[1] + j, y * width + x))
    return out[0] * out[1], places


def coefficients(target: Any, layer: int) -> np.ndarray:
    """Target weights as rows (channel out, tap), columns channels in."""
    kind, weight = target.kinds[layer], target.weights[layer]
    name = type(kind).__name__
    if name == "Linear":
        return np.asarray(weight)
    if name == "Equivariant":
        out, inside, elements = weight.shape
        return np.array([[weight[o, :, e]] for o in range(out) for e in range(elements)]).reshape(
            -1, inside
        )
    out, per_group, kh, kw = weight.shape
    rows = np.zeros((out, kh * kw, per_group * kind.groups))
    for o, i, a, b in itertools.product(range(out), range(per_group), range(kh), range(kw)):
        group = o // (out // kind.groups)
        rows[o, a * kw + b, group * per_group + i] = weight[o, i, a, b]
    return rows.reshape(out * kh * kw, -1)


class Layer:
    """What stands for one weighted layer: masked matrices in order, or the target's own."""

    def __init__(
        self,
        matrices: list[Rows],
        *,
        ones: int,
        taps: int,
        bias: Any = None,
        activation: tuple[str, float] = ("relu", 0.0),
    ) -> None:
        self.matrices = [Matrix(rows) for rows in matrices]
        self.ones, self.taps, self.bias, self.activation = ones, taps, bias, activation

    def __call__(self, x: Values, sites: int, places: list[tuple[int, int, int]]) -> Values:
        values = x.with_ones(self.ones) if self.ones else x
        for m, matrix in enumerate(self.matrices):
            if m:
                values = values.activated(*self.activation)
            values = values.times(matrix)
        shape = values.array.shape
        cube = values.array.reshape(-1, self.taps, *shape[1:])
        zero = arb(0) if x.kind == "ball" else 0
        out = np.full((cube.shape[0], sites, shape[2]), zero, dtype=values.array.dtype)
        for tap, q, p in places:
            out[:, q] = out[:, q] + cube[:, tap, p]
        values = Values(out, values.scale, x.kind)
        if self.bias is None:
            return values
        column = np.broadcast_to(np.asarray(self.bias)[:, None, None], out.shape)
        return values.plus(Values.of(np.ascontiguousarray(column), x.kind))


class Network:
    """A target, or the source network of a ticket for it."""

    def __init__(self, target: Any, layers: list[Layer], copies: list[int]) -> None:
        self.target, self.layers, self.copies = target, layers, copies

    @classmethod
    def of_target(cls, target: Any) -> Network:
        layers = [
            Layer(
                [exact_rows(coefficients(target, k))],
                ones=0,
                taps=_taps(target, k),
                bias=target.biases[k],
            )
            for k in range(target.depth)
        ]
        return cls(target, layers, [1] * target.depth)

    @classmethod
    def of_ticket(cls, target: Any, source: Source) -> Network:
        layers = []
        for block, matrices in zip(source.header["blocks"], source.blocks, strict=True):
            name, _, slope = block.get("activation", "relu").partition("(")
            ones = block["copies_in"] if block["constant_input"] else 0
            activation = name, float(slope.rstrip(")") or 0)
            layers.append(
                Layer(matrices, ones=ones, taps=block.get("taps", 1), activation=activation)
            )
        return cls(target, layers, [b["copies_out"] for b in source.header["blocks"]])

    def run(self, x: Values) -> list[Values]:
        """Every value: the input, and what each step gives."""
        values, copies = [x], [1]
        shapes = self.target.shapes_of_values
        for step in self.target.steps:
            before, shape, name = values[step.of], shapes[step.of], type(step).__name__
            copies.append(copies[step.of])
            if name == "Weigh":
                copies[-1] = self.copies[step.layer]
                sites, places = looks(self.target, step.layer, shape)
                values.append(self.layers[step.layer](before, sites, places))
            elif name == "Activate":
                values.append(before.activated(step.activation.kind, step.activation.slope))
            elif name == "Flatten":
                values.append(_flattened(before, copies[step.of]))
            elif name == "Add":
                have, want = copies[step.skip], copies[step.of]
                values.append(before.plus(_with_copies(values[step.skip], have, want)))
            else:
                values.append(_pooled(before, step, shape))
        return values


def _taps(target: Any, layer: int) -> int:
    return int(np.prod(target.weights[layer].shape[2:]))


def _flattened(x: Values, copies: int) -> Values:
    channels, sites, batch = x.array.shape
    cube = x.array.reshape(channels // copies, copies, sites, batch).swapaxes(1, 2)
    return Values(cube.reshape(channels * sites, 1, batch), x.scale, x.kind)


def _with_copies(x: Values, have: int, want: int) -> Values:
    cube = x.array.reshape(-1, have, *x.array.shape[1:])
    taken = cube[:, [c % have for c in range(want)]]
    return Values(taken.reshape(-1, *x.array.shape[1:]), x.scale, x.kind)


def _pooled(x: Values, step: Any, shape: tuple[int, ...]) -> Values:
    _, height, width = shape
    rows, columns = (
        range((side + 2 * step.padding - step.side) // step.stride + 1) for side in (height, width)
    )
    out = []
    for i, j in itertools.product(rows, columns):
        seen = []
        for a, b in itertools.product(range(step.side), repeat=2):
            y, z = i * step.stride - step.padding + a, j * step.stride - step.padding + b
            if 0 <= y < height and 0 <= z < width:
                seen.append(x.array[:, y * width + z])
        out.append(_largest(seen, x.kind) if step.kind == "max" else sum(seen[1:], seen[0]))
    array = np.stack(out, axis=1)
    if step.kind == "max":
        return Values(array, x.scale, x.kind)
    if x.kind == "exact":
        return Values(array, x.scale / step.side**2, x.kind)
    return Values(array / step.side**2, x.scale, x.kind)


def _largest(seen: list[np.ndarray], kind: str) -> np.ndarray:
    largest = seen[0]
    for other in seen[1:]:
        if kind == "ball":
            largest = (largest + other + np.abs(largest - other)) / 2
        else:
            largest = np.maximum(largest, other)
    return largest


def differences(ours: Values, theirs: Values, copies: int) -> np.ndarray:
    """Ticket minus target, copy by copy: floats, fractions or balls."""
    repeated = Values(np.repeat(theirs.array, copies, axis=0), theirs.scale, theirs.kind)
    minus = Values(-repeated.array, repeated.scale, repeated.kind)
    gap = ours.plus(minus)
    return gap.array * gap.scale if gap.kind == "exact" else gap.array
