"""Arguments of ONNX operators: attributes, constants, axes as ONNX counts them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

import slt_theory.networks.operators as of
from slt_theory.networks.arrays import Floats
from slt_theory.networks.operators import Refused
from slt_theory.networks.tape import Tape, Value

__all__ = ["Array", "Call", "fitted", "fixed", "floats"]

Array = NDArray[Any]


@dataclass
class Call:
    """One node: where it records, its attributes, and how its axes are counted.

    `batched` says that axis 0 is a batch, `symbolic` that it may have any length.
    """

    tape: Tape
    batched: bool
    symbolic: bool
    opset: int
    name: str
    attributes: dict[str, Any]
    outputs: int

    def get(self, name: str, default: Any = None) -> Any:
        """An attribute."""
        value = self.attributes.get(name, default)
        return value.decode() if isinstance(value, bytes) else value

    def rank(self, x: Value) -> int:
        """Axes that ONNX counts."""
        return len(x.shape) + self.batched

    def axis(self, x: Value, axis: int) -> int:
        """An axis of ONNX on the tape; the batch is refused."""
        found = int(axis) % self.rank(x) - self.batched
        if found < 0:
            raise Refused("acts across the batch: outputs of one input would depend on others")
        return found

    def list(self, given: Array | None, name: str, default: Any = None) -> Any:
        """Argument that newer opsets take as an input and older ones as an attribute."""
        if given is None:
            return self.get(name, default)
        return [int(v) for v in fixed(given, name).ravel()]


def fixed(value: Any, name: str) -> Array:
    """Return an argument that must be a constant."""
    if isinstance(value, Value) or value is None:
        raise Refused(f"has {name} that depends on the input")
    return np.asarray(value)


def floats(value: Any, name: str) -> Floats:
    """Return a constant in float64."""
    return fixed(value, name).astype(np.float64)


def fitted(call: Call, x: Any, y: Any) -> tuple[Any, Any]:
    """Return two factors, a constant among them as it broadcasts against the other."""
    if isinstance(x, Value) == isinstance(y, Value):
        return x, y
    if isinstance(x, Value):
        return x, of.without_batch(floats(y, "a constant"), x, batched=call.batched)
    return of.without_batch(floats(x, "a constant"), y, batched=call.batched), y
