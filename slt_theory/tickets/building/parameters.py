"""Parameters of constructions, read and checked: `BadInput` names the one that cannot be used."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from slt_theory.errors import BadInput
from slt_theory.lattice import WEIGHT_BITS, to_fraction, whole_number
from slt_theory.laws import Law, Masked, Normal, Uniform
from slt_theory.tickets.building import depth, redrawn
from slt_theory.tickets.building.request import Request

__all__ = ["Parameters", "frozen", "law", "move", "plain", "redraws", "shared", "size", "sparse"]

Parameters = dict[str, Any]

_LAWS = {"uniform": Uniform(bits=WEIGHT_BITS), "normal": Normal(WEIGHT_BITS)}


def law(parameters: Parameters) -> Law:
    """Law of every weight and bias."""
    name = parameters.get("law", "uniform")
    if name not in _LAWS:
        raise BadInput("law", name, "must be uniform or normal")
    return _LAWS[name]


def sparse(parameters: Parameters) -> depth.RandomSource:
    """A source of which a share of the weights exists."""
    density = to_fraction("density", parameters.get("density", 0.5))
    if not 0 < density <= 1:
        raise BadInput("density", float(density), "must lie in (0, 1]")
    return depth.RandomSource(Masked(Uniform(bits=WEIGHT_BITS), density))


def frozen(parameters: Parameters) -> depth.RandomSource:
    """A source with frozen weights."""
    return depth.RandomSource(
        Uniform(bits=WEIGHT_BITS),
        parameters.get("prune", 0),
        parameters.get("lock", 0),
        parameters.get("budget", "uniform"),
    )


def plain(_: Parameters) -> depth.RandomSource:
    """A uniform source."""
    return depth.RandomSource(Uniform(bits=WEIGHT_BITS))


def size(parameters: Parameters) -> int:
    """Live numbers in every sum."""
    size = whole_number("size", parameters.get("size", 8))
    if size < 1:
        raise BadInput("size", size, "must be >= 1")
    return size


def shared(parameters: Parameters) -> bool:
    """Whether numbers serve several weights."""
    shared = parameters.get("shared", False)
    if not isinstance(shared, bool):
        raise BadInput("shared", shared, "must be True or False")
    return shared


def move(request: Request, parameters: Parameters) -> Fraction:
    """eps_p, by default as large as the error allowed for a weight."""
    move = parameters.get("move")
    exact = (
        min(layer.eps for layer in request.layers) if move is None else to_fraction("move", move)
    )
    if not 0 < exact <= 1:
        raise BadInput("move", float(exact), "must lie in (0, 1]")
    return exact


def redraws(parameters: Parameters) -> int | None:
    """Draws of every weight, None for as many as it takes."""
    redraws = parameters.get("redraws")
    if redraws is None:
        return None
    redraws = whole_number("redraws", redraws)
    if not 1 <= redraws <= redrawn.MOST_REDRAWS:
        raise BadInput("redraws", redraws, f"must lie in 1..{redrawn.MOST_REDRAWS}")
    return redraws
