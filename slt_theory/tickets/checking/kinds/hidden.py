"""Blocks whose hidden neurons see one input each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from slt_theory.tickets.checking.kinds.base import SourceBlock
from slt_theory.tickets.source import KeptWeights, chunks

__all__ = ["HIDDEN_BYTES", "HiddenBlock"]

Bools = NDArray[np.bool_]
Int64Array = NDArray[np.int64]
HIDDEN_BYTES = 64
"""Bytes of work for every hidden neuron."""


class HiddenBlock(SourceBlock):
    """A block whose first layer gives every hidden neuron one input at most.

    Hidden neurons come in stretches, one a target input.

    Attributes
    ----------
    stretches : bool
        Whether a neuron may see the input of its own stretch only.
    """

    stretches: ClassVar[bool] = True

    @property
    def hidden(self) -> int:
        """Hidden neurons: n for every input and half."""
        return self.block.columns * self.block.halves * self.block.n

    def work_bytes(self, kept: Sequence[int]) -> int:
        first, last = self.block.layers[0], self.block.layers[-1]
        return super().work_bytes(kept) + HIDDEN_BYTES * first.rows + 12 * last.columns

    def in_layer(self) -> tuple[Int64Array, Int64Array]:
        """For every hidden neuron the input it sees (-1: none) and its in-weight (0: none).

        Raises
        ------
        MalformedTicket
            If a neuron sees more than one input, or one that it may not see.
        """
        layer, linked = self.block.layers[0], self.ticket.links(self.index)
        seen = np.full(layer.rows, -1, dtype=np.int64)
        if linked is not None:
            seen[linked] = self.block.own_inputs(linked)
            weights = np.zeros(layer.rows, dtype=np.int64)
            places = linked * layer.columns + seen[linked]
            weights[linked] = KeptWeights(self.ticket, self.index, 0)(places)
            return seen, weights
        for start, stop in chunks(layer.rows, layer.columns):
            kept = self.ticket.rows(self.index, 0, start, stop)
            count = np.count_nonzero(kept, axis=1)
            if (count > 1).any():
                neuron = start + int(np.argmax(count > 1))
                raise self.wrong(
                    f"hidden neuron {neuron} keeps {int(count.max())} in-weights, the gadget "
                    "allows one"
                )
            seen[start:stop] = np.where(count == 1, kept.argmax(axis=1), -1)
        weights = np.zeros(layer.rows, dtype=np.int64)
        live = np.flatnonzero(seen >= 0)
        own = live // (layer.rows // layer.columns)
        strangers = live[(seen[live] != own) & self._bound_to_own(seen[live], own)]
        if strangers.size:
            raise self.wrong(
                f"hidden neuron {strangers[0]} sees input {seen[strangers[0]]}, not the one of its "
                "block"
            )
        places = live * layer.columns + seen[live]
        weights[live] = KeptWeights(self.ticket, self.index, 0)(places)
        return seen, weights

    def _bound_to_own(self, seen: Int64Array, own: Int64Array) -> Bools:
        """Of neurons that see the inputs `seen`, in the stretches `own`: which may see these only.

        All, or where a constant must not reach every tap, those that it or its stretch is part of.
        """
        if self.stretches:
            return np.ones(seen.shape, dtype=bool)
        if not self.block.unwired:
            return np.zeros(seen.shape, dtype=bool)
        constant = self.block.columns - 1
        return np.asarray((seen == constant) | (own == constant))
