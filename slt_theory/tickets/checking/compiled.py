"""Compiled code is believed after it has agreed with the slow reference on this ticket.

Checker and builders draw through the same compiled generator and law
(`slt_theory.tickets.source`), and the checker has compiled loops of its own. A fault of a compiler,
a processor, a stored kernel or an edit would then agree with itself. So before a layer is judged,
each of these is compared with numpy and `slt_theory.streams` at 1,024 numbers or more (all of them
in smaller layers). The places follow from a hash of the whole ticket: nobody can choose them, and
every ticket has others.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from slt_theory.errors import KernelMismatch
from slt_theory.laws import Law
from slt_theory.streams import words32
from slt_theory.tickets.block import SourceLayer
from slt_theory.tickets.frozen import frozen_stream
from slt_theory.tickets.source import FrozenRows, NumberRows, layer_law
from slt_theory.tickets.ticket import Ticket

__all__ = [
    "cells_of",
    "check_frozen_rows",
    "check_numbers",
    "check_sums",
    "narrow",
    "spots",
]

Bools = NDArray[np.bool_]
Int64Array = NDArray[np.int64]
SPOTS = 1024
"""Numbers compared of every stream, at least."""
_ROWS = 64
# Whole rows are compared as well; of long ones few, so that this stays a small part of the check.
_WHOLE = 1 << 20


def spots(ticket: Ticket, layer: SourceLayer, purpose: str) -> list[tuple[int, Int64Array]]:
    """Rows of a layer and some columns of each, `SPOTS` places or all, by the ticket's hash."""
    rows, columns = layer.rows, layer.columns
    enough = max(4, min(_ROWS, _WHOLE // columns), math.ceil(SPOTS / columns))
    count = min(rows, enough)
    each = min(columns, math.ceil(SPOTS / count))
    label = f"{purpose}:{layer.stream}".encode()
    draw = np.random.default_rng(
        int.from_bytes(hashlib.sha256(ticket.digest + label).digest(), "big")
    )
    chosen = np.sort(draw.choice(rows, count, replace=False))
    return [
        (int(row), np.sort(draw.choice(columns, each, replace=False)).astype(np.int64))
        for row in chosen
    ]


def _require(same: bool, what: str) -> None:
    if not same:
        from slt_theory.subset_sum.kernels._compile import cache_folder

        raise KernelMismatch(what, str(cache_folder()))


def check_numbers(ticket: Ticket, layer: SourceLayer) -> None:
    """Compiled draws of a layer equal `Law.sample_at`.

    Raises
    ------
    KernelMismatch
    """
    law = layer_law(layer)
    numbers = NumberRows(law, ticket.seed, layer, layer.columns)
    for row, columns in spots(ticket, layer, "numbers"):
        slow = law.sample_at(ticket.seed, layer.stream, row * layer.columns + columns)
        _require(bool((numbers(row)[columns] == slow).all()), f"numbers of the law {layer.law}")


def cells_of(seen: Int64Array, slopes: Int64Array, inputs: int) -> NDArray[np.signedinteger]:
    """Cells of the neurons' products: the input it sees, and behind all inputs once more for u < 0.

    A neuron that sees none has cell 0 and is never live.
    """
    return narrow(np.where(seen < 0, 0, seen + inputs * (slopes < 0)))


def narrow(numbers: Int64Array) -> NDArray[np.signedinteger]:
    """The same in 32 bits where they fit: half the bytes of a table that a row is read with."""
    small = np.abs(numbers).max(initial=0) < 1 << 31
    return numbers.astype(np.int32) if small else numbers


def check_sums(
    ticket: Ticket,
    layer: SourceLayer,
    mask: NDArray[np.uint8],
    seen: Int64Array,
    slopes: Int64Array,
    inputs: int,
) -> None:
    """Compiled sums of kept products equal those of numpy, for the mask and with its bits at the
    spots turned over.

    Parameters
    ----------
    mask : uint8 array (rows, packed columns)
    seen, slopes : int64 arrays (columns,)
        The input that each hidden neuron sees (-1: none), and its in-weight.
    inputs : int
        Inputs that `seen` counts.

    Raises
    ------
    KernelMismatch
    """
    from slt_theory.subset_sum.kernels.wiring import effective_row

    law = layer_law(layer)
    numbers = NumberRows(law, ticket.seed, layer, layer.columns)
    live = (seen >= 0) & (slopes != 0)
    cells, short = cells_of(seen, slopes, inputs), narrow(slopes)
    for row, columns in spots(ticket, layer, "sums"):
        own = np.unpackbits(mask[row], count=layer.columns).astype(bool)
        turned = own.copy()
        turned[columns] = ~turned[columns]
        for kept in (own, turned):
            sums, counts = np.zeros((2, 2, inputs), np.int64)
            packed, alive = np.packbits(kept), np.packbits(live)
            effective_row(numbers(row), packed, alive, cells, short, sums, counts)
            slow = _slow_sums(law, ticket.seed, layer, row, kept & live, seen, slopes, inputs)
            same = (sums == slow[0]).all() and (counts == slow[1]).all()
            _require(bool(same), "sums of kept products")


def _slow_sums(
    law: Law,
    seed: int,
    layer: SourceLayer,
    row: int,
    kept: Bools,
    seen: Int64Array,
    slopes: Int64Array,
    inputs: int,
) -> Int64Array:
    """(sums or counts, side, input) of a row, from the reference draws."""
    places = np.flatnonzero(kept)
    drawn = law.sample_at(seed, layer.stream, row * layer.columns + places)
    products = slopes[places] * drawn
    result = np.zeros((2, 2, inputs), np.int64)
    where = (slopes[places] < 0).astype(np.int64), seen[places]
    np.add.at(result[0], where, products)
    np.add.at(result[1], where, products != 0)
    return result


def check_frozen_rows(
    ticket: Ticket, layer: SourceLayer, mask: NDArray[np.uint8], linked: NDArray[np.int64]
) -> None:
    """Compiled words of a frozen pattern, and the search for a bit against it, equal numpy's.

    Parameters
    ----------
    mask : uint8 array (rows, packed columns)
    linked : int64 array (rows,)
        Columns of every row that the source has.

    Raises
    ------
    KernelMismatch
    """
    from slt_theory.subset_sum.kernels.wiring import wrongly_frozen

    frozen = FrozenRows(ticket.seed, layer, layer.columns)
    for row, columns in spots(ticket, layer, "frozen"):
        width = int(linked[row])
        first = row * layer.columns
        slow = words32(ticket.seed, frozen_stream(layer), first, layer.columns)[:width]
        words = frozen(row)[:width]
        _require(bool((words == slow).all()), "words of the frozen pattern")
        pruned = slow < np.uint64(frozen.pruned)
        locked = (slow < np.uint64(frozen.locked)) & ~pruned
        own = np.unpackbits(mask[row], count=layer.columns).astype(bool)
        for kept in _masks_to_try(own, pruned, locked, columns):
            wrong = (kept[:width] & pruned) | (~kept[:width] & locked)
            expected = int(np.argmax(wrong)) if wrong.any() else -1
            found = wrongly_frozen(np.packbits(kept), words, frozen.pruned, frozen.locked)
            _require(int(found) == expected, "the search for a bit against the frozen pattern")


def _masks_to_try(own: Bools, pruned: Bools, locked: Bools, columns: Int64Array) -> Iterator[Bools]:
    """The mask, one that keeps to the pattern, and that one with single frozen bits turned over."""
    yield own
    right = own.copy()
    right[: pruned.size] = (right[: pruned.size] | locked) & ~pruned
    yield right
    frozen = np.flatnonzero(pruned | locked)
    if frozen.size:
        for place in np.unique(np.searchsorted(frozen, columns).clip(max=frozen.size - 1)):
            wrong = right.copy()
            wrong[frozen[place]] = ~wrong[frozen[place]]
            yield wrong
