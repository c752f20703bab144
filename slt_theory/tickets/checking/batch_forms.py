"""Linear forms of target and difference, carried back to the input for many boxes at once.

Names as in `slt_theory.tickets.checking.paired_layers`; a = relu(z), e = relu(z + d) - relu(z). An
upper bound of ``cz . z + cd . d`` over a box goes back layer by layer. A layer maps it to
``(cz W + cd D) . a + cd V . e``, a ReLU on z in [l, u] and d in [p, q] by

    near z <= a <= chord (z - l),               chord >= u / (u - l), 0 <= near <= 1,
    e = d       if z >= 0 and z + d >= 0,       e = 0   if z <= 0 and z + d <= 0,
    rise d + top >= e >= fall d + floor         else,

as e = t d with t in [0, 1]: for p < 0 < q the lines through (p, 0), (q, q) and (q, 0), (p, p), else
0 and d; or constants, the ends of e, where these are nearer. At the input the maximum is exact.

Rounding. Coefficients are floats; by how much a float row c W misses the exact product is charged
at once, ``(k + 16) 2^-51 |c| |W|`` for k terms, times the largest |a|: four times what
``gamma_(k+6)`` asks for, which leaves room for the rounding of charges and of ends. The slopes
above are bounds as floats, no approximations: chord, rise, fall, top and floor are rounded to the
safe side. Nothing else is lost but underflow, 2^-900 of everything that occurs.

Source: CROWN (Zhang, Weng, Chen, Hsieh, Daniel 2018); differences of ReLUs as in ReluDiff and
NeuroDiff (Paulsen, Wang, Wang 2020).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from slt_theory.tickets.checking.linear_form import charge
from slt_theory.tickets.checking.outward import Range
from slt_theory.tickets.checking.paired_layers import PairedLayer

__all__ = [
    "Boxes",
    "FormEngine",
    "Largest",
    "Missed",
    "ReluBounds",
    "Rows",
    "largest_of",
    "relu_bounds",
]

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]
_FLAT, _STEEP = 1.0, 3.0
"""The slope of the line below relu(z) grows from 0 to 1 with ``u / -l`` between these.

The area between both lines is least with a step at 1. But what a line misses comes on top of slopes
that go on through all layers before it. On 32 pieces of ACAS Xu (of 1,008, whole box; the same at
half and a quarter of their width) the mean width of an output is 526, 61.5, 5.69 with a step at 1,
324, 40.9, 4.10 with a step at 2, 322, 38.9, 3.95 with 1 to 3, and 330, 39.7, 4.05 with 1 to 5.
"""
_CONSTANT = 0.7
"""A constant takes the place of a line where it is lower than so much of the line's end."""


class FormEngine(Enum):
    """Ways to compute forms of single neurons; both: compiled, and compared with numpy."""

    NUMPY = 0
    BOTH = 1
    COMPILED = 2


class ReluBounds(NamedTuple):
    """Lines above and below the ReLUs of one layer, arrays (boxes, neurons)."""

    chord: Floats
    lift: Floats
    near: Floats
    rise: Floats
    top: Floats
    fall: Floats
    floor: Floats


class Missed(NamedTuple):
    """Per neuron by how much lines may miss the ReLU and its difference; for choices, no bound."""

    value: Floats
    difference: Floats


@dataclass
class Boxes:
    """Boxes (boxes, inputs) and all that is known on them, layer by layer.

    Attributes
    ----------
    ends : (low, high)
        Of the first layer's inputs.
    sizes : array (boxes,)
        Everything that occurs, added.
    how : FormEngine
        Forms of single neurons.
    relus : list of ReluBounds
    slips : list of (array, array)
        Charges for the rounding of a unit of z, and of d, at every neuron.
    """

    ends: Range
    sizes: Floats
    how: FormEngine = FormEngine.NUMPY
    relus: list[ReluBounds] = field(default_factory=list)
    slips: list[tuple[Floats, Floats]] = field(default_factory=list)


class Rows(NamedTuple):
    """Forms of one layer's z and d: the box of each row, and its coefficients (rows, neurons)."""

    box: Indices
    value: Floats
    difference: Floats | None

    def some(self, start: int, end: int) -> Rows:
        """Rows from `start` to before `end`."""
        difference = None if self.difference is None else self.difference[start:end]
        return Rows(self.box[start:end], self.value[start:end], difference)


class Largest(NamedTuple):
    """Upper bounds of forms.

    Attributes
    ----------
    bound : array (rows,)
        Infinite where something overflows.
    slopes : array (rows, inputs)
        Coefficients of the input.
    charge : array (rows,)
        Part of the bound, for rounding.
    """

    bound: Floats
    slopes: Floats
    charge: Floats


def relu_bounds(value: Range, difference: Range, ends: Range) -> ReluBounds:
    """Lines above and below relu(z) and e, given ranges of z, d and e."""
    (low, high), (down, up), (least, most) = value, difference, ends
    crossing = (low < 0) & (high > 0)
    active = low >= 0
    chord = np.where(crossing, _up(high / _up(high - low, crossing, -np.inf), crossing), 1.0)
    chord = np.where(active | crossing, chord, 0.0)
    lift = np.where(crossing, _up(-chord * low, crossing), 0.0)
    # Any slope in [0, 1] lies below, whatever rounds.
    grown = (high / np.where(crossing, -low, 1.0) - _FLAT) / (_STEEP - _FLAT)
    near = np.where(crossing, np.fmax(np.fmin(grown, 1.0), 0.0), np.where(active, 1.0, 0.0))
    same = active & (low + down >= 0)
    dead = (high <= 0) & (high + up <= 0)
    rise, top = _line(down, up, most)
    fall, floor = _line(-up, -down, -least)
    one, none = same.astype(float), same | dead
    return ReluBounds(
        chord,
        lift,
        near,
        np.where(none, one, rise),
        np.where(none, 0.0, top),
        np.where(none, one, fall),
        np.where(none, 0.0, -floor),
    )


def _up(values: Floats, where: NDArray[np.bool_], towards: float = np.inf) -> Floats:
    return np.where(where, np.nextafter(values, towards), 1.0)


def _line(down: Floats, up: Floats, most: Floats) -> tuple[Floats, Floats]:
    """Slope and shift of a line above ``t d <= most``, for d in [down, up] and t in [0, 1]."""
    crossing = (down < 0) & (up > 0)
    slope = np.where(crossing, _up(up / _up(up - down, crossing, -np.inf), crossing), 0.0)
    shift = np.where(crossing, _up(-slope * down, crossing), 0.0)
    slope = np.where(down >= 0, 1.0, slope)
    constant = most < _CONSTANT * np.maximum(up, 0)
    constant |= up <= 0
    return np.where(constant, 0.0, slope), np.where(constant, most, shift)


def largest_of(
    layers: list[PairedLayer],
    boxes: Boxes,
    place: int,
    rows: Rows,
    missed: list[Missed] | None = None,
) -> Largest:
    """Upper bounds of forms of layer `place` on their boxes.

    Parameters
    ----------
    missed : list, optional
        Filled with what each layer's lines may miss, from the last to the first.
    """
    which, cz, cd = rows
    total, slip = np.zeros((2, len(which)))
    for k in reversed(range(place + 1)):
        layer, (of_value, of_difference) = layers[k], boxes.slips[k]
        slip += _dot(np.abs(cz), of_value[which])
        total += cz @ layer.bias
        ca, ce = cz @ layer.weight, None
        if cd is not None:
            slip += _dot(np.abs(cd), of_difference[which])
            total += cd @ layer.shift
            ca += cd @ layer.change
            ce = cd @ layer.other if k else None
        slip += np.abs(total) * 2.0**-50
        if k:
            cz, cd, left, size = _through(boxes.relus[k - 1], which, ca, ce, missed)
            total += left
            slip += size * charge(2 * ca.shape[1]) + np.abs(total) * 2.0**-50
    low, high = (end[which] for end in boxes.ends)
    above = np.maximum(ca, 0)
    total += _dot(above, high) + _dot(ca - above, low)
    size = _dot(np.abs(ca), np.maximum(np.abs(low), np.abs(high)))
    slip += charge(2 * ca.shape[1]) * size
    charged = 2 * slip + np.abs(total) * 2.0**-50 + 2.0**-900 * boxes.sizes[which]
    total += charged
    bound = np.where(np.isfinite(total), np.nextafter(total, np.inf), np.inf)
    return Largest(bound, ca, charged)


def _through(
    relu: ReluBounds,
    which: Indices,
    ca: Floats,
    ce: Floats | None,
    missed: list[Missed] | None,
) -> tuple[Floats, Floats | None, Floats, Floats]:
    """Coefficients of z and d in the place of those of a and e, the constant, and its size."""
    above = np.maximum(ca, 0)
    below = ca - above
    lift = relu.lift[which]
    left = _dot(above, lift)
    above *= relu.chord[which]
    below *= relu.near[which]
    above += below
    if ce is None:
        return above, None, left, left
    rise, top, fall, floor = (part[which] for part in (relu.rise, relu.top, relu.fall, relu.floor))
    over = np.maximum(ce, 0)
    under = ce - over
    size = left + _dot(over, np.abs(top)) - _dot(under, np.abs(floor))
    left = left + _dot(over, top) + _dot(under, floor)
    if missed is not None:
        missed.append(Missed(np.abs(ca) * lift, np.abs(ce) * (top - floor)))
    over *= rise
    under *= fall
    over += under
    return above, over, left, size


def _dot(a: Floats, b: Floats) -> Floats:
    """Sums of products, row by row."""
    return np.asarray(np.einsum("rm,rm->r", a, b))
