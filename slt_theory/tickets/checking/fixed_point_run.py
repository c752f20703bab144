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
from slt_theory.networks.steps import Activate, Move, Pool, Shape, Step, Weigh, with_copies
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
from slt_theory.tickets.checking.fixed_point_radius import (
    Charges,
    assumed_charges,
    products_of,
    radii_of_values,
    radius_of_output,
)
from slt_theory.tickets.checking.outward import Range, up
from slt_theory.tickets.checking.unrolled import SourceMap, copies_of_values

__all__ = [
    "ends_in_fixed_point",
    "in_fixed_point",
    "taken_after",
    "values_in_fixed_point",
]

Floats = NDArray[np.float64]
_MOST_DIGITS = (8, 16, 32)
"""Digits of a number are fewer; the fewer there may be, the longer each is."""
_AT_ONCE = 1 << 23
"""Digits of the widest value of a batch: its arrays then take some 400 MB."""


def ends_in_fixed_point(
    target: Network, networks: tuple[list[SourceMap], ...], x: Floats, radius: float
) -> list[Range] | None:
    """Ends of the outputs of source networks at inputs (batch, numbers), or None.

    The same as `values_in_fixed_point` of the last value alone.
    """
    found = values_in_fixed_point(target, networks, x, radius, (len(target.steps),))
    return None if found is None else [each for (each,) in found]


def values_in_fixed_point(
    target: Network,
    networks: tuple[list[SourceMap], ...],
    x: Floats,
    radius: float,
    places: tuple[int, ...],
) -> list[list[Range]] | None:
    """Ends of some values of source networks at inputs (batch, numbers).

    Parameters
    ----------
    radius : float
        The radii of all networks' outputs shall make no more, as far as an estimate beforehand can
        tell.
    places : tuple of int
        Of the values.

    Returns
    -------
    list of lists of (lower, upper), or None
        A list a network, a range a place. None where more than 32 digits were needed.

    Notes
    -----
    Cost: about 10 to 40 products a layer, for 100 to 200 bits; memory does not grow with the batch.
    """
    lost = sum(
        float(radius_of_output(target, maps, assumed_charges(target, maps)).max())
        for maps in networks
    )
    terms = max(products_of(source.positive) for maps in networks for source in maps)
    if not (0 < radius < math.inf and 0 < lost < math.inf):
        return None
    for most in _MOST_DIGITS:
        bits = bits_of_digits(terms, most)
        count = max(1, math.ceil((math.log2(lost) - math.log2(radius)) / bits))
        if bits < 4 or count + 2 > most:
            continue
        base = DigitBase(bits, count)
        found = [_ends(target, maps, x, base, most, places) for maps in networks]
        ends = [each for each in found if each is not None]
        if len(ends) == len(networks):
            return ends
    return None


def _ends(
    target: Network,
    maps: list[SourceMap],
    x: Floats,
    base: DigitBase,
    most: int,
    places: tuple[int, ...],
) -> list[Range] | None:
    """Ends of values, a batch at a time; None where a batch has none."""
    copies = copies_of_values(target, [source.copies_out for source in maps])
    widest = max(c * math.prod(s) for c, s in zip(copies, target.shapes_of_values, strict=True))
    step, parts = max(1, _AT_ONCE // (widest * (base.places + 1))), list[list[Range]]()
    for start in range(0, len(x), step):
        found = _run(target, maps, x[start : start + step], base, most, places)
        if found is None:
            return None
        digits, charges = found
        radii = radii_of_values(target, maps, charges)
        parts.append([_range(digits[place], radii[place], base) for place in places])
    return [
        (np.concatenate([low for low, _ in each]), np.concatenate([high for _, high in each]))
        for each in zip(*parts, strict=True)
    ]


def _range(digits: Floats, radius: Floats, base: DigitBase) -> Range:
    """Ends of numbers that are known up to a radius in units."""
    middle, slip = nearest_floats(digits, base.bits)
    slip = up(slip + radius, 2)
    shift = -base.bits * base.places
    low, high = np.nextafter(middle - slip, -np.inf), np.nextafter(middle + slip, np.inf)
    return (
        np.nextafter(np.ldexp(low, shift), -np.inf),
        np.nextafter(np.ldexp(high, shift), np.inf),
    )


def in_fixed_point(
    target: Network, maps: list[SourceMap], x: Floats, base: DigitBase, most: int
) -> tuple[Floats, Charges] | None:
    """Digits (count, batch, outputs) of a source network's outputs, and what every value was off.

    None if a number has more than `most` digits, or a ball does not tell how a value is rounded.
    """
    last = len(target.steps)
    found = _run(target, maps, x, base, most, (last,))
    return None if found is None else (found[0][last], found[1])


def _run(
    target: Network,
    maps: list[SourceMap],
    x: Floats,
    base: DigitBase,
    most: int,
    places: tuple[int, ...],
) -> tuple[dict[int, Floats], Charges] | None:
    """Digits of the values at some places, and what every value was off; None as above."""
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
        values = {
            place: value
            for place, value in values.items()
            if place in places or taken_after(target.steps, place, number)
        }
    return values, charges


def taken_after(steps: tuple[Step, ...], place: int, number: int) -> bool:
    """True if a step after step `number` takes the value at a place."""
    return any(place in (s.of, getattr(s, "skip", None)) for s in steps[number + 1 :])


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
