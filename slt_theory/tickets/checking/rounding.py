"""How far off float64 is when it evaluates a source network."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from slt_theory.networks import Network, Operator
from slt_theory.networks.steps import Activate, Add, Move, Pool, Weigh, with_copies
from slt_theory.tickets.checking.unrolled import SourceMap, copies_of_values

__all__ = ["rounding_bound"]

Floats = NDArray[np.float64]


def _sizes_applied(source: SourceMap, *batches: Floats) -> list[Floats]:
    """Batches under the absolute slopes, the larger of both sides."""
    images: list[list[Floats]] = [[] for _ in batches]
    for positive, negative in zip(source.positive.parts(), source.negative.parts(), strict=True):
        size = np.abs(positive.coefficients)
        if source.two_sided:
            size = np.maximum(size, np.abs(negative.coefficients))
        operator = Operator(size, positive.unrolling)
        for image, batch in zip(images, batches, strict=True):
            image.append(operator.apply(batch))
    return [np.concatenate(image, axis=1) for image in images]


def rounding_bound(target: Network, maps: list[SourceMap], values: list[Floats]) -> list[Floats]:
    """Bounds of the rounding errors of `run_source` on single inputs, for every value."""
    errors = [np.zeros_like(values[0])]
    shapes = target.shapes_of_values
    copies = copies_of_values(target, [source.copies_out for source in maps])
    for number, step in enumerate(target.steps):
        error, x = errors[step.of], values[step.of]
        if isinstance(step, Weigh):
            source = maps[step.layer]
            gamma = (2 * source.positive.terms + 4) * 2.0**-52
            bias = np.repeat(np.abs(source.bias), source.positive.unrolling.sites_out)
            magnitude, moved = _sizes_applied(source, np.abs(x), error)
            magnitude += bias
            if source.loose:
                inputs = np.abs(x) + error
                moved = moved + source.loose * (inputs.sum(axis=1, keepdims=True) + 1) * (1 + gamma)
            errors.append(moved * (1 + gamma) + gamma * magnitude * (1 + gamma) + 2.0**-1000)
        elif isinstance(step, Activate):
            slip, least = step.activation.rounding
            moved = max(1.0, step.activation.lipschitz) * error
            errors.append(moved * (1 + slip) + slip * np.abs(values[number + 1]) + least)
        elif isinstance(step, Pool):
            pooled = step(error, shapes[step.of])
            if step.kind == "average":
                slip = (step.numbers(shapes[step.of]) + 4) * 2.0**-52
                sizes = step(np.abs(x), shapes[step.of])
                pooled = pooled * (1 + slip) + slip * sizes + 2.0**-1000
            errors.append(pooled)
        elif isinstance(step, Move):
            errors.append(step.move(error, shapes[step.of], copies[step.of]))
        elif isinstance(step, Add):
            sites = int(np.prod(shapes[step.skip][1:]))
            want = copies[number + 1]
            skipped = with_copies(errors[step.skip], sites, copies[step.skip], want)
            rounding = np.abs(values[number + 1]) * 2.0**-52
            errors.append((error + skipped) * (1 + 2.0**-51) + rounding)
    return errors
