"""From a module to a network: export, read operator by operator, compare."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from slt_theory.errors import BadInput
from slt_theory.networks.attention import Attention
from slt_theory.networks.graph import Graph
from slt_theory.networks.operators import Refused
from slt_theory.networks.rounding import Reading, compared, random_inputs
from slt_theory.networks.tape import Tape, Value
from slt_theory.networks.transformer import PlainTransformer
from slt_theory.torch.reading.attention import SelfAttention, holds_attention
from slt_theory.torch.reading.exported import (
    arguments,
    computed,
    constants,
    evaluated,
    exported,
    operator_name,
    place,
    ran,
    runs_not,
)
from slt_theory.torch.reading.flow import Flow
from slt_theory.torch.reading.heads import read_heads
from slt_theory.torch.reading.operators import OPERATORS, REFUSED
from slt_theory.torch.reading.scene import Scene
from slt_theory.torch.reading.transformer import parts_of_stream, read_transformer
from slt_theory.torch.reading.turned import Turned, on_turned

__all__ = ["from_module", "read_module"]

_BATCH = 3
"""Inputs of the export: a size that no layer of a real network is likely to mistake for its own."""
_INPUTS = 16
_OF_SHAPE = frozenset(
    f"aten.{name}"
    for name in (
        "zeros_like", "ones_like", "full_like", "empty_like", "new_zeros", "new_ones", "new_full",
        "fill.Tensor", "fill.Scalar",
    )
)  # fmt: skip
"""Constants of the shape of a value."""


def from_module(module: nn.Module, example: torch.Tensor) -> Graph | Attention | PlainTransformer:
    """Read a module in evaluation mode as a network of this package, an attention or a transformer.

    Parameters
    ----------
    module : nn.Module
        Left as it is. It is exported in float64 with `torch.export`, so what is read is the graph
        that runs: hooks, parametrisations, modules used twice, functional calls, batch norms. A
        lone `nn.MultiheadAttention` is read as self-attention; blocks z = x + Attn(x),
        y = z + F(z) with a ReLU network F of each token are read as a transformer.
    example : tensor (batch, ...)
        An input; only its shape matters. Axis 0 is the batch; of an attention (batch, tokens,
        width), whatever its `batch_first` says.

    Returns
    -------
    Graph, Attention or PlainTransformer
        Equal to the module up to rounding: both are evaluated on random inputs, operator by
        operator and as a whole, and a difference beyond the rounding bound is an error.

    Raises
    ------
    BadInput
        Names an operator outside of what a network here may hold, and its place in the module; or
        that outputs of one input depend on another.

    Examples
    --------
    >>> net = nn.Sequential(nn.Linear(4, 3), nn.GELU(), nn.Linear(3, 2))
    >>> from_module(net, torch.zeros(1, 4))
    Graph(4, 2 layers, 23 parameters)
    >>> from_module(nn.MultiheadAttention(8, 2, bias=False), torch.zeros(1, 5, 8))
    Attention(2 heads, 8-4-4-8, 256 parameters)
    """
    double, shape = _prepared(module, example)
    program = exported(double, (_BATCH, *shape))
    if holds_attention(Flow(program)):
        return _attention(double, shape, None)
    return _network(double, program, shape, None).network


def read_module(module: nn.Module, example: torch.Tensor, *, batch: int | None = None) -> Reading:
    """Read a network as `from_module` does, and return also the agreement that was seen.

    Parameters
    ----------
    module, example
    batch : int, optional
        The only number of inputs at once that the module takes; default: any.

    Raises
    ------
    BadInput
        As `from_module`, and for an attention layer, which is no network.
    """
    double, shape = _prepared(module, example)
    program = exported(double, (batch or _BATCH, *shape))
    if holds_attention(Flow(program)):
        found = _attention(double, shape, batch)
        name = "a transformer" if isinstance(found, PlainTransformer) else "an attention layer"
        raise BadInput(
            "module", repr(found), f"is {name}, a target of its own",
            "save_npz(from_module(module, example), path) of slt_theory.networks makes its file",
        )  # fmt: skip
    return _network(double, program, shape, batch)


def _prepared(module: nn.Module, example: torch.Tensor) -> tuple[nn.Module, tuple[int, ...]]:
    """A copy of the module to export, and the shape of one input."""
    if not isinstance(module, nn.Module):
        raise BadInput("module", type(module).__name__, "must be a torch.nn.Module")
    if not isinstance(example, torch.Tensor) or example.dim() < 2:
        raise BadInput(
            "example", getattr(example, "shape", type(example).__name__),
            "must be one tensor (batch, numbers) or (batch, channels, ...)",
        )  # fmt: skip
    if isinstance(module, nn.MultiheadAttention):
        module = SelfAttention(module)
    return evaluated(module), tuple(int(side) for side in example.shape[1:])


def _attention(
    module: nn.Module, shape: Sequence[int], batch: int | None
) -> Attention | PlainTransformer:
    # One input at a time, so that no view can take the batch for the heads.
    flow = Flow(exported(module, (batch or 1, *shape)))
    parts = parts_of_stream(flow)
    if len(parts) > 1:
        return read_transformer(flow, parts, lambda x: _outputs(module, x, batch))
    return read_heads(flow, lambda x: _outputs(module, x, batch))[0]


def _network(module: nn.Module, program: Any, shape: Sequence[int], batch: int | None) -> Reading:
    at_once = batch or _BATCH
    tape = Tape()
    x = random_inputs(prod(shape), -(-_INPUTS // at_once) * at_once)
    recorder = _Recorder(program, tape, torch.from_numpy(x[:at_once]).reshape(-1, *shape))
    output = recorder.output()
    theirs = _outputs(module, torch.from_numpy(x).reshape(-1, *shape), batch)
    return compared(tape, output, x, theirs.numpy(), recorder.seen, "torch")


def _outputs(module: nn.Module, inputs: torch.Tensor, batch: int | None) -> torch.Tensor:
    """Outputs of the module, `batch` inputs at once."""
    return torch.cat([ran(module, part) for part in torch.split(inputs, batch or len(inputs))])


class _Recorder:
    """Walks the exported graph: constants are computed by torch, values go on the tape."""

    def __init__(self, program: Any, tape: Tape, inputs: torch.Tensor) -> None:
        self.program = program
        self.scene = Scene(tape, len(inputs))
        self.values: dict[str, Any] = {}
        self.input = tape.input(inputs.shape[1:])
        self.inputs = inputs
        self.tensors: dict[str, Any] = {}
        self.seen: dict[int, NDArray[np.float64]] = {}
        """Numbers of torch, (batch, numbers), for a node of the tape at `inputs`."""

    def output(self) -> Value:
        """Record every node; the value that the module returns."""
        given = constants(self.program)
        for node in self.program.graph.nodes:
            if node.op == "placeholder":
                self.values[node.name] = given.get(node.name, self.input)
                self.tensors[node.name] = given.get(node.name, self.inputs)
            elif node.op == "output":
                return self._returned(node)
            else:
                self.values[node.name] = self._called(node)
                self.tensors[node.name] = self._evaluated(node)
                self._see(self.values[node.name], self.tensors[node.name])
        raise BadInput("module", "no output", "must return a tensor")

    def _returned(self, node: Any) -> Value:
        ((returned, *_), _) = arguments(node, lambda given: self.values[given.name])
        values = [v for v in returned if v is not None]
        if len(values) != 1 or not isinstance(values[0], Value):
            raise BadInput(
                "module",
                f"{len(values)} outputs",
                "must return one tensor that depends on its input",
                "wrap it in a module that returns the one of interest, or torch.cat of them",
            )
        return values[0]

    def _evaluated(self, node: Any) -> Any:
        """Compute a node at the inputs by torch."""
        args, kwargs = arguments(node, lambda given: self.tensors[given.name])
        try:
            return computed(node, args, kwargs)
        except Exception as error:
            raise runs_not(place(node)[0], len(self.inputs), error) from error

    def _see(self, value: Any, tensor: Any) -> None:
        if isinstance(value, list | tuple):
            for one, other in zip(value, tensor, strict=False):
                self._see(one, other)
        elif isinstance(value, Value):
            flat = tensor.detach().double().reshape(len(self.inputs), -1).numpy()
            self.seen[value.node] = flat

    def _called(self, node: Any) -> Any:
        args, kwargs = arguments(node, lambda given: self.values[given.name])
        if not _holds_value((args, tuple(kwargs.values()))):
            return computed(node, args, kwargs)
        name = str(node.target)
        if name == "<built-in function getitem>":
            return args[0][args[1]]
        if operator_name(node) in _OF_SHAPE:
            return computed(node, *arguments(node, lambda given: self.tensors[given.name]))
        where, layer = place(node)
        self.scene.name = layer
        short = operator_name(node)
        operator = OPERATORS.get(short)
        try:
            if operator is None:
                raise Refused(*REFUSED.get(short, ("is not covered",)))
            turned = on_turned(self.scene, short, operator, args, kwargs)
            return operator(self.scene, *args, **kwargs) if turned is None else turned
        except Refused as refusal:
            raise BadInput("module", f"{name} in {where}", str(refusal), refusal.way_out) from None
        except BadInput:
            raise
        except (TypeError, ValueError, IndexError) as error:
            raise BadInput("module", f"{name} in {where}", f"has arguments {error}") from error


def _holds_value(argument: Any) -> bool:
    if isinstance(argument, list | tuple):
        return any(map(_holds_value, argument))
    return isinstance(argument, Value | Turned)
