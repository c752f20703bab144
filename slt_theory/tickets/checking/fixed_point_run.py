"""A source network at single inputs in fixed point: outputs and proven radii, as narrow as asked.

A forward bound of roundings grows by the row sums of every layer, some 2^77 in twenty layers: what
float64 says is then lost, and 77 more bits are kept instead. Values are digits
(`slt_theory.tickets.checking.fixed_point`); per number of a value one radius, in units, bounds how
far off it is for every input of the batch. Layers, pools, sums and activations; curved ones by ball
arithmetic (`slt_theory.tickets.checking.curves`).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from slt_theory.networks import Activation, Network, Operator
from slt_theory.networks.steps import Activate, Add, Move, Pool, Shape, Step, Weigh, with_copies
from slt_theory.tickets.checking.curves import curved
from slt_theory.tickets.checking.fixed_point import (
    DigitBase,
    Slices,
    bits_of_digits,
    carried,
    cut,
    digits_of,
    largest_of_windows,
    multiplied,
    nearest_floats,
    plus,
    reciprocals,
    scaled,
    signs,
)
from slt_theory.tickets.checking.outward import Range, up
from slt_theory.tickets.checking.unrolled import SourceMap, copies_of_values

__all__ = ["ends_in_fixed_point", "in_fixed_point", "radius_of_output"]

Floats = NDArray[np.float64]
Charges = list[Floats | float]
"""Per value, the input first, what its own rounding adds to its radius, in units."""
_MOST_DIGITS = (8, 16, 32)
"""Digits of a number are fewer; the fewer there may be, the longer each is."""
_AT_ONCE = 1 << 23
"""Digits of the widest value of a batch: its arrays then take some 400 MB."""


def ends_in_fixed_point(
    target: Network, networks: tuple[list[SourceMap], ...], x: Floats, radius: float
) -> list[Range] | None:
    """Ends of the outputs of source networks at inputs (batch, numbers).

    Parameters
    ----------
    radius : float
        The radii of all networks shall make no more, as far as an estimate beforehand can tell.

    Returns
    -------
    list of (lower, upper), or None
        None where more than 32 digits were needed.

    Notes
    -----
    Cost: about 10 to 40 products a layer, for 100 to 200 bits; memory does not grow with the batch.
    """
    lost = sum(
        float(radius_of_output(target, maps, _assumed(target, maps)).max()) for maps in networks
    )
    terms = max(_products(source.positive) for maps in networks for source in maps)
    if not (radius > 0 and lost < math.inf):
        return None
    for most in _MOST_DIGITS:
        bits = bits_of_digits(terms, most)
        places = max(1, math.ceil((math.log2(lost) - math.log2(radius)) / bits))
        if bits < 4 or places + 2 > most:
            continue
        found = [_ends(target, maps, x, DigitBase(bits, places), most) for maps in networks]
        ends = [each for each in found if each is not None]
        if len(ends) == len(networks):
            return ends
    return None


def _assumed(target: Network, maps: list[SourceMap]) -> Charges:
    """Charges before anything is evaluated, somewhat larger than they will be."""
    weighed = (
        1.0 + _products(maps[s.layer].positive) if isinstance(s, Weigh) else 2.0
        for s in target.steps
    )
    return [1.0, *weighed]


def _products(operator: Operator) -> int:
    """Products that one number of a layer adds at most."""
    sites = int(operator.unrolling.counts.sum(axis=0).max())
    return sites * int(operator.coefficients.shape[2])


def _ends(
    target: Network, maps: list[SourceMap], x: Floats, base: DigitBase, most: int
) -> Range | None:
    """Ends of the outputs, a batch at a time; None if a number has more than `most` digits."""
    copies = copies_of_values(target, [source.copies_out for source in maps])
    widest = max(c * math.prod(s) for c, s in zip(copies, target.shapes_of_values, strict=True))
    step, lows, highs = max(1, _AT_ONCE // (widest * (base.places + 1))), [], []
    for start in range(0, len(x), step):
        found = in_fixed_point(target, maps, x[start : start + step], base, most)
        if found is None:
            return None
        digits, charges = found
        middle, slip = nearest_floats(digits, base.bits)
        slip = up(slip + radius_of_output(target, maps, charges), 2)
        shift = -base.bits * base.places
        lows.append(np.nextafter(np.ldexp(np.nextafter(middle - slip, -np.inf), shift), -np.inf))
        highs.append(np.nextafter(np.ldexp(np.nextafter(middle + slip, np.inf), shift), np.inf))
    return np.concatenate(lows), np.concatenate(highs)


def radius_of_output(target: Network, maps: list[SourceMap], charges: Charges) -> Floats:
    """Radii (outputs,) of a source network's outputs, given what every value adds; in units."""
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
    return radii[-1]


def in_fixed_point(
    target: Network, maps: list[SourceMap], x: Floats, base: DigitBase, most: int
) -> tuple[Floats, Charges] | None:
    """Digits (count, batch, outputs) of a source network's outputs, and what every value was off.

    None if a number has more than `most` digits, or a ball does not tell how a value is rounded.
    """
    digits, exact = digits_of(x, base)
    if len(digits) > most:
        return None
    values, charges = {0: digits}, Charges([0.0 if exact else 0.5])
    copies = copies_of_values(target, [source.copies_out for source in maps])
    for number, step in enumerate(target.steps):
        before, shape = values[step.of], target.shapes_of_values[step.of]
        charge: Floats | float = 0.0
        if isinstance(step, Weigh):
            after, charge = _weighed(maps[step.layer], before, base)
        elif isinstance(step, Activate):
            moved = _activated(step.activation, before, base)
            if moved is None:
                return None
            after, charge = moved
        elif isinstance(step, Pool):
            after, charge = _pooled(step, before, shape, base.bits)
        elif isinstance(step, Move):
            after = step.move(before, shape, copies[step.of])
        else:
            sites = math.prod(target.shapes_of_values[step.skip][1:])
            skipped = with_copies(values[step.skip], sites, copies[step.skip], copies[number + 1])
            after = plus(before, skipped, base.bits)
        if len(after) > most:
            return None
        values[number + 1] = after
        charges.append(charge)
        values = {place: values[place] for place in values if _used(target.steps, place, number)}
    return values[len(target.steps)], charges


def _used(steps: tuple[Step, ...], place: int, after: int) -> bool:
    """True if a value is an output, or taken after a step."""
    later = steps[after + 1 :]
    taken = any(place in (step.of, getattr(step, "skip", None)) for step in later)
    return taken or place == len(steps)


def _weighed(source: SourceMap, digits: Floats, base: DigitBase) -> tuple[Floats, Floats]:
    """Digits of a layer's outputs, and what they are off."""
    unrolling, inputs = source.positive.unrolling, source.positive.shape[1]
    slices = cut(source.positive.coefficients, base.bits, len(digits))
    factors, lost = [(digits, slices, unrolling)], slices.lost(base.bits)
    sign = signs(digits) if source.two_sided else np.zeros(1)
    if (sign < 0).any():
        other = cut(source.negative.coefficients, base.bits, len(digits))
        above, below = np.where(sign > 0, digits, 0.0), np.where(sign < 0, digits, 0.0)
        factors = [(above, slices, unrolling), (below, other, unrolling)]
        lost = lost + other.lost(base.bits)
    bias, exact = digits_of(source.bias, base)
    after = multiplied(factors, np.repeat(bias, unrolling.sites_out, axis=1), base.bits)
    charge = _of_lost(Operator(lost, unrolling) @ np.ones(inputs), base.bits)
    charge = charge + (0.0 if exact else 0.5)
    if source.loose:
        middle, slip = nearest_floats(digits, base.bits)
        sums = up((np.abs(middle) + slip).sum(axis=1), inputs)
        unit = 2.0 ** (base.bits * base.places)
        charge = charge + up(source.loose * (sums.max(keepdims=True) + unit), 3)
    return after, up(charge, 3)


def _of_lost(lost: Floats, bits: int) -> Floats:
    """Units that sums of products are off, their last digit included (`Slices.lost`)."""
    return up(lost / (4 * (2.0**bits - 1)) + 0.5, 2)


def _activated(
    activation: Activation, digits: Floats, base: DigitBase
) -> tuple[Floats, Floats | float] | None:
    if activation.kind == "identity":
        return digits, 0.0
    if not activation.homogeneous:
        after = curved(activation, digits, base)
        return None if after is None else (after, 0.5)
    bits = base.bits
    sign = signs(digits)
    above = np.where(sign > 0, digits, 0.0)
    if activation.kind == "relu":
        return above, 0.0
    slices = cut(np.array([activation.slope]), bits, len(digits))
    below = scaled(np.where(sign < 0, digits, 0.0), slices, bits)
    return plus(above, below, bits), _of_lost(slices.lost(bits), bits)


def _pooled(step: Pool, digits: Floats, shape: Shape, bits: int) -> tuple[Floats, Floats | float]:
    windows = step.gather(digits, shape, -np.inf if step.kind == "max" else 0.0)
    flat = *digits.shape[:2], -1
    if step.kind == "max":
        return largest_of_windows(windows).reshape(flat), 0.0
    sums = carried(windows.sum(axis=-1).reshape(flat), bits)
    shares, channels = reciprocals(step.divisors(shape), bits, len(sums)), windows.shape[2]
    every = Slices(
        shares.exponents,
        [np.tile(part, channels) for part in shares.parts],
        np.tile(shares.rest, channels),
    )
    return scaled(sums, every, bits), _of_lost(every.lost(bits), bits)
