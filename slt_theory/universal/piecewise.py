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

    def kinks(self) -> list[Fraction]:
        """Where it begins, on the side where its slope counts."""
        right = [Fraction(-self.bias, self.right)] if self.right else []
        left = [Fraction(-self.bias, self.left)] if self.left else []
        return [t for t in right if t > 0] + [t for t in left if t < 0]

    def at(self, x: Fraction) -> Fraction:
        slope = self.right if x > 0 else self.left
        inside = slope * x.numerator + self.bias * x.denominator
        return Fraction(self.weight * max(inside, 0), x.denominator)


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
    kinks = {t for neuron in neurons for t in neuron.kinks() if lo < t < hi}
    points = sorted({lo, Fraction(0), hi} | kinks)
    values = tuple(constant + unit * sum(neuron.at(x) for neuron in neurons) for x in points)
    return min(seen, default=output), PiecewiseLinear(tuple(points), values, len(kinks))


def _neurons(pair: Effective, single: Effective, output: int) -> tuple[list[_Neuron], set[int]]:
    wiring: Any = single.wiring
    weights = np.ldexp(wiring[output], WEIGHT_BITS - single.scale_exponent).astype(np.int64)
    negative = pair.positive if pair.negative is None else pair.negative
    neurons, seen = [], set()
    for row in np.flatnonzero(weights).tolist():
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
