"""Copies of a neuron as their mean and what each differs from it, exactly.

A source neuron c of a target neuron with value z has the value ``z + d + s_c``: d is the error that
its copies share, s_c the copy's own. Weights are split alike. A mean is rounded to a power of two
that divides every entry, so that the differences are floats without rounding.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from slt_theory.networks import Network, Operator
from slt_theory.tickets.checking.error_bound import Gap

__all__ = ["PairLayer", "split_layers"]

Floats = NDArray[np.float64]
_AT_ONCE = 1 << 20
_EXPONENT = 50
"""Entries below ``2**50`` units: means and differences then have at most 53 bits."""


@dataclass(frozen=True)
class PairLayer:
    """One weighted layer of target and ticket.

    Attributes
    ----------
    weight : Operator
        The target's.
    bias : array (values out,)
        The target's, at every site.
    mean : Gap
        Ticket minus target, averaged over the copies of an output; ``wiring`` likewise where a
        layer tells copies of its inputs apart, else it stands for nothing.
    spread : Gap or None
        What every copy differs by; None where an output has one copy.
    """

    weight: Operator
    bias: Floats
    mean: Gap
    spread: Gap | None

    @property
    def two_sided(self) -> bool:
        """Errors differ between inputs >= 0 and <= 0."""
        return self.mean.positive is not self.mean.negative


def split_layers(target: Network, gaps: Sequence[Gap]) -> list[PairLayer] | None:
    """Split every layer; None where a mean would have to be rounded.

    None as well for a layer that tells copies of its inputs apart and has another slope for inputs
    <= 0: its ``wiring`` is that for inputs >= 0 alone. No construction builds one.
    """
    layers = []
    for k, gap in enumerate(gaps):
        weight = target.operator(k)
        bias = target.biases[k]
        wired = gap.wiring.shape[1] != weight.shape[1]
        parts = _split(gap, wired=wired)
        if parts is None or (wired and gap.negative is not gap.positive):
            return None
        zeros = np.zeros(weight.shape[0])
        layers.append(
            PairLayer(
                weight,
                zeros if bias is None else target.spread(k, bias),
                *parts,
            )
        )
    return layers


def _split(gap: Gap, *, wired: bool) -> tuple[Gap, Gap | None] | None:
    """Mean and differences; without `wired` the wiring is not asked for, inputs have no spread."""
    if gap.copies == 1:
        return gap, None
    operators = [gap.positive]
    if gap.negative is not gap.positive:
        operators.append(gap.negative)
    if wired:
        operators.append(gap.wiring)
    pairs = [_mean(each.coefficients, gap.copies) for each in operators]
    constants = _mean(gap.constant, gap.copies)
    halves = []
    for side in (0, 1):
        sides = []
        for each, pair in zip(operators, pairs, strict=True):
            if pair is None or constants is None:
                return None
            sides.append(Operator(pair[side], each.unrolling))
        if constants is None:
            return None
        copies = 1 if side == 0 else gap.copies
        negative = sides[0] if gap.negative is gap.positive else sides[1]
        wiring = sides[-1]
        halves.append(Gap(wiring, sides[0], negative, constants[side], gap.slack, copies))
    return halves[0], halves[1]


def _mean(values: Floats, copies: int) -> tuple[Floats, Floats] | None:
    """Means over neighbours, and differences from them; exact, or None."""
    groups = values.reshape(-1, copies, *values.shape[1:])
    largest = float(np.abs(values).max(initial=0.0))
    unit = math.ldexp(1.0, max(math.frexp(largest)[1] - _EXPONENT, -1000))
    mean, spread = np.empty((len(groups), *values.shape[1:])), np.empty_like(groups)
    # Some groups at a time: of a large layer each array takes hundreds of megabytes.
    step = max(1, _AT_ONCE * len(groups) // max(groups.size, 1))
    for start in range(0, len(groups), step):
        part = slice(start, start + step)
        steps = groups[part] / unit
        if not np.array_equal(np.rint(steps) * unit, groups[part]):
            return None
        mean[part] = np.rint(steps.mean(axis=1)) * unit
        np.subtract(groups[part], mean[part, None], out=spread[part])
    return mean, spread.reshape(values.shape)
