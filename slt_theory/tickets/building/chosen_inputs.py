"""Hidden neurons of a gadget pair that choose the input they see.

A first layer has an in-weight from every input to every hidden neuron, and its mask is free. With
an input fixed beforehand a neuron is dead where its in-weight is pruned, and carries one half of
the other input's signs only: with a quarter pruned, 3 of 8 neurons count in a half-sum, by the mean
weight 1/2. A neuron that keeps the largest of many in-weights counts nearly 1, and none is dead.
The free numbers of a sum reach in proportion to their count m, the locked ones deviate by its root,
so fewer neurons do: a quarter locked and a quarter pruned, 784 inputs, about a quarter of them.

Inputs come in windows of `WINDOW` or a few more, and so do neurons, n for every input and half. In
the order of neurons each takes the largest in-weight of those whose input still lacks some.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from slt_theory.errors import BadInput
from slt_theory.tickets.block import Block, SourceLayer
from slt_theory.tickets.mapped import used_columns
from slt_theory.tickets.source import FrozenRows, NumberRows, layer_law

__all__ = ["WINDOW", "NeuronGroups", "chosen_mask", "chosen_wiring", "windows"]

Int64Array = NDArray[np.int64]
WINDOW = 16
"""Inputs that a neuron chooses among, at least: of 16, 6 have the right sign and are not pruned.

Their largest in-weight is 0.86 in the mean. With more a sum hardly gains, but its numbers lie
further apart in memory: gathered from a whole row of 134,848 they took 5 ns each.
"""
_AT_ONCE = 1 << 16


@dataclass(frozen=True)
class NeuronGroups:
    """The hidden neurons of every input and half.

    Attributes
    ----------
    neurons : int64 array (groups, n)
        Their numbers, which are columns of the next layer.
    slopes : int64 array (groups, n)
        Their in-weights; 0 for one that carries nothing.
    """

    neurons: Int64Array
    slopes: Int64Array


def windows(block: Block) -> list[range]:
    """Inputs that neurons choose among, the constant one included."""
    count = max(1, block.columns // WINDOW)
    ends = [block.columns * k // count for k in range(count + 1)]
    return [range(*pair) for pair in itertools.pairwise(ends)]


def chosen_wiring(block: Block, seed: int, some: Sequence[int] | None = None) -> NeuronGroups:
    """Neurons and in-weights of every group, as the neurons choose; costs 2 ns an in-weight.

    `some` names the windows whose groups are asked for; default: all.

    Raises
    ------
    BadInput
        If constants must not reach every tap of a kernel: then a neuron cannot take any input.
    """
    if block.unwired:
        raise BadInput(
            "inputs",
            "chosen",
            "does not go with the bias of a convolution: constants reach one tap of its kernel",
            "let neurons see their own inputs: inputs='own'",
        )
    rows, every = _InRows(block.layers[0], seed), windows(block)
    which = range(len(every)) if some is None else some
    parts = [_choices(block, every[k], rows) for k in which]
    return NeuronGroups(*(np.concatenate(side) for side in zip(*parts, strict=True)))


def _choices(block: Block, inputs: range, rows: _InRows) -> tuple[Int64Array, Int64Array]:
    """Neurons (groups, n) of one window by the group that they choose, and their in-weights."""
    from slt_theory.subset_sum.kernels.choose import choose

    each = block.halves * block.n
    start, last = inputs.start * each, inputs.stop * each
    groups, chosen = np.empty((2, last - start), np.int64)
    room = np.full(len(inputs) * block.halves, block.n)
    for first in range(start, last, rows.most):
        neurons = slice(first, min(first + rows.most, last))
        part = slice(neurons.start - start, neurons.stop - start)
        weights = np.ascontiguousarray(rows(neurons)[:, inputs.start : inputs.stop])
        choose(weights, block.halves, room, groups[part], chosen[part])
    order = np.argsort(groups, kind="stable").reshape(-1, block.n)
    return order + start, chosen[order]


class _InRows:
    """In-weights of some neurons from every input, 0 for pruned ones; `most` neurons at once."""

    def __init__(self, layer: SourceLayer, seed: int) -> None:
        self.most, self._columns = max(1, _AT_ONCE // layer.columns), layer.columns
        length = self.most * layer.columns
        self._numbers = NumberRows(layer_law(layer), seed, layer, length)
        self._frozen = FrozenRows(seed, layer, length)

    def __call__(self, neurons: slice) -> Int64Array:
        count = (neurons.stop - neurons.start) * self._columns
        weights = self._numbers(neurons.start, 0, count)
        if self._frozen.locked:
            weights[self._frozen(neurons.start, 0, count) < self._frozen.pruned] = 0
        return weights.reshape(-1, self._columns)


def chosen_mask(
    block: Block, wiring: NeuronGroups, slopes: Int64Array, out_mask: NDArray[np.uint8]
) -> NDArray[np.uint8]:
    """The first layer's mask, packed rows: every used neuron of a slope keeps its one link."""
    layer = block.layers[0]
    used = used_columns(out_mask, layer.rows)
    inputs = np.repeat(np.arange(len(slopes)) // block.halves, block.n)
    neurons = wiring.neurons.ravel()
    kept = used[neurons] & (slopes.ravel() != 0)
    neurons, inputs = neurons[kept], inputs[kept]
    mask = np.zeros(layer.packed_shape, np.uint8)
    mask[neurons, inputs // 8] = 128 >> (inputs % 8)
    return mask
