"""Many targets, each with its own items."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from slt_theory.arrays import Ints
from slt_theory.errors import BadInput
from slt_theory.subset_sum.checks import HEADROOM, as_integers, check_memory
from slt_theory.subset_sum.draws import RowSource, as_source
from slt_theory.subset_sum.kernels.meet import closest_space
from slt_theory.subset_sum.kernels.ragged import EFFORT, SCAN_LIMIT
from slt_theory.subset_sum.kernels.rows import (
    UNDECIDED,
    closest_rows,
    meet_rows,
    scan_rows,
)
from slt_theory.subset_sum.parallel import map_blocks, row_blocks

__all__ = ["Many", "solve_many"]


# Rows solved at a time: few enough to stay in the cache between drawing and solving (20 items of
# 4,096 rows are 640 KiB), and many enough that two threads seldom meet at the interpreter's lock.
_PIECE = 4096


@dataclass(frozen=True)
class Many:
    """One answer a row.

    Attributes
    ----------
    masks : uint64 array, shape (m,)
        Bit k stands for item k; 0 where there is no subset.
    errors : int64 array, shape (m,)
        Exact ``|sum - target|``; -1 where a subset is proved absent.
    found : bool array, shape (m,)
    """

    masks: NDArray[np.uint64]
    errors: NDArray[np.int64]
    found: NDArray[np.bool_]

    def __repr__(self) -> str:
        return f"Many(rows={self.found.size}, found={int(self.found.sum())})"


def solve_many(
    items: ArrayLike | RowSource,
    targets: ArrayLike | None = None,
    *,
    radius: int | None = None,
    lo: ArrayLike | None = None,
    hi: ArrayLike | None = None,
    threads: int | None = None,
    progress: Callable[[int], None] | None = None,
    method: str = "auto",
) -> Many:
    """For every row a subset near its target, or the proof that there is none.

    Parameters
    ----------
    items : integer array, shape (m, n), or Drawn
        At most 63 items a row.
    targets : integer array, shape (m,)
    radius : int, optional
        Largest ``|sum - target|``. Without it every row gets its exact optimum.
    lo, hi : integer arrays, shape (m,), optional
        Ranges instead of `targets` and `radius`; errors are then from ``(lo + hi) // 2``.
    threads : int, optional
        Default: all processors this process may use. The answer does not depend on it.
    progress : callable, optional
        Called with the number of finished rows.
    method : {"auto", "scan", "meet"}
        "scan" tries sums until one fits, then "meet" proves.

    Returns
    -------
    Many
    """
    source = as_source(items)
    m, n = source.shape
    if n > 63:
        raise BadInput("items", source.shape, "at most 63 items a row", "use the first 63")
    if method not in ("auto", "scan", "meet"):
        raise BadInput("method", method, "must be auto, scan or meet")
    asked = _Targets.of(m, targets, radius, lo, hi)
    if asked.exact:
        check_memory(f"an optimum over {n} items", 8 * closest_space(n), "use fewer items")
    return _solved(source, asked, method, threads, progress)


def _solved(
    source: RowSource,
    asked: _Targets,
    method: str,
    threads: int | None,
    progress: Callable[[int], None] | None,
) -> Many:
    """The answers of all rows, drawn and solved piece by piece."""
    m, n = source.shape
    signed, errors = np.empty((2, m), np.int64)
    found = np.empty(m, bool)

    # All that is done with rows is done here, in threads: what comes after runs on one core.
    def work(block: range) -> None:
        space = np.empty(closest_space(n) if asked.exact else 0, np.int64)
        for piece in (block[k : k + _PIECE] for k in range(0, len(block), _PIECE)):
            part = slice(piece.start, piece.stop)
            rows, answers = source.block(piece), (signed[part], errors[part])
            middles, ends = asked.part(part)
            if ends is None:
                closest_rows(rows, middles, *answers, space)
            else:
                _within(rows, *ends, middles, method, *answers)
            np.greater_equal(signed[part], 0, out=found[part])
            np.maximum(signed[part], 0, out=signed[part])

    size = _block_size(n, asked.exact)
    map_blocks(work, row_blocks(m, size), threads=threads, progress=progress)
    return Many(signed.view(np.uint64), errors, found)


def _block_size(n: int, exact: bool) -> int:
    """Rows between two looks at Ctrl-C: tenths of a second, even if every row needs a proof."""
    return max(1 if exact else 512, min(8192, (1 << 24) >> (n // 2)))


@dataclass(frozen=True)
class _Targets:
    """Hold targets with a radius, ranges, or targets alone whose optimum is asked for."""

    middles: Ints | None
    reach: int | None = None
    lo: Ints | None = None
    hi: Ints | None = None

    @property
    def exact(self) -> bool:
        return self.reach is None and self.lo is None

    @classmethod
    def of(
        cls,
        m: int,
        targets: ArrayLike | None,
        radius: int | None,
        lo: ArrayLike | None,
        hi: ArrayLike | None,
    ) -> _Targets:
        if targets is not None:
            middles = _column("targets", targets, m)
            if lo is not None or hi is not None:
                raise BadInput("lo, hi", "given", "need no targets", "leave out one of the two")
            if radius is None:
                return cls(middles)
            if radius < 0:
                raise BadInput(
                    "radius", radius, "must be at least 0", "leave it out for the optimum"
                )
            return cls(middles, min(int(radius), 2 * HEADROOM))
        if lo is None or hi is None or radius is not None:
            raise BadInput("targets", None, "must be given, or both lo and hi without a radius")
        return cls(None, None, _column("lo", lo, m), _column("hi", hi, m))

    def part(self, rows: slice) -> tuple[Ints, tuple[Ints, Ints] | None]:
        """Middles of some rows, and the ends of their ranges; None where the optimum is asked."""
        if self.lo is not None and self.hi is not None:
            low, high = self.lo[rows], self.hi[rows]
            return (low + high) // 2, (low, high)
        assert self.middles is not None
        middles = self.middles[rows]
        if self.reach is None:
            return middles, None
        return middles, (middles - self.reach, middles + self.reach)


def _column(name: str, values: ArrayLike, m: int) -> Ints:
    column = as_integers(name, values)
    if column.shape != (m,):
        raise BadInput(name, column.shape, f"must have shape ({m},)", "one for every row of items")
    if m and max(abs(int(column.min())), abs(int(column.max()))) > 4 * HEADROOM:
        raise BadInput(name, "too large", f"must be at most {4 * HEADROOM} in size")
    return column


def _within(
    rows: Ints, lo: Ints, hi: Ints, middles: Ints, method: str, masks: Ints, errors: Ints
) -> None:
    n = rows.shape[1]
    reach = float(np.abs(rows[:64]).sum(axis=1).mean())
    tries = reach / (max(float((hi - lo).min()), 0.0) + 1.0)
    if method == "scan" or (method == "auto" and tries < SCAN_LIMIT):
        undecided = scan_rows(rows, lo, hi, middles, EFFORT, masks, errors)
    else:
        masks[:] = UNDECIDED
        undecided = masks.size
    used = min(n, max(6, int(np.log2(tries + 1.0)) + 1))
    while undecided:
        needed = closest_space(used)
        check_memory(f"a proof over {used} items", 8 * needed, "use a larger radius or fewer items")
        space = np.empty(needed, np.int64)
        undecided = meet_rows(rows, lo, hi, middles, used, masks, errors, space)
        used = min(n, used + 3)
