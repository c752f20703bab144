"""Where items come from: an array, or a law and a seed from which blocks are drawn when needed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from slt_theory.arrays import Ints
from slt_theory.errors import BadInput
from slt_theory.laws import Law, Product, ReLU, Uniform
from slt_theory.streams import check_seed
from slt_theory.subset_sum.checks import check_headroom, item_rows
from slt_theory.subset_sum.kernels.philox import (
    fill_blocks,
    fill_rows,
    product32,
    uniform32,
    uniform64,
)

__all__ = ["Drawn", "RowSource", "as_source"]


@runtime_checkable
class RowSource(Protocol):
    """Rows of items, a block at a time."""

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and items a row."""

    def block(self, rows: range) -> Ints:
        """The items of some rows, with headroom checked."""
        ...


@dataclass(frozen=True)
class Given:
    """Rows held in memory."""

    items: Ints

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and items a row."""
        return self.items.shape[0], self.items.shape[1]

    def block(self, rows: range) -> Ints:
        """The items of some rows, with headroom checked."""
        items = self.items[rows.start : rows.stop]
        check_headroom("items", items)
        return items


@dataclass(frozen=True)
class Drawn:
    """Rows drawn from a law; nothing is stored, each block is regenerated in the kernels.

    Parameters
    ----------
    law : slt_theory.laws.Law
        Uniform laws and products of two uniforms (one perhaps under a ReLU) are drawn by compiled
        code, all others by the law itself; the numbers are the same.
    seed, stream : int
        64 bits each.
    rows, n : int
        Row r holds draws ``start + r * n ... start + (r + 1) * n - 1`` of the stream,
    start : int
    stream_per_row : bool
        or, if true, draws ``start ... start + n - 1`` of stream ``stream + r``: a longer row then
        begins with the same numbers.

    Examples
    --------
    >>> from slt_theory.laws import Uniform
    >>> few = Drawn(Uniform(bits=24), seed=1, stream=0, rows=2, n=3)
    >>> bool((few.block(range(2)).ravel() == few.law.sample(1, 0, 0, 6)).all())
    True
    """

    law: Law
    seed: int
    stream: int
    rows: int
    n: int
    start: int = 0
    stream_per_row: bool = False

    def __post_init__(self) -> None:
        check_seed(self.seed)
        for name in ("rows", "n", "start"):
            if getattr(self, name) < 0:
                raise BadInput(name, getattr(self, name), "must be at least 0")
        if not 0 <= self.stream <= (1 << 64) - 1 - self.rows:
            raise BadInput("stream", self.stream, "must fit in 64 bits with all rows")

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and items a row."""
        return self.rows, self.n

    def block(self, rows: range) -> Ints:
        """Regenerate the items of some rows: int64 (rows, n), in units of the law."""
        slots, n = self.law.slots, self.n
        if n == 0 or len(rows) == 0:
            return np.zeros((len(rows), n), np.int64)
        first = self.start if self.stream_per_row else self.start + rows.start * n
        skipped = first * slots % 4
        block = np.uint64(first * slots // 4)
        seed = np.uint64(self.seed)
        if self.stream_per_row:
            table = np.empty((len(rows), -(-(skipped + n * slots) // 4) * 4), np.uint32)
            fill_rows(seed, np.uint64(self.stream + rows.start), block, table)
            words = table[:, skipped : skipped + n * slots].flatten()
        else:
            count = len(rows) * n * slots
            words = np.empty(-(-(skipped + count) // 4) * 4, np.uint32)
            fill_blocks(seed, np.uint64(self.stream), block, words)
            words = words[skipped : skipped + count]
        items = self._items(words, len(rows) * n).reshape(len(rows), n)
        check_headroom("items", items)
        return items

    def _items(self, words: NDArray[np.uint32], count: int) -> Ints:
        out = np.empty(count, np.int64)
        law = self.law
        if isinstance(law, Uniform):
            fill = uniform32 if law.slots == 1 else uniform64
            fill(words, *_ends(law), out)
            return out
        if isinstance(law, Product) and len(law.factors) == 2:
            first, second = law.factors
            rectified = isinstance(first, ReLU)
            base = first.law if isinstance(first, ReLU) else first
            if isinstance(base, Uniform) and isinstance(second, Uniform) and law.slots == 2:
                floor = 0 if rectified else -(1 << 62)
                product32(words, *_ends(base), *_ends(second), floor, out)
                return out
        return np.ascontiguousarray(law.integers(words.reshape(count, law.slots)))


def _ends(law: Uniform) -> tuple[int, np.uint64]:
    low, doubled = law.scale
    return low, np.uint64(doubled)


def as_source(items: ArrayLike | RowSource) -> RowSource:
    """`items` as blocks: a `Drawn` as it is, anything else as an array of rows."""
    if isinstance(items, RowSource):
        return items
    return Given(item_rows("items", items))
