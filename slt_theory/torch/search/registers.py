"""A linear-feedback shift register: the frozen pattern that costs hardware 32 flip-flops."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from slt_theory.errors import BadInput

__all__ = ["TAPS", "register_words"]

Words = NDArray[np.uint32]

#: x^32 + x^22 + x^2 + x + 1, primitive: the state returns after 2^32 - 1 steps.
TAPS = 0x80200003


def _step(state: int) -> int:
    """One shift of the Galois register."""
    return (state >> 1) ^ (TAPS if state & 1 else 0)


def _times(matrix: Words, states: Words) -> Words:
    """A matrix over GF(2), as 32 columns, times each state."""
    result = np.zeros_like(states)
    for bit in range(32):
        ones = np.uint32(0) - ((states >> np.uint32(bit)) & np.uint32(1))
        result ^= matrix[bit] & ones
    return result


def register_words(states: Words, count: int) -> Words:
    """States of S registers after 0, 32, 64, ... shifts: uint32 (S, count).

    A word for each weight, 32 shifts apart, so that no bit is used twice; all differ, since 32 and
    the period 2^32 - 1 have no common factor. By doubling: 32 log2(count) vector operations.

    Parameters
    ----------
    states : uint32 array (S,)
        Where the registers start; 0 would stay 0.

    Examples
    --------
    >>> register_words(np.array([1], dtype=np.uint32), 3)
    array([[         1, 2316254645, 2428317606]], dtype=uint32)
    """
    if not states.all():
        raise BadInput("states", "0", "a register must not start at 0")
    columns = [1 << bit for bit in range(32)]
    for _ in range(32):
        columns = [_step(column) for column in columns]
    matrix = np.array(columns, dtype=np.uint32)
    words = states[:, None]
    while words.shape[1] < count:
        words = np.concatenate([words, _times(matrix, words)], axis=1)
        matrix = _times(matrix, matrix)
    return words[:, :count]
