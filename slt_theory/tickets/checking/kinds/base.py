"""What every kind of block has: masks to be judged bit by bit, and exact sums.

A kind says of its blocks, together: the shapes of their masks, which links the source has, the
effective weights that seed and masks make, the forward pass, and the bytes that a check takes.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from slt_theory.lattice import HEADROOM_BITS, PRODUCT_BITS, WEIGHT_BITS
from slt_theory.networks import Network, parse_activation
from slt_theory.streams import words32_at
from slt_theory.tickets.bends import gadget_activation
from slt_theory.tickets.block import SourceLayer
from slt_theory.tickets.checking.compiled import check_frozen_rows
from slt_theory.tickets.frozen import frozen_stream
from slt_theory.tickets.mapped import let_go, stretches
from slt_theory.tickets.source import FrozenRows, MalformedTicket, chunks, kept_matrix, layer_law
from slt_theory.tickets.ticket import Ticket

__all__ = ["KEPT_BYTES", "WEIGHT_BYTES", "Effective", "SourceBlock", "row_blocks"]

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
Int64Array = NDArray[np.int64]
Shapes = tuple[tuple[int, int], ...]
# The arrays of int64 and float64 that live at once: errors, maps, gaps and what the relaxation
# splits of them, of both signs: 88 bytes a weight; the rest is for parts of them.
WEIGHT_BYTES, KEPT_BYTES = 128, 80
"""Bytes of work for every effective weight, and for every weight kept in a sparse matrix."""
_BLOCK_COLUMNS = 1 << 22


@dataclass(frozen=True)
class Effective:
    """Exact sums of one block, in units of ``2**(scale_exponent - 48)``.

    Attributes
    ----------
    positive : int64 array (rows, columns)
        Slope for inputs >= 0; a row a source neuron, a column a target input, bias last.
    negative : int64 array or None
        Slope for inputs <= 0; None if that half was not built.
    wiring : float64 array (rows, source inputs) or None
        What copies of one input get each, where there are several; their sums are `positive`.
    scale_exponent : int
    loose : int
        Units by which a true slope may differ from its sum: 0 for ReLU.
    """

    positive: Int64Array
    negative: Int64Array | None
    scale_exponent: int
    wiring: Floats | None = None
    loose: int = 0

    def to_float(self, which: str = "positive") -> Floats:
        """A slope matrix in float64, exact while sums stay below 2**53 units."""
        sums = self.positive if which == "positive" or self.negative is None else self.negative
        return np.asarray(np.ldexp(sums.astype(np.float64), self.scale_exponent - PRODUCT_BITS))


def row_blocks(layer: SourceLayer) -> list[range]:
    """Stretches of a layer's rows, one a task of a thread."""
    from slt_theory.subset_sum import parallel

    return parallel.row_blocks(layer.rows, max(1, min(256, _BLOCK_COLUMNS // layer.columns)))


class SourceBlock(ABC):
    """A block of a ticket, read as its kind of source network.

    Attributes
    ----------
    name : str
        As headers have it.
    network : bool
        False for direct sums, which are no network.
    halved : bool
        Whether inputs of one sign have neurons of their own.
    inner_bits : int
        Bits of the lattice of the layers before the last.
    """

    name: ClassVar[str]
    network: ClassVar[bool] = True
    halved: ClassVar[bool] = False
    inner_bits: ClassVar[int] = WEIGHT_BITS

    def __init__(self, ticket: Ticket, index: int) -> None:
        self.ticket, self.index = ticket, index
        self.block = ticket.blocks[index]

    def wrong(self, text: str, mask: int | None = None) -> MalformedTicket:
        """The error that names this block, and one of its masks."""
        place = "" if mask is None else f", mask {mask}"
        return MalformedTicket(f"layer {self.index}{place}: {text}")

    # Shapes, and what else a header may say of a block of this kind.

    @property
    @abstractmethod
    def mask_shapes(self) -> Shapes:
        """Shapes of the masks that go with n, copies and halves."""

    def shape_failures(self) -> list[str]:
        """Masks of other shapes, and copies that the kind does not take."""
        block, failures = self.block, []
        if block.mask_shapes != self.mask_shapes:
            failures.append(f"layers of shapes {block.mask_shapes} do not make a {self.name}")
        return failures + self.copies_failures()

    def copies_failures(self) -> list[str]:
        """All kinds but one take one copy of every input."""
        one = self.block.copies_in == 1
        return [] if one else [f"a {self.name} takes one copy of every input"]

    def activation_failures(self, target: Network, *, allowed: bool) -> list[str]:
        """Activations that the theorem, or this target, does not allow; no neuron bends here."""
        activation = gadget_activation(target)
        if not allowed and activation is not None:
            return [f"the theorem assumes ReLUs, the target has {activation.name}"]
        if self.block.activation != "relu":
            return [f"a gadget with {self.block.activation} in a network with relu"]
        return [] if self.block.shrink == 0 else [f"shrink = {self.block.shrink} is out of range"]

    def work_bytes(self, kept: Sequence[int]) -> int:
        """Bytes that the check takes besides the masks; `kept` counts the ones of each."""
        work = WEIGHT_BYTES * self.block.rows * self.block.columns
        for layer, count in zip(self.block.layers, kept, strict=True):
            if layer.choices > 1:
                work += count * (9 * layer.choice_bits + KEPT_BYTES)
        return work

    # Effective weights.

    def effective(self) -> Effective:
        """Every subset sum of the block, from the seed and the masks.

        Raises
        ------
        MalformedTicket
            If a frozen weight is not as its pattern says, a sum has not its size or could leave the
            int64 range, padding bits are set, a constant takes another tap, or the kind does not
            allow the mask.
        """
        for m, layer in enumerate(self.block.layers):
            self._check_padding(m)
            if (layer.prune, layer.lock) != ("0", "0"):
                self._check_frozen(m)
        if self.block.unwired:
            self._check_constants()
        return self.sums()

    @abstractmethod
    def sums(self) -> Effective:
        """Effective weights of masks whose bits are where they may be."""

    def _check_padding(self, m: int) -> None:
        layer, mask = self.block.layers[m], self.ticket.masks[self.index][m]
        spare = -(layer.rows if mask.ndim == 1 else layer.columns) % 8
        ends = (mask[-1:] if mask.ndim == 1 else part[:, -1] for part in stretches(mask))
        if spare and any((end & ((1 << spare) - 1)).any() for end in ends):
            raise self.wrong("bits beyond the mask's last column are set")

    def links(self, start: int, stop: int) -> Bools:
        """Mask of the links of rows ``start .. stop - 1`` of the last mask that the source has."""
        repeats = self.block.layers[-1].columns // self.block.columns
        return np.repeat(self.block.wired(np.arange(start, stop)), repeats, axis=1)

    def effective_row(self, row: int) -> int:
        """The row of effective weights that a row of the last mask belongs to."""
        return row

    def _check_constants(self) -> None:
        """Constants reach a kernel through the one tap that never sees padding."""
        block, m = self.block, len(self.block.layers) - 1
        for start, stop in chunks(block.layers[m].rows, block.layers[m].columns):
            wrong = self.ticket.rows(self.index, m, start, stop) & ~self.links(start, stop)
            if wrong.any():
                row = self.effective_row(start + int(np.nonzero(wrong)[0][0]))
                raise self.wrong(
                    f"a bias of output {row // block.taps // block.copies_out} goes through tap "
                    f"{row % block.taps} of the kernel, which meets the zero padding, so it would "
                    f"be wrong at the border; only tap {block.constant_tap} carries constants"
                )

    def _check_frozen(self, m: int) -> None:
        """A locked weight is kept and a pruned one is not."""
        from slt_theory.subset_sum.kernels.wiring import wrongly_frozen
        from slt_theory.subset_sum.parallel import map_blocks

        ticket, layer, mask = self.ticket, self.block.layers[m], self.ticket.masks[self.index][m]
        if mask.ndim == 1:
            self._check_frozen_links(layer)
            return
        linked = self.block.linked_columns(m)
        check_frozen_rows(ticket, layer, mask, linked)

        def work(rows: range) -> tuple[int, int, str] | None:
            frozen = FrozenRows(ticket.seed, layer, layer.columns)
            for row in rows:
                words, bits = frozen(row)[: linked[row]], np.ascontiguousarray(mask[row])
                column = int(wrongly_frozen(bits, words, frozen.pruned, frozen.locked))
                if column >= 0:
                    state = "pruned" if int(words[column]) < frozen.pruned else "locked"
                    return row, column, state
            let_go(mask, rows.start, rows.stop)
            return None

        found = next((found for found in map_blocks(work, row_blocks(layer)) if found), None)
        if found is not None:
            row, column, state = found
            raise self.wrong(
                f"weight ({row}, {column}) is frozen {state}, the mask says otherwise", m
            )

    def _check_frozen_links(self, layer: SourceLayer) -> None:
        """No kept link of a hidden neuron is pruned; other links are not kept by construction."""
        kept = self.ticket.links(self.index)
        assert kept is not None
        if layer.lock != "0":
            raise self.wrong("nothing may be locked in a gadget layer", 0)
        inputs = self.block.own_inputs(kept)
        places = kept * layer.columns + inputs
        words = words32_at(self.ticket.seed, frozen_stream(layer), places)
        pruned = np.flatnonzero(words < round(Fraction(layer.prune) * (1 << 32)))
        if pruned.size:
            row, column = int(kept[pruned[0]]), int(inputs[pruned[0]])
            raise self.wrong(
                f"weight ({row}, {column}) is frozen pruned, the mask says otherwise", 0
            )

    def check_size(self, counts: Int64Array) -> None:
        """`counts` of live numbers, (..., rows, columns), are the size that the block names."""
        if self.block.size is None:
            return
        wrong = (counts != self.block.size) & self.block.wired(np.arange(self.block.rows))
        if wrong.any():
            count = int(counts[wrong][0])
            raise self.wrong(f"a sum keeps {count} live numbers, not {self.block.size}")

    def has_headroom(self, count: int) -> bool:
        """True if sums of `count` products, one weight of each layer, cannot wrap around."""
        largest = Fraction(count)
        for layer in self.block.layers:
            largest *= max(abs(end) for end in layer_law(layer).support) + Fraction(layer.move)
        return largest < 1 << (HEADROOM_BITS - PRODUCT_BITS)

    def check_headroom(self, count: int) -> None:
        """Refuse sums of `count` products that may wrap around."""
        if not self.has_headroom(count):
            raise self.wrong(f"sums of {count} numbers can leave the exact range")

    # Forward pass.

    @cached_property
    def matrices(self) -> list[Any]:
        """The masked random layers as sparse matrices, exact in float64.

        A `scipy.sparse.csr_array` of the kept weights each; the block's scale is in the last.
        """
        block, result = self.block, []
        for m, layer in enumerate(block.layers):
            matrix = kept_matrix(self.ticket, self.index, m)
            last = m == len(block.layers) - 1
            exponent = block.scale_exponent + block.shrink if last else -block.shrink
            matrix.data = np.ldexp(matrix.data.astype(np.float64), exponent - layer.bits)
            result.append(matrix)
        return result

    def forward(self, values: Floats) -> Floats:
        """(columns * copies_in, batch) to (rows, batch): neurons between the layers."""
        activation = parse_activation(self.block.activation)
        for number, matrix in enumerate(self.matrices):
            values = matrix @ (activation(values) if number else values)
        return values
