"""The source network of a ticket on whole images: effective weights unrolled over the sites."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from slt_theory.lattice import PRODUCT_BITS
from slt_theory.networks import Network, Operator
from slt_theory.networks.steps import (
    Activate,
    Add,
    Move,
    Pool,
    Shape,
    Step,
    Weigh,
    copies_back,
    with_copies,
)
from slt_theory.tickets.block import Block
from slt_theory.tickets.checking.effective import Effective

__all__ = [
    "SourceMap",
    "copies_of_values",
    "final_layers",
    "follow",
    "in_units",
    "layer_values",
    "pull_back",
    "run_source",
    "target_maps",
    "unroll",
]

Floats = NDArray[np.float64]


class SourceMap:
    """One source layer in float64, exact: slopes for inputs >= 0 and <= 0, and the bias.

    Attributes
    ----------
    positive, negative : Operator
        One object where both are the same.
    bias : array (source channels,)
    copies_in, copies_out : int
    loose : float
        By how much a true slope may differ: 0 for ReLU gadgets.
    """

    def __init__(
        self,
        positive: Operator,
        negative: Operator,
        bias: Floats,
        copies_in: int,
        copies_out: int,
        loose: float = 0.0,
    ) -> None:
        self.positive, self.negative, self.bias = positive, negative, bias
        self.copies_in, self.copies_out, self.loose = copies_in, copies_out, loose

    @property
    def two_sided(self) -> bool:
        """True if inputs of both signs see different slopes."""
        return self.negative is not self.positive

    def apply(self, x: Floats) -> Floats:
        """(batch, values in) to (batch, values out)."""
        if self.two_sided and (x < 0).any():
            values = self.positive.apply(np.maximum(x, 0)) + self.negative.apply(np.minimum(x, 0))
        else:
            values = self.positive.apply(x)
        return values + np.repeat(self.bias, self.positive.unrolling.sites_out)

    def back(self, gradient: Floats, x: Floats) -> Floats:
        """Gradient with respect to the input `x`."""
        ours = self.positive.back(gradient)
        if not self.two_sided:
            return ours
        return np.where(x < 0, self.negative.back(gradient), ours)


def unroll(target: Network, block: Block, layer: int, effective: Effective) -> SourceMap:
    """A block's exact sums as a map of images."""
    unrolling = target.unrolling(layer)
    channels = block.outputs * block.copies_out

    def operator(sums: NDArray[np.int64]) -> Operator:
        slopes = in_units(sums[:, : block.inputs], effective.scale_exponent)
        return Operator(slopes.reshape(channels, block.taps, -1), unrolling)

    bias = np.zeros(channels)
    if block.constant_input:
        constants = effective.positive[:, -1].reshape(channels, block.taps)
        bias = in_units(constants[:, block.constant_tap], effective.scale_exponent)
    if effective.wiring is not None:
        wiring = effective.wiring.reshape(channels, block.taps, -1)
        positive = Operator(np.ascontiguousarray(wiring), unrolling)
    else:
        positive = operator(effective.positive)
    negative = positive
    if effective.negative is not None and effective.negative is not effective.positive:
        negative = operator(effective.negative)
    loose = effective.loose * 2.0 ** (effective.scale_exponent - PRODUCT_BITS)
    return SourceMap(positive, negative, bias, block.copies_in, block.copies_out, loose)


def in_units(matrix: NDArray[np.int64], scale_exponent: int) -> Floats:
    """Integers in units of ``2**(scale_exponent - 48)`` as float64."""
    numbers = matrix.astype(np.float64, order="C")
    return np.ldexp(numbers, scale_exponent - PRODUCT_BITS, out=numbers)


def copies_of_values(target: Network, copies_out: list[int]) -> list[int]:
    """Copies of every channel that the source network has, value by value."""
    copies = [1]
    for step in target.steps:
        copies.append(copies_out[step.layer] if isinstance(step, Weigh) else copies[step.of])
    return copies


def final_layers(target: Network) -> set[int]:
    """Layers whose values reach the output through no other weighted layer, skips left out."""
    value = len(target.steps)
    while value:
        step = target.steps[value - 1]
        if isinstance(step, Weigh):
            return {step.layer}
        value = step.of
    return set()


def follow(
    step: Step,
    values: list[Floats],
    shapes: tuple[Shape, ...],
    copies: list[int],
    number: int,
) -> Floats:
    """Apply step `number`, which has no weights, to a source network's flat values."""
    before = values[step.of]
    if isinstance(step, Activate):
        return step.activation(before)
    if isinstance(step, Pool):
        return step(before, shapes[step.of])
    if isinstance(step, Move):
        return step.move(before, shapes[step.of], copies[step.of])
    if isinstance(step, Add):
        sites = int(np.prod(shapes[step.skip][1:]))
        return before + with_copies(values[step.skip], sites, copies[step.skip], copies[number + 1])
    raise TypeError(step)


def run_source(
    target: Network, maps: list[SourceMap], x: Floats, place: int | None = None
) -> list[Floats]:
    """Every value of the source network on a batch (batch, numbers), flat, up to value `place`."""
    values, shapes = [x], target.shapes_of_values
    copies = copies_of_values(target, [source.copies_out for source in maps])
    for number, step in enumerate(target.steps[:place]):
        if isinstance(step, Weigh):
            values.append(maps[step.layer].apply(values[step.of]))
        else:
            values.append(follow(step, values, shapes, copies, number))
    return values


def target_maps(target: Network) -> list[SourceMap]:
    """The target itself in the same form."""
    maps = []
    for layer in range(target.depth):
        operator, bias = target.operator(layer), target.biases[layer]
        zeros = np.zeros(len(operator.coefficients))
        maps.append(SourceMap(operator, operator, zeros if bias is None else bias, 1, 1))
    return maps


def layer_values(target: Network) -> tuple[int, ...]:
    """The value that every weighted layer gives."""
    places = {s.layer: number + 1 for number, s in enumerate(target.steps) if isinstance(s, Weigh)}
    return tuple(places[layer] for layer in range(target.depth))


def pull_back(
    target: Network, maps: list[SourceMap], values: list[Floats], place: int, seed: Floats
) -> Floats:
    """Gradient of ``sum(seed * value)`` of value `place` with respect to the input."""
    shapes = target.shapes_of_values
    copies = copies_of_values(target, [source.copies_out for source in maps])
    gradients: dict[int, Floats] = {place: seed}

    def add(value: int, gradient: Floats) -> None:
        gradients[value] = gradients[value] + gradient if value in gradients else gradient

    for number in reversed(range(place)):
        step, gradient = target.steps[number], gradients.pop(number + 1, None)
        if gradient is None:
            continue
        before = values[step.of]
        if isinstance(step, Weigh):
            add(step.of, maps[step.layer].back(gradient, before))
        elif isinstance(step, Activate):
            add(step.of, gradient * step.activation.slopes(before))
        elif isinstance(step, Pool):
            add(step.of, step.back(gradient, before, shapes[step.of]))
        elif isinstance(step, Move):
            add(step.of, step.back(gradient, shapes[step.of], copies[step.of]))
        elif isinstance(step, Add):
            add(step.of, gradient)
            have, want = copies[step.skip], copies[number + 1]
            sites = int(np.prod(shapes[step.skip][1:]))
            add(step.skip, copies_back(gradient, sites, have, want))
    return gradients.get(0, np.zeros_like(values[0]))
