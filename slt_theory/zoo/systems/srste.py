"""N:M from scratch: of every M consecutive weights the N largest compute, and all are trained.

Source: Zhou, Ma, Zhu, Liu, Zhang, Yuan, Sun, Li, "Learning N:M fine-grained structured sparse
neural networks from scratch" (ICLR 2021, arXiv 2102.04010): SR-STE, and with strength 0 the plain
straight-through estimator. The linear layer of the released code drops its bias; ours keeps it.
"""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor

from slt_theory.errors import BadInput
from slt_theory.torch.train import (
    Draws,
    Model,
    Moment,
    Recipe,
    Task,
    Tensors,
    applied,
    fit,
    hamming,
    magnitude,
    straight_through,
    top_rows,
)
from slt_theory.zoo.systems.rst import add_pressure

__all__ = ["STRENGTH", "Patterned", "fit_pattern", "pattern"]

#: Of the term that shrinks the weights outside the pattern, in the paper.
STRENGTH = 2e-4


def pattern(tensors: Tensors, n: int, m: int) -> Tensors:
    """Masks that keep the n largest |w| of every m consecutive inputs of a unit.

    Of equals, those with the lower index. Inputs of a convolution are its channels, place by place.

    Raises
    ------
    BadInput
        Unless 1 <= n <= m, and m divides the inputs of every layer.
    """
    if not 1 <= n <= m:
        raise BadInput("n, m", (n, m), "must satisfy 1 <= n <= m")
    return {name: _groups_top(name, score, n, m) for name, score in magnitude(tensors).items()}


def _groups_top(name: str, score: Tensor, n: int, m: int) -> Tensor:
    inputs_last = score.movedim(2, -1)
    if inputs_last.shape[-1] % m:
        raise BadInput("m", m, f"must divide the {inputs_last.shape[-1]} inputs of {name}")
    rows = top_rows(inputs_last.reshape(-1, m), n)
    return rows.reshape(inputs_last.shape).movedim(-1, 2)


class Patterned(NamedTuple):
    """All weights at the end, their pattern, and how many mask bits every step flipped: (S,).

    Flips are the paper's sparse architecture divergence of successive steps, summed.
    """

    weights: Tensors
    masks: Tensors
    flips: Tensor


def fit_pattern(
    model: Model,
    start: Tensors,
    task: Task,
    recipe: Recipe,
    *,
    draws: Draws,
    n: int,
    m: int,
    strength: float = STRENGTH,
) -> Patterned:
    """Train all weights; the n largest of every m compute, the others shrink by `strength`.

    The network computes with ``applied(weights, masks)``. Gradients pass the mask as if it were
    not there.
    """
    masks = pattern(start, n, m)
    flips = hamming(masks, masks)

    def advance(weights: Tensors) -> None:
        nonlocal masks, flips
        new = pattern(weights, n, m)
        flips, masks = flips + hamming(masks, new), new

    def effective(weights: Tensors) -> Tensors:
        hard = applied(weights, masks)
        return weights | {name: straight_through(hard[name], weights[name]) for name in masks}

    def refine(moment: Moment) -> None:
        add_pressure(moment.variables, masks, strength)

    weights = fit(
        model,
        start,
        task,
        recipe,
        draws=draws,
        effective=effective,
        on_gradient=[refine],
        on_step=[lambda moment: advance(moment.variables)],
    ).variables
    return Patterned(weights, masks, flips)
