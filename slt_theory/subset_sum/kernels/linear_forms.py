"""Ranges of single neurons by linear forms, carried back to the input box by box.

The inequalities, charges and names are those of `slt_theory.tickets.checking.batch_forms`, whose
`largest_of` is the slow reference. Sums add other terms first, which its charge allows: it holds
for any order. Three things cost less here. A form begins as a row of the layer's matrix, no product
is needed for that. Neurons at which all lines are 0 leave the matrices: their a and e are 0. And
forms are columns, so that a line is one number for a whole row of memory.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from slt_theory.subset_sum.kernels._compile import jit
from slt_theory.subset_sum.kernels._types import Ints, Scalar

__all__ = ["FlatLayers", "KnownBoxes", "neuron_ends", "neuron_ends_py"]

Floats = NDArray[np.float64]
UNIT = 2.0**-51
"""Charge for rounding of one term, in units of the sizes that are added; 16 more for a sum."""


class FlatLayers(NamedTuple):
    """Layers of both networks, one behind the other.

    Attributes
    ----------
    sizes : int64 array (layers + 1,)
        Numbers of inputs, of the neurons of every layer.
    places : int64 array (layers + 1,)
        Where each matrix begins.
    weight, change, other : arrays (entries,)
        W, D and V, row by row (outputs, inputs).
    bias, shift : arrays (neurons,)
        b and f.
    """

    sizes: Ints
    places: Ints
    weight: Floats
    change: Floats
    other: Floats
    bias: Floats
    shift: Floats


class KnownBoxes(NamedTuple):
    """Boxes with their ranges up to one layer; arrays (boxes, neurons of all layers).

    Attributes
    ----------
    low, high : arrays (boxes, inputs)
    least : array (boxes,)
        Added to every bound, for underflow.
    of_value, of_difference : arrays
        Charges for the rounding of a unit of z, and of d.
    chord, ..., floor : arrays
        Lines above and below the ReLUs.
    """

    low: Floats
    high: Floats
    least: Floats
    of_value: Floats
    of_difference: Floats
    chord: Floats
    lift: Floats
    near: Floats
    rise: Floats
    top: Floats
    fall: Floats
    floor: Floats


def matrix_py(buffer: Floats, rows: Scalar, columns: Scalar) -> Floats:
    """The beginning of a buffer as a matrix."""
    return buffer[: rows * columns].reshape((rows, columns))


matrix = jit(matrix_py, inline="always")


def live_neurons_py(known: KnownBoxes, box: Scalar, first: Scalar, count: Scalar, out: Ints) -> int:
    """List neurons of which some line is not 0 (NaN is not), and say how many."""
    found = 0
    for j in range(count):
        at = first + j
        ends = known.near[box, at] == 0 and known.chord[box, at] == 0 and known.lift[box, at] == 0
        ends = ends and known.rise[box, at] == 0 and known.top[box, at] == 0
        ends = ends and known.fall[box, at] == 0 and known.floor[box, at] == 0
        if not ends:
            out[found] = j
            found += 1
    return found


live_neurons = jit(live_neurons_py)


def begin_py(
    source: Floats, start: Scalar, columns: Scalar, neurons: Ints, live: Ints, out: Floats
) -> None:
    """Fill columns with rows of a matrix: minus those of the neurons, then those themselves."""
    count = neurons.size
    for j in range(live.size):
        for r in range(count):
            entry = source[start + neurons[r] * columns + live[j]]
            out[j, r] = -entry
            out[j, count + r] = entry


begin = jit(begin_py)


def transposed_py(
    source: Floats, start: Scalar, columns: Scalar, outputs: Ints, inputs: Ints, out: Floats
) -> None:
    """Copy the part of a matrix that is live on both sides, inputs first."""
    for i in range(outputs.size):
        row = start + outputs[i] * columns
        for j in range(inputs.size):
            out[j, i] = source[row + inputs[j]]


transposed = jit(transposed_py)


def lines_above_py(
    form: Floats, above: Scalar, top: Scalar, below: Scalar, floor: Scalar, left: Floats
) -> None:
    """Put lines in the place of one neuron's values: slopes in place, constants are added."""
    for r in range(form.size):
        c = form[r]
        p = c if c > 0 else 0.0
        q = c - p
        left[r] += p * top + q * floor
        form[r] = p * above + q * below


lines_above = jit(lines_above_py)


def add_sizes_py(form: Floats, top: Scalar, floor: Scalar, size: Floats) -> None:
    """Add the sizes of the constants of `lines_above`."""
    for r in range(form.size):
        c = form[r]
        p = c if c > 0 else 0.0
        size[r] += p * abs(top) - (c - p) * abs(floor)


add_sizes = jit(add_sizes_py)


def add_neuron_py(form: Floats, bias: Scalar, charge: Scalar, total: Floats, slip: Floats) -> None:
    """Add ``c b`` and the charge ``|c| s`` of one neuron."""
    for r in range(form.size):
        total[r] += form[r] * bias
        slip[r] += abs(form[r]) * charge


add_neuron = jit(add_neuron_py)


def settle_py(total: Floats, part: Floats, slip: Floats) -> None:
    """Add a part to the totals, and 2^-50 of the new ones to what they are charged."""
    for r in range(total.size):
        total[r] += part[r]
        slip[r] += abs(total[r]) * 2.0**-50
        part[r] = 0.0


settle = jit(settle_py)


def start_py(
    net: FlatLayers, known: KnownBoxes, box: Scalar, neurons: Ints, place: Scalar, apart: bool
) -> tuple[Floats, Floats]:
    """Constants and charges of ``-z, z`` of the neurons of a layer, or of ``-d, d``."""
    count, first = neurons.size, net.sizes[1 : place + 1].sum()
    total, slip = np.empty(2 * count), np.empty(2 * count)
    for r in range(count):
        at = first + neurons[r]
        each = net.shift[at] if apart else net.bias[at]
        charge = known.of_difference[box, at] if apart else known.of_value[box, at]
        total[r], total[count + r] = -each, each
        slip[r] = slip[count + r] = charge + abs(each) * 2.0**-50
    return total, slip


start = jit(start_py)


def finish_py(
    known: KnownBoxes, box: Scalar, live: Ints, form: Floats, total: Floats, slip: Floats
) -> None:
    """Add the largest value of forms of the input, and all charges, in place."""
    inputs = known.low.shape[1]
    most, size = np.zeros(total.size), np.zeros(total.size)
    for j in range(live.size):
        low, high = known.low[box, live[j]], known.high[box, live[j]]
        far = max(abs(low), abs(high))
        for r in range(total.size):
            c = form[j, r]
            p = c if c > 0 else 0.0
            most[r] += p * high + (c - p) * low
            size[r] += abs(c) * far
    for r in range(total.size):
        value = total[r] + most[r]
        lost = slip[r] + (2 * inputs + 16) * UNIT * size[r]
        value += 2 * lost + abs(value) * 2.0**-50 + known.least[box]
        total[r] = np.nextafter(value, np.inf) if np.isfinite(value) else np.inf


finish = jit(finish_py)


def live_inputs_py(
    net: FlatLayers, known: KnownBoxes, box: Scalar, place: Scalar, out: Ints
) -> Ints:
    """List the inputs of a layer that are not known to be 0."""
    if place:
        first = net.sizes[1:place].sum()
        return out[: live_neurons(known, box, first, net.sizes[place], out)]
    for j in range(net.sizes[0]):
        out[j] = j
    return out[: net.sizes[0]]


live_inputs = jit(live_inputs_py)


def through_relu_py(
    net: FlatLayers,
    known: KnownBoxes,
    box: Scalar,
    place: Scalar,
    live: Ints,
    forms: tuple[Floats, Floats],
    sums: tuple[Floats, Floats],
    apart: bool,
) -> None:
    """Forms of a and e before layer `place` become forms of z and d; constants and charges too.

    `sums` are the totals and what they are charged.
    """
    (ca, ce), (total, slip) = forms, sums
    first, size = net.sizes[1:place].sum(), net.sizes[place]
    left, of_errors, sizes, bias = np.zeros((4, total.size))
    for j in range(live.size):
        at = first + live[j]
        lines_above(
            ca[j], known.chord[box, at], known.lift[box, at], known.near[box, at], 0.0, left
        )
        add_neuron(ca[j], net.bias[at], known.of_value[box, at], bias, slip)
        if apart:
            rise, top = known.rise[box, at], known.top[box, at]
            fall, floor = known.fall[box, at], known.floor[box, at]
            add_sizes(ce[j], top, floor, sizes)
            lines_above(ce[j], rise, top, fall, floor, of_errors)
            add_neuron(ce[j], net.shift[at], known.of_difference[box, at], bias, slip)
    for r in range(total.size):
        slip[r] += (sizes[r] + left[r]) * ((2 * size + 16) * UNIT)
        left[r] += of_errors[r]
    settle(total, left, slip)
    settle(total, bias, slip)


through_relu = jit(through_relu_py)


def upper_bounds_py(
    net: FlatLayers, known: KnownBoxes, box: Scalar, neurons: Ints, place: Scalar, apart: bool
) -> Floats:
    """Upper bounds of ``-z, z`` of neurons of layer `place` on a box, or of ``-d, d``."""
    most, rows = net.sizes[: place + 1].max(), 2 * neurons.size
    total, slip = start(net, known, box, neurons, place, apart)
    lists, block = np.empty((2, most), np.int64), np.empty(most * most)
    buffers = np.empty((5, most * rows))
    live = live_inputs(net, known, box, place, lists[0])
    ca, ce = matrix(buffers[0], live.size, rows), matrix(buffers[1], live.size, rows)
    begin(
        net.change if apart else net.weight, net.places[place], net.sizes[place], neurons, live, ca
    )
    if apart and place:
        begin(net.other, net.places[place], net.sizes[place], neurons, live, ce)
    for k in range(place - 1, -1, -1):
        through_relu(net, known, box, k + 1, live, (ca, ce), (total, slip), apart)
        side, where, columns = 2 * ((place - k) % 2), net.places[k], net.sizes[k]
        seen = live_inputs(net, known, box, k, lists[(place - k) % 2])
        back = matrix(block, seen.size, live.size)
        transposed(net.weight, where, columns, live, seen, back)
        new = matrix(buffers[side], seen.size, rows)
        apart_new = matrix(buffers[side + 1], seen.size, rows)
        np.dot(back, ca, new)
        if apart:
            extra = matrix(buffers[4], seen.size, rows)
            transposed(net.change, where, columns, live, seen, back)
            np.dot(back, ce, extra)
            new += extra
            if k:
                transposed(net.other, where, columns, live, seen, back)
                np.dot(back, ce, apart_new)
        ca, ce, live = new, apart_new, seen
    finish(known, box, live, ca, total, slip)
    return total


upper_bounds = jit(upper_bounds_py)


def neuron_ends_py(
    net: FlatLayers,
    known: KnownBoxes,
    place: Scalar,
    where: tuple[Ints, Ints],
    apart: bool,
    at_once: Scalar,
) -> tuple[Floats, Floats]:
    """Ends of z, or of d, of single neurons of layer `place`.

    Parameters
    ----------
    where : (boxes, neurons)
        In the order of the boxes.
    apart : bool
        Of d.
    at_once : int
        Neurons of which forms go together.
    """
    box, neuron = where
    low, high = np.empty(box.size), np.empty(box.size)
    begin_at = 0
    while begin_at < box.size:
        end = begin_at + 1
        while end < box.size and box[end] == box[begin_at] and end < begin_at + at_once:
            end += 1
        found = upper_bounds(net, known, box[begin_at], neuron[begin_at:end], place, apart)
        for r in range(end - begin_at):
            low[begin_at + r] = -found[r]
            high[begin_at + r] = found[end - begin_at + r]
        begin_at = end
    return low, high


neuron_ends = jit(neuron_ends_py)
