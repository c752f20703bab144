"""A random layer row by row: its numbers and the words of its frozen pattern, compiled.

Equal to `Law.sample` and `slt_theory.streams.words32`. Buffers are used again: what a call returns
holds until the next one, so each thread needs its own.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from slt_theory.laws import Law, Uniform
from slt_theory.tickets.block import SourceLayer
from slt_theory.tickets.frozen import frozen_stream

__all__ = ["FrozenRows", "NumberRows", "WordRows"]


class WordRows:
    """Words of a stream, a stretch at a time.

    Parameters
    ----------
    seed, stream : int
    length : int
        Most words of one call.
    """

    def __init__(self, seed: int, stream: int, length: int) -> None:
        self._key = np.uint64(seed), np.uint64(stream)
        self._buffer = np.empty(4 * ((length + 3) // 4 + 1), np.uint32)

    def __call__(self, start: int, count: int) -> NDArray[np.uint32]:
        """Words ``start .. start + count - 1``."""
        from slt_theory.subset_sum.kernels.philox import fill_blocks

        first, skipped = divmod(start, 4)
        words = self._buffer[: 4 * ((skipped + count + 3) // 4)]
        fill_blocks(*self._key, np.uint64(first), words)
        return words[skipped : skipped + count]


class NumberRows:
    """Numbers of a layer on its lattice, a stretch of one row at a time."""

    def __init__(self, law: Law, seed: int, layer: SourceLayer, length: int) -> None:
        self._law, self._columns = law, layer.columns
        self._words = WordRows(seed, layer.stream, length * law.slots)
        self._out = np.empty(length, np.int64)

    def __call__(self, row: int, first: int = 0, count: int | None = None) -> NDArray[np.int64]:
        """Numbers of columns ``first .. first + count - 1``; by default all."""
        from slt_theory.subset_sum.kernels.philox import uniform32

        law, slots = self._law, self._law.slots
        count = self._columns if count is None else count
        words = self._words((row * self._columns + first) * slots, count * slots)
        if not isinstance(law, Uniform) or slots != 1:
            return law.integers(words.reshape(count, slots))
        low, high = (int(end / law.unit) for end in law.support)
        out = self._out[:count]
        uniform32(words, low, np.uint64(2 * (high - low)), out)
        return out


class FrozenRows:
    """The words that freeze a layer, a stretch of one row at a time; none where nothing is frozen.

    Attributes
    ----------
    pruned, locked : int
        A word below `pruned` prunes its weight, one from there to `locked` locks it.
    """

    def __init__(self, seed: int, layer: SourceLayer, length: int) -> None:
        self.pruned = round(Fraction(layer.prune) * (1 << 32))
        self.locked = self.pruned + round(Fraction(layer.lock) * (1 << 32))
        self._columns = layer.columns
        self._words = WordRows(seed, frozen_stream(layer), length) if self.locked else None

    def __call__(self, row: int, first: int = 0, count: int | None = None) -> NDArray[np.uint32]:
        """Words of columns ``first .. first + count - 1``; by default all."""
        if self._words is None:
            return np.empty(0, np.uint32)
        count = self._columns if count is None else count
        return self._words(row * self._columns + first, count)
