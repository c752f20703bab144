"""Weights of a source layer, regenerated from the seed.

By the law itself, in numpy: what a mask keeps (`KeptWeights`: draws, redraws, moved draws). By
compiled code, row by row: all numbers of a layer (`NumberRows`) and the words that freeze it
(`FrozenRows`), equal to `Law.sample` and `slt_theory.streams.words32`. Their buffers are used
again: what a call returns holds until the next one, so each thread needs its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from slt_theory.arrays import Ints
from slt_theory.laws import Law, Uniform, parse_law
from slt_theory.tickets.block import SourceLayer
from slt_theory.tickets.choices import moves, unpack_choices
from slt_theory.tickets.frozen import frozen_stream
from slt_theory.tickets.mapped import ones
from slt_theory.tickets.ticket import Ticket

__all__ = [
    "FrozenRows",
    "KeptWeights",
    "MalformedTicket",
    "NumberRows",
    "WordRows",
    "chunks",
    "kept_matrix",
    "layer_law",
]

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
        self._choices: Ints | None = None
        if self._layer.choices > 1:
            kept = ones(ticket.masks[index][m])
            try:
                self._choices = unpack_choices(ticket.choices[index][m], self._layer, kept)
            except (ValueError, IndexError) as error:
                raise MalformedTicket(f"layer {index}, mask {m}: {error}") from error

    def __call__(self, places: Ints, before: int = 0) -> Ints:
        """Weights at kept places that follow each other row by row, after `before` others."""
        weights = np.empty(places.size, np.int64)
        for first in range(0, places.size, _AT_ONCE):
            part = slice(first, first + _AT_ONCE)
            weights[part] = self._weights(places[part], before + first)
        return weights

    def _weights(self, places: Ints, before: int) -> Ints:
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

    layer, linked = ticket.blocks[index].layers[m], ticket.links(index) if m == 0 else None
    if linked is not None:
        r, c = linked, ticket.blocks[index].own_inputs(linked)
    else:
        rows, columns = [], []
        for start, stop in chunks(layer.rows, layer.columns):
            r, c = np.nonzero(ticket.rows(index, m, start, stop))
            rows.append(r + start)
            columns.append(c)
        r, c = np.concatenate(rows), np.concatenate(columns)
    integers = KeptWeights(ticket, index, m)(r * layer.columns + c)
    return csr_array((integers, (r, c)), shape=(layer.rows, layer.columns))


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
        low, doubled = law.scale
        out = self._out[:count]
        uniform32(words, low, np.uint64(doubled), out)
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


class KernelDraws(NamedTuple):
    """What compiled code takes to draw a layer of uniform numbers, one word each.

    Attributes
    ----------
    keys : (uint64, uint64, uint64)
        The seed, the stream of numbers and the one that freezes.
    source : (low, doubled, pruned, locked)
        `Uniform.scale`, and the limits of `FrozenRows`.
    """

    keys: tuple[np.uint64, np.uint64, np.uint64]
    source: tuple[int, np.uint64, int, int]

    @classmethod
    def of(cls, seed: int, layer: SourceLayer, law: Law) -> KernelDraws:
        """Return those of a layer and its law, a `Uniform`."""
        assert isinstance(law, Uniform)
        low, doubled = law.scale
        frozen = FrozenRows(seed, layer, 0)
        keys = np.uint64(seed), np.uint64(layer.stream), np.uint64(frozen_stream(layer))
        return cls(keys, (low, np.uint64(doubled), frozen.pruned, frozen.locked))
