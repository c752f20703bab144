"""Late resetting: back to an early step instead of the start, and what tells when it is needed.

Source: Frankle, Dziugaite, Roy, Carbin, "Stabilizing the lottery ticket hypothesis" (arXiv
1903.01611) and "Linear mode connectivity and the lottery ticket hypothesis" (ICML 2020, arXiv
1912.05671). The state of the optimiser is not rewound, as in the released code.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction

from slt_theory.torch.train import (
    Draws,
    Keep,
    Model,
    Recipe,
    Round,
    Task,
    Tensors,
    among,
    correct,
    fit_masked,
    magnitude,
    ones,
    top,
)

__all__ = ["barrier", "between", "rest", "rewound"]


def rest(recipe: Recipe, done: int) -> Recipe:
    """What is left of a recipe after `done` steps."""
    return replace(recipe, steps=recipe.steps - done)


def rewound(
    model: Model,
    start: Tensors,
    task: Task,
    recipe: Recipe,
    keeps: Sequence[Keep],
    *,
    draws: Draws,
    late: int,
) -> Iterator[Round]:
    """Magnitude pruning that rewinds to step `late`: every round ends after the recipe's steps.

    The dense round comes first. One count is one-shot pruning.
    """
    masks = ones(model.shapes, len(draws))
    fitted = fit_masked(model, start, masks, task, recipe, draws=draws, snapshots=(late,))
    yield Round(masks, start, fitted)
    early, left = fitted.snapshots[late], rest(recipe, late)
    for keep in keeps:
        masks = top(among(magnitude(fitted.variables), masks), keep)
        fitted = fit_masked(model, early, masks, task, left, draws=draws)
        yield Round(masks, early, fitted)


def between(first: Tensors, second: Tensors, share: Fraction) -> Tensors:
    """The point of the segment with this share of the way to `second` behind it."""
    return {name: first[name].lerp(second[name], float(share)) for name in first}


def barrier(
    model: Model, first: Tensors, second: Tensors, task: Task, *, points: int = 30
) -> list[Fraction]:
    """Test error at the worst of `points` equidistant points of the segment, less the ends' mean.

    Exact for each network, from counts. At least 0 where the ends are alike.
    """
    path = [
        correct(model, between(first, second, Fraction(k, points - 1)), task).tolist()
        for k in range(points)
    ]
    count = task.test.shape[1]
    return [
        Fraction(one + other - 2 * min(counts), 2 * count)
        for one, other, counts in zip(path[0], path[-1], zip(*path, strict=True), strict=True)
    ]
