"""Arguments of exported operators: values, constants, axes and sizes of torch on the tape.

Shapes on the tape lack the batch, so axis d of torch is axis d - 1 there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch

import slt_theory.networks.operators as of
from slt_theory.networks.arrays import Floats
from slt_theory.networks.operators import Refused
from slt_theory.networks.tape import Tape, Value

__all__ = ["Scene", "array_of", "fitted", "floats_of", "integers", "value_of"]


@dataclass
class Scene:
    """The tape, the batch of the export, and the module that is being read."""

    tape: Tape
    batch: int
    name: str = ""

    def axis(self, x: Value, axis: int) -> int:
        """An axis of torch on the tape.

        Raises
        ------
        Refused
            For the batch.
        """
        found = axis + len(x.shape) + 1 if axis < 0 else axis
        if found == 0:
            raise Refused("acts across the batch: outputs of one input would depend on others")
        return found - 1

    def length(self, x: Value, axis: int) -> int:
        """Length of an axis of torch."""
        return self.batch if axis == 0 else x.shape[self.axis(x, axis)]

    def sides(self, shape: Sequence[Any]) -> list[int]:
        """A shape of torch without its batch."""
        if not shape or shape[0] not in (self.batch, -1):
            raise Refused(f"makes a shape {list(shape)} whose axis 0 is not the batch")
        return [int(side) for side in shape[1:]]


def value_of(x: Any) -> Value:
    """Return an argument that must be a value."""
    if not isinstance(x, Value):
        raise Refused("multiplies or combines a constant in a place where a value is expected")
    return x


def floats_of(values: torch.Tensor) -> Floats:
    """Return a constant in float64."""
    return values.detach().double().cpu().numpy()


def array_of(values: torch.Tensor | None) -> Floats | None:
    """Return a constant that may be left out."""
    return None if values is None else floats_of(values)


def integers(values: Any, count: int = 2) -> tuple[int, ...]:
    """Return `count` integers of one for all axes, or one for each."""
    numbers = list(values) if isinstance(values, list | tuple) else [values]
    return tuple(int(v) for v in (numbers * count if len(numbers) == 1 else numbers))


def fitted(x: Any, y: Any) -> tuple[Any, Any]:
    """Return two factors, a constant among them as it broadcasts against the other."""
    if isinstance(x, Value) == isinstance(y, Value):
        return x, y
    value, other = (x, y) if isinstance(x, Value) else (y, x)
    numbers = floats_of(other) if isinstance(other, torch.Tensor) else other
    constant = of.without_batch(numbers, value)
    return (value, constant) if isinstance(x, Value) else (constant, value)
