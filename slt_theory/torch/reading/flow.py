"""Parts of an exported graph run on their own, and how far their rounding may go.

A part without products of two values and without functions of values is affine. Every number that
it computes is then a sum of products of constants with one number of its start, or with none; each
product meets at most K roundings, so the sum is off by at most ``K u / (1 - K u)`` times the sum of
the sizes of the products (Higham, Accuracy and Stability of Numerical Algorithms, 2002, lemma 3.1).
The sizes are the same part with constants and start replaced by their absolute values, and every
difference by a sum.
"""

from __future__ import annotations

import operator
from collections.abc import Mapping
from copy import copy
from typing import Any

import torch

from slt_theory.errors import BadInput
from slt_theory.torch.reading.exported import arguments, computed, constants, operator_name

__all__ = ["AFFINE", "PRODUCTS", "UNIT", "Flow"]

UNIT = 2.0**-53
"""Largest relative error of one rounding in float64."""

PRODUCTS = ("aten.linear", "aten.matmul", "aten.mm", "aten.bmm", "aten.addmm", "aten.einsum")
_SUMS = ("aten.add.Tensor", "aten.sub.Tensor", "aten.rsub.Scalar", "aten.neg")
_SCALES = ("aten.mul.Tensor", "aten.mul.Scalar", "aten.div.Tensor")
_MOVES = (
    "view", "reshape", "_unsafe_view", "flatten.using_ints", "unflatten.int", "squeeze",
    "squeeze.dim", "squeeze.dims", "unsqueeze", "permute", "transpose.int", "t", "flip",
    "slice.Tensor", "narrow", "select.int", "index_select", "unbind.int", "split.Tensor",
    "split_with_sizes", "chunk", "cat", "stack", "expand", "repeat", "clone", "contiguous", "alias",
    "detach", "lift_fresh", "dropout",
)  # fmt: skip
AFFINE = frozenset(
    (*PRODUCTS, *_SUMS, *_SCALES, *(f"aten.{name}" for name in _MOVES), str(operator.getitem))
)
"""Operators that are affine in one value, where their other arguments are constants."""
_PLUS = torch.ops.aten.add.Tensor


class Flow:
    """The nodes of an exported graph with one input, run from any of them to any other."""

    def __init__(self, program: Any) -> None:
        self.nodes = list(program.graph.nodes)
        given = constants(program)
        self.constants: dict[Any, Any] = {
            node: given[node.name] for node in self.nodes if node.name in given
        }
        (self.input,) = (n for n in self.nodes if n.op == "placeholder" and n not in self.constants)
        self.depends = {self.input}
        for node in self.nodes:
            if node.op == "call_function":
                if any(source in self.depends for source in node.all_input_nodes):
                    self.depends.add(node)
                else:
                    self.constants[node] = computed(node, *arguments(node, self.constants.get))

        self.returned = [node for node in self.nodes[-1].all_input_nodes if node in self.depends]

    def output(self) -> Any:
        """Return the node of the one output that depends on the input.

        Raises
        ------
        BadInput
            If there are others.
        """
        if len(self.returned) != 1:
            raise BadInput(
                "module", f"{len(self.returned)} outputs", "must return one tensor",
                "of an attention return its values alone, not its weights (need_weights=False)",
            )  # fmt: skip
        return self.returned[0]

    def part(self, start: Any, goal: Any) -> Flow:
        """The nodes from one to another, as a flow from `start` to `goal`."""
        part = copy(self)
        part.nodes = [start, *self._between({start: None}, goal)]
        part.input, part.depends, part.returned = start, set(part.nodes), [goal]
        return part

    def passes(self, node: Any) -> bool:
        """Tell whether every path from the input to the output goes through a node."""
        return self.input not in self._between({node: None}, self.output())

    def run(
        self, start: Mapping[Any, torch.Tensor], goal: Any, *, sizes: bool = False
    ) -> torch.Tensor:
        """Return the value of `goal` with the nodes of `start` given.

        Parameters
        ----------
        start : mapping from a node to its value
        goal : node
        sizes : bool
            Of every sum return the sum of the sizes of its terms.
        """
        known: dict[Any, Any] = dict(start)
        for node in self._between(start, goal):
            args, kwargs = arguments(node, lambda n: self._given(n, known, sizes))
            known[node] = _run(node, args, kwargs, sizes)
        result: torch.Tensor = known[goal]
        return result

    def _between(self, start: Mapping[Any, Any], goal: Any) -> list[Any]:
        """Nodes to compute, in order."""
        needed, rest = set(), [goal]
        while rest:
            node = rest.pop()
            if node in self.depends and node not in start and node not in needed:
                needed.add(node)
                rest.extend(node.all_input_nodes)
        return [node for node in self.nodes if node in needed]

    def _given(self, node: Any, known: Mapping[Any, Any], sizes: bool) -> Any:
        if node in known:
            return known[node]
        constant = self.constants[node]
        floating = isinstance(constant, torch.Tensor) and constant.is_floating_point()
        return constant.abs() if sizes and floating else constant

    def roundings(self, start: Mapping[Any, Any], goal: Any) -> int:
        """Count the roundings that a product may meet between the nodes of `start` and `goal`."""
        count = 0
        for node in self._between(start, goal):
            name = operator_name(node)
            if name in PRODUCTS:
                count += self._terms(node) + 4
            elif name in _SUMS + _SCALES:
                count += 2
        return count

    def _terms(self, node: Any) -> int:
        """At least the products that one number of a product is the sum of."""
        factors = [self.constants.get(n) for n in node.all_input_nodes]
        sides = [max(f.shape, default=1) for f in factors if isinstance(f, torch.Tensor)]
        if operator_name(node) == "aten.einsum":
            return max(f.numel() for f in factors if isinstance(f, torch.Tensor))
        return max(sides)


def _run(node: Any, args: tuple[Any, ...], kwargs: dict[str, Any], sizes: bool) -> Any:
    """Compute a node; on sizes its numbers lose their signs, and differences become sums."""
    name = operator_name(node)
    if name in ("aten.view", "aten._unsafe_view"):
        # What is given in the place of a value may lie in memory otherwise.
        return args[0].reshape(args[1])
    if not sizes:
        return computed(node, args, kwargs)
    if name == "aten.neg":
        return args[0]
    if name in (*_SUMS, *_SCALES, "aten.addmm"):
        args = tuple(abs(a) if isinstance(a, int | float) else a for a in args)
        kwargs = {key: abs(a) if isinstance(a, int | float) else a for key, a in kwargs.items()}
    if name == "aten.rsub.Scalar":
        return args[0] + args[1]
    with torch.no_grad():
        return (_PLUS if name == "aten.sub.Tensor" else node.target)(*args, **kwargs)
