"""Sums of logarithms: a gadget pair whose weights are small whole numbers."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from slt_theory.errors import NotFoundWithinLimits
from slt_theory.lattice import PRODUCT_BITS
from slt_theory.tickets.block import Block
from slt_theory.tickets.building.gadget import in_links, in_weights
from slt_theory.tickets.building.request import source_layer
from slt_theory.tickets.frozen import Freezing
from slt_theory.universal.smallest import fewest
from slt_theory.universal.source import LAW, drawn

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
    layers = (
        source_layer(inputs * n, inputs, LAW, stream, frozen),
        source_layer(outputs, inputs * n, LAW, stream + 1, frozen),
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
    outer, n = block.layers[1], block.n
    u = in_weights(block, seed).ravel()
    v, _ = drawn(seed, outer)
    unit = 2.0 ** (block.scale_exponent - PRODUCT_BITS)
    kept = np.zeros((outer.rows, outer.columns), dtype=bool)
    for m, row in enumerate(exponents):
        for j, exponent in enumerate(row):
            if not exponent:
                continue
            group = slice(j * n, (j + 1) * n)
            lo, hi = ((exponent + s * radii[m]) / unit for s in (-1, 1))
            chosen = fewest(v[m, group] * u[group], math.ceil(lo), math.floor(hi))
            if chosen is None:
                raise NotFoundWithinLimits(
                    f"the exponent {exponent} of input {j + 1} in monomial {m + 1} is not reached "
                    f"by {n} products; raise eps or take another seed"
                )
            kept[m, group] = chosen
    return in_links(block, np.flatnonzero(kept.any(axis=0))), np.packbits(kept, axis=1)
