"""Three or more masked layers: effective weights are products of the kept ones.

The first layer splits inputs by sign, one input a neuron, so its neurons are >= 0; the layers
between keep positive weights only, so theirs are >= 0 as well and no ReLU changes anything; the
last layer is free. The chain is therefore linear in max(x, 0) and min(x, 0), like a gadget pair.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from slt_theory.lattice import HEADROOM_BITS, PRODUCT_BITS
from slt_theory.tickets.checking.kinds.base import KEPT_BYTES, Effective, Shapes
from slt_theory.tickets.checking.kinds.hidden import HiddenBlock
from slt_theory.tickets.source import kept_matrix

__all__ = ["ChainBlock"]

Int64Array = NDArray[np.int64]


class ChainBlock(HiddenBlock):
    """A chain of masked layers of signs, the last one of any."""

    name: ClassVar[str] = "chain"
    halved: ClassVar[bool] = True
    inner_bits: ClassVar[int] = 0

    @property
    def mask_shapes(self) -> Shapes:
        through = tuple(layer.rows for layer in self.block.layers[1:-1])
        rows = (self.hidden, *through, self.block.rows)
        return tuple(zip(rows, (self.block.columns, self.hidden, *through), strict=True))

    def work_bytes(self, kept: Sequence[int]) -> int:
        return super().work_bytes(kept) + KEPT_BYTES * sum(kept[1:])

    def sums(self) -> Effective:
        block = self.block
        positive, negative = self._slopes(*self.in_layer())
        if (np.abs(positive) + np.abs(negative))[~block.wired(np.arange(block.rows))].any():
            raise self.wrong("a constant goes through another tap")
        both = block.signs == "both"
        return Effective(positive, negative if both else None, block.scale_exponent)

    def _slopes(self, seen: Int64Array, u: Int64Array) -> tuple[Int64Array, Int64Array]:
        """Slopes for inputs >= 0 and <= 0; neurons see `seen` (-1: none) with in-weights `u`."""
        from scipy.sparse import csr_array

        layers = self.block.layers
        lift = PRODUCT_BITS - sum(layer.bits for layer in layers)
        after = [kept_matrix(self.ticket, self.index, m) for m in range(1, len(layers))]
        for m, matrix in enumerate(after[:-1], start=1):
            if (matrix.data <= 0).any():
                raise self.wrong("a chain keeps a weight <= 0 before its last layer", m)
        result = []
        for side in (u > 0, u < 0):
            live = np.flatnonzero(side & (seen >= 0))
            shape = (u.size, self.block.columns)
            slopes = csr_array((u[live], (live, seen[live])), shape=shape)
            for matrix in after:
                self._check_room(matrix, slopes, lift)
                slopes = matrix @ slopes
            result.append(np.asarray(slopes.toarray()) << lift)
        return result[0], result[1]

    def _check_room(self, matrix: Any, slopes: Any, lift: int) -> None:
        """Sums of one more layer cannot wrap around: a bound of non-negative floats, with room."""
        largest = abs(matrix).astype(np.float64) @ abs(slopes).astype(np.float64)
        top = float(largest.max()) if largest.nnz else 0.0
        if top >= 2.0 ** (HEADROOM_BITS - 1 - lift):
            raise self.wrong("sums of the chain can leave the exact range")
