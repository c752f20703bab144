"""One number a candidate and no network: a row of the mask is a sum, and that is the weight."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from slt_theory.lattice import PRODUCT_BITS
from slt_theory.tickets.checking.kinds.base import Effective, Shapes, SourceBlock
from slt_theory.tickets.source import chunks, layer_law

__all__ = ["DirectBlock"]

_NUMBER_BYTES, _CHUNK = 64, 1 << 20
"""Bytes of work for a number, and how many there are at once."""


class DirectBlock(SourceBlock):
    """A sum of kept numbers for every weight."""

    name: ClassVar[str] = "direct-sums"
    network: ClassVar[bool] = False

    @property
    def mask_shapes(self) -> Shapes:
        return ((self.block.rows * self.block.columns, self.block.n),)

    def work_bytes(self, kept: Sequence[int]) -> int:
        numbers = self.block.rows * self.block.layers[-1].columns
        live = 2 * numbers if self.block.shared else min(numbers, _CHUNK)
        return super().work_bytes(kept) + _NUMBER_BYTES * live

    def links(self, start: int, stop: int) -> NDArray[np.bool_]:
        columns = self.block.columns
        rows = np.arange(start // columns, -(-stop // columns))
        first = start - int(rows[0]) * columns
        return np.asarray(self.block.wired(rows).ravel()[first : first + stop - start, None])

    def effective_row(self, row: int) -> int:
        return row // self.block.columns

    def sums(self) -> Effective:
        block, layer, ticket = self.block, self.block.layers[0], self.ticket
        law, n = layer_law(layer), layer.columns
        self.check_headroom(n)
        sums, counts = np.zeros((2, layer.rows), dtype=np.int64)
        for start, stop in chunks(layer.rows, n):
            kept = ticket.rows(self.index, 0, start, stop)
            if block.shared:
                numbers = law.sample(ticket.seed, layer.stream, 0, block.rows * n)
                candidates = numbers.reshape(block.rows, n)[np.arange(start, stop) // block.columns]
            else:
                candidates = law.sample(ticket.seed, layer.stream, start * n, (stop - start) * n)
                candidates = candidates.reshape(-1, n)
            sums[start:stop] = np.where(kept, candidates, 0).sum(axis=1) << (
                PRODUCT_BITS - layer.bits
            )
            counts[start:stop] = np.count_nonzero(kept & (candidates != 0), axis=1)
        self.check_size(counts.reshape(block.rows, block.columns))
        matrix = sums.reshape(block.rows, block.columns)
        return Effective(matrix, matrix, block.scale_exponent)

    @cached_property
    def matrices(self) -> list[Any]:
        return [self.effective().to_float()]
