"""Values whose batch stands at another axis than the first, as ``W @ x.t()`` has them.

They live between two transpositions: what acts number by number, or on an axis beside the batch, is
recorded as if the batch stood first; everything else is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from slt_theory.networks.operators import Refused
from slt_theory.networks.tape import Value
from slt_theory.torch.reading.scene import Scene

__all__ = ["TURNS", "Turned", "on_turned"]

_BY_NUMBER = (
    "add.Tensor", "sub.Tensor", "mul.Tensor", "div.Tensor", "mul.Scalar", "rsub.Scalar", "neg",
    "relu", "leaky_relu", "tanh", "sigmoid", "silu", "gelu", "clamp", "clamp_min", "clamp_max",
    "hardtanh", "relu6", "dropout", "alias", "clone", "contiguous", "detach",
)  # fmt: skip
_PRODUCTS = ("linear", "matmul", "mm", "addmm")


@dataclass(frozen=True)
class Turned:
    """A value with its batch at axis `batch` of torch; `value` has the other axes in order."""

    value: Value
    batch: int

    @property
    def rank(self) -> int:
        """Axes that torch counts."""
        return len(self.value.shape) + 1


def permuted(scene: Scene, x: Value | Turned, order: Sequence[int]) -> Value | Turned:
    """Record a transposition of torch's axes, the batch among them."""
    at, rank = (x.batch, x.rank) if isinstance(x, Turned) else (0, len(x.shape) + 1)
    axes = [axis % rank for axis in order]
    value = x.value if isinstance(x, Turned) else x
    moved = scene.tape.transpose(value, [axis - (axis > at) for axis in axes if axis != at])
    return Turned(moved, axes.index(at)) if axes[0] != at else moved


def _transposed(scene: Scene, x: Value | Turned, one: int = 0, other: int = 1) -> Value | Turned:
    rank = x.rank if isinstance(x, Turned) else len(x.shape) + 1
    order = list(range(rank))
    order[one], order[other] = order[other], order[one]
    return permuted(scene, x, order)


TURNS: dict[str, Callable[..., Any]] = {
    "aten.permute": permuted,
    "aten.transpose.int": _transposed,
    "aten.t": _transposed,
}
"""Operators that move the batch to another axis, or back."""


def on_turned(
    scene: Scene, name: str, operator: Callable[..., Any], args: Sequence[Any],
    options: Mapping[str, Any],
) -> Any:  # fmt: skip
    """Record an operator that takes a `Turned`; None if it takes none, or turns it itself.

    Raises
    ------
    Refused
        If it does something else with a turned value than acting number by number, or multiplying
        it by a constant matrix.
    """
    turned = [x for x in args if isinstance(x, Turned)]
    if not turned or name in TURNS:
        return None
    short, batch, rank = name.removeprefix("aten."), turned[0].batch, turned[0].rank
    if any((x.batch, x.rank) != (batch, rank) for x in turned):
        raise Refused("joins values whose batches stand at different axes")
    if short in _BY_NUMBER and not any(isinstance(x, Value) for x in args):
        first = [_batch_first(x, batch, rank) for x in args]
        return Turned(operator(scene, *first, **options), batch)
    if short in _PRODUCTS:
        return _product(scene, short, args, options)
    raise Refused(f"acts on a value whose batch stands at axis {batch}", "move it back before")


def _batch_first(x: Any, batch: int, rank: int) -> Any:
    """An argument as it stands beside a value whose batch is axis 0."""
    if isinstance(x, Turned):
        return x.value
    if isinstance(x, torch.Tensor) and 0 < x.dim() <= rank:
        return x.reshape([1] * (rank - x.dim()) + list(x.shape)).movedim(batch, 0)
    return x


def _product(scene: Scene, short: str, args: Sequence[Any], options: Mapping[str, Any]) -> Any:
    bias: Any = None
    if short == "addmm":
        bias, *args = args
        if options:
            raise Refused("scales a matrix product", "scale its matrix")
    one, other, *rest = args
    tape, name = scene.tape, scene.name
    if isinstance(one, Turned) and isinstance(other, torch.Tensor) and one.batch < one.rank - 1:
        matrix = other if short == "linear" else other.mT
        if matrix.dim() != 2:
            raise Refused("multiplies by a stack of matrices")
        shift = rest[0] if rest else None
        shift = None if shift is None else shift.double().numpy()
        result = Turned(tape.linear(one.value, matrix.double().numpy(), shift, name), one.batch)
    elif isinstance(one, torch.Tensor) and (other.batch, other.rank) == (1, 2):
        if one.dim() != 2 or short == "linear":
            raise Refused("multiplies by a stack of matrices")
        result = Turned(tape.linear(other.value, one.double().numpy(), None, name), 1)
    else:
        raise Refused("multiplies along the batch, or two values")
    if bias is None:
        return result
    shift = _batch_first(bias, result.batch, result.rank)
    if not isinstance(shift, torch.Tensor) or shift.shape[0] != 1:
        raise Refused("adds another constant to every input of the batch")
    return Turned(tape.affine(result.value, 1.0, shift[0].double().numpy(), name), result.batch)
