"""A random source of hinges: three random layers that a mask turns into piecewise-linear functions.

The first two layers are a gadget pair: row r of the second computes ``relu(w x + b)`` when the mask
leaves it the link to one in-neuron of an input (slope w, a product of two random weights) and to
one in-neuron of the constant (bias b). The third is a single layer: output f adds
``v_fr relu(w x + b)`` for every row that its mask keeps, and constants. A hinge so costs three
kept weights: two that make the neuron, one that uses it; in-neurons are shared by all.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from slt_theory.arrays import Bools, Floats, Ints
from slt_theory.lattice import WEIGHT_BITS
from slt_theory.laws import Uniform
from slt_theory.tickets.block import Block, SourceLayer
from slt_theory.tickets.building.gadget import in_links, in_weights
from slt_theory.tickets.building.request import source_layer
from slt_theory.tickets.frozen import Freezing, frozen_pattern
from slt_theory.tickets.source import layer_law

__all__ = ["LAW", "HingeCandidates", "HingeSource", "drawn", "pair_block", "single_block"]

LAW = Uniform(bits=WEIGHT_BITS)
"""Of every weight."""

Masks = tuple[NDArray[np.uint8], ...]


def pair_block(
    *,
    inputs: int,
    n: int,
    knots: int,
    copies: int,
    two_sided: bool,
    eps: str,
    stream: int,
    freezing: Freezing,
) -> Block:
    """Header of the gadget pair that makes `copies` of each knot; its two streams from `stream`."""
    hidden = (inputs + 1) * (2 if two_sided else 1) * n
    return Block(
        kind="gadget-pair",
        outputs=knots,
        inputs=inputs,
        constant_input=True,
        layers=(
            source_layer(hidden, inputs + 1, LAW, stream, freezing.gadget),
            source_layer(knots * copies, hidden, LAW, stream + 1, freezing.gadget),
        ),
        n=n,
        eps=eps,
        copies_out=copies,
        signs="both" if two_sided else "positive",
    )


def single_block(
    *,
    outputs: int,
    knots: int,
    copies: int,
    scale_exponent: int,
    eps: str,
    stream: int,
    freezing: Freezing,
) -> Block:
    """Header of the layer that adds hinges and constants up to outputs; weights of `stream`."""
    return Block(
        kind="single-layer",
        outputs=outputs,
        inputs=knots,
        constant_input=True,
        layers=(source_layer(outputs, (knots + 1) * copies, LAW, stream, freezing),),
        n=copies,
        eps=eps,
        scale_exponent=scale_exponent,
        copies_in=copies,
    )


@dataclass(frozen=True)
class HingeCandidates:
    """Hinges that free rows could make of one input on one side, sorted by place.

    Attributes
    ----------
    place : float64 array (k,)
        Distance of the kink from 0.
    slope : float64 array (k,)
        Growth of the neuron outwards from its kink, before the third layer.
    row : int64 array (k,)
    links : int64 array (k, at most 2 size)
        In-neurons used, -1 where there is none.
    """

    place: Floats
    slope: Floats
    row: Ints
    links: Ints


class HingeSource:
    """The weights of one source, and the masks as they grow."""

    def __init__(self, pair: Block, single: Block, seed: int) -> None:
        self.pair, self.single = pair, single
        self.rows, self.copies = pair.layers[1].rows, single.copies_in
        self.u = np.ldexp(in_weights(pair, seed).ravel().astype(np.float64), -WEIGHT_BITS)
        m, _ = drawn(seed, pair.layers[1])
        self.m = np.ldexp(m.astype(np.float64), -WEIGHT_BITS)
        self.v, self.locked = drawn(seed, single.layers[0])
        self.linked = np.zeros(self.u.size, dtype=bool)
        self.free = np.ones(self.rows, dtype=bool)
        self.middle_mask = np.zeros(m.shape, dtype=bool)
        self.outer_mask = self.locked.copy()

    @property
    def scale(self) -> float:
        """Value of one step of the third layer's integers."""
        return float(2.0 ** (self.single.scale_exponent - WEIGHT_BITS))

    def coefficients(self, output: int) -> Floats:
        """The third layer's weights from every row to an output; 0 where pruned."""
        return np.ldexp(
            self.v[output, : self.rows].astype(np.float64),
            self.single.scale_exponent - WEIGHT_BITS,
        )

    def fits(self, output: int) -> Bools:
        """Free rows that no other output is locked to."""
        others = np.delete(self.locked[:, : self.rows], output, axis=0)
        linked = self.v[output, : self.rows] != 0
        return np.asarray(self.free & linked & ~others.any(axis=0))

    def _live(self, group: int, side: int) -> Ints:
        """In-neurons of an input (the last group: the constant) active on one side of 0."""
        n = self.pair.n
        half = 1 if side < 0 and self.pair.halves == 2 else 0
        start = (group * self.pair.halves + half) * n
        neurons = np.arange(start, start + n)
        return np.asarray(neurons[self.u[neurons] != 0])

    def candidates(
        self, group: int, side: int, rows: Bools, size: int, reach: float
    ) -> HingeCandidates:
        """Every hinge that the given rows could make within `reach` of 0.

        A sum of exactly `size` products makes the slope, and another one the bias.
        """
        index = np.flatnonzero(rows)
        slopes, slope_links = self._sums(index, self._live(group, side), size)
        biases, bias_links = self._sums(index, self._live(self.pair.inputs, 1), size)
        # At 0 no bias is needed.
        biases = np.concatenate([np.zeros((index.size, 1)), biases], axis=1)
        bias_links = np.concatenate([np.full((1, size), -1), bias_links])
        slopes = slopes * side
        r, i = np.nonzero(slopes > 0)
        with np.errstate(over="ignore"):
            place = -biases[r] / slopes[r, i][:, None]
        p, k = np.nonzero((place >= 0) & (place < reach) & (biases[r] <= 0))
        places = place[p, k]
        order = np.argsort(places, kind="stable")
        p, k = p[order], k[order]
        links = np.concatenate([slope_links[i[p]], bias_links[k]], axis=1)
        return HingeCandidates(places[order], slopes[r[p], i[p]], index[r[p]], links)

    def _sums(self, rows: Ints, neurons: Ints, size: int) -> tuple[Floats, Ints]:
        """Sums of `size` products a row, and which in-neurons each one needs."""
        sets = np.array(list(itertools.combinations(neurons.tolist(), size)), dtype=np.int64)
        sets = sets.reshape(-1, size)
        products = self.m[np.ix_(rows, neurons)] * self.u[neurons]
        places = np.searchsorted(neurons, sets)
        sums = products[:, places].sum(axis=2)
        # A pruned product is no number of a sum.
        return np.where((products[:, places] != 0).all(axis=2), sums, 0.0), sets

    def cost(self, found: HingeCandidates, index: Ints, taken: tuple[int, ...]) -> Ints:
        """Weights kept by making each hinge of `index` and using it, once those of `taken` are."""
        known = self.linked.copy()
        before = found.links[list(taken)]
        known[before[before >= 0]] = True
        links = found.links[index]
        there = links >= 0
        return np.asarray(1 + there.sum(axis=1) + (there & ~known[links]).sum(axis=1))

    def keep_row(self, row: int, links: Ints) -> None:
        """Make a hinge."""
        used = links[links >= 0]
        self.linked[used] = True
        self.middle_mask[row, used] = True
        self.free[row] = False

    def use_row(self, output: int, row: int) -> None:
        """Add a hinge to an output."""
        self.outer_mask[output, row] = True

    def constants(self, output: int) -> tuple[Ints, int]:
        """Free constants of an output (0 where pruned or locked), and the sum of locked ones."""
        numbers, locked = self.v[output, self.rows :], self.locked[output, self.rows :]
        return np.where(locked, 0, numbers), int(numbers[locked].sum())

    def use_constants(self, output: int, chosen: Bools) -> None:
        """Keep constants of an output."""
        self.outer_mask[output, self.rows :] |= chosen

    def masks(self) -> tuple[Masks, Masks]:
        """Packed masks of the pair and of the single layer."""
        first = in_links(self.pair, np.flatnonzero(self.linked))
        return (
            (first, np.packbits(self.middle_mask, axis=1)),
            (np.packbits(self.outer_mask, axis=1),),
        )


def drawn(seed: int, layer: SourceLayer) -> tuple[Ints, Bools]:
    """A layer's weights, 0 where pruned, and which of them are locked."""
    draws = layer_law(layer).sample(seed, layer.stream, 0, layer.rows * layer.columns)
    weights = draws.reshape(layer.rows, layer.columns)
    if (layer.prune, layer.lock) == ("0", "0"):
        return weights, np.zeros(weights.shape, dtype=bool)
    pruned, locked = frozen_pattern(seed, layer, 0, layer.rows)
    return np.where(pruned, 0, weights), locked
