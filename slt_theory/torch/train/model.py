"""A model is the shapes of its tensors and a pure function of them; a stack is one more dimension.

S networks of one architecture are a dictionary of tensors with a leading dimension S. Gradients of
the sum of their losses, and optimisers that act on every number alone, keep them independent, so a
stack trained together equals S networks trained one by one up to rounding.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Protocol

import torch
from torch import Tensor

from slt_theory.errors import BadInput
from slt_theory.torch.train.replicates import Draws, Use

__all__ = ["LAWS", "Model", "Shapes", "Tensors", "initial", "maskable", "sizes"]

Tensors = dict[str, Tensor]
Shapes = Mapping[str, tuple[int, ...]]

#: Laws of initial weights; `initial` gives their scales.
LAWS = ("kaiming-normal", "kaiming-uniform", "signed-constant", "glorot-normal")


class Model(Protocol):
    """An architecture.

    Attributes
    ----------
    shapes : mapping of name to shape
        Of one network, in order. Names ending in ``.weight`` have shape (out, in, ...) and are
        what masks are about; ``.bias`` has shape (out,).
    """

    @property
    def shapes(self) -> Shapes:
        """Shape of every tensor of one network, by name."""

    def __call__(self, tensors: Tensors, inputs: Tensor) -> Tensor:
        """Outputs (S, B, classes) of S networks on inputs (S, B, ...), or (B, ...) for all."""
        ...


def maskable(shapes: Shapes) -> dict[str, tuple[int, ...]]:
    """The shapes of the weights, without biases."""
    return {name: shape for name, shape in shapes.items() if name.endswith(".weight")}


def sizes(shapes: Shapes) -> dict[str, int]:
    """Number of weights of each maskable tensor of one network."""
    return {name: math.prod(shape) for name, shape in maskable(shapes).items()}


def initial(
    model: Model,
    draws: Draws,
    *,
    law: str = "kaiming-normal",
    density: float | Mapping[str, float] = 1.0,
    copy: int = 0,
    dtype: torch.dtype = torch.float32,
) -> Tensors:
    """Random weights and zero biases of S networks.

    Parameters
    ----------
    law : str
        kaiming-normal, kaiming-uniform or signed-constant, each with standard deviation
        sqrt(2 / (fan_in * density)); or glorot-normal, sqrt(2 / ((fan_in + fan_out) * density)).
    density : float or mapping of name to float
        Expected mean square of the mask: what a ReLU layer under a mask of this density needs for
        the scale of its outputs to be that of its inputs. 1 for a network that is trained itself.
    copy : int
        Another number gives independent weights of the same replicates.

    Returns
    -------
    dict of Tensor
        Shapes (S, *shape), in order of `model.shapes`.

    Notes
    -----
    Source: He et al., "Delving deep into rectifiers" (2015); Ramanujan et al., "What's hidden in a
    randomly weighted neural network?" (2020) for the signed constant and the scaling by density,
    which their code writes as 1 / sqrt(1 - density): right at one half only.
    """
    if law not in LAWS:
        raise BadInput("law", law, "is unknown", f"known: {', '.join(LAWS)}")
    tensors = {}
    for number, (name, shape) in enumerate(model.shapes.items()):
        if not name.endswith(".weight"):
            tensors[name] = torch.zeros(len(draws), *shape, dtype=dtype)
            continue
        kept = density if isinstance(density, int | float) else density[name]
        if not kept > 0:
            raise BadInput("density", kept, f"must be positive in {name}")
        fan_in, fan_out = math.prod(shape[1:]), shape[0] * math.prod(shape[2:])
        variance = 2 / (fan_in + fan_out) if law == "glorot-normal" else 2 / fan_in
        index = copy * len(model.shapes) + number
        if law == "kaiming-uniform":
            unit = math.sqrt(3) * draws.uniform(Use.WEIGHTS, index, shape)
        else:
            unit = draws.normal(Use.WEIGHTS, index, shape)
        if law == "signed-constant":
            unit = torch.where(unit < 0, -1.0, 1.0).double()
        tensors[name] = (unit * math.sqrt(variance / kept)).to(dtype)
    return tensors
