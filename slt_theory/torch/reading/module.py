"""From a module to a network: export, read operator by operator, compare."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from slt_theory.errors import BadInput
from slt_theory.networks.graph import Graph
from slt_theory.networks.operators import Refused
from slt_theory.networks.rounding import Reading, compare, compare_steps, random_inputs
from slt_theory.networks.tape import Tape, Value
from slt_theory.torch.reading.operators import OPERATORS, REFUSED
from slt_theory.torch.reading.scene import Scene
from slt_theory.torch.reading.turned import Turned, on_turned

__all__ = ["from_module", "read_module"]

_BATCH = 3
"""Inputs of the export: a size that no layer of a real network is likely to mistake for its own."""
_INPUTS = 16


def from_module(module: nn.Module, example: torch.Tensor) -> Graph:
    """Read a module in evaluation mode as a network of this package.

    Parameters
    ----------
    module : nn.Module
        Left as it is. It is exported in float64 with `torch.export`, so what is read is the graph
        that runs: hooks, parametrisations, modules used twice, functional calls, batch norms.
    example : tensor (batch, ...)
        An input; only its shape matters. Axis 0 is the batch.

    Returns
    -------
    Graph
        Equal to the module up to rounding: both are evaluated on random inputs, and a difference
        beyond the rounding bound of `slt_theory.networks.rounding` is an error.

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
    """
    return read_module(module, example).network


def read_module(module: nn.Module, example: torch.Tensor, *, batch: int | None = None) -> Reading:
    """Read as `from_module` does, and return also the agreement that was seen.

    Parameters
    ----------
    module, example
    batch : int, optional
        The only number of inputs at once that the module takes; default: any.
    """
    if not isinstance(module, nn.Module):
        raise BadInput("module", type(module).__name__, "must be a torch.nn.Module")
    if not isinstance(example, torch.Tensor) or example.dim() < 2:
        raise BadInput(
            "example", getattr(example, "shape", type(example).__name__),
            "must be one tensor (batch, numbers) or (batch, channels, ...)",
        )  # fmt: skip
    double = _evaluated(module)
    shape = tuple(int(side) for side in example.shape[1:])
    at_once = batch or _BATCH
    program = _exported(double, (at_once, *shape))
    tape = Tape()
    x = random_inputs(prod(shape), -(-_INPUTS // at_once) * at_once)
    recorder = _Recorder(program, tape, torch.from_numpy(x[:at_once]).reshape(-1, *shape))
    output = recorder.output()
    network, unfolded = tape.graph(output), tape.graph(output, fold=False)
    places = tape.places(output)
    given = {places[node]: seen for node, seen in recorder.seen.items() if places.get(node)}
    compare_steps(unfolded, x[:at_once], given, unit=2.0**-53, tool="torch")
    inputs = torch.from_numpy(x).reshape(-1, *shape)
    theirs = torch.cat([_ran(double, part) for part in torch.split(inputs, batch or len(inputs))])
    agreement = compare(network, unfolded, x, theirs.numpy(), unit=2.0**-53, tool="torch")
    return Reading(network, unfolded, agreement)


def _evaluated(module: nn.Module) -> nn.Module:
    """A copy in float64 on the CPU, in evaluation mode."""
    # Hooks leave computed tensors as attributes; they are computed again when the graph runs.
    computed = {
        id(value): value.detach().clone()
        for part in module.modules()
        for value in vars(part).values()
        if isinstance(value, torch.Tensor) and not value.is_leaf
    }
    try:
        return copy.deepcopy(module, computed).eval().cpu().double()
    except (RuntimeError, TypeError, NotImplementedError) as error:
        raise BadInput(
            "module", type(module).__name__, f"cannot be copied to float64 ({_first_line(error)})",
            "materialise lazy or meta parameters; dequantise quantised ones",
        ) from error  # fmt: skip


def _exported(module: nn.Module, shape: Sequence[int]) -> Any:
    inputs = torch.zeros(*shape, dtype=torch.float64)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            program = torch.export.export(module, (inputs,), strict=False)
            # Without a table only in-place operators and aliases go.
            return program.run_decompositions({})
    except Exception as error:
        raise BadInput(
            "module",
            type(module).__name__,
            f"torch.export cannot record it on inputs ({', '.join(map(str, shape))}): "
            f"{_first_line(error)}",
            "see that module(example) runs for a batch of any size, without branches on values",
        ) from error


def _ran(module: nn.Module, inputs: torch.Tensor) -> torch.Tensor:
    """The tensor that a module returns, in a tuple or dictionary or alone."""
    try:
        with torch.no_grad():
            leaves = torch.utils._pytree.tree_leaves(module(inputs))
    except Exception as error:
        raise _runs_not(type(module).__name__, len(inputs), error) from error
    result: torch.Tensor = next(leaf for leaf in leaves if leaf is not None)
    if result.dim() == 0 or len(result) != len(inputs):
        raise BadInput(
            "module", tuple(result.shape), f"is the shape of its outputs on {len(inputs)} inputs",
            "axis 0 of its output must be the batch",
        )  # fmt: skip
    return result


def _runs_not(what: str, count: int, error: Exception) -> BadInput:
    return BadInput(
        "module", what, f"does not run in float64 on {count} inputs ({_first_line(error)})",
        "see that it takes a batch of any size, and constants in the type of its input",
    )  # fmt: skip


def _first_line(error: BaseException) -> str:
    lines = [line for line in str(error).splitlines() if line.strip()]
    return f"{type(error).__name__}: {lines[0][:200]}" if lines else type(error).__name__


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
        constants = self._constants()
        for node in self.program.graph.nodes:
            if node.op == "placeholder":
                self.values[node.name] = constants.get(node.name, self.input)
                self.tensors[node.name] = constants.get(node.name, self.inputs)
            elif node.op == "output":
                return self._returned(node)
            else:
                self.values[node.name] = self._called(node)
                self.tensors[node.name] = self._evaluated(node)
                self._see(self.values[node.name], self.tensors[node.name])
        raise BadInput("module", "no output", "must return a tensor")

    def _constants(self) -> dict[str, torch.Tensor]:
        """Parameters, buffers and lifted constants by the names of their placeholders."""
        found, program = {}, self.program
        for spec in program.graph_signature.input_specs:
            if spec.target is not None:
                state = program.state_dict.get(spec.target, program.constants.get(spec.target))
                if isinstance(state, torch.Tensor):
                    found[spec.arg.name] = state.detach()
        return found

    def _returned(self, node: Any) -> Value:
        returned = self._resolved(node.args[0], self.values)
        values = [v for v in returned if v is not None]
        if len(values) != 1 or not isinstance(values[0], Value):
            raise BadInput(
                "module",
                f"{len(values)} outputs",
                "must return one tensor that depends on its input",
                "wrap it in a module that returns the one of interest, or torch.cat of them",
            )
        return values[0]

    def _resolved(self, argument: Any, known: dict[str, Any]) -> Any:
        """An argument with what is known in the place of nodes."""
        if isinstance(argument, torch.fx.Node):
            return known[argument.name]
        if isinstance(argument, list | tuple):
            return type(argument)(self._resolved(part, known) for part in argument)
        return argument

    def _arguments(self, node: Any, known: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        args = tuple(self._resolved(argument, known) for argument in node.args)
        return args, {key: self._resolved(value, known) for key, value in node.kwargs.items()}

    def _evaluated(self, node: Any) -> Any:
        """Compute a node at the inputs by torch."""
        args, kwargs = self._arguments(node, self.tensors)
        try:
            return _computed(node, args, kwargs)
        except Exception as error:
            raise _runs_not(_place(node)[0], len(self.inputs), error) from error

    def _see(self, value: Any, tensor: Any) -> None:
        if isinstance(value, list | tuple):
            for one, other in zip(value, tensor, strict=False):
                self._see(one, other)
        elif isinstance(value, Value):
            flat = tensor.detach().double().reshape(len(self.inputs), -1).numpy()
            self.seen[value.node] = flat

    def _called(self, node: Any) -> Any:
        args, kwargs = self._arguments(node, self.values)
        if not _holds_value((args, tuple(kwargs.values()))):
            return _computed(node, args, kwargs)
        name = str(node.target)
        if name == "<built-in function getitem>":
            return args[0][args[1]]
        place, layer = _place(node)
        self.scene.name = layer
        short = name.removesuffix(".default")
        operator = OPERATORS.get(short)
        try:
            if operator is None:
                raise Refused(*REFUSED.get(short, ("is not covered",)))
            turned = on_turned(self.scene, short, operator, args, kwargs)
            return operator(self.scene, *args, **kwargs) if turned is None else turned
        except Refused as refusal:
            raise BadInput("module", f"{name} in {place}", str(refusal), refusal.way_out) from None
        except BadInput:
            raise
        except (TypeError, ValueError, IndexError) as error:
            raise BadInput("module", f"{name} in {place}", f"has arguments {error}") from error


def _computed(node: Any, args: Any, kwargs: Any) -> Any:
    """Constants, computed by torch itself: what does not depend on the input."""
    with torch.no_grad():
        return node.target(*args, **kwargs)


def _holds_value(argument: Any) -> bool:
    if isinstance(argument, list | tuple):
        return any(map(_holds_value, argument))
    return isinstance(argument, Value | Turned)


def _place(node: Any) -> tuple[str, str]:
    """Place of an operator in words, and the name of its module."""
    stack = list((node.meta.get("nn_module_stack") or {}).values())
    path, kind = stack[-1] if stack else ("", "module")
    kind = kind if isinstance(kind, str) else kind.__name__
    short = kind.rsplit(".", 1)[-1]
    return (f"{path} ({short})" if path else short), path or node.name
