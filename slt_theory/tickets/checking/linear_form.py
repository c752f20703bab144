"""A linear form of two networks' values on its way from the output to the input."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from slt_theory.tickets.checking.neuron_bounds import Point

__all__ = ["Choice", "Form", "Passed", "charge"]

Floats = NDArray[np.float64]
Choice = dict[int, tuple[Floats, Floats]]
"""Per activation the slopes A on errors and B on target values, (rows, numbers) each."""


def charge(terms: int) -> float:
    """Charge for rounding a sum of products, in units of the sizes that it adds."""
    return (terms + 16) * 2.0**-51


@dataclass
class Passed:
    """Result of one pass.

    Attributes
    ----------
    bound : array (rows,)
    choice : dict
        The slopes that were used; `scales` are their natural sizes.
    points, x : dict from activation to Point, array (rows, inputs)
        Where the maxima of neurons and input sit.
    copies : dict from activation to (slopes, offsets)
        What copies make of their spread.
    pooled : dict from max-pool to values
    together : dict from activation to array (rows,)
        What copies may add together.
    """

    bound: Floats
    choice: Choice = field(default_factory=dict)
    scales: dict[int, tuple[Floats, Floats]] = field(default_factory=dict)
    points: dict[int, Point] = field(default_factory=dict)
    copies: dict[int, tuple[Floats, Floats]] = field(default_factory=dict)
    pooled: dict[int, tuple[Floats, Floats | None, Floats | None]] = field(default_factory=dict)
    together: dict[int, Floats] = field(default_factory=dict)
    x: Floats | None = None


@dataclass
class Form:
    """Coefficients by value, the sum of constants as computed, and what rounding may hide."""

    target: dict[int, Floats]
    mean: dict[int, Floats]
    spread: dict[int, Floats]
    constant: Floats
    charge: Floats
    negative: Floats | None = None

    def add(self, part: dict[int, Floats], value: int, coefficients: Floats) -> None:
        """Add coefficients of a value to one part of the form."""
        self._overflow(coefficients)
        part[value] = part[value] + coefficients if value in part else coefficients
        if value == 0 and part is self.target and self.negative is not None:
            self.negative = self.negative + coefficients

    def add_two_sided(self, positive: Floats, negative: Floats) -> None:
        """Coefficients on the network's input, for inputs >= 0 and <= 0."""
        self._overflow(positive)
        self._overflow(negative)
        if self.negative is None:
            self.negative = self.target.get(0, np.zeros_like(positive))
        self.negative = self.negative + negative
        self.target[0] = self.target[0] + positive if 0 in self.target else positive

    def _overflow(self, coefficients: Floats) -> None:
        """A form with a coefficient that is no finite number has no bound."""
        lost = ~np.isfinite(coefficients).all(axis=1)
        if lost.any():
            self.constant = np.where(lost, np.inf, self.constant)

    def bounded(self, amount: Floats) -> None:
        """Add a constant, and the charge for rounding it: ``2^-50`` of its size and of the sum."""
        self.constant = self.constant + amount
        self.charge = self.charge + (np.abs(amount) + np.abs(self.constant)) * 2.0**-50
