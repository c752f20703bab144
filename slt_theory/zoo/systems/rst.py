"""A random subnetwork made trainable: what will be cut is first pressed into what stays.

Source: Bai, Wang, Tao, Li, Fu, "Dual lottery ticket hypothesis" (ICLR 2022, arXiv 2203.04248),
their random sparse network transformation. The command of the released code picks the smallest
weights; here, as in the paper, the mask is given first and may be any.
"""

from __future__ import annotations

from typing import NamedTuple

from slt_theory.errors import BadInput
from slt_theory.torch.train import (
    Draws,
    Model,
    Moment,
    Recipe,
    Schedule,
    Task,
    Tensors,
    applied,
    fit,
    fit_masked,
)

__all__ = ["Pressing", "Transformed", "add_pressure", "transform"]


def add_pressure(variables: Tensors, masks: Tensors, strength: float) -> None:
    """Add strength * (1 - M) * w to gradients: that of strength / 2 times the squares cut."""
    for name, mask in masks.items():
        weight = variables[name]
        assert weight.grad is not None
        weight.grad += strength * (weight.detach() * ~mask)


class Pressing:
    """`add_pressure` as a hook on gradients, at the strength of a schedule."""

    def __init__(self, masks: Tensors, strength: Schedule) -> None:
        self.masks, self.strength = masks, strength

    def __call__(self, moment: Moment) -> None:
        add_pressure(moment.variables, self.masks, self.strength(moment.progress))


class Transformed(NamedTuple):
    """The whole network before the cut, and the subnetwork that was trained on after it."""

    whole: Tensors
    ticket: Tensors


def transform(
    model: Model,
    start: Tensors,
    masks: Tensors,
    task: Task,
    press: Recipe,
    tune: Recipe,
    *,
    draws: Draws,
    strength: Schedule,
) -> Transformed:
    """Train all weights while those outside the masks are pressed to 0, cut them, train the rest.

    Parameters
    ----------
    press, tune : Recipe
        Of the two phases. The first must be gradient descent with rate * strength < 1: Adam
        divides what is added by its own size.
    strength : callable
        Of the progress of the first phase; the paper's grows to its last value and stays there.

    Raises
    ------
    BadInput
        The first phase is not such a descent.
    """
    if press.method != "sgd":
        raise BadInput("press", press.method, "rescales the added gradient", "use sgd")
    if not press.rate * strength(1.0) < 1:
        raise BadInput("strength", strength(1.0), f"must be below 1 / rate = {1 / press.rate:g}")
    pressing = Pressing(masks, strength)
    whole = fit(model, start, task, press, draws=draws, on_gradient=[pressing]).variables
    cut = applied(whole, masks)
    ticket = fit_masked(model, cut, masks, task, tune, draws=draws, copy=1).variables
    return Transformed(whole, ticket)
