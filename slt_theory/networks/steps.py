"""The steps of a network: what happens to its values, one after the other.

Value 0 is the input, value s + 1 what step s gives; a step names the value that it takes. Values
are flat: channel by channel, sites within. A source network may hold several copies of every
channel, neighbours in that order; steps treat them alike.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from slt_theory.networks.activations import Activation, parse_activation
from slt_theory.networks.arrays import Floats
from slt_theory.networks.moves import Flatten, Move, Rearrange
from slt_theory.networks.pools import Pool

__all__ = [
    "Activate",
    "Add",
    "Flatten",
    "Move",
    "Pool",
    "Rearrange",
    "Shape",
    "Step",
    "Weigh",
    "copies_back",
    "step_from_dict",
    "step_to_dict",
    "with_copies",
]

Shape = tuple[int, ...]
"""(channels, sites ...); a plain vector has no sites."""


@dataclass(frozen=True)
class Weigh:
    """Weighted layer `layer`, its bias included."""

    of: int
    layer: int


@dataclass(frozen=True)
class Activate:
    """The activation, number by number."""

    of: int
    activation: Activation


@dataclass(frozen=True)
class Add:
    """Residual connection: adds value `skip`; copy c of the sum takes copy c of it, in turn."""

    of: int
    skip: int


Step = Weigh | Activate | Flatten | Rearrange | Add | Pool


def step_to_dict(step: Step) -> dict[str, Any]:
    """A step as plain data."""
    record: dict[str, Any] = {"step": type(step).__name__.lower(), **asdict(step)}
    if isinstance(step, Activate):
        record["activation"] = step.activation.name
    # Fields younger than the first tickets stand there only where they say something.
    young = ("dilation", "count_padding", "ceil", "adaptive", "mode")
    for name, field in step.__dataclass_fields__.items():
        if name in young and record[name] == field.default:
            del record[name]
    # Lists, as a JSON file gives them back: records of two steps are compared.
    return {name: _lists(value) for name, value in record.items()}


def step_from_dict(record: dict[str, Any]) -> Step:
    """The inverse of `step_to_dict`.

    Raises
    ------
    ValueError, TypeError
        If the record is no step.
    """
    kinds = {
        kind.__name__.lower(): kind for kind in (Weigh, Activate, Flatten, Rearrange, Add, Pool)
    }
    values = {key: _tuples(value) for key, value in record.items()}
    kind = kinds.get(values.pop("step", None))
    if kind is None:
        raise ValueError(f"a step {record!r}")
    if kind is Activate:
        values["activation"] = parse_activation(values["activation"])
    step: Step = kind(**values)
    for name in ("of", "skip", "layer"):
        if type(getattr(step, name, 0)) is not int:
            raise ValueError(f"{name} = {getattr(step, name)!r} of a step is no integer")
    return step


def _lists(value: Any) -> Any:
    return list(map(_lists, value)) if isinstance(value, tuple) else value


def _tuples(value: Any) -> Any:
    """Lists of a JSON file as the tuples that they were."""
    return tuple(map(_tuples, value)) if isinstance(value, list) else value


def with_copies(values: Floats, sites: int, have: int, want: int) -> Floats:
    """Values with `have` copies of every channel as values with `want`: copy c is c modulo have."""
    if have == want:
        return values
    cube = values.reshape(*values.shape[:-1], -1, have, sites)
    return np.ascontiguousarray(cube[..., np.arange(want) % have, :]).reshape(
        *values.shape[:-1], -1
    )


def copies_back(gradient: Floats, sites: int, have: int, want: int) -> Floats:
    """Gradient with respect to what `with_copies` was given."""
    if have == want:
        return gradient
    cube = gradient.reshape(*gradient.shape[:-1], -1, want, sites)
    result = np.zeros((*cube.shape[:-2], have, sites))
    for copy in range(want):
        result[..., copy % have, :] += cube[..., copy, :]
    return result.reshape(*gradient.shape[:-1], -1)
