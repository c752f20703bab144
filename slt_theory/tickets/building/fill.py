"""Fill a mask row by row: draw, gather candidates, solve, keep: for every layer of subset sums."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from slt_theory.tickets.block import Block, SourceLayer
from slt_theory.tickets.building.sums import CandidateRows, solve_candidates, work_space
from slt_theory.tickets.building.uniform_rows import UniformRows
from slt_theory.tickets.partial import MaskStore, Memory
from slt_theory.tickets.source import FrozenRows, NumberRows, layer_law

__all__ = ["LayerSums", "fill"]

Int64Array = NDArray[np.int64]
Missed = list[tuple[int, int]]
_BLOCK_COLUMNS = 1 << 22
_BLOCK_ROWS = 256


@dataclass(frozen=True)
class LayerSums:
    """The subset sums of the last random layer of a block, a group of columns a sum.

    Attributes
    ----------
    block : Block
    slopes : int64 array (groups, n)
        What a number counts in its sum; 0 for one that is not to be used.
    goals : int64 array (target rows, groups)
    radius : int or None
        Sums within it are good; None asks for the optimum.
    limit : int
        Sums further off are unreached.
    off : bool array (source rows,) or None
        Rows that are to be 0 for every input: their sums only have to lie on the side `silent`,
    silent : int64 array (groups,) or None
        -1 for <= 0, 1 for >= 0.
    places : int64 array (groups, n) or None
        Columns of the numbers; None: n neighbours a group.
    """

    block: Block
    slopes: Int64Array
    goals: Int64Array
    radius: int | None
    limit: int
    off: NDArray[np.bool_] | None = None
    silent: Int64Array | None = None
    places: Int64Array | None = None

    @property
    def layer(self) -> SourceLayer:
        """The last random layer of the block, the one that is masked."""
        return self.block.layers[-1]

    def groups(self, row: int) -> int:
        """Groups that a row is linked to: through most taps constants, the last ones, are not."""
        block, count = self.block, len(self.slopes)
        if block.unwired and row % block.taps != block.constant_tap:
            return count - count // block.columns
        return count


def fill(
    task: LayerSums,
    seed: int,
    *,
    threads: int | None = None,
    progress: Callable[[int], None] | None = None,
    store: MaskStore | None = None,
    index: int = 0,
) -> tuple[NDArray[np.uint8], Missed]:
    """The mask, and the sums (row, group) that no subset reaches.

    Parameters
    ----------
    store : MaskStore
        Holds mask number `index`; rows that it has already are not solved again.
    progress : callable, optional
        Called with the number of sums of every finished block of rows.
    """
    from slt_theory.subset_sum.parallel import map_blocks, row_blocks

    layer, groups = task.layer, task.slopes.shape[0]
    store = store or Memory([layer])
    mask = store.mask(index)
    step = max(1, min(_BLOCK_ROWS, _BLOCK_COLUMNS // layer.columns))
    finished = store.finished(index)
    blocks = row_blocks(layer.rows, step)
    missed = dict(finished)
    todo = [block for block in blocks if block.start not in finished]

    kept = threading.local()

    def work(block: range) -> None:
        if not hasattr(kept, "rows"):
            kept.rows = _Rows(task, seed)
        found = kept.rows.fill(block, mask)
        missed[block.start] = found
        store.put(index, block, found)

    before = sum(len(block) for block in blocks if block.start in finished)
    if progress is not None and before:
        progress(before * groups)
    last = 0

    def tell(done: int) -> None:
        nonlocal last
        if progress is not None and done > last:
            progress((done - last) * groups)
            last = done

    map_blocks(work, todo, threads=threads, progress=tell)
    return mask, [place for block in blocks for place in missed[block.start]]


class _Rows:
    """Work space of one thread."""

    def __init__(self, task: LayerSums, seed: int) -> None:
        layer, groups = task.layer, len(task.slopes)
        self.task = task
        self.numbers = NumberRows(layer_law(layer), seed, layer, layer.columns)
        self.frozen = FrozenRows(seed, layer, layer.columns)
        # Live places of every group first.
        width = max(1, int(np.count_nonzero(task.slopes, axis=1).max(initial=0)))
        live = np.argsort(task.slopes == 0, axis=1, kind="stable")[:, :width]
        slopes = np.take_along_axis(task.slopes, live, axis=1)
        if task.places is not None:
            # The kernels count places from the column where n neighbours would begin.
            first = np.arange(groups)[:, None] * task.slopes.shape[1]
            live = np.take_along_axis(task.places, live, axis=1) - first
        # Half as many bytes a row: these tables are what a large layer waits for.
        self.live, self.slopes = live.astype(np.int32), _short(slopes)
        self.candidates = CandidateRows.empty(groups, width)
        self.space = work_space()
        self.compiled = None
        if UniformRows.applies(task, self.slopes):
            self.compiled = UniformRows(task, seed, self.live, self.slopes)

    def fill(self, rows: range, mask: NDArray[np.uint8]) -> Missed:
        """Rows of the mask, in place; the sums that are not reached."""
        task = self.task
        goals = task.block.target_rows(np.arange(rows.start, rows.stop))
        missed: Missed = []
        for row, goal in zip(rows, goals.tolist(), strict=True):
            own = task.goals[goal, : task.groups(row)]
            packed, off = mask[row], task.off is not None and bool(task.off[row])
            packed[:] = 0
            if self.compiled is not None and not off:
                errors = self.compiled(row, own, packed)
                wrong = (errors < 0) | (errors > task.limit)
            else:
                wrong = self._solved(row, own, packed, off=off)
            missed += [(row, int(group)) for group in np.flatnonzero(wrong)]
        return missed

    def _solved(
        self, row: int, goals: Int64Array, packed: NDArray[np.uint8], *, off: bool
    ) -> NDArray[np.bool_]:
        """Sums of a row that are not reached; sets its bits, step by step, for any law."""
        from slt_theory.subset_sum.kernels.wiring import keep, offer

        task, groups, n = self.task, goals.size, self.task.slopes.shape[1]
        candidates, limits = self.candidates.first(groups), (self.frozen.pruned, self.frozen.locked)
        words = self.frozen(row)[: groups * n]
        offer(
            self.numbers(row),
            words,
            *limits,
            n,
            self.live[:groups],
            self.slopes[:groups],
            candidates.items,
            candidates.places,
            candidates.counts,
            candidates.shifts,
        )
        if off:
            taken, wrong = self._silence(candidates)
        else:
            taken, errors = solve_candidates(
                candidates, goals, radius=task.radius, size=task.block.size, space=self.space
            )
            wrong = (errors < 0) | (errors > task.limit)
        keep(words, *limits, candidates.places, candidates.counts, taken, n, packed)
        return wrong

    def _silence(self, candidates: CandidateRows) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Every sum as far as it goes to the side on which its neuron is 0."""
        assert self.task.silent is not None
        side = self.task.silent[: candidates.counts.size]
        there = np.arange(candidates.items.shape[1]) < candidates.counts[:, None]
        taken = there & (candidates.items * side[:, None] > 0)
        totals = candidates.shifts + np.where(taken, candidates.items, 0).sum(axis=1)
        return taken, totals * side < 0


def _short(slopes: Int64Array) -> NDArray[np.signedinteger]:
    """Slopes in 32 bits where they fit."""
    return slopes.astype(np.int32) if np.abs(slopes).max(initial=0) < 1 << 31 else slopes
