"""Read a transformer without normalisation: z = x + Attn(x), y = z + F(z), block by block.

The stream is followed from the input through the sums that every path to the output goes through.
What a sum adds to the stream is a part: an attention, which `slt_theory.torch.reading.heads` reads,
or affine maps of each token with a ReLU between them. Every part is held against torch at torch's
own values, and the whole at random tokens, within what rounding explains.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor

from slt_theory.errors import BadInput
from slt_theory.networks.arrays import Floats
from slt_theory.networks.dense import Dense
from slt_theory.networks.rounding import random_inputs
from slt_theory.networks.transformer import PlainTransformer
from slt_theory.torch.reading.attention import holds_attention
from slt_theory.torch.reading.exported import operator_name, place
from slt_theory.torch.reading.flow import AFFINE, UNIT, Flow
from slt_theory.torch.reading.heads import AttentionGraph, hold, read_heads

__all__ = ["parts_of_stream", "read_transformer"]

_SAME = ("dropout", "clone", "contiguous", "alias", "detach", "lift_fresh")
_LARGE = 2.0**200
"""A unit vector times this: beside its image a bias is below half a unit in the last place."""
_INPUTS = 8
_BLOCK = (
    "a block is z = x + Attn(x), y = z + F(z), F linear maps with ReLU between them; no theorem "
    "here covers layer norm"
)


def parts_of_stream(flow: Flow) -> list[Flow]:
    """Parts that are added to the tokens, in order; none if the output is no sum of that form."""
    root, same, parts = flow.input, {flow.input}, list[Flow]()
    for node in flow.nodes:
        name = operator_name(node).removeprefix("aten.")
        values = [one for one in node.all_input_nodes if one in flow.depends]
        if name in _SAME and values and values[0] in same:
            same.add(node)
        if name != "add.Tensor" or node.kwargs or len(values) != 2:
            continue
        kept, added = values if values[0] in same else values[::-1]
        # A stream that is passed by would enter a part, or the output, a second time.
        if kept in same and added not in same and flow.passes(node):
            parts.append(flow.part(root, added))
            root, same = node, {node}
    return parts if flow.output() in same else []


def read_transformer(
    flow: Flow, parts: list[Flow], outputs: Callable[[Tensor], Tensor]
) -> PlainTransformer:
    """Read an exported graph of two parts a block.

    Parameters
    ----------
    flow : Flow
        Its input is (batch, tokens, width).
    parts : list of Flow
        Its `parts_of_stream`.
    outputs : callable
        The module itself: (batch, tokens, width) to its output, at a batch of another size.

    Raises
    ------
    BadInput
        Names the operator that no block of this form holds, or a difference from torch.
    """
    kinds = [holds_attention(part) for part in parts]
    if kinds != [True, False] * (len(parts) // 2):
        order = ", ".join("an attention" if kind else "a map of each token" for kind in kinds)
        raise BadInput("module", f"adds {order} to its tokens", "is no sequence of blocks", _BLOCK)
    blocks = [
        (read_heads(attention, _in_batches(attention))[0], _Connected(connected).dense())
        for attention, connected in zip(parts[::2], parts[1::2], strict=True)
    ]
    target = PlainTransformer(tuple(blocks))
    _compare(flow, parts, target, outputs)
    return target


def _in_batches(part: Flow) -> Callable[[Tensor], Tensor]:
    """The part as a function of any number of values of its start."""
    goal, batch = part.output(), int(part.input.meta["val"].shape[0])
    return lambda x: torch.cat([part.run({part.input: v}, goal) for v in torch.split(x, batch)])


class _Connected:
    """Affine maps of each token with a ReLU between them."""

    def __init__(self, flow: Flow) -> None:
        self.flow = flow
        self.ends = [(flow.input, flow.output())]
        for node in flow.nodes[1:]:
            name = operator_name(node)
            if name == "aten.relu":
                start, goal = self.ends.pop()
                self.ends += [(start, node.all_input_nodes[0]), (node, goal)]
            elif name not in AFFINE or sum(n in flow.depends for n in node.all_input_nodes) != 1:
                where = f"{node.target} in {place(node)[0]}"
                raise BadInput("module", where, "stands in the connected part of a block", _BLOCK)

    def dense(self) -> Dense:
        """The network of one token."""
        weights, biases = zip(*(self._layer(*ends) for ends in self.ends), strict=True)
        return Dense(weights, biases)

    def _layer(self, start: Any, goal: Any) -> tuple[Floats, Floats | None]:
        """Weight (outputs, inputs) and bias, exact where the map is one product with a matrix."""
        zeros = torch.zeros(start.meta["val"].shape, dtype=torch.float64)
        tokens, width = zeros.shape[1:]
        bias = self.flow.run({start: zeros}, goal)
        if bias.shape[:2] != zeros.shape[:2] or not (bias == bias[:1, :1]).all():
            raise BadInput("module", "connected part", "acts otherwise on some tokens", _BLOCK)
        rows = []
        for first in range(0, width, tokens):
            count = min(tokens, width - first)
            x = zeros.clone()
            x[0, range(count), range(first, first + count)] = _LARGE
            rows.append((self.flow.run({start: x}, goal) - bias)[0, :count] / _LARGE)
        constant = bias[0, 0].numpy()
        return torch.cat(rows).numpy().T, constant if constant.any() else None

    def errors(self, target: Dense, x: Tensor, moved: Tensor) -> Tensor:
        """A bound of the errors of one evaluation at a batch, its tokens known up to `moved`."""
        size, error = x.abs() + moved, moved
        for ends, weight, bias in zip(self.ends, target.weights, target.biases, strict=True):
            matrix = torch.from_numpy(np.abs(weight)).mT
            constant = torch.zeros(1) if bias is None else torch.from_numpy(np.abs(bias))
            slack = 4 * (self.flow.roundings({ends[0]: None}, ends[1]) + len(matrix) + 8) * UNIT
            theirs = self.flow.run({ends[0]: size}, ends[1], sizes=True)
            size = torch.maximum(theirs, size @ matrix + constant)
            error = error @ matrix + slack * size
            size = size + error
        return error


def _compare(
    flow: Flow, parts: list[Flow], target: PlainTransformer, outputs: Callable[[Tensor], Tensor]
) -> None:
    """Hold parts at torch's own values, and the whole with the errors of all parts composed."""
    batch, tokens, width = flow.input.meta["val"].shape
    count = -(-_INPUTS // batch) * batch
    inputs = torch.from_numpy(random_inputs(tokens * width, count)).reshape(count, tokens, width)
    bounds = _bounds(parts, target)
    theirs = outputs(inputs)
    for at in range(0, count, batch):
        stream, error = inputs[at : at + batch], torch.zeros_like(inputs[:batch])
        for part, ours, bound in zip(parts, _parts(target), bounds, strict=True):
            added = part.run({part.input: stream}, part.output())
            found = np.stack([ours(one) for one in stream.numpy()])
            hold("a part", found, added.numpy(), 2 * bound(stream, 0 * error).numpy())
            error = error + bound(stream, error)
            stream = stream + added
            error = error + 2 * UNIT * (stream.abs() + error)
        found = np.stack([target.forward(one) for one in inputs[at : at + batch].numpy()])
        hold("outputs", found, theirs[at : at + batch].numpy(), 2 * error.numpy())


def _parts(target: PlainTransformer) -> list[Callable[[Floats], Floats]]:
    return [part.forward for block in target.blocks for part in block]


def _bounds(
    parts: list[Flow], target: PlainTransformer
) -> list[Callable[[Tensor, Tensor], Tensor]]:
    found: list[Callable[[Tensor, Tensor], Tensor]] = []
    for k, (_, connected) in enumerate(target.blocks):
        found.append(AttentionGraph.of(parts[2 * k]).errors)
        found.append(partial(_Connected(parts[2 * k + 1]).errors, connected))
    return found
