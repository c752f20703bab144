"""Bounds of the difference of two ReLU networks on many boxes at once.

Layer by layer, and names as in `slt_theory.tickets.checking.batch_forms`: intervals of z and d
first; forms carried back to the input where they leave the sign of z open; forms of d where the
sign of z or z' is still open after that, or of z' where d is too wide to say more (`_near`). At the
outputs forms bound d, the lead of the target's class in the middle of the box over the others, and
what the other network loses of it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from slt_theory.tickets.checking.batch_forms import (
    Boxes,
    FormEngine,
    Missed,
    Rows,
    largest_of,
    relu_bounds,
)
from slt_theory.tickets.checking.coordinate_shares import shares_of
from slt_theory.tickets.checking.linear_form import charge
from slt_theory.tickets.checking.neuron_ends import ends_of, rows_at_once
from slt_theory.tickets.checking.outward import Range
from slt_theory.tickets.checking.paired_layers import PairedLayer, with_signs

__all__ = ["BoxBounds", "bounds_on_boxes", "ranges_on_boxes"]

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Indices = NDArray[np.int64]
Places = tuple[NDArray[np.int64], ...]


class BoxBounds(NamedTuple):
    """Facts about boxes.

    Attributes
    ----------
    error : array (boxes,)
        No output differs by more.
    lead, kept : arrays (boxes,)
        By how much the named output of the target leads at least, and whether it also leads in
        the other network; of one output 0 and False.
    shares : array (boxes, inputs)
        How much each coordinate has of the error's bound; for choices, no bound.
    worst : array (boxes, inputs)
        Corner at which the worst output's form is largest.
    """

    error: Floats
    lead: Floats
    kept: Bools
    shares: Floats
    worst: Floats


_WIDE = 0.05
"""Forms of z' alone are taken from so much of z's width on, as the width of d."""
_FAR = 0.6
"""No forms of d where its widths will be so much of those of z and z' together.

A layer makes z four to seven times as wide and d twice as much, where all signs are open. Forms of
d then cost three of z and end behind ``z' - z``. On 32 pieces of ACAS Xu (of 1,008 of the whole
box; the same at half and at a tenth of their width) the mean bound is 328, 41.3 and 0.254 in 3.4,
3.8 and 2.8 ms of one processor a piece; with all forms the same in 5.3, 4.9 and 2.8 ms; with 0.3
in the place of 0.6 it is 0.291 at a tenth, and 0.078 for 0.063 on a region of the benchmark.
"""


class _Ranges(NamedTuple):
    """Ranges of z, z' and d of one layer on every box."""

    value: Range
    other: Range
    difference: Range


@np.errstate(all="ignore")
def ranges_on_boxes(
    layers: list[PairedLayer], lo: Floats, hi: Floats, how: FormEngine = FormEngine.NUMPY
) -> tuple[Boxes, Boxes, list[_Ranges]]:
    """Ranges of every layer, rounded outwards, and the lines of every ReLU, of both networks.

    Parameters
    ----------
    lo, hi : arrays (boxes, inputs)
    """
    ends = with_signs(layers, lo, hi)
    both, alone = (Boxes(ends, np.ones(len(lo)), how) for _ in range(2))
    known = list[_Ranges]()
    others, none = [layer.of_other for layer in layers], np.zeros((len(lo), 1))
    values, moved, errors, near = ends, ends, (none, none), np.ones(len(lo), dtype=bool)
    for place, layer in enumerate(layers):
        value, difference = _intervals(layer, values, errors if place else None, both)
        other, _ = _intervals(others[place], moved, None, alone)
        each = _Ranges(value, other, difference)
        # Of the first layer intervals are exact.
        if place:
            _tighten(layers, both, alone, each, near)
        _agree(each)
        near = _near(each, len(layers) - 1 - place)
        known.append(each)
        if place < len(layers) - 1:
            values, moved = _relu(value), _relu(other)
            errors = _moved(each, values, moved)
            both.relus.append(relu_bounds(value, difference, errors))
            alone.relus.append(relu_bounds(other, difference, errors))
    return both, alone, known


def _relu(value: Range) -> Range:
    return np.maximum(value[0], 0), np.maximum(value[1], 0)


def _agree(known: _Ranges) -> None:
    """Hold d = z' - z against the ranges of all three, in place."""
    (low, high), (least, most), (down, up) = known
    np.fmax(down, np.nextafter(least - high, -np.inf), out=down)
    np.fmin(up, np.nextafter(most - low, np.inf), out=up)
    np.fmax(least, np.nextafter(low + down, -np.inf), out=least)
    np.fmin(most, np.nextafter(high + up, np.inf), out=most)


def _intervals(
    layer: PairedLayer, values: Range, errors: Range | None, boxes: Boxes
) -> tuple[Range, Range]:
    """Ranges of z and d from those of a and e; adds the layer's charges to the boxes."""
    most = np.maximum(np.abs(values[0]), np.abs(values[1]))
    weight, change = np.abs(layer.weight), np.abs(layer.change)
    heavy = most @ weight.T + np.abs(layer.bias)
    loose = most @ change.T + np.abs(layer.shift)
    terms = charge(2 * sum(layer.weight.shape))
    if errors is not None:
        far = np.maximum(np.abs(errors[0]), np.abs(errors[1]))
        loose += far @ np.abs(layer.other).T
        boxes.sizes += far.sum(axis=1)
    slack = layer.slack * (1 + most.sum(axis=1, keepdims=True)) * (1 + terms)
    slips = terms * heavy, terms * loose + slack
    boxes.slips.append(slips)
    boxes.sizes += most.sum(axis=1) + heavy.sum(axis=1) + loose.sum(axis=1)
    middle, half = _centred(values)
    z = _around(middle @ layer.weight.T + layer.bias, half @ weight.T, slips[0])
    centre, reach = middle @ layer.change.T + layer.shift, half @ change.T
    if errors is not None:
        middle, half = _centred(errors)
        centre += middle @ layer.other.T
        reach += half @ np.abs(layer.other).T
    return z, _around(centre, reach, slips[1])


def _centred(ends: Range) -> Range:
    """Middle and half the width; the halves of subnormal numbers are off by 2^-1075 each."""
    return (ends[0] + ends[1]) / 2, (ends[1] - ends[0]) / 2 + 2.0**-1074


def _around(middle: Floats, half: Floats, slip: Floats) -> Range:
    """Range of a middle and half a width, and twice a slip; everything where it has overflowed."""
    half = half + 2 * slip + 2.0**-900
    low, high = middle - half, middle + half
    known = np.isfinite(low) & np.isfinite(high)
    low, high = np.where(known, low, -np.inf), np.where(known, high, np.inf)
    return np.nextafter(low, -np.inf), np.nextafter(high, np.inf)


def _near(known: _Ranges, left: int) -> Bools:
    """Guess on which boxes forms of d will say more than ranges of z and z', `left` layers on."""
    value, other, difference = (np.sum(high - low, axis=1) for low, high in known)
    open_sign = np.mean((known.value[0] < 0) & (known.value[1] > 0), axis=1)
    return np.asarray((1 + open_sign) ** left * difference < _FAR * (value + other))


def _tighten(
    layers: list[PairedLayer], both: Boxes, alone: Boxes, known: _Ranges, near: Bools
) -> None:
    """Lower upper ends and raise lower ones by forms, where they are needed, in place.

    That is behind a ReLU where the signs of z or z' are open, and at the outputs for d. Forms of z'
    alone are taken where d may be as large as a part of z, or the box is not `near`: then z' says
    more than z + d.
    """
    value, other, difference = known
    place = len(both.relus)
    last = place == len(layers) - 1
    if not last:
        open_sign = np.nonzero((value[0] < 0) & (value[1] > 0))
        _meet(value, open_sign, ends_of(layers, both, place, open_sign, difference=False))
    _agree(known)
    same = np.minimum(value[0], other[0]) >= 0
    dead = np.maximum(value[1], other[1]) <= 0
    mixed = ~(same | dead) | last
    wide = ~near[:, None] | (difference[1] - difference[0] > _WIDE * (value[1] - value[0]))
    wide &= mixed
    if wide.any():
        others, where = [layer.of_other for layer in layers], np.nonzero(wide)
        _meet(other, where, ends_of(others, alone, place, where, difference=False))
        if last:
            _meet(value, where, ends_of(layers, both, place, where, difference=False))
        _agree(known)
    where = np.nonzero(mixed & near[:, None])
    _meet(difference, where, ends_of(layers, both, place, where, difference=True))


def _meet(ends: Range, where: Places, other: Range) -> None:
    """Take the tighter of two ranges at single neurons, in place."""
    low, high = ends
    low[where] = np.maximum(low[where], other[0])
    high[where] = np.minimum(high[where], other[1])


def _largest(layers: list[PairedLayer], boxes: Boxes, place: int, rows: Rows) -> Floats:
    """Upper bounds of forms (`largest_of`), some at a time."""
    step, bounds = rows_at_once(layers, place), [np.zeros(0)]
    for start in range(0, len(rows.box), step):
        bounds.append(largest_of(layers, boxes, place, rows.some(start, start + step)).bound)
    return np.concatenate(bounds)


def _moved(known: _Ranges, values: Range, others: Range) -> Range:
    """Range of relu(z + d) - relu(z): both ends are taken at corners, as it grows with d."""
    (low, high), _, (down, up) = known

    def rise(z: Floats, d: Floats, side: float) -> Floats:
        moved = np.maximum(np.nextafter(z + d, side), 0) - np.maximum(z, 0)
        return np.asarray(np.nextafter(moved, side))

    least = np.where(down >= 0, rise(low, down, -np.inf), rise(high, down, -np.inf))
    most = np.where(up >= 0, rise(high, up, np.inf), rise(low, up, np.inf))
    apart = (
        np.nextafter(others[0] - values[1], -np.inf),
        np.nextafter(others[1] - values[0], np.inf),
    )
    least = np.fmax(np.fmax(least, np.minimum(down, 0)), apart[0])
    most = np.fmin(np.fmin(most, np.maximum(up, 0)), apart[1])
    return least, most


@np.errstate(all="ignore")
def bounds_on_boxes(
    layers: list[PairedLayer],
    lo: Floats,
    hi: Floats,
    best: Indices,
    how: FormEngine = FormEngine.NUMPY,
) -> BoxBounds:
    """Bounds of the difference on boxes, and of the lead of output `best` (boxes,)."""
    boxes, _, known = ranges_on_boxes(layers, lo, hi, how)
    count, outputs = len(lo), len(layers[-1].bias)
    place, every = len(layers) - 1, np.arange(count)
    ends = known[-1].difference
    sizes = np.maximum(-ends[0], ends[1])
    sizes = np.where(np.isfinite(sizes), sizes, np.inf)
    worst = np.argmax(sizes, axis=1)
    unit = np.zeros((count, outputs))
    unit[every, worst] = np.where(ends[1] >= -ends[0], 1.0, -1.0)[every, worst]
    missed = list[Missed]()
    slopes = largest_of(layers, boxes, place, Rows(every, 0 * unit, unit), missed).slopes
    shares = shares_of(layers, boxes, [each.value for each in known], slopes, missed)
    low, high = boxes.ends
    corner, inputs = np.where(slopes > 0, high, low), lo.shape[1]
    if corner.shape[1] > inputs:
        shares = shares[:, :inputs] + shares[:, inputs:]
        corner = np.where(corner[:, :inputs] > 0, corner[:, :inputs], corner[:, inputs:])
    lead, kept = _leads(layers, boxes, best) if outputs > 1 else (np.zeros(count), every < 0)
    return BoxBounds(sizes[every, worst], lead, kept, shares, np.clip(corner, lo, hi))


def _leads(layers: list[PairedLayer], boxes: Boxes, best: Indices) -> tuple[Floats, Bools]:
    """Lower bounds of leads of output `best`, and whether it leads in both networks."""
    count, outputs = len(best), len(layers[-1].bias)
    box, other = np.divmod(np.arange(count * (outputs - 1)), outputs - 1)
    other = other + (other >= best[box])
    rows = np.zeros((len(box), outputs))
    rows[np.arange(len(box)), other] = 1.0
    rows[np.arange(len(box)), best[box]] = -1.0
    # z'_j - z'_c = (z_j - z_c) + (d_j - d_c).
    ours, theirs = (
        _largest(layers, boxes, len(layers) - 1, forms).reshape(count, -1).max(axis=1)
        for forms in (Rows(box, rows, None), Rows(box, rows, rows))
    )
    return -ours, (ours < 0) & (theirs < 0)
