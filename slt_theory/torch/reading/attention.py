"""Find self-attention in an exported graph: softmaxes of scores, affine maps before and behind.

Everything between the tokens and the output must belong to one form: affine maps of tokens,
products of two of them scaled by constants (scores), a softmax over keys (weights), a product with
a third map (mixed values), and affine maps of those. Whatever else stands there is refused by its
name.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn

from slt_theory.errors import BadInput
from slt_theory.networks.operators import Refused
from slt_theory.torch.reading.exported import operator_name, place
from slt_theory.torch.reading.flow import AFFINE, PRODUCTS, Flow

__all__ = ["ATTENTION_ALONE", "AttentionCore", "SelfAttention", "cores_of", "holds_attention"]

_SDPA = "aten.scaled_dot_product_attention"
_SOFTMAX = ("aten.softmax.int", "aten._softmax")
_MULTIPLIES = ("aten.matmul", "aten.bmm", "aten.mm")
_SAME_ROWS = ("view", "reshape", "_unsafe_view", "expand", "clone", "contiguous", "alias", "detach")
ATTENTION_ALONE = (
    "one self-attention alone, four linear maps without biases around its softmax, is read as the "
    "target of otsuka2026-attention; in a larger module build_ticket of slt_theory.torch keeps the "
    "attention its own (split_attention makes its projections layers)"
)
"""The way out for an operator of an attention, or beside one."""
_MASK = (
    "read it without its mask: the certificate of an attention ticket holds for every mask and "
    "every number of tokens"
)


class SelfAttention(nn.Module):
    """A lone `nn.MultiheadAttention` whose queries, keys and values are the same tokens.

    Parameters
    ----------
    source : nn.MultiheadAttention
        Its axis 0 is made the batch, whatever `batch_first` says.

    Raises
    ------
    BadInput
        If its keys or values have another width, so that it attends to other tokens.
    """

    def __init__(self, source: nn.MultiheadAttention) -> None:
        super().__init__()
        self.source = source
        widths = (source.embed_dim, source.kdim, source.vdim)
        if len(set(widths)) > 1:
            raise BadInput(
                "module", f"MultiheadAttention of widths {widths}",
                "attends to tokens of another width than its queries (cross-attention), and the "
                "target of otsuka2026-attention has one sequence of tokens",
                "build_ticket(split_attention(module)) of slt_theory.torch makes its projections "
                "layers",
            )  # fmt: skip

    def forward(self, x: Tensor) -> Tensor:
        """(batch, tokens, width) to the same, without the weights of the tokens."""
        x = x if self.source.batch_first else x.transpose(0, 1)
        y: Tensor = self.source(x, x, x, need_weights=False)[0]
        return y if self.source.batch_first else y.transpose(0, 1)


@dataclass(frozen=True)
class AttentionCore:
    """Nodes of one softmax: what it takes, and the mixed values that it gives."""

    query: Any
    key: Any
    key_turned: bool
    scale: float | None = None
    value: Any = None
    mixed: Any = None
    factors: tuple[float, ...] = ()

    def scaling(self, width: int) -> float:
        """Return what scores of queries of `width` numbers are multiplied by."""
        start = 1 / math.sqrt(width) if self.scale is None else self.scale
        return math.prod(self.factors, start=start)


def holds_attention(flow: Flow) -> bool:
    """Tell whether two values are multiplied as an attention does."""
    return any(
        operator_name(node) == _SDPA
        or (operator_name(node) in _MULTIPLIES and len(_values(flow, node)) == 2)
        for node in flow.nodes
        if node in flow.depends
    )


def _values(flow: Flow, node: Any) -> list[Any]:
    """Arguments of a node that depend on the input, in order."""
    return [a for a in _flat((*node.args, *node.kwargs.values())) if a in flow.depends]


def _flat(given: Any) -> list[Any]:
    if isinstance(given, list | tuple):
        return [leaf for part in given for leaf in _flat(part)]
    return [given] if isinstance(given, torch.fx.Node) else []


def cores_of(flow: Flow, output: Any) -> list[AttentionCore]:
    """Follow every node from the tokens to the output.

    Raises
    ------
    BadInput
        Names the first operator that no attention of the target's form holds.
    """
    follower = _Follower(flow)
    for node in flow.nodes[: flow.nodes.index(output) + 1]:
        if node not in flow.depends or node is flow.input:
            continue
        try:
            follower.kinds[node] = follower.kind_of(node)
        except Refused as refusal:
            name = f"{node.target} in {place(node)[0]}"
            raise BadInput("module", name, str(refusal), refusal.way_out) from None
    if follower.kinds[output] != "mixed":
        raise BadInput("module", "attention", "must return its mixed values", ATTENTION_ALONE)
    return list(follower.cores.values())


class _Follower:
    """What each node holds: tokens, scores, weights or mixed values."""

    def __init__(self, flow: Flow) -> None:
        self.flow = flow
        self.kinds: dict[Any, str] = {flow.input: "tokens"}
        self.cores: dict[Any, AttentionCore] = {}
        self.core_of: dict[Any, AttentionCore] = {}

    def kind_of(self, node: Any) -> str:
        """One of ``tokens``, ``scores``, ``weights``, ``mixed``."""
        name, values = operator_name(node), _values(self.flow, node)
        kinds = [self.kinds[value] for value in values]
        if name == _SDPA:
            return self._fused(node, kinds)
        if name in _MULTIPLIES and len(values) == 2:
            return self._multiplied(node, kinds)
        if name in _SOFTMAX:
            return self._softmax(node, kinds[0])
        if kinds[0] in ("scores", "weights"):
            return self._of_pairs(node, name, kinds)
        if name not in AFFINE:
            raise Refused("stands beside an attention", ATTENTION_ALONE)
        if len(set(kinds)) > 1:
            raise Refused(
                "adds tokens to mixed values, a skip that the target has not", ATTENTION_ALONE
            )
        if name in (*PRODUCTS, "aten.mul.Tensor") and len(values) > 1:
            raise Refused("multiplies two values", ATTENTION_ALONE)
        if name == "aten.div.Tensor" and node.args[1] in values:
            raise Refused("divides by a value", ATTENTION_ALONE)
        if name == "aten.dropout" and node.args[2]:
            raise Refused("drops at random", "call module.eval()")
        return kinds[0]

    def _fused(self, node: Any, kinds: list[str]) -> str:
        if kinds != ["tokens"] * 3 or node.args[:3] != tuple(_values(self.flow, node)):
            raise Refused(
                "attends to a constant, or to mixed values: a second layer", ATTENTION_ALONE
            )
        names = ("attn_mask", "dropout_p", "is_causal")
        given = dict(zip(names, node.args[3:], strict=False)) | dict(node.kwargs)
        if given.get("attn_mask") is not None or given.get("is_causal"):
            raise Refused("masks tokens", _MASK)
        if given.get("dropout_p"):
            raise Refused("drops at random", "pass dropout_p=0.0 outside of training")
        if given.get("enable_gqa"):
            raise Refused("shares keys between heads by enable_gqa", "repeat the keys and values")
        query, key, value = node.args[:3]
        self.cores[node] = AttentionCore(query, key, False, given.get("scale"), value, node)
        return "mixed"

    def _multiplied(self, node: Any, kinds: list[str]) -> str:
        one, other = _values(self.flow, node)
        if kinds == ["tokens", "tokens"]:
            self.core_of[node] = AttentionCore(one, other, True, 1.0)
            return "scores"
        if kinds == ["weights", "tokens"]:
            # Scores and weights may be used twice: each use is an attention of its own.
            self.cores[node] = replace(self.core_of[one], value=other, mixed=node)
            return "mixed"
        raise Refused(f"multiplies {kinds[0]} by {kinds[1]}", ATTENTION_ALONE)

    def _softmax(self, node: Any, kind: str) -> str:
        rank = node.args[0].meta["val"].dim()
        if kind != "scores" or node.args[1] not in (-1, rank - 1):
            raise Refused(
                "is a softmax over something else than the keys of a query", ATTENTION_ALONE
            )
        self.core_of[node] = self.core_of[node.args[0]]
        return "weights"

    def _of_pairs(self, node: Any, name: str, kinds: list[str]) -> str:
        """Scores and weights: constant factors, and views that keep the last two axes."""
        core = self.core_of[node.all_input_nodes[0]]
        short = name.removeprefix("aten.")
        if kinds == ["scores"] and short in ("mul.Tensor", "mul.Scalar", "div.Tensor"):
            core = replace(core, factors=(*core.factors, self._factor(node, short)))
        elif short == "dropout":
            if node.args[2]:
                raise Refused("drops at random", "call module.eval()")
        elif short not in _SAME_ROWS or _rows(node) != _rows(node.args[0]):
            if short.startswith(("add", "sub", "masked_fill", "where", "baddbmm")):
                raise Refused("adds a mask or a bias to scores", _MASK)
            raise Refused(f"changes the {kinds[0]} of tokens", ATTENTION_ALONE)
        self.core_of[node] = core
        return kinds[0]

    def _factor(self, node: Any, short: str) -> float:
        numbers = [self.flow.constants.get(a, a) for a in node.args if a not in self.flow.depends]
        if node.args[0] not in self.flow.depends and short == "div.Tensor":
            raise Refused("divides by scores", ATTENTION_ALONE)
        if isinstance(numbers[0], Tensor) and numbers[0].numel() != 1:
            raise Refused("scales scores by more than one number", ATTENTION_ALONE)
        number = float(numbers[0])
        return 1 / number if short == "div.Tensor" else number


def _rows(node: Any) -> tuple[int, ...]:
    return tuple(node.meta["val"].shape[-2:])
