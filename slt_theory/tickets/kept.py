"""The weights that a ticket keeps, regenerated from its seed: draws, redraws and moved draws."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slt_theory.laws import Law, parse_law
from slt_theory.tickets.block import SourceLayer
from slt_theory.tickets.choices import moves, unpack_choices
from slt_theory.tickets.ticket import Ticket

__all__ = ["KeptWeights", "MalformedTicket", "chunks", "kept_matrix", "layer_law"]

Int64Array = NDArray[np.int64]
_CHUNK = 1 << 20
_AT_ONCE = 1 << 18


class MalformedTicket(Exception):
    """A mask that the construction does not allow; the message says which."""


def layer_law(layer: SourceLayer) -> Law:
    """The law of one weight of a layer, on its lattice."""
    return parse_law(layer.law).at(layer.bits)


def chunks(rows: int, columns: int) -> Iterator[tuple[int, int]]:
    """Stretches of rows that hold about a million weights."""
    step = max(1, _CHUNK // max(columns, 1))
    for start in range(0, rows, step):
        yield start, min(start + step, rows)


class KeptWeights:
    """Weights of one layer at places that the mask keeps, on the layer's lattice.

    Raises
    ------
    MalformedTicket
        If the choices that the ticket stores are not those of its kept weights.
    """

    def __init__(self, ticket: Ticket, index: int, m: int) -> None:
        self._layer, self._seed = ticket.blocks[index].layers[m], ticket.seed
        self._law = layer_law(self._layer)
        self._choices: Int64Array | None = None
        if self._layer.choices > 1:
            kept = int(np.bitwise_count(ticket.masks[index][m]).sum())
            try:
                self._choices = unpack_choices(ticket.choices[index][m], self._layer, kept)
            except (ValueError, IndexError) as error:
                raise MalformedTicket(f"layer {index}, mask {m}: {error}") from error

    def __call__(self, places: Int64Array, before: int = 0) -> Int64Array:
        """Weights at kept places that follow each other row by row, after `before` others."""
        weights = np.empty(places.size, np.int64)
        for first in range(0, places.size, _AT_ONCE):
            part = slice(first, first + _AT_ONCE)
            weights[part] = self._weights(places[part], before + first)
        return weights

    def _weights(self, places: Int64Array, before: int) -> Int64Array:
        layer = self._layer
        if self._choices is None:
            return self._law.sample_at(self._seed, layer.stream, places)
        chosen = self._choices[before : before + places.size]
        if layer.move != "0":
            return self._law.sample_at(self._seed, layer.stream, places) + moves(layer)[chosen]
        draws = places + chosen * (layer.rows * layer.columns)
        return self._law.sample_at(self._seed, layer.stream, draws)


def kept_matrix(ticket: Ticket, index: int, m: int) -> Any:
    """The kept weights of a layer as a sparse matrix of integers.

    Returns
    -------
    `scipy.sparse.csr_array` of int64 (rows, columns)
    """
    from scipy.sparse import csr_array

    layer = ticket.blocks[index].layers[m]
    rows, columns = [], []
    for start, stop in chunks(layer.rows, layer.columns):
        r, c = np.nonzero(ticket.rows(index, m, start, stop))
        rows.append(r + start)
        columns.append(c)
    r, c = np.concatenate(rows), np.concatenate(columns)
    integers = KeptWeights(ticket, index, m)(r * layer.columns + c)
    return csr_array((integers, (r, c)), shape=(layer.rows, layer.columns))
