"""Single layers: a weight is a subset sum over several copies of its input.

Copy c of input j is column ``j * copies + c``, constants last; row ``i * copies_out + c`` is copy c
of output i. One random weight a link, no product and no extra layer.

Source: Burkholz (NeurIPS 2022, arXiv 2205.02321), the construction of depth L + 1.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from slt_theory.lattice import PRODUCT_BITS, WEIGHT_BITS
from slt_theory.laws import Law
from slt_theory.streams import Purpose, stream_id
from slt_theory.tickets.draw import sample, words32
from slt_theory.tickets.effective import layer_law
from slt_theory.tickets.frozen import NOTHING_FROZEN, Freezing, frozen_pattern
from slt_theory.tickets.request import Layer
from slt_theory.tickets.sums import solve_sums
from slt_theory.tickets.ticket import Block, SourceLayer, packed_bytes

__all__ = ["fill_single", "single_block"]

_CHUNK_ITEMS = 1 << 22


def single_block(
    layer: Layer,
    inputs: int,
    law: Law,
    stream: int,
    *,
    copies_in: int,
    copies_out: int,
    freezing: Freezing = NOTHING_FROZEN,
) -> Block:
    """The header of a single layer that draws from `stream`."""
    outputs, columns = layer.wanted.shape
    return Block(
        kind="single-layer",
        outputs=outputs,
        inputs=inputs,
        constant_input=columns > inputs,
        layers=(
            SourceLayer(
                outputs * copies_out,
                columns * copies_in,
                law.name,
                WEIGHT_BITS,
                stream_id(Purpose.WEIGHTS, stream),
                str(freezing.prune),
                str(freezing.lock),
            ),
        ),
        n=copies_in,
        eps=str(layer.eps),
        scale_exponent=layer.scale_exponent,
        copies_in=copies_in,
        copies_out=copies_out,
    )


def fill_single(
    block: Block,
    layer: Layer,
    *,
    seed: int,
    radius: int | None,
    threads: int | None,
    progress: Callable[[int], None] | None,
) -> tuple[NDArray[np.uint8], list[tuple[int, int, str]]]:
    """The mask, and the sums (row, input, sign) that no subset reaches."""
    source = block.layers[0]
    law, n = layer_law(source), block.copies_in
    frozen = (source.prune, source.lock) != ("0", "0")
    mask = np.zeros((source.rows, packed_bytes(source.columns)), dtype=np.uint8)
    unreached: list[tuple[int, int, str]] = []
    step = max(1, _CHUNK_ITEMS // source.columns)
    for start in range(0, source.rows, step):
        stop = min(start + step, source.rows)
        count = (stop - start) * source.columns
        items = sample(law, seed, source.stream, start * source.columns, count).reshape(-1, n)
        items <<= PRODUCT_BITS - source.bits
        locked = None
        if frozen:
            pruned, locked = (
                p.reshape(items.shape)
                for p in frozen_pattern(seed, source, start, stop, draw=words32)
            )
            items = np.where(pruned, 0, items)
        wanted = layer.wanted[np.arange(start, stop) // block.copies_out].ravel()
        answer = solve_sums(items, wanted, radius=radius, locked=locked, threads=threads)
        mask[start:stop] = np.packbits(answer.chosen.reshape(stop - start, -1), axis=1)
        for place in np.flatnonzero(~answer.found | (answer.errors > layer.radius)):
            row, column = divmod(int(place), block.columns)
            unreached.append((start + row, column, "+"))
        if progress is not None:
            progress(wanted.size)
    return mask, unreached
