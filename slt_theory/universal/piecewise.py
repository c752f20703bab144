"""What a masked hinge source computes, exactly: piecewise-linear functions with rational kinks."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from slt_theory.lattice import PRODUCT_BITS, WEIGHT_BITS
from slt_theory.tickets.checking.effective import Effective, MalformedTicket

__all__ = ["PiecewiseLinear", "hinge_output"]


@dataclass(frozen=True)
class PiecewiseLinear:
    """Straight between neighbouring points.

    Attributes
    ----------
    points, values : tuple of Fraction
        Ascending; the first and the last are the ends of the domain.
    kinks : int
        Points at which hinges begin or end; the ends and 0 are not counted.
    """

    points: tuple[Fraction, ...]
    values: tuple[Fraction, ...]
    kinks: int


@dataclass(frozen=True)
class _Neuron:
    """``weight relu(right max(x, 0) + left min(x, 0) + bias)`` in integers of its lattice."""

    weight: int
    right: int
    left: int
    bias: int

    def slope(self, side: int) -> int:
        """Growth of its inside, walking away from 0 to the right (1) or to the left (-1)."""
        return self.right if side > 0 else -self.left

    def begins(self, side: int) -> bool:
        """True if the hinge is on at once, walking that way."""
        return self.bias > 0 or (self.bias == 0 and self.slope(side) > 0)

    def kink(self, side: int) -> Fraction | None:
        """The distance at which it goes on or off that way."""
        slope = self.slope(side)
        return Fraction(-self.bias, slope) if self.bias * slope < 0 else None


def _walk(neurons: list[_Neuron], side: int, end: Fraction) -> list[tuple[Fraction, Fraction]]:
    """(distance, sum of all neurons) at every kink short of `end`, and there.

    Between kinks the sum is one line, ``slope d + level``; a neuron is 0 where it goes on or off,
    so its line joins or leaves the sum there without a jump. One pass, exact.
    """
    on = [neuron for neuron in neurons if neuron.begins(side)]
    slope = sum(neuron.weight * neuron.slope(side) for neuron in on)
    level = sum(neuron.weight * neuron.bias for neuron in on)
    ahead: dict[Fraction, list[_Neuron]] = {}
    for neuron in neurons:
        place = neuron.kink(side)
        if place is not None and place < end:
            ahead.setdefault(place, []).append(neuron)
    result = []
    for place in sorted(ahead):
        result.append((place, slope * place + level))
        for neuron in ahead[place]:
            change = -neuron.weight if neuron.begins(side) else neuron.weight
            slope += change * neuron.slope(side)
            level += change * neuron.bias
    return [*result, (end, slope * end + level)]


def hinge_output(
    pair: Effective, single: Effective, output: int, lo: Fraction, hi: Fraction
) -> tuple[int, PiecewiseLinear]:
    """The input that an output depends on, and the function of it on [lo, hi].

    Parameters
    ----------
    pair, single : Effective
        The two blocks, recomputed from seed and masks.
    output : int
    lo, hi : Fraction
        With ``lo <= 0 <= hi``.

    Raises
    ------
    MalformedTicket
        If the output depends on more than one input.
    """
    neurons, seen = _neurons(pair, single, output)
    if len(seen) > 1:
        raise MalformedTicket(f"output {output} depends on the inputs {sorted(seen)}")
    unit = Fraction(2) ** (single.scale_exponent - WEIGHT_BITS - PRODUCT_BITS)
    constant = int(single.positive[output, -1]) * Fraction(2) ** (
        single.scale_exponent - PRODUCT_BITS
    )
    right = _walk(neurons, 1, hi) if hi else []
    left = _walk(neurons, -1, -lo) if lo else []
    middle = Fraction(sum(neuron.weight * max(neuron.bias, 0) for neuron in neurons))
    places = [
        *((-place, value) for place, value in reversed(left)),
        (Fraction(0), middle),
        *right,
    ]
    points = tuple(place for place, _ in places)
    values = tuple(constant + unit * value for _, value in places)
    kinks = max(len(left) - 1, 0) + max(len(right) - 1, 0)
    return min(seen, default=output), PiecewiseLinear(points, values, kinks)


def _neurons(pair: Effective, single: Effective, output: int) -> tuple[list[_Neuron], set[int]]:
    wiring: Any = single.wiring
    weights = np.ldexp(wiring[output], WEIGHT_BITS - single.scale_exponent).astype(np.int64)
    negative = pair.positive if pair.negative is None else pair.negative
    neurons, seen = [], set()
    alive = (pair.positive != 0).any(axis=1) | (negative != 0).any(axis=1)
    for row in np.flatnonzero((weights != 0) & alive).tolist():
        right, left = pair.positive[row, :-1], negative[row, :-1]
        inputs = np.flatnonzero((right != 0) | (left != 0)).tolist()
        seen.update(inputs)
        place = inputs[0] if inputs else 0
        neurons.append(
            _Neuron(
                int(weights[row]), int(right[place]), int(left[place]), int(pair.positive[row, -1])
            )
        )
        if len(inputs) > 1:
            break
    return neurons, seen
