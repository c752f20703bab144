"""First-layer copies that all see the same input: what they may add together."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from slt_theory.networks import Network
from slt_theory.networks.steps import Weigh
from slt_theory.tickets.checking.absolute_sums import largest_absolute_sum, on_unit
from slt_theory.tickets.checking.error_bound import loose
from slt_theory.tickets.checking.linear_form import charge
from slt_theory.tickets.checking.mean_and_spread import PairLayer
from slt_theory.tickets.checking.outward import Range
from slt_theory.tickets.domain import Inputs

__all__ = ["Together", "slack_of"]

Floats = NDArray[np.float64]
_AT_ONCE = 1 << 21
"""Numbers of forms that are made at once: one array of a large layer takes 180 MB."""


def slack_of(layer: PairLayer, values: Range, errors: Range | None) -> float:
    """Bound on what rounding a layer's targets adds to one of its outputs."""
    total = float(loose(layer.mean, *values)[1][0])
    return total + (0.0 if errors is None else float(loose(layer.mean, *errors)[1][0]))


class Together:
    """Copies that enter one activation as linear forms of the network's input.

    Parameters
    ----------
    target, domain, layers
    layer : int
        The weighted layer that makes them.
    inputs : (lower, upper)
    """

    def __init__(
        self,
        target: Network,
        domain: Inputs,
        layers: list[PairLayer],
        layer: int,
        inputs: Range,
    ) -> None:
        spread = layers[layer].spread
        assert spread is not None
        self.domain = domain
        self.slack = slack_of(layers[layer], inputs, None)
        self.constant = target.spread(layer, spread.constant)
        self.gap, self.inputs = spread, inputs
        self._sums: dict[bytes, float] = {}

    @classmethod
    def of(
        cls, target: Network, domain: Inputs, layers: list[PairLayer], value: int, inputs: Range
    ) -> Together | None:
        """For the copies of a value; None where they are no linear forms of the input."""
        step = target.steps[value - 1] if value else None
        if not isinstance(step, Weigh) or step.of != 0 or layers[step.layer].spread is None:
            return None
        if layers[step.layer].two_sided and not target.non_negative(domain.non_negative)[0]:
            return None
        return cls(target, domain, layers, step.layer, inputs)

    def largest(self, coefficients: Floats) -> float:
        """Upper bound of ``sum_c |coefficient_c s_c(x)|`` over the domain."""
        weights = np.abs(coefficients)
        key = weights.tobytes()
        if key not in self._sums:
            total = largest_absolute_sum(self._forms(weights), self.domain)
            # Forms are rounded, by as much as their terms are large.
            reach = self._reach() + self.slack
            total += float(weights @ reach) * charge(2 * self.inputs[0].size + 2 + weights.size)
            self._sums[key] = total + float(weights.sum()) * self.slack * 1.001
        return self._sums[key]

    def _forms(self, weights: Floats) -> Iterator[Floats]:
        """Forms of (1, y) times their weights, some copies at a time."""
        rows = self.gap.positive
        whole = None if rows.unrolling.one_site else rows.tocsr()
        step = max(1, _AT_ONCE // max(rows.shape[1], 1))
        for start in range(0, weights.size, step):
            live = start + np.flatnonzero(weights[start : start + step] > 0)
            matrix = rows.matrix[live] if whole is None else whole[live].toarray()
            forms = on_unit(matrix, self.constant[live], self.domain)
            forms *= weights[live, None]
            yield forms

    def _reach(self) -> Floats:
        """Twice the sum of the sizes of all terms of every copy's form, over the domain."""
        size = np.maximum(np.abs(self.inputs[0]), np.abs(self.inputs[1]))
        return np.asarray(2 * (self.gap.positive.sizes_times(size) + np.abs(self.constant)))
