"""Multi-head attention whose projections are Linear layers, so that each can be a ticket."""

from __future__ import annotations

import copy
import math

import torch
from torch import Tensor, nn

from slt_theory.errors import BadInput

__all__ = ["SplitAttention", "split_attention"]


class SplitAttention(nn.Module):
    """The function of an `nn.MultiheadAttention`, computed by four Linear layers.

    Parameters
    ----------
    source : nn.MultiheadAttention
        Its weights are copied.

    Raises
    ------
    BadInput
        If it appends biases or zeros to keys and values.
    """

    def __init__(self, source: nn.MultiheadAttention) -> None:
        super().__init__()
        if source.bias_k is not None or source.add_zero_attn:
            raise BadInput("module", "add_bias_kv or add_zero_attn", "cannot be split")
        self.heads, self.dropout = source.num_heads, source.dropout
        # What nn.TransformerEncoderLayer asks before it takes its own fused path; None declines.
        self.batch_first, self.in_proj_bias = source.batch_first, None
        if source.in_proj_weight is not None:
            weights = source.in_proj_weight.chunk(3)
        else:
            weights = source.q_proj_weight, source.k_proj_weight, source.v_proj_weight
        biases = (None,) * 3 if source.in_proj_bias is None else source.in_proj_bias.chunk(3)
        self.q, self.k, self.v = (_linear(w, b) for w, b in zip(weights, biases, strict=True))
        self.out = _linear(source.out_proj.weight, source.out_proj.bias)
        self.train(source.training)

    def forward(
        self,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        key_padding_mask: Tensor | None = None,
        need_weights: bool = True,
        attn_mask: Tensor | None = None,
        average_attn_weights: bool = True,
        is_causal: bool = False,
    ) -> tuple[Tensor, Tensor | None]:
        """As `nn.MultiheadAttention.forward`; `is_causal` is a hint that goes with a mask.

        Raises
        ------
        BadInput
            For the hint without a mask.
        """
        if is_causal and attn_mask is None:
            raise BadInput("is_causal", True, "is only a hint", "give attn_mask as well")
        batched = query.dim() == 3
        if not batched:
            query, key, value = (x.unsqueeze(0) for x in (query, key, value))
            key_padding_mask = None if key_padding_mask is None else key_padding_mask[None]
        elif not self.batch_first:
            query, key, value = (x.transpose(0, 1) for x in (query, key, value))
        parts = ((self.q, query), (self.k, key), (self.v, value))
        q, k, v = (f(x).unflatten(-1, (self.heads, -1)).transpose(1, 2) for f, x in parts)
        scores = q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1])
        if attn_mask is not None:
            mask = _additive(attn_mask, scores)
            scores = scores + (mask.view(-1, *scores.shape[1:]) if mask.dim() == 3 else mask)
        if key_padding_mask is not None:
            scores = scores + _additive(key_padding_mask, scores)[:, None, None]
        weights = scores.softmax(-1)
        mixed = nn.functional.dropout(weights, self.dropout, self.training) @ v
        y = self.out(mixed.transpose(1, 2).flatten(2))
        shown = weights.mean(1) if average_attn_weights else weights
        if not batched:
            y, shown = y[0], shown[0]
        elif not self.batch_first:
            y = y.transpose(0, 1)
        return y, shown if need_weights else None


def _linear(weight: Tensor, bias: Tensor | None) -> nn.Linear:
    layer = nn.Linear(
        weight.shape[1], weight.shape[0], bias is not None, weight.device, weight.dtype
    )
    with torch.no_grad():
        layer.weight.copy_(weight)
        if bias is not None:
            layer.bias.copy_(bias)
    return layer


def _additive(mask: Tensor, like: Tensor) -> Tensor:
    if mask.dtype != torch.bool:
        return mask.to(like.dtype)
    return torch.zeros_like(mask, dtype=like.dtype).masked_fill(mask, -math.inf)


def split_attention(module: nn.Module) -> nn.Module:
    """A copy of a module in which every `nn.MultiheadAttention` is a `SplitAttention`.

    Examples
    --------
    >>> encoder = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
    >>> type(split_attention(encoder).self_attn).__name__
    'SplitAttention'
    """
    found = [m for m in module.modules() if isinstance(m, nn.MultiheadAttention)]
    result: nn.Module = copy.deepcopy(module, {id(m): SplitAttention(m) for m in found})
    for part in result.modules():
        if isinstance(part, nn.TransformerEncoder):
            part.use_nested_tensor = False  # nested tensors are for the fused path
    return result
