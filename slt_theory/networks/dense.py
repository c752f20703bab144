"""Fully connected ReLU networks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from slt_theory.errors import BadInput
from slt_theory.networks.activations import RELU, Activation, parse_activation
from slt_theory.networks.arrays import Floats, checked_layers
from slt_theory.networks.kinds import Kind, Linear
from slt_theory.networks.network import Network
from slt_theory.networks.norms import spectral
from slt_theory.networks.rescale import Rescaled, shrunk_layers
from slt_theory.networks.steps import Activate, Shape, Step, Weigh

__all__ = ["Dense"]


@dataclass(frozen=True, eq=False, repr=False)
class Dense(Network):
    """x -> W_L relu(... relu(W_1 x + b_1) ...) + b_L: ReLU between layers, none after the last.

    Parameters
    ----------
    weights : sequence of arrays (out, in)
        Copied to read-only float64, value for value.
    biases : sequence of arrays (out,) or None, optional
        One entry a layer, None where a layer has no bias; empty if none has.
    names : sequence of str, optional
        Names of the layers as in their file, used in messages and in the hash; fc1, fc2, ...
    activation : str or Activation, default "relu"
        Between layers; see `slt_theory.networks.activations`.

    Raises
    ------
    BadInput
        Names the key (`NAME.weight`, `NAME.bias`): not 2-d, empty, NaN or infinite, or
        shapes that do not chain.

    Examples
    --------
    >>> network = Dense([[[1.0, -1.0]], [[2.0]]], biases=[[0.5], None])
    >>> network
    Dense(2-1-1, 4 parameters)
    >>> network.forward([[1.0, 0.0], [0.0, 1.0]])
    array([[3.],
           [0.]])
    """

    weights: tuple[Floats, ...]
    biases: tuple[Floats | None, ...] = ()
    names: tuple[str, ...] = ()
    activation: Activation = RELU

    def __post_init__(self) -> None:
        weights, biases, names = checked_layers(
            self.weights, self.biases, self.names, dimensions=(2,)
        )
        for k in range(1, len(weights)):
            if weights[k].shape[1] != weights[k - 1].shape[0]:
                raise BadInput(
                    f"{names[k]}.weight",
                    weights[k].shape,
                    f"must take the {weights[k - 1].shape[0]} outputs of {names[k - 1]}",
                    "check the order of the layers and that weights are (out, in)",
                )
        activation = parse_activation(self.activation)
        for field, value in (
            ("weights", weights),
            ("biases", biases),
            ("names", names),
            ("activation", activation),
        ):
            object.__setattr__(self, field, value)

    @property
    def steps(self) -> tuple[Step, ...]:
        """Layers with the activation between."""
        steps: list[Step] = [Weigh(0, 0)]
        for layer in range(1, self.depth):
            steps.append(Activate(len(steps), self.activation))
            steps.append(Weigh(len(steps), layer))
        return tuple(steps)

    @property
    def kinds(self) -> tuple[Kind, ...]:
        return (Linear(),) * self.depth

    @property
    def shape_in(self) -> Shape:
        return self.widths[:1]

    @property
    def widths(self) -> tuple[int, ...]:
        """Number of inputs, of hidden neurons layer by layer, and of outputs."""
        return (self.weights[0].shape[1], *(w.shape[0] for w in self.weights))

    @property
    def norm_exponents(self) -> tuple[int, ...]:
        return self.rescaled().exponents if self.activation.homogeneous else ()

    def rescaled(self, *, norm: Callable[[Floats], float] = spectral) -> Rescaled[Dense]:
        """The same function up to a power of two, every layer with norm at most one.

        Parameters
        ----------
        norm : callable, default `slt_theory.networks.norms.spectral`
            An upper bound of a norm of one weight array. Layers already at most one stay as they
            are.

        Returns
        -------
        Rescaled
            `rescaled.scale * rescaled.network.forward(x)` is `forward(x)`, bit for bit unless
            numbers underflow.

        Examples
        --------
        >>> shrunk = Dense([[[3.0]], [[0.5]]], biases=[[4.0], [1.0]]).rescaled()
        >>> shrunk.exponents, shrunk.network.biases
        ((2, 0), (array([1.]), array([0.25])))
        """
        if not self.activation.homogeneous:
            raise BadInput("activation", self.activation.name, "is not positively homogeneous")
        weights, biases, exponents = shrunk_layers(self.weights, self.biases, self.names, norm)
        return Rescaled(replace(self, weights=weights, biases=biases), exponents)

    def __repr__(self) -> str:
        return f"Dense({'-'.join(map(str, self.widths))}, {self.parameters} parameters)"
