"""Gadget pairs: a target layer as two masked random layers with a ReLU between.

Hidden neurons come in groups, one a target input and half. The first mask keeps only the in-weight
from that input, so ``v relu(u x)`` is ``u v x`` on one side of 0 and nothing on the other: neurons
with u > 0 carry x >= 0, those with u < 0 carry x <= 0, each half with its own subset sums of
products u v. In-weights are shared by all outputs, out-weights are each output's own. A constant
input carries biases. Neuron ``(j * halves + half) * n + k`` is candidate k of input j.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from slt_theory.laws import Law
from slt_theory.streams import words32_at
from slt_theory.tickets.block import Block
from slt_theory.tickets.building.chosen_inputs import (
    NeuronGroups,
    chosen_mask,
    chosen_wiring,
    windows,
)
from slt_theory.tickets.building.fill import LayerSums, fill
from slt_theory.tickets.building.request import Layer, source_layer
from slt_theory.tickets.building.slack import Group
from slt_theory.tickets.building.window_slack import WindowSums
from slt_theory.tickets.frozen import NOTHING_FROZEN, Freezing, frozen_stream
from slt_theory.tickets.mapped import used_columns
from slt_theory.tickets.partial import MaskStore
from slt_theory.tickets.source import layer_law

__all__ = [
    "Design",
    "fill_pair",
    "half_signs",
    "in_links",
    "in_mask",
    "in_weights",
    "pair_block",
    "pair_groups",
    "pair_windows",
    "wiring_of",
]

Int64Array = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Design:
    """Choices of a construction for a gadget pair.

    Attributes
    ----------
    n : int
        Candidates of one half-sum: hidden neurons, dead ones included.
    halves : int
        2, or 1 where inputs are known to be >= 0.
    law_in, law_out : Law
        Of in-weights and out-weights, at 24 bits.
    freezing, freezing_in : Freezing
        Random freezing of the out-layer and of the in-layer, where nothing may be locked.
    copies : int
        Copies of every output.
    size : int or None
        Exactly so many live numbers in every sum.
    chosen : bool
        Whether hidden neurons choose the input they see.
    """

    n: int
    halves: int
    law_in: Law
    law_out: Law
    freezing: Freezing = NOTHING_FROZEN
    freezing_in: Freezing = NOTHING_FROZEN
    copies: int = 1
    size: int | None = None
    chosen: bool = False


def pair_block(layer: Layer, design: Design, stream: int) -> Block:
    """The header of a gadget pair; its layers draw from `stream` and the next one."""
    columns = layer.targets.shape[1]
    hidden, rows = columns * design.halves * design.n, len(layer.targets) * design.copies
    return layer.block(
        "free-pair" if design.chosen else "gadget-pair",
        (
            source_layer(hidden, columns, design.law_in, stream, design.freezing_in),
            source_layer(rows, hidden, design.law_out, stream + 1, design.freezing),
        ),
        design.n,
        copies_out=design.copies,
        size=design.size,
        signs="both" if design.halves == 2 else "positive",
    )


def fill_pair(
    block: Block,
    layer: Layer,
    *,
    seed: int,
    radius: int | None,
    threads: int | None,
    progress: Callable[[int], None] | None,
    store: MaskStore | None = None,
    index: int = 0,
    off: Bools | None = None,
    alive: Bools | None = None,
) -> tuple[tuple[NDArray[np.uint8], ...], list[tuple[int, int, str]]]:
    """Both masks of a pair, and the sums (row, input, sign) that no subset reaches.

    Parameters
    ----------
    store, index
        Where the out-layer's mask goes, see `slt_theory.tickets.building.fill.fill`.
    off : bool array (rows,), optional
        Copies of outputs that are to be 0 for every input.
    alive : bool array (groups, n), optional
        Hidden neurons that may be used; default: all live ones.
    """
    wiring = wiring_of(block, seed)
    slopes = wiring.slopes if alive is None else np.where(alive, wiring.slopes, 0)
    halves = block.halves
    task = LayerSums(
        block,
        slopes,
        np.repeat(layer.targets, halves, axis=1),
        radius,
        layer.radius,
        off,
        -half_signs(np.arange(len(slopes)), halves),
        wiring.neurons,
    )
    out_mask, missed = fill(
        task, seed, threads=threads, progress=progress, store=store, index=index
    )
    unreached = [block.half_sum(row, group) for row, group in missed]
    if block.links_own_inputs(0):
        return (in_mask(block, slopes, out_mask), out_mask), unreached
    return (chosen_mask(block, wiring, slopes, out_mask), out_mask), unreached


def wiring_of(block: Block, seed: int) -> NeuronGroups:
    """Hidden neurons of every input and half: those of its stretch, or those that choose it."""
    if not block.links_own_inputs(0):
        return chosen_wiring(block, seed)
    slopes = in_weights(block, seed)
    return NeuronGroups(np.arange(slopes.size).reshape(slopes.shape), slopes)


def pair_groups(
    block: Block, layer: Layer, seed: int, off: Bools | None, groups: list[int] | None = None
) -> list[Group]:
    """Groups of hidden neurons as `slack` takes them; by default all."""
    halves = block.halves
    some = list(range(block.columns * halves)) if groups is None else groups
    goals = _goals(block, layer, off)
    return [
        Group(g * block.n, slopes, goals(slice(g // halves, g // halves + 1))[:, 0])
        for g, slopes in zip(some, in_weights(block, seed, some), strict=True)
    ]


def pair_windows(
    block: Block, layer: Layer, seed: int, off: Bools | None, some: list[int]
) -> Callable[[int], WindowSums]:
    """The k-th of `some` windows of neurons that choose their inputs, made when it is asked for."""
    wiring, halves, goals = (
        chosen_wiring(block, seed, some),
        block.halves,
        _goals(block, layer, off),
    )
    ranges = [windows(block)[k] for k in some]
    ends = np.cumsum([0, *(len(own) * halves for own in ranges)])

    def window(k: int) -> WindowSums:
        own, first = ranges[k], ranges[k].start * halves * block.n
        groups = slice(ends[k], ends[k + 1])
        return WindowSums(
            first,
            wiring.neurons[groups] - first,
            wiring.slopes[groups],
            np.repeat(goals(slice(own.start, own.stop)), halves, axis=1),
        )

    return window


def _goals(block: Block, layer: Layer, off: Bools | None) -> Callable[[slice], Int64Array]:
    """Goals (rows, inputs) of every row for some inputs; 0 in rows that are to be 0."""
    rows, on = block.target_rows(np.arange(block.rows)), 1 if off is None else ~off[:, None]
    return lambda inputs: np.asarray(layer.targets[rows, inputs] * on)


def half_signs(groups: NDArray[np.int64], halves: int) -> Int64Array:
    """1 for groups that carry inputs >= 0, -1 for those of inputs <= 0."""
    return np.where(groups % halves == 0, 1, -1)


def in_weights(block: Block, seed: int, groups: list[int] | None = None) -> Int64Array:
    """In-weight of every hidden neuron (groups, n); 0 for the wrong sign and for a pruned one."""
    inner, n, halves = block.layers[0], block.n, block.halves
    some = np.arange(block.columns * halves) if groups is None else np.asarray(groups)
    neurons = some[:, None] * n + np.arange(n)
    places = neurons * inner.columns + (some // halves)[:, None]
    u = layer_law(inner).sample_at(seed, inner.stream, places)
    if inner.prune != "0":
        words = words32_at(seed, frozen_stream(inner), places)
        u[words < round(Fraction(inner.prune) * (1 << 32))] = 0
    return np.where(u * half_signs(some, halves)[:, None] > 0, u, 0)


def in_links(block: Block, neurons: Int64Array) -> NDArray[np.uint8]:
    """The first layer's mask, a bit a neuron: these keep the link to their own input."""
    kept = np.zeros(block.layers[0].rows, dtype=bool)
    kept[neurons] = True
    return np.packbits(kept)


def in_mask(block: Block, slopes: Int64Array, out_mask: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """One bit a live neuron, from its own input; a neuron that nobody uses is pruned."""
    used = used_columns(out_mask, slopes.size)
    return in_links(block, np.flatnonzero(used & (slopes.ravel() != 0)))
