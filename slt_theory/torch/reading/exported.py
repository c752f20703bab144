"""A module in float64, the graph that `torch.export` records of it, and the graph's nodes run."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import nn

from slt_theory.errors import BadInput

__all__ = [
    "arguments",
    "computed",
    "constants",
    "evaluated",
    "exported",
    "operator_name",
    "place",
    "ran",
    "runs_not",
]


def evaluated(module: nn.Module) -> nn.Module:
    """Copy a module to float64 on the CPU, in evaluation mode.

    Raises
    ------
    BadInput
        If it holds what has no such copy: lazy, meta or quantised parameters.
    """
    # Hooks leave computed tensors as attributes; they are computed again when the graph runs.
    made = {
        id(value): value.detach().clone()
        for part in module.modules()
        for value in vars(part).values()
        if isinstance(value, torch.Tensor) and not value.is_leaf
    }
    try:
        return copy.deepcopy(module, made).eval().cpu().double()
    except (RuntimeError, TypeError, NotImplementedError) as error:
        raise BadInput(
            "module", type(module).__name__, f"cannot be copied to float64 ({_first_line(error)})",
            "materialise lazy or meta parameters; dequantise quantised ones",
        ) from error  # fmt: skip


def exported(module: nn.Module, shape: Sequence[int]) -> Any:
    """Record the graph that runs on inputs of `shape`, batch first; in-place operators are gone.

    Raises
    ------
    BadInput
        If `torch.export` cannot, with its reason.
    """
    inputs = torch.zeros(*shape, dtype=torch.float64)
    fast = torch.backends.mha.get_fastpath_enabled()
    # The fused path is one operator that hides the linear maps of an attention.
    torch.backends.mha.set_fastpath_enabled(False)
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
    finally:
        torch.backends.mha.set_fastpath_enabled(fast)


def ran(module: nn.Module, inputs: torch.Tensor) -> torch.Tensor:
    """Return the tensor that a module gives, in a tuple or dictionary or alone."""
    try:
        with torch.no_grad():
            leaves = torch.utils._pytree.tree_leaves(module(inputs))
    except Exception as error:
        raise runs_not(type(module).__name__, len(inputs), error) from error
    result: torch.Tensor = next(leaf for leaf in leaves if leaf is not None)
    if result.dim() == 0 or len(result) != len(inputs):
        raise BadInput(
            "module", tuple(result.shape), f"is the shape of its outputs on {len(inputs)} inputs",
            "axis 0 of its output must be the batch",
        )  # fmt: skip
    return result


def runs_not(what: str, count: int, error: Exception) -> BadInput:
    """Return the error of a module, or of one of its operators, that fails in float64."""
    return BadInput(
        "module", what, f"does not run in float64 on {count} inputs ({_first_line(error)})",
        "see that it takes a batch of any size, and constants in the type of its input",
    )  # fmt: skip


def _first_line(error: BaseException) -> str:
    lines = [line for line in str(error).splitlines() if line.strip()]
    return f"{type(error).__name__}: {lines[0][:200]}" if lines else type(error).__name__


def constants(program: Any) -> dict[str, torch.Tensor]:
    """Return parameters, buffers and lifted constants by the names of their placeholders."""
    found = {}
    for spec in program.graph_signature.input_specs:
        if spec.target is not None:
            state = program.state_dict.get(spec.target, program.constants.get(spec.target))
            if isinstance(state, torch.Tensor):
                found[spec.arg.name] = state.detach()
    return found


def arguments(node: Any, known: Callable[[Any], Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Return the arguments of a node, other nodes replaced by what `known` gives for them."""

    def resolved(argument: Any) -> Any:
        if isinstance(argument, torch.fx.Node):
            return known(argument)
        if isinstance(argument, list | tuple):
            return type(argument)(resolved(part) for part in argument)
        return argument

    args = tuple(resolved(argument) for argument in node.args)
    return args, {key: resolved(value) for key, value in node.kwargs.items()}


def computed(node: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """Compute a node by torch itself."""
    with torch.no_grad():
        return node.target(*args, **kwargs)


def operator_name(node: Any) -> str:
    """Name an operator as torch does, without ``.default``."""
    return str(node.target).removesuffix(".default")


def place(node: Any) -> tuple[str, str]:
    """Return the place of an operator in words, and the name of its module."""
    stack = list((node.meta.get("nn_module_stack") or {}).values())
    path, kind = stack[-1] if stack else ("", "module")
    kind = kind if isinstance(kind, str) else kind.__name__
    short = kind.rsplit(".", 1)[-1]
    return (f"{path} ({short})" if path else short), path or node.name
