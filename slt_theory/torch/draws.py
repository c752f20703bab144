"""Laws of a weight on tensors: the same lattice integers as `slt_theory.laws`, on any device."""

from __future__ import annotations

import torch
from torch import Tensor

from slt_theory.errors import BadInput
from slt_theory.laws import Law, Masked, Normal, Product, ReLU, Scaled, Uniform
from slt_theory.laws.normal import (
    NORMAL_NODES,
    NORMAL_OCTAVES,
    NORMAL_TABLE_BITS,
    normal_table,
)
from slt_theory.torch.words import words32, words32_at

__all__ = ["integers", "sample", "sample_at"]

_LOW = 0xFFFFFFFF
_POSITIVE = (1 << 63) - 1


def integers(law: Law, words: Tensor) -> Tensor:
    """Lattice integers from words of shape (..., slots); equal to ``law.integers``.

    Raises
    ------
    BadInput
        For a law of the user's own, which exists in numpy only.
    """
    if isinstance(law, Uniform):
        return _uniform(law, words)
    if isinstance(law, Normal):
        return _normal(law, words)
    if isinstance(law, ReLU):
        return integers(law.law, words).clamp(min=0)
    if isinstance(law, Scaled):
        return integers(law.law, words)
    if isinstance(law, Masked):
        kept = words[..., -1] < round(law.density_kept * (1 << 32))
        return torch.where(kept, integers(law.law, words[..., :-1]), 0)
    if isinstance(law, Product):
        result, used = None, 0
        for factor in law.factors:
            draws = integers(factor, words[..., used : used + factor.slots])
            result = draws if result is None else result * draws
            used += factor.slots
        assert result is not None
        return result
    raise BadInput("law", law.name, "cannot be drawn on tensors", "use a law of slt_theory.laws")


def _uniform(law: Uniform, words: Tensor) -> Tensor:
    low, bound = law.scale
    if law.slots == 1:
        r = ((words[..., 0] * bound) >> 32) & _LOW
    else:
        w_low, w_high = words[..., 0], words[..., 1]
        b_low, b_high = bound & _LOW, bound >> 32
        cross, other = w_high * b_low, w_low * b_high
        middle = (((w_low * b_low) >> 32) & _LOW) + (cross & _LOW) + (other & _LOW)
        r = w_high * b_high + ((cross >> 32) & _LOW) + (other >> 32) + (middle >> 32)
    return low + ((r + 1) >> 1)


def _rounded(x: Tensor, shift: int) -> Tensor:
    return (x + ((1 << shift) >> 1)) >> shift


def _normal(law: Normal, words: Tensor) -> Tensor:
    word = words[..., 0] | (words[..., 1] << 32)
    tail = (word & _POSITIVE).clamp(min=1 << (63 - NORMAL_OCTAVES))
    # 53 leading bits are exact in float64, so frexp gives the exact octave.
    octave = 53 - torch.frexp((tail >> 10).double()).exponent.long()
    mantissa = (tail << (octave + 1)) & _POSITIVE
    t = (mantissa >> 36) & ((1 << 20) - 1)
    node = (NORMAL_OCTAVES - 1 - octave) * NORMAL_NODES + 2 * (mantissa >> 56)
    table = torch.from_numpy(normal_table()).to(words.device)
    x0, x1, x2 = table[node], table[node + 1], table[node + 2]
    bend = ((t * (t - (1 << 19))) >> 20) * (x2 - 2 * x1 + x0)
    x = x0 + ((t * (x1 - x0)) >> 19) + (bend >> 19)
    x = _rounded(x, NORMAL_TABLE_BITS - law.bits)
    return torch.where(word < 0, -x, x)


def sample(
    law: Law,
    seed: int,
    stream: int,
    start: int,
    count: int,
    *,
    device: torch.device | None = None,
) -> Tensor:
    """Draws ``start .. start + count - 1`` of a stream; equal to ``law.sample``."""
    words = words32(seed, stream, start * law.slots, count * law.slots, device=device)
    return integers(law, words.view(count, law.slots))


def sample_at(law: Law, seed: int, stream: int, places: Tensor) -> Tensor:
    """Draws at scattered numbers of a stream, in the shape of `places`."""
    slots = torch.arange(law.slots, device=places.device)
    return integers(law, words32_at(seed, stream, places.unsqueeze(-1) * law.slots + slots))
