"""Networks of any steps: residual connections, equivariant layers, pools of every kind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from slt_theory.errors import BadInput
from slt_theory.networks.arrays import Floats, checked_layers
from slt_theory.networks.kinds import Kind, kind_from_dict
from slt_theory.networks.network import Network
from slt_theory.networks.steps import Add, Shape, Step, Weigh, step_from_dict

__all__ = ["Graph", "skeleton"]


@dataclass(frozen=True, eq=False, repr=False)
class Graph(Network):
    """Weighted layers and the steps between them; `from_layers` builds one more comfortably.

    Parameters
    ----------
    weights : sequence of arrays
        Copied to read-only float64, value for value; shapes as their kinds say.
    biases, names
        As in `Dense`.
    layer_kinds : sequence of Linear, Convolution or Equivariant
        One a layer.
    path : sequence of steps
        See `slt_theory.networks.steps`; the last value is the output.
    input_shape : (channels, sites ...) or (numbers,)

    Raises
    ------
    BadInput
        Names the key: wrong dimensions, empty, NaN or infinite, shapes that do not chain.
    """

    weights: tuple[Floats, ...]
    biases: tuple[Floats | None, ...]
    names: tuple[str, ...]
    layer_kinds: tuple[Kind, ...]
    path: tuple[Step, ...]
    input_shape: Shape

    def __post_init__(self) -> None:
        weights, biases, names = checked_layers(
            self.weights, self.biases, self.names, dimensions=(2, 3, 4)
        )
        for field, value in (
            ("weights", weights),
            ("biases", biases),
            ("names", names),
            ("layer_kinds", tuple(self.layer_kinds)),
            ("path", tuple(self.path)),
            ("input_shape", tuple(int(side) for side in self.input_shape)),
        ):
            object.__setattr__(self, field, value)
        if not self.input_shape or min(self.input_shape) < 1:
            raise BadInput("input_shape", self.input_shape, "must be positive integers")
        if len(self.layer_kinds) != len(weights):
            raise BadInput("layer_kinds", len(self.layer_kinds), f"must be {len(weights)}")
        for name, weight, kind in zip(names, weights, self.layer_kinds, strict=True):
            if weight.ndim != kind.dimensions:
                raise BadInput(f"{name}.weight", weight.shape, f"must be {kind.dimensions}-d")
        self._check_path()

    def _check_path(self) -> None:
        used = [step.layer for step in self.path if isinstance(step, Weigh)]
        if used != list(range(self.depth)):
            raise BadInput("path", used, "must use every layer once, in order")
        for value, step in enumerate(self.path):
            taken = [step.of, step.skip] if isinstance(step, Add) else [step.of]
            if not all(0 <= place <= value for place in taken):
                raise BadInput("path", step, "takes a value that is not there yet")
        reached = {len(self.path)}
        for value in reversed(range(len(self.path))):
            step = self.path[value]
            if value + 1 in reached:
                reached |= {step.of, step.skip} if isinstance(step, Add) else {step.of}
        if len(reached) != len(self.path) + 1:
            idle = min(set(range(len(self.path) + 1)) - reached)
            raise BadInput("path", idle, "is a value that nothing uses")
        _ = self.shapes_of_values

    @property
    def kinds(self) -> tuple[Kind, ...]:
        return self.layer_kinds

    @property
    def steps(self) -> tuple[Step, ...]:
        return self.path

    @property
    def shape_in(self) -> Shape:
        return self.input_shape

    def __repr__(self) -> str:
        shape = "x".join(map(str, self.input_shape))
        return f"Graph({shape}, {self.depth} layers, {self.parameters} parameters)"


def skeleton(description: dict[str, Any]) -> Graph:
    """The network of `Network.describe` with all weights 0: its shapes, steps and unrollings.

    Raises
    ------
    BadInput, LookupError, TypeError, ValueError
        If the description is none.
    """
    layers = description["layers"]
    shapes = [tuple(int(side) for side in layer["weight"]) for layer in layers]
    return Graph(
        tuple(np.zeros(shape) for shape in shapes),
        tuple(
            np.zeros(shape[0]) if layer["bias"] else None
            for shape, layer in zip(shapes, layers, strict=True)
        ),
        tuple(f"layer{k}" for k in range(len(layers))),
        tuple(kind_from_dict(layer) for layer in layers),
        tuple(step_from_dict(step) for step in description["steps"]),
        tuple(description["input"]),
    )
