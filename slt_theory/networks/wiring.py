"""From an architecture file to a network with skips, bases or activations of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from slt_theory.errors import BadInput
from slt_theory.networks.activations import parse_activation
from slt_theory.networks.architecture import Architecture, Geometry, Wiring
from slt_theory.networks.graph import Graph
from slt_theory.networks.kinds import Convolution, Equivariant, Kind, Linear
from slt_theory.networks.steps import Activate, Add, Flatten, Pool, Shape, Step, Weigh

__all__ = ["wired_graph"]


def wired_graph(
    weights: Sequence[Any],
    biases: Sequence[Any],
    names: Sequence[str],
    arch: Architecture,
    source: str,
) -> Graph:
    """The network of arrays in order, wired as an architecture says.

    Raises
    ------
    BadInput
        If the input shape is missing, a name is unknown, or shapes do not chain.
    """
    if arch.input_shape is None:
        raise BadInput(
            "arch", source, "needs the shape of the input", "add input = [channels, height, width]"
        )
    wirer = _Wirer(arch)
    for number, (name, weight) in enumerate(zip(names, weights, strict=True)):
        wirer.layer(number, name, tuple(weight.shape), last=number == len(names) - 1)
    return Graph(
        tuple(weights),
        tuple(biases),
        tuple(names),
        tuple(wirer.kinds),
        tuple(wirer.steps),
        arch.input_shape,
    )


@dataclass
class _Place:
    """A value and its shape."""

    value: int
    shape: Shape


class _Wirer:
    def __init__(self, arch: Architecture) -> None:
        self.arch = arch
        self.kinds: list[Kind] = []
        self.steps: list[Step] = []
        self.here = _Place(0, tuple(arch.input_shape or ()))
        self.entered: dict[str, _Place] = {}
        self.left: dict[str, _Place] = {}

    def _append(self, step: Step, shape: Shape) -> None:
        self.steps.append(step)
        self.here = _Place(len(self.steps), shape)

    def layer(self, number: int, name: str, weight: Shape, *, last: bool) -> None:
        """Append one weighted layer with what follows it."""
        wiring = self.arch.wiring.get(name, Wiring())
        if wiring.takes:
            self.here = self._known(name, "from", wiring.takes, self.entered)
        self.entered[name] = self.here
        kind = self._kind(name, weight, wiring)
        if len(weight) == 2 and len(self.here.shape) > 1:
            flatten = Flatten(self.here.value)
            self._append(flatten, flatten.shape(self.here.shape))
        if not kind.fits(weight, self.here.shape):
            raise BadInput(
                f"{name}.weight",
                weight,
                f"does not fit its input of shape {self.here.shape}",
                "check the input shape, strides, padding and pooling",
            )
        self.kinds.append(kind)
        self._append(Weigh(self.here.value, number), kind.shape(weight, self.here.shape))
        for key, other, places in (
            ("residual", wiring.residual, self.entered),
            ("add", wiring.add, self.left),
        ):
            if other:
                skip = self._known(name, key, other, places)
                self._append(Add(self.here.value, skip.value), self.here.shape)
        activation = parse_activation(
            wiring.activation or ("identity" if last else self.arch.activation)
        )
        if activation.kind != "identity":
            self._append(Activate(self.here.value, activation), self.here.shape)
        geometry = self.arch.layers.get(name, Geometry())
        if geometry.pool > 1:
            pool = Pool(
                self.here.value, geometry.pool_kind, geometry.pool,
                wiring.pool_stride or geometry.pool, wiring.pool_padding,
                count_padding=wiring.pool_counts_padding,
            )  # fmt: skip
            self._append(pool, pool.shape(self.here.shape))
        self.left[name] = self.here

    def _kind(self, name: str, weight: Shape, wiring: Wiring) -> Kind:
        if wiring.basis or len(weight) == 3:
            if not wiring.basis:
                raise BadInput(f"{name}.weight", weight, "is 3-d", 'give its basis = "cyclic:N"')
            return Equivariant(wiring.basis)
        if len(weight) == 2:
            return Linear()
        step = self.arch.layers.get(name, Geometry())
        padding = step.padding_of(f"{name}.weight", (weight[2], weight[3]))
        stride, spread = (step.stride, step.stride), (step.dilation, step.dilation)
        return Convolution(stride, padding, spread, step.groups)

    @staticmethod
    def _known(name: str, key: str, other: str, places: dict[str, _Place]) -> _Place:
        if other not in places:
            raise BadInput(f"arch: {name}.{key}", other, "is no layer before it")
        return places[other]
