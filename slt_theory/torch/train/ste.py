"""The straight-through estimator: a value forward, another's gradient backward."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

__all__ = ["straight_through"]


class _Through(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, value: Tensor, soft: Tensor) -> Tensor:
        return value.to(soft.dtype, copy=True)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[None, Tensor]:
        return None, gradient


def straight_through(value: Tensor, soft: Tensor) -> Tensor:
    """`value` exactly, with the derivative of `soft`.

    Exactly, where ``value + soft - soft.detach()`` rounds: a 0 of a mask stays 0. For scores, take
    absolute values outside: ``straight_through(top(s.abs()), s.abs())`` has the gradient
    ``sign(s) g``; with ``s`` in the second place the search drops to chance.

    Source: Bengio, Léonard, Courville (arXiv 1308.3432).
    """
    result: Tensor = _Through.apply(value, soft)  # type: ignore[no-untyped-call]
    return result
