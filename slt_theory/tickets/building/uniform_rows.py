"""Rows of sums over uniform numbers, solved in one compiled call a row."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from slt_theory.laws import Uniform
from slt_theory.tickets.building.sums import work_space
from slt_theory.tickets.source import KernelDraws, layer_law

if TYPE_CHECKING:
    from slt_theory.tickets.building.fill import LayerSums

__all__ = ["UniformRows", "stretches"]

Int64Array = NDArray[np.int64]
_STRETCH = 1 << 12
"""Columns at once, about: their words, numbers and kinds stay in the nearest two caches."""
_MOST = 1 << 31


class UniformRows:
    """Solve rows of a layer whose numbers are uniform, one word each.

    Parameters
    ----------
    task : LayerSums
    seed : int
    live, slopes : int32 arrays (groups, width)
        Live columns of every group, counted from where its n neighbours would begin, then dead
        ones; what they count.
    """

    def __init__(
        self, task: LayerSums, seed: int, live: NDArray[np.int32], slopes: NDArray[np.int32]
    ) -> None:
        layer, n = task.layer, task.slopes.shape[1]
        assert task.radius is not None
        bounds = stretches(task)
        self._columns, self._radius = layer.columns, task.radius
        self._draws = KernelDraws.of(seed, layer, layer_law(layer))
        begins = np.repeat(bounds[:-1], np.diff(bounds))
        offsets = (np.arange(len(live)) - begins) * n
        counts = np.count_nonzero(slopes, axis=1)
        columns = live + offsets.astype(np.int32)[:, None]
        self._wiring = n, bounds, counts, columns, slopes
        most, width = int(np.diff(bounds).max()) * n, live.shape[1]
        self._errors = np.empty(len(live), np.int64)
        self._room = (
            np.empty(most + 8, np.uint32),
            np.empty(most + 8, np.uint32),
            np.empty(most, np.int32),
            np.empty(8 * (most // 8 + 3), np.uint8),
            np.empty(width + 1, np.int64),
            np.empty(width + 1, np.int32),
            np.empty(8 * (width // 8 + 2), np.bool_),
            self._errors,
            work_space(),
        )

    @staticmethod
    def applies(task: LayerSums, slopes: NDArray[np.signedinteger]) -> bool:
        """True if a compiled row is to be had: uniform numbers and slopes of 32 bits, any size."""
        law = layer_law(task.layer)
        return (
            isinstance(law, Uniform)
            and law.slots == 1
            and max(abs(end) for end in law.support) / law.unit < _MOST
            and slopes.dtype == np.int32
            and task.radius is not None
            and task.block.size is None
        )

    def __call__(self, row: int, goals: Int64Array, packed: NDArray[np.uint8]) -> Int64Array:
        """Errors of a row's sums, -1 where none is near enough; sets bits in a mask row of zeros.

        What it returns holds until the next call.
        """
        from slt_theory.subset_sum.kernels.row import solve_row

        start = row * self._columns
        keys, source = self._draws
        solve_row(keys, start, source, self._wiring, goals, self._radius, self._room, packed)
        return self._errors[: goals.size]


def stretches(task: LayerSums) -> Int64Array:
    """Bounds of some neighbouring groups each whose columns are those of their n neighbours."""
    groups, n = task.slopes.shape
    whole = np.arange(1, groups + 1)
    if task.places is not None:
        whole = whole[np.maximum.accumulate(task.places.max(axis=1)) < whole * n]
    bounds = [0]
    for first, end in zip(whole, [*whole[1:], None], strict=True):
        # As many groups as fit; one at least.
        if end is None or (end - bounds[-1]) * n > _STRETCH:
            bounds.append(int(first))
    return np.array(bounds)
