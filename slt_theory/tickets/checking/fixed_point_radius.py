"""Radii of a source network's values in fixed point, from what every value itself is off."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from slt_theory.networks import Network, Operator
from slt_theory.networks.steps import Add, Move, Pool, Weigh, with_copies
from slt_theory.tickets.checking.outward import up
from slt_theory.tickets.checking.unrolled import SourceMap, copies_of_values

__all__ = ["Charges", "assumed_charges", "products_of", "radii_of_values", "radius_of_output"]

Floats = NDArray[np.float64]
Charges = list[Floats | float]
"""Per value, the input first, what its own rounding adds to its radius, in units."""


def assumed_charges(target: Network, maps: list[SourceMap]) -> Charges:
    """Charges before anything is evaluated, somewhat larger than they will be."""
    weighed = (
        1.0 + products_of(maps[s.layer].positive) if isinstance(s, Weigh) else 2.0
        for s in target.steps
    )
    return [1.0, *weighed]


def products_of(operator: Operator) -> int:
    """Products that one number of a layer adds at most."""
    sites = int(operator.unrolling.counts.sum(axis=0).max())
    return sites * int(operator.coefficients.shape[2])


def radius_of_output(target: Network, maps: list[SourceMap], charges: Charges) -> Floats:
    """Radii (outputs,) of a source network's outputs, given what every value adds; in units."""
    return radii_of_values(target, maps, charges)[-1]


def radii_of_values(target: Network, maps: list[SourceMap], charges: Charges) -> list[Floats]:
    """Radii (numbers,) of every value, the input first; in units."""
    shapes = target.shapes_of_values
    copies = copies_of_values(target, [source.copies_out for source in maps])
    radii = [np.zeros(target.size_in) + charges[0]]
    for number, step in enumerate(target.steps):
        radius, before = radii[step.of], shapes[step.of]
        if isinstance(step, Weigh):
            source = maps[step.layer]
            sides = source.positive.coefficients, source.negative.coefficients
            size = Operator(np.maximum(*map(np.abs, sides)), source.positive.unrolling)
            after = up(size @ radius, 2 * size.terms)
            if source.loose:
                after = after + up(source.loose * radius.sum(keepdims=True), radius.size)
        elif isinstance(step, Pool):
            after = step(radius, before)
            if step.kind == "average":
                after = up(after, step.numbers(before))
        elif isinstance(step, Move):
            after = step.move(radius, before, copies[step.of])
        elif isinstance(step, Add):
            sites = math.prod(shapes[step.skip][1:])
            skipped = with_copies(radii[step.skip], sites, copies[step.skip], copies[number + 1])
            after = radius + skipped
        else:
            after = step.activation.lipschitz * radius
        radii.append(up(after + charges[number + 1], 2))
    return radii
