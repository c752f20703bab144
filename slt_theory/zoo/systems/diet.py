"""A few examples for the first steps: where to rewind to, at the price of less data.

Source: Paul et al., "Lottery tickets on a data diet" (arXiv 2206.01278); the score by Paul,
Ganguli, Dziugaite, "Deep learning on a data diet" (arXiv 2107.07075). A small score is easy.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

import torch
from torch import Tensor
from torch.nn import functional

from slt_theory.torch.train import Draws, Model, Recipe, Task, Tensors, fit

__all__ = ["el2n", "error_square", "fed", "ranked"]


def error_square(weights: Sequence[int | Fraction], label: int) -> Fraction:
    """Square of the distance of the vector of probabilities ``weights / sum`` to the label's.

    Examples
    --------
    >>> error_square([1, 1, 2], 2), error_square([1, 0], 1)
    (Fraction(3, 8), Fraction(2, 1))
    """
    total = sum(map(Fraction, weights))
    return sum(
        ((weight / total - (k == label)) ** 2 for k, weight in enumerate(map(Fraction, weights))),
        Fraction(0),
    )


def el2n(answers: Sequence[Tensor], labels: Tensor) -> Tensor:
    """Mean over networks of the distance of softmax and label: float64 (S, count).

    Parameters
    ----------
    answers : sequence of Tensor (S, count, classes)
        Outputs of networks that were trained for a few steps, one stack each.
    labels : Tensor (S, count)
    """
    wanted = functional.one_hot(labels, answers[0].shape[2])
    each = [(outputs.double().softmax(2) - wanted).norm(dim=2) for outputs in answers]
    return torch.stack(each).mean(0)


def ranked(numbers: Tensor, scores: Tensor) -> Tensor:
    """The examples from easiest to hardest; equals in their order."""
    return numbers.gather(1, scores.argsort(dim=1, stable=True))


def fed(
    model: Model, start: Tensors, task: Task, recipe: Recipe, numbers: Tensor, *, draws: Draws
) -> Tensors:
    """Weights after `recipe` on the examples `numbers` (S, count) alone: a point to rewind to."""
    return fit(model, start, replace(task, train=numbers), recipe, draws=draws, copy=1).variables
