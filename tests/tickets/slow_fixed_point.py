"""Fixed point, one number at a time in Python integers: what the arrays have to give."""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from typing import Any

import mpmath
import numpy as np


def digits(number: int, bits: int) -> list[int]:
    """Digits of an integer in [-B/2, B/2), lowest first."""
    size, found = 2**bits, []
    while number:
        found.append((number + size // 2) % size - size // 2)
        number = (number - found[-1]) // size
    return found


@cache
def cut(value: Fraction, bits: int, last: int) -> dict[int, int]:
    """Slice by exponent: every one the nearest to what the higher ones leave, ties to even."""
    found, rest = {}, value
    for k in range(-(40 // bits) - 1, last + 1):
        found[k] = round(rest * Fraction(2) ** (bits * k))
        rest -= found[k] / Fraction(2) ** (bits * k)
        if not rest:
            break
    return found


def units(value: Fraction, bits: int, places: int) -> int:
    """A number in units, what is below them left out."""
    return sum(part * 2 ** (bits * (places - k)) for k, part in cut(value, bits, places).items())


def product(coefficient: Fraction, number: int, bits: int) -> Fraction:
    """Units of a product: slices times digits, those below ``B^-1`` left out."""
    own = digits(number, bits)
    parts = cut(coefficient, bits, len(own))
    # In units of 1/B.
    total = sum(
        part * digit << bits * (i - k + 1)
        for i, digit in enumerate(own)
        for k, part in parts.items()
        if i - k >= -1
    )
    return Fraction(total, 2**bits)


def nearest(value: Fraction) -> int:
    """The nearest integer, the higher one of two."""
    return (value + Fraction(1, 2)).__floor__()


CURVES = {
    "tanh": mpmath.tanh,
    "sigmoid": lambda x: (1 + mpmath.tanh(x / 2)) / 2,
    "silu": lambda x: x * (1 + mpmath.tanh(x / 2)) / 2,
    "gelu": lambda x: x * mpmath.ncdf(x),
    "gelu_tanh": lambda x: (
        x * (1 + mpmath.tanh(mpmath.sqrt(2 / mpmath.pi) * (x + mpmath.mpf(0.044715) * x**3))) / 2
    ),
}
"""In mpmath, no balls: 1 + tanh cancels below 0, so bits are many."""


def curve(kind: str, number: int, below: int) -> int:
    """Nearest number of units ``2^-below`` to f(z), z as such a number."""
    with mpmath.workprec(4 * (below + number.bit_length() + 64)):
        value = CURVES[kind](mpmath.ldexp(mpmath.mpf(number), -below))
        return int(mpmath.floor(mpmath.ldexp(value, below) + mpmath.mpf(0.5)))


class Slow:
    """A source network, value by value: lists of integers for one input."""

    def __init__(self, target: Any, maps: list[Any], bits: int, places: int) -> None:
        self.target, self.maps, self.bits, self.places = target, maps, bits, places
        self.copies = [1]
        for step in target.steps:
            weighed = type(step).__name__ == "Weigh"
            self.copies.append(maps[step.layer].copies_out if weighed else self.copies[step.of])

    def run(self, x: np.ndarray) -> list[int]:
        values = [[units(Fraction(v), self.bits, self.places) for v in x.tolist()]]
        for number, step in enumerate(self.target.steps):
            rule = getattr(self, type(step).__name__.lower())
            values.append(rule(step, values, number))
        return values[-1]

    def weigh(self, step: Any, values: list[list[int]], number: int) -> list[int]:
        source = self.maps[step.layer]
        above, below = (side.tocsr().toarray() for side in (source.positive, source.negative))
        biases = np.repeat(source.bias, source.positive.unrolling.sites_out).tolist()
        result = []
        for p, n, bias in zip(above.tolist(), below.tolist(), biases, strict=True):
            total = Fraction(units(Fraction(bias), self.bits, self.places))
            for w, u, v in zip(p, n, values[step.of], strict=True):
                total += product(Fraction(w if v >= 0 else u), v, self.bits)
            result.append(nearest(total))
        return result

    def activate(self, step: Any, values: list[list[int]], number: int) -> list[int]:
        if step.activation.kind == "identity":
            return values[step.of]
        if step.activation.kind in CURVES:
            below = self.bits * self.places
            return [curve(step.activation.kind, v, below) for v in values[step.of]]
        slope = Fraction(step.activation.slope if step.activation.kind == "leaky_relu" else 0)
        return [v if v >= 0 else nearest(product(slope, v, self.bits)) for v in values[step.of]]

    def pool(self, step: Any, values: list[list[int]], number: int) -> list[int]:
        shape = self.target.shapes_of_values[step.of]
        sites, windows = shape[1] * shape[2], step.windows(shape).tolist()
        channels = [values[step.of][k : k + sites] for k in range(0, len(values[step.of]), sites)]
        seen = [[[c[s] for s in window if s < sites] for window in windows] for c in channels]
        if step.kind == "max":
            return [max(each) for channel in seen for each in channel]
        shares = [Fraction(1, int(n)) for n in step.divisors(shape).tolist()]
        return [
            nearest(product(share, sum(each), self.bits))
            for channel in seen
            for share, each in zip(shares, channel, strict=True)
        ]

    def add(self, step: Any, values: list[list[int]], number: int) -> list[int]:
        sites = int(np.prod(self.target.shapes_of_values[step.skip][1:]))
        have, copies = self.copies[step.skip], self.copies[number + 1]
        result = []
        for place, value in enumerate(values[step.of]):
            channel, site = divmod(place, sites)
            channel, copy = divmod(channel, copies)
            result.append(value + values[step.skip][(channel * have + copy % have) * sites + site])
        return result

    def flatten(self, step: Any, values: list[list[int]], number: int) -> list[int]:
        shape, copies = self.target.shapes_of_values[step.of], self.copies[step.of]
        cube = np.array(values[step.of], dtype=object).reshape(shape[0], copies, -1)
        return cube.swapaxes(1, 2).ravel().tolist()

    def rearrange(self, step: Any, values: list[list[int]], number: int) -> list[int]:
        shape, copies = self.target.shapes_of_values[step.of], self.copies[step.of]
        cube = np.array(values[step.of], dtype=object).reshape(shape[0], copies, -1)
        flat = [cube[:, copy].ravel().tolist() for copy in range(copies)]
        moved = [[one[p] if p >= 0 else 0 for p in step.places(shape).tolist()] for one in flat]
        split = np.array(moved, dtype=object).reshape(copies, step.result[0], -1)
        return split.swapaxes(0, 1).ravel().tolist()
