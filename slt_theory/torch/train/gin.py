"""Stacks of graph isomorphism networks on one graph."""

from __future__ import annotations

import torch
from torch import Tensor

from slt_theory.data.graphs import LabelledGraph
from slt_theory.errors import BadInput
from slt_theory.torch.train.mlp import dense
from slt_theory.torch.train.model import Shapes, Tensors

__all__ = ["Gin", "adjacency"]

#: Up to here a dense matrix is small (64 MB in float32).
_DENSE = 4096


def adjacency(graph: LabelledGraph, *, dtype: torch.dtype = torch.float32) -> Tensor:
    """The symmetric 0/1 matrix (n, n): dense for up to 4,096 nodes, sparse CSR beyond."""
    nodes = len(graph)
    ends = torch.from_numpy(graph.edges).T
    both = torch.cat((ends, ends.flip(0)), dim=1)
    entries = torch.ones(both.shape[1], dtype=dtype)
    matrix = torch.sparse_coo_tensor(both, entries, (nodes, nodes), check_invariants=True)
    return matrix.to_dense() if nodes <= _DENSE else matrix.to_sparse_csr()


class Gin:
    """h <- MLP(h + A h), then the column's mean and variance over the nodes set to 0 and 1.

    Inputs are node numbers (S, B) or (B,): every call computes all nodes and returns those asked
    for, so a graph trains and is evaluated like any other data. Node classification is
    transductive: the features of test nodes are seen, their labels never.

    Parameters
    ----------
    adjacency : Tensor (n, n)
        Dense, or sparse CSR for a large graph.
    features : Tensor (n, d)
    hidden : int
    layers : int
        Each with two fully connected parts; the last gives the classes.

    Notes
    -----
    Source: Xu, Hu, Leskovec, Jegelka, "How powerful are graph neural networks?" (2019), with
    their epsilon 0; normalisation without learned scale as in Otsuka et al. (arXiv 2402.14029).
    """

    def __init__(
        self,
        adjacency: Tensor,
        features: Tensor,
        *,
        hidden: int = 64,
        layers: int = 2,
        classes: int = 2,
        bias: bool = False,
    ) -> None:
        nodes = features.shape[0]
        if features.dim() != 2 or adjacency.shape != (nodes, nodes):
            raise BadInput(
                "adjacency, features",
                (tuple(adjacency.shape), tuple(features.shape)),
                "must have shapes (n, n) and (n, d)",
            )
        if min(hidden, layers, classes) < 1:
            raise BadInput("hidden, layers, classes", (hidden, layers, classes), "must be positive")
        self.adjacency, self.features, self.layers = adjacency, features, layers
        shapes: dict[str, tuple[int, ...]] = {}
        fan_in = features.shape[1]
        for k in range(layers):
            fan_out = classes if k == layers - 1 else hidden
            for part, shape in (("a", (hidden, fan_in)), ("b", (fan_out, hidden))):
                shapes[f"{k}.{part}.weight"] = shape
                if bias:
                    shapes[f"{k}.{part}.bias"] = shape[:1]
            fan_in = fan_out
        self.shapes: Shapes = shapes

    def __call__(self, tensors: Tensors, inputs: Tensor) -> Tensor:
        stack = tensors["0.a.weight"].shape[0]
        value = self.features.expand(stack, *self.features.shape)
        for k in range(self.layers):
            value = value + self._neighbours(value)
            value = dense(tensors, f"{k}.a", value).relu()
            value = dense(tensors, f"{k}.b", value)
            if k < self.layers - 1:
                value = _over_nodes(value).relu()
        nodes = inputs if inputs.dim() == 2 else inputs.expand(stack, -1)
        return value.gather(1, nodes[:, :, None].expand(-1, -1, value.shape[2]))

    def _neighbours(self, value: Tensor) -> Tensor:
        """A h of every network: the stack lies in the columns of one product."""
        stack, nodes, width = value.shape
        columns = value.transpose(0, 1).reshape(nodes, stack * width)
        return torch.mm(self.adjacency, columns).reshape(nodes, stack, width).transpose(0, 1)

    def __repr__(self) -> str:
        nodes, width = self.features.shape
        return f"Gin({self.layers} layers, {nodes} nodes of {width} features)"


def _over_nodes(value: Tensor) -> Tensor:
    """Each column of (S, n, width) shifted and scaled over the nodes; a constant one becomes 0."""
    centred = value - value.mean(1, keepdim=True)
    return centred / (centred.square().mean(1, keepdim=True) + 1e-5).sqrt()
