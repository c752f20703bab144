"""Philox 4x32-10 on tensors: bit for bit the words of `slt_theory.streams`, on any device.

Torch has no full set of unsigned operations, so 32-bit words live in int64. A product of two of
them may wrap around; its upper half is still right after the mask.
"""

from __future__ import annotations

import torch
from torch import Tensor

from slt_theory.streams import check_seed

__all__ = ["words32", "words32_at"]

_LOW = 0xFFFFFFFF
_MULTIPLIERS = (0xD2511F53, 0xCD9E8D57)
_WEYL = (0x9E3779B9, 0xBB67AE85)


def _blocks(seed: int, stream: int, blocks: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """The four words of each block; `blocks` is int64 and not negative."""
    key = check_seed(seed)
    k0, k1 = key & _LOW, key >> 32
    c0, c1 = blocks & _LOW, blocks >> 32
    c2, c3 = torch.full_like(blocks, stream & _LOW), torch.full_like(blocks, stream >> 32)
    for _ in range(10):
        p0, p1 = c0 * _MULTIPLIERS[0], c2 * _MULTIPLIERS[1]
        c0, c2 = ((p1 >> 32) & _LOW) ^ c1 ^ k0, ((p0 >> 32) & _LOW) ^ c3 ^ k1
        c1, c3 = p1 & _LOW, p0 & _LOW
        k0, k1 = (k0 + _WEYL[0]) & _LOW, (k1 + _WEYL[1]) & _LOW
    return c0, c1, c2, c3


def words32(
    seed: int, stream: int, start: int, count: int, *, device: torch.device | None = None
) -> Tensor:
    """Words ``start .. start + count - 1`` of a stream.

    Returns
    -------
    int64 tensor, shape (count,)
        Equal to `slt_theory.streams.words32`. At most 20 bytes of work space a byte of result.
    """
    first = start // 4
    last = (start + count + 3) // 4
    blocks = torch.arange(first, last, dtype=torch.int64, device=device)
    words = torch.stack(_blocks(seed, stream, blocks), dim=-1).flatten()
    return words[start - 4 * first : start - 4 * first + count]


def words32_at(seed: int, stream: int, places: Tensor) -> Tensor:
    """Words at scattered places of one stream, in the shape of `places`."""
    words = torch.stack(_blocks(seed, stream, places >> 2), dim=-1)
    return words.gather(-1, (places & 3).unsqueeze(-1)).squeeze(-1)
