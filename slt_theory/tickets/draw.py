"""Random words for builders: those of `slt_theory.streams`, compiled.

The verifier does not draw through this module. Where it draws compiled numbers
(`slt_theory.tickets.source`, which builders share), it first compares them with
`slt_theory.streams` and the law itself (`slt_theory.tickets.checking.compiled`).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from slt_theory.laws import Law

__all__ = ["sample", "words32"]


def words32(seed: int, stream: int, start: int, count: int) -> NDArray[np.uint32]:
    """Words ``start .. start + count - 1`` of a stream, equal to `slt_theory.streams.words32`."""
    from slt_theory.subset_sum.kernels.philox import fill_blocks

    first = start // 4
    words = np.empty(4 * ((start + count + 3) // 4 - first), dtype=np.uint32)
    fill_blocks(np.uint64(seed), np.uint64(stream), np.uint64(first), words)
    return words[start - 4 * first : start - 4 * first + count]


def sample(law: Law, seed: int, stream: int, start: int, count: int) -> NDArray[np.int64]:
    """Draws of a stream, equal to `Law.sample`."""
    words = words32(seed, stream, start * law.slots, count * law.slots)
    return law.integers(words.reshape(count, law.slots))
