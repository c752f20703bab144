"""Sums of logarithms: a gadget pair whose weights are small whole numbers."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from slt_theory.errors import NotFoundWithinLimits
from slt_theory.lattice import PRODUCT_BITS, WEIGHT_BITS
from slt_theory.streams import Purpose, stream_id
from slt_theory.tickets.checking.effective import layer_law
from slt_theory.tickets.frozen import Freezing, frozen_pattern
from slt_theory.tickets.ticket import Block, SourceLayer, packed_bytes
from slt_theory.universal.smallest import fewest

__all__ = ["fill_mixing", "mixing_block"]


def mixing_block(
    *,
    exponents: tuple[tuple[int, ...], ...],
    n: int,
    eps: str,
    stream: int,
    freezing: Freezing,
) -> Block:
    """The header; two streams from `stream` on."""
    outputs, inputs = len(exponents), len(exponents[0])
    frozen = freezing.gadget
    layers = tuple(
        SourceLayer(
            rows,
            columns,
            "uniform",
            WEIGHT_BITS,
            stream_id(Purpose.WEIGHTS, stream + k),
            str(frozen.prune),
            str(frozen.lock),
        )
        for k, (rows, columns) in enumerate(((inputs * n, inputs), (outputs, inputs * n)))
    )
    largest = max(max(row) for row in exponents)
    return Block(
        kind="gadget-pair",
        outputs=outputs,
        inputs=inputs,
        constant_input=False,
        layers=layers,
        n=n,
        eps=eps,
        scale_exponent=1 + math.ceil(math.log2(largest)) if largest > 1 else 1,
        signs="positive",
    )


def fill_mixing(
    block: Block, exponents: tuple[tuple[int, ...], ...], radii: NDArray[np.float64], seed: int
) -> tuple[NDArray[np.uint8], ...]:
    """Masks by smallest subset sums: weight (m, j) is within ``radii[m]`` of the exponent."""
    inner, outer = block.layers
    n = block.n
    weights = []
    for layer in block.layers:
        count = layer.rows * layer.columns
        drawn = layer_law(layer).sample(seed, layer.stream, 0, count)
        drawn = drawn.reshape(layer.rows, layer.columns)
        if (layer.prune, layer.lock) != ("0", "0"):
            drawn = np.where(frozen_pattern(seed, layer, 0, layer.rows)[0], 0, drawn)
        weights.append(drawn)
    neurons = np.arange(inner.rows)
    u = np.maximum(weights[0][neurons, neurons // n], 0)
    unit = 2.0 ** (block.scale_exponent - PRODUCT_BITS)
    kept = np.zeros((outer.rows, outer.columns), dtype=bool)
    for m, row in enumerate(exponents):
        for j, wanted in enumerate(row):
            if not wanted:
                continue
            group = slice(j * n, (j + 1) * n)
            lo, hi = ((wanted + s * radii[m]) / unit for s in (-1, 1))
            chosen = fewest(weights[1][m, group] * u[group], math.ceil(lo), math.floor(hi))
            if chosen is None:
                raise NotFoundWithinLimits(
                    f"the exponent {wanted} of input {j + 1} in monomial {m + 1} is not reached "
                    f"by {n} products; raise eps or take another seed"
                )
            kept[m, group] = chosen
    used = np.flatnonzero(kept.any(axis=0))
    first = np.zeros((inner.rows, packed_bytes(inner.columns)), dtype=np.uint8)
    first[used, (used // n) // 8] = 128 >> ((used // n) % 8)
    return first, np.packbits(kept, axis=1)
