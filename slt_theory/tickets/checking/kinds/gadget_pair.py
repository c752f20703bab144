"""Two masked layers with ReLUs between, one input a neuron; and their product without ReLUs.

For x >= 0 a hidden neuron that sees only input j with in-weight u gives ``v u x`` to an output if
u > 0, and nothing otherwise; for x <= 0 the same with u < 0. A gadget pair is therefore the map

    y_i = sum_j P_ij max(x_j, 0) + N_ij min(x_j, 0)

with two integer matrices of exact subset sums.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from slt_theory.networks import Network, parse_activation
from slt_theory.tickets.bends import (
    MOST_SHRINK,
    bend_units,
    enlarges,
    gadget_activation,
    largest_input,
    leaky_slopes,
)
from slt_theory.tickets.checking.compiled import cells_of, check_numbers, check_sums, narrow
from slt_theory.tickets.checking.kinds.base import Effective, Shapes, row_blocks
from slt_theory.tickets.checking.kinds.hidden import HiddenBlock
from slt_theory.tickets.domain import parse_domain
from slt_theory.tickets.mapped import let_go
from slt_theory.tickets.source import KeptWeights, NumberRows, layer_law

__all__ = ["FreePairBlock", "PairBlock", "ProductBlock"]

Floats = NDArray[np.float64]
Int64Array = NDArray[np.int64]
Sums = tuple[Int64Array, Int64Array | None, Int64Array | None, int]
"""For inputs >= 0 and, where both count, <= 0 (rows, columns); counts (2, rows, columns) of
products that are not 0, where sums have a size; the largest count."""


class PairBlock(HiddenBlock):
    """Two masked random layers with neurons between."""

    name: ClassVar[str] = "gadget-pair"
    halved: ClassVar[bool] = True

    @property
    def mask_shapes(self) -> Shapes:
        return (self.hidden, self.block.columns), (self.block.rows, self.hidden)

    def activation_failures(self, target: Network, *, allowed: bool) -> list[str]:
        activation = gadget_activation(target)
        if activation is None or not allowed:
            return super().activation_failures(target, allowed=allowed)
        if self.block.activation != activation.name:
            return [f"a gadget with {self.block.activation} in a network with {activation.name}"]
        smooth = activation.kind == "tanh"
        if not 0 <= self.block.shrink <= (MOST_SHRINK if smooth else 0):
            return [f"shrink = {self.block.shrink} is out of range"]
        if smooth and self.block.signs != "positive":
            return ["a tanh gadget has one half"]
        if smooth and enlarges(target):
            return ["a tanh gadget is nearly linear on the domain, but larger numbers enter it"]
        return []

    def sums(self) -> Effective:
        seen, u = self.in_layer()
        chosen = self.block.layers[1].choices > 1
        positive, negative, counts, most = (self._chosen if chosen else self.products)(seen, u)
        self.check_headroom(most)
        both = self.block.signs == "both"
        if counts is not None:
            self.check_size(counts if both else counts[0])
        if self.block.activation != "relu":
            return self._bent(u, positive, negative)
        return Effective(positive, negative if both else None, self.block.scale_exponent)

    @property
    def two_sided(self) -> bool:
        """Whether neurons with in-weights < 0 carry anything: not where all inputs are >= 0."""
        return self.block.signs == "both"

    def _bent(self, u: Int64Array, positive: Int64Array, negative: Int64Array | None) -> Effective:
        """The slopes of neurons that are no ReLUs (`slt_theory.tickets.bends`)."""
        block, activation = self.block, parse_activation(self.block.activation)
        if block.signs == "both" and negative is not None:
            sums = (positive, negative), (negative, positive)
            slopes = [leaky_slopes(*pair, activation.slope) for pair in sums]
            return Effective(slopes[0], slopes[1], block.scale_exponent, loose=1)
        if (u < 0).any():
            raise self.wrong(
                f"hidden neuron {int(np.argmax(u < 0))} keeps a negative in-weight, the one half "
                f"of a {activation.kind} gadget none"
            )
        if activation.kind == "leaky_relu":
            return Effective(positive, None, block.scale_exponent)
        largest = largest_input(parse_domain(self.ticket.domain), block.constant_input)
        loose = bend_units(block.n, block.shrink, largest)
        return Effective(positive, positive, block.scale_exponent, loose=loose)

    def products(self, seen: Int64Array, u: Int64Array) -> Sums:
        """Sums of kept products of the neurons that see `seen` with in-weights `u`, compiled."""
        from slt_theory.subset_sum.kernels.wiring import effective_row
        from slt_theory.subset_sum.parallel import map_blocks

        ticket, block = self.ticket, self.block
        layer, mask = block.layers[1], ticket.masks[self.index][1]
        check_numbers(ticket, layer)
        check_sums(ticket, layer, mask, seen, u, block.columns)
        sides = 2 if self.two_sided else 1
        sums = np.zeros((sides, layer.rows, block.columns), np.int64)
        cells = cells_of(seen, u, block.columns)
        slopes = narrow(u)
        live = (seen >= 0) & (u != 0)
        # Sums of all live neurons mostly have room; then nothing has to be counted.
        most = int(np.bincount(cells[live], minlength=1).max())
        counted = block.size is not None or not self.has_headroom(most)
        all_counts = np.zeros((2, layer.rows, block.columns), np.int64) if counted else None
        packed_live = np.packbits(live)

        def work(rows: range) -> int:
            numbers = NumberRows(layer_law(layer), ticket.seed, layer, layer.columns)
            row_sums = np.empty((2, block.columns), np.int64)
            counts = np.empty((2, block.columns if counted else 0), np.int64)
            largest = 0
            for row in rows:
                row_sums[:], counts[:] = 0, 0
                packed = np.ascontiguousarray(mask[row])
                effective_row(numbers(row), packed, packed_live, cells, slopes, row_sums, counts)
                sums[:, row] = row_sums[:sides]
                if all_counts is not None:
                    all_counts[:, row] = counts
                    largest = max(largest, int(counts.max()))
            let_go(mask, rows.start, rows.stop)
            return largest

        largest = max(map_blocks(work, row_blocks(layer)))
        sized = None if block.size is None else all_counts
        return sums[0], sums[1] if sides == 2 else None, sized, largest if counted else most

    def _chosen(self, seen: Int64Array, u: Int64Array) -> Sums:
        """`products` where kept weights take one of several numbers."""
        outer = self.block.layers[1]
        weights, before = KeptWeights(self.ticket, self.index, 1), 0
        positive = np.zeros((outer.rows, self.block.columns), dtype=np.int64)
        negative, counts = np.zeros_like(positive), np.zeros((2, *positive.shape), dtype=np.int64)
        for i in range(outer.rows):
            kept = np.flatnonzero(self.ticket.rows(self.index, 1, i, i + 1)[0])
            v = weights(kept + i * outer.columns, before)
            before += kept.size
            # A neuron without in-weight is 0, whatever leaves it.
            live = seen[kept] >= 0
            used = kept[live]
            products = u[used] * v[live]
            for half, sums, side in ((0, positive, u[used] > 0), (1, negative, u[used] < 0)):
                np.add.at(sums[i], seen[used[side]], products[side])
                np.add.at(counts[half, i], seen[used[side]], products[side] != 0)
        return positive, negative, counts, int(counts.max())


class FreePairBlock(PairBlock):
    """A gadget pair whose hidden neurons see any one input each: the mask says which.

    All that is used of a neuron is the input it sees and its in-weight, so the sums are the same.
    """

    name: ClassVar[str] = "free-pair"
    stretches: ClassVar[bool] = False


class ProductBlock(PairBlock):
    """Two linear layers: in-weights of both signs carry every input, ``y = (P + N) x``."""

    name: ClassVar[str] = "product-pair"

    def sums(self) -> Effective:
        positive, negative, _, most = self.products(*self.in_layer())
        self.check_headroom(2 * most)
        assert negative is not None
        return Effective(positive + negative, None, self.block.scale_exponent)

    @property
    def two_sided(self) -> bool:
        """Both sides add up, as there is no ReLU."""
        return True

    def forward(self, values: Floats) -> Floats:
        for matrix in self.matrices:
            values = matrix @ values
        return values
