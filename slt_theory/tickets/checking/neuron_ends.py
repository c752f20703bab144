"""Ranges of single neurons on many boxes by linear forms: in numpy, or in a compiled kernel.

Both carry the same forms back by the same lines and are charged alike (`batch_forms`); their bounds
differ by rounding alone. On ACAS Xu the kernel takes a sixth of numpy's time, but 0.3 s to load and
9 s to be compiled for the first time, so the first boxes are left to numpy.

Forms of about 2^18 multiplications a layer go together: their arrays stay in the cache, and no
threads of a linear algebra library wait for each other (743 boxes of ACAS Xu took 13 s of processor
time in one go, 3 s so).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from slt_theory.errors import KernelMismatch
from slt_theory.tickets.checking.batch_forms import (
    Boxes,
    FormEngine,
    ReluBounds,
    Rows,
    largest_of,
)
from slt_theory.tickets.checking.outward import Range
from slt_theory.tickets.checking.paired_layers import PairedLayer

if TYPE_CHECKING:
    from slt_theory.subset_sum.kernels.linear_forms import FlatLayers, KnownBoxes

__all__ = ["ends_of", "rows_at_once"]

Floats = NDArray[np.float64]
Places = tuple[NDArray[np.int64], ...]
_AT_ONCE = 1 << 18
"""Multiplications of one matrix product; OpenBLAS starts threads beyond."""
_COMPARED = 64
"""Neurons of each layer, and of z, z' and d, whose ends are computed both ways."""


def rows_at_once(layers: list[PairedLayer], place: int) -> int:
    """Forms of layer `place` that go together."""
    return max(1, _AT_ONCE // max(layer.weight.size for layer in layers[: place + 1]))


def ends_of(
    layers: list[PairedLayer],
    boxes: Boxes,
    place: int,
    where: Places,
    *,
    difference: bool,
) -> Range:
    """Range of z, or of d, of single neurons of layer `place`.

    Parameters
    ----------
    where : (boxes, neurons)
        In the order of the boxes.

    Raises
    ------
    KernelMismatch
        If both ways are taken, and differ by more than the charge for rounding.
    """
    if boxes.how is FormEngine.NUMPY or not len(where[0]):
        return _in_numpy(layers, boxes, place, where, difference=difference)[0]
    from slt_theory.subset_sum.kernels.linear_forms import neuron_ends

    step = max(1, rows_at_once(layers, place) // 2)
    box, neuron = map(np.ascontiguousarray, where)
    net, known = _packed(layers[: place + 1]), _known(boxes)
    ends = neuron_ends(net, known, place, (box, neuron), difference, step)
    if boxes.how is FormEngine.BOTH:
        some = tuple(part[:_COMPARED] for part in where)
        first = ends[0][:_COMPARED], ends[1][:_COMPARED]
        _compare(first, *_in_numpy(layers, boxes, place, some, difference=difference))
    return ends


def _in_numpy(
    layers: list[PairedLayer], boxes: Boxes, place: int, where: Places, *, difference: bool
) -> tuple[Range, Range]:
    """Ranges, some neurons at a time, and what each end is charged."""
    box, neuron = where
    low, high, below, above = np.zeros((4, len(box)))
    step = max(1, rows_at_once(layers, place) // 2)
    for start in range(0, len(box), step):
        some = slice(start, start + step)
        count = len(box[some])
        unit = np.zeros((2 * count, len(layers[place].bias)))
        unit[np.arange(count), neuron[some]], unit[np.arange(-count, 0), neuron[some]] = -1.0, 1.0
        which = np.concatenate([box[some], box[some]])
        forms = Rows(which, 0 * unit, unit) if difference else Rows(which, unit, None)
        found = largest_of(layers, boxes, place, forms)
        lower, high[some] = np.split(found.bound, 2)
        below[some], above[some] = np.split(found.charge, 2)
        low[some] = -lower
    return (low, high), (below, above)


def _compare(ends: Range, others: Range, charges: Range) -> None:
    """Hold both ways against each other.

    Each end is beyond the exact form's, by less than twice its charge; so both are apart by less.
    """
    for one, other, charge in zip(ends, others, charges, strict=True):
        apart = np.abs(one - other)
        # What has overflowed in one order of a sum need not in another.
        if not ((apart <= 2 * charge) | ~np.isfinite(apart)).all():
            from slt_theory.subset_sum.kernels._compile import cache_folder

            raise KernelMismatch("forms of single neurons", str(cache_folder()))


def _packed(layers: list[PairedLayer]) -> FlatLayers:
    from slt_theory.subset_sum.kernels.linear_forms import FlatLayers

    def joined(name: str) -> Floats:
        return np.concatenate([np.ravel(getattr(layer, name)) for layer in layers])

    matrices = [layer.weight for layer in layers]
    sizes = [matrices[0].shape[1], *map(len, matrices)]
    places = np.cumsum([0, *(matrix.size for matrix in matrices)])
    arrays = map(joined, ("weight", "change", "other", "bias", "shift"))
    return FlatLayers(np.array(sizes, np.int64), places.astype(np.int64), *arrays)


def _known(boxes: Boxes) -> KnownBoxes:
    from slt_theory.subset_sum.kernels.linear_forms import KnownBoxes

    none = np.zeros((len(boxes.sizes), 0))
    slips = [np.concatenate(parts, axis=1) for parts in zip(*boxes.slips, strict=True)]
    relus = boxes.relus or [ReluBounds(*[none] * len(ReluBounds._fields))]
    lines = [np.concatenate(parts, axis=1) for parts in zip(*relus, strict=True)]
    low, high = map(np.ascontiguousarray, boxes.ends)
    of_value, of_difference = slips
    return KnownBoxes(low, high, 2.0**-900 * boxes.sizes, of_value, of_difference, *lines)
