"""One masked layer over several copies of each input: the copies' weights add up to a weight."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from slt_theory.lattice import PRODUCT_BITS
from slt_theory.tickets.checking.compiled import check_numbers
from slt_theory.tickets.checking.kinds.base import Effective, Shapes, SourceBlock, row_blocks
from slt_theory.tickets.source import NumberRows, layer_law

__all__ = ["WIRED_BYTES", "SingleBlock"]

Int64Array = NDArray[np.int64]
WIRED_BYTES = 40
"""Bytes of work for every source weight."""


class SingleBlock(SourceBlock):
    """One masked random layer over `copies_in` copies of every input."""

    name: ClassVar[str] = "single-layer"

    @property
    def mask_shapes(self) -> Shapes:
        return ((self.block.rows, self.block.columns * self.block.copies_in),)

    def copies_failures(self) -> list[str]:
        n, copies = self.block.n, self.block.copies_in
        return [] if n == copies else [f"n = {n} does not go with {copies} copies"]

    def work_bytes(self, kept: Sequence[int]) -> int:
        rows, columns = self.block.mask_shapes[0]
        return super().work_bytes(kept) + WIRED_BYTES * rows * columns

    def sums(self) -> Effective:
        block, layer = self.block, self.block.layers[0]
        self.check_headroom(block.copies_in)
        wiring = self._wiring()
        groups = wiring.reshape(layer.rows, block.columns, block.copies_in)
        self.check_size(np.count_nonzero(groups, axis=2))
        sums = groups.sum(axis=2) << (PRODUCT_BITS - layer.bits)
        each = wiring[:, : block.inputs * block.copies_in].astype(np.float64)
        each = np.ldexp(each, block.scale_exponent - layer.bits)
        return Effective(sums, sums, block.scale_exponent, each)

    def _wiring(self) -> Int64Array:
        """Kept weights, 0 elsewhere: int64 (rows, columns) on the layer's lattice."""
        from slt_theory.subset_sum.parallel import map_blocks

        ticket, layer = self.ticket, self.block.layers[0]
        check_numbers(ticket, layer)
        wiring = np.empty((layer.rows, layer.columns), np.int64)

        def work(rows: range) -> None:
            numbers = NumberRows(layer_law(layer), ticket.seed, layer, layer.columns)
            for row in rows:
                kept = ticket.rows(self.index, 0, row, row + 1)[0]
                np.multiply(numbers(row), kept, out=wiring[row])

        map_blocks(work, row_blocks(layer))
        return wiring

    def without(self, effective: Effective, off: NDArray[np.bool_]) -> Effective:
        """The sums when the copies `off` (inputs * copies_in,) of inputs are 0."""
        assert effective.wiring is not None
        shape = (len(effective.positive), self.block.inputs, self.block.copies_in)
        lost = np.where(off, effective.wiring, 0.0).reshape(shape).sum(axis=2)
        # Numbers of 24 bits and at most some thousand copies: exact.
        units = np.ldexp(lost, PRODUCT_BITS - effective.scale_exponent).astype(np.int64)
        sums = effective.positive.copy()
        sums[:, : self.block.inputs] -= units
        wiring = np.where(off, 0.0, effective.wiring)
        return replace(effective, positive=sums, negative=sums, wiring=wiring)
