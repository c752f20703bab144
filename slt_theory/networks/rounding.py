"""How far two evaluations of one network may differ by rounding alone: the self-check of a reader.

An evaluation whose operations have relative error at most u differs from the exact value, number
by number, by at most the e of the recursion

    e = |W| e' + g (|W| |h'| + |b|),    g = (2 k + 8) u,

after a layer that adds k products (h', e' of its input; summation in any order), L e' + charges of
the library after an activation with slopes up to L, and the same sums of errors through pools and
skips (Higham, Accuracy and Stability of Numerical Algorithms, 2002, chapters 3 and 4).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from slt_theory.errors import BadInput
from slt_theory.networks.arrays import Floats
from slt_theory.networks.graph import Graph
from slt_theory.networks.network import Network
from slt_theory.networks.steps import Activate, Add, Pool, Weigh
from slt_theory.networks.tape import Tape, Value

__all__ = [
    "Agreement",
    "Reading",
    "compare",
    "compare_steps",
    "compared",
    "random_inputs",
    "rounding_errors",
]

_TINY = 2.0**-1000


@dataclass(frozen=True)
class Agreement:
    """Comparison of a network that was read with the tool it came from.

    Attributes
    ----------
    inputs : int
        Number of inputs on which both were evaluated.
    difference : float
        Largest absolute difference of an output.
    bound : float
        The rounding bound at that output: no honest reading differs by more.
    """

    inputs: int
    difference: float
    bound: float

    def to_dict(self) -> dict[str, float]:
        """Plain data for JSON."""
        return {"inputs": self.inputs, "difference": self.difference, "bound": self.bound}


class Reading(NamedTuple):
    """A network that was read, the same operator by operator, and the comparison with its tool."""

    network: Graph
    unfolded: Graph
    agreement: Agreement


def random_inputs(size: int, count: int, *, seed: int = 0) -> Floats:
    """Inputs (count, size) that are exact in float16: multiples of 1/64 in [-2, 2], and corners."""
    rng = np.random.default_rng(seed)
    inputs = rng.integers(-128, 129, size=(count, size)) / 64
    inputs[::4] = np.sign(inputs[::4])
    return inputs


def rounding_errors(network: Network, x: Floats, unit: float) -> Floats:
    """Bounds (batch, outputs) of the rounding errors of an evaluation at inputs (batch, numbers).

    Parameters
    ----------
    unit : float
        Relative error of one operation: 2^-53 in float64, 2^-24 in float32.
    """
    return _errors(network, x, network.run(x), {}, unit)[-1]


def _errors(
    network: Network, x: Floats, values: list[Floats], given: Mapping[int, Floats], unit: float
) -> list[Floats]:
    """Errors of every value; those that are given have none for the steps behind them."""
    shapes = network.shapes_of_values
    errors = [np.zeros_like(x)]

    def error_of(number: int) -> Floats:
        return np.zeros_like(values[number]) if number in given else errors[number]

    for number, step in enumerate(network.steps):
        error, before = error_of(step.of), given.get(step.of, values[step.of])
        # The computed values stand for the exact ones: add what they may be off.
        size = np.abs(before) + error
        if isinstance(step, Weigh):
            operator = network.operator(step.layer)
            weights, bias = operator.map(np.abs), network.biases[step.layer]
            total = weights.apply(size)
            if bias is not None:
                total = total + network.spread(step.layer, np.abs(bias))
            errors.append(weights.apply(error) + (2 * operator.terms + 8) * unit * total + _TINY)
        elif isinstance(step, Activate):
            relative, absolute = (part * (unit * 2.0**53) for part in step.activation.rounding)
            moved = max(1.0, step.activation.lipschitz) * error
            # A leaky slope is a product more.
            errors.append(moved + (relative + 2 * unit) * np.abs(values[number + 1]) + absolute)
        elif isinstance(step, Pool):
            shape = shapes[step.of]
            moved = step(error, shape)
            if step.kind == "average":
                moved = moved + (2 * step.numbers(shape) + 8) * unit * step(size, shape)
            errors.append(moved)
        elif isinstance(step, Add):
            other = error_of(step.skip)
            errors.append(error + other + 2 * unit * (np.abs(values[number + 1]) + error + other))
        else:
            errors.append(step.move(error, shapes[step.of], 1))
    return errors


def compared(
    tape: Tape, output: Value, x: Floats, outputs: ArrayLike, seen: Mapping[int, Floats], tool: str
) -> Reading:
    """Return the network of a tape, held against the tool it was recorded from.

    Parameters
    ----------
    tape : Tape
    output : Value
    x : array (inputs, numbers)
    outputs : array (inputs, ...)
        Of the tool, in float64.
    seen : mapping from a node of the tape to an array (fewer inputs, numbers)
        The tool's numbers of that node at the first inputs.
    tool : str
        For the message.

    Raises
    ------
    BadInput
        If an operator alone, or the whole, differs by more than its rounding explains.
    """
    network, unfolded = tape.graph(output), tape.graph(output, fold=False)
    places = tape.places(output)
    given = {places[node]: values for node, values in seen.items() if places.get(node)}
    count = min((len(values) for values in given.values()), default=0)
    compare_steps(unfolded, x[:count], given, unit=2.0**-53, tool=tool)
    agreement = compare(network, unfolded, x, outputs, unit=2.0**-53, tool=tool)
    return Reading(network, unfolded, agreement)


def compare_steps(
    network: Network, x: Floats, given: Mapping[int, Floats], *, unit: float, tool: str
) -> None:
    """Hold every operator against the tool on its own: both start from the tool's values.

    The rounding of a whole deep network explains more than its outputs are large; that of one
    operator is a few units in the last place.

    Parameters
    ----------
    network : Network
        Operator by operator, nothing folded.
    given : mapping from the number of a value to the tool's (batch, numbers)

    Raises
    ------
    BadInput
        Names the operator whose values differ by more than its rounding explains.
    """
    values = network.run(x, given)
    once, other = (_errors(network, x, values, given, u) for u in (2.0**-53, unit))
    for number, theirs in given.items():
        bound = 2 * once[number] + other[number]
        difference = np.abs(values[number] - theirs)
        if not (difference <= bound).all():
            step = network.steps[number - 1]
            name = network.names[step.layer] if isinstance(step, Weigh) else type(step).__name__
            raise BadInput(
                "network", float(difference.max()),
                f"is a difference from {tool} after {name.lower()}, step {number}, which rounding "
                "does not explain",
                "please report it with its operators: it is not read as what it is",
            )  # fmt: skip


def compare(
    network: Network, unfolded: Network, x: ArrayLike, outputs: ArrayLike, *, unit: float, tool: str
) -> Agreement:
    """Hold the network that was read against the outputs of the tool that it came from.

    Parameters
    ----------
    network : Network
    unfolded : Network
        The same function, operator by operator as the tool evaluates it: its rounding errors bound
        those of both evaluations, since folding a scale rounds less than applying it.
    x, outputs : arrays (batch, ...)
    unit : float
        Of the tool's arithmetic.
    tool : str
        For the message.

    Raises
    ------
    BadInput
        If an output differs by more than both roundings allow: the reading is wrong.
    """
    inputs = np.asarray(x, dtype=np.float64).reshape(len(np.asarray(x)), -1)
    theirs = np.asarray(outputs, dtype=np.float64).reshape(len(inputs), -1)
    ours = network.forward(inputs).reshape(len(inputs), -1)
    if ours.shape != theirs.shape:
        raise BadInput("network", ours.shape, f"{tool} gives outputs of shape {theirs.shape}")
    bound = rounding_errors(unfolded, inputs, 2.0**-53) * 2
    bound += rounding_errors(unfolded, inputs, unit)
    difference = np.abs(ours - theirs)
    if not np.isfinite(theirs).all() or not (difference <= bound).all():
        place = int(np.nanargmax(np.where(np.isfinite(theirs), difference - bound, np.inf)))
        row, column = divmod(place, theirs.shape[1])
        raise BadInput(
            "network",
            float(theirs[row, column]),
            f"output {column} of {tool} at random input {row}, the network as read gives "
            f"{float(ours[row, column])!r} and rounding explains {float(bound[row, column]):.3g}",
            "outputs may depend on how many inputs stand in the batch; if they do not, this "
            "network is not read as what it is: please report it with its operators",
        )
    worst = int(difference.argmax())
    return Agreement(len(inputs), float(difference.flat[worst]), float(bound.flat[worst]))
