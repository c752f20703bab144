"""Iterative magnitude pruning with reset, or with rewinding: counts, loop, starts of controls.

The loop is `slt_theory.torch.train.rounds`: train, keep the largest weights of each layer
among those kept before, put them back to where they started.

Source: Frankle and Carbin, "The lottery ticket hypothesis: finding sparse, trainable neural
networks" (ICLR 2019, arXiv 1803.03635). The later released code (open_lth) prunes over all layers
together, leaves the output layer whole, and its threshold removes one weight more than it counts.
Rewinding: Frankle et al., "Stabilizing the lottery ticket hypothesis" (arXiv 1903.01611); the state
of the optimiser is not rewound, as in the released code.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction

from slt_theory.papers.trained.shared.lazy import training

__all__ = ["controls", "keeps", "rest", "rewound"]


def keeps(shapes: training.Shapes, rate: Fraction, rounds: int) -> list[dict[str, int]]:
    """Weights that each layer keeps after each round.

    Parameters
    ----------
    shapes : mapping of name to shape
    rate : Fraction
        Share of a layer's kept weights that a round removes; of the output layer, half of it.
    rounds : int

    Examples
    --------
    >>> keeps({"0.weight": (10, 10), "1.weight": (2, 10)}, Fraction(1, 5), 2)
    [{'0.weight': 80, '1.weight': 18}, {'0.weight': 64, '1.weight': 16}]
    """
    full = training.sizes(shapes)
    *_, output = full
    left = {name: 1 - rate / (2 if name == output else 1) for name in full}
    return [
        {name: training.count_of(left[name] ** k, size) for name, size in full.items()}
        for k in range(1, rounds + 1)
    ]


def controls(
    model: training.Model,
    start: training.Tensors,
    masks: training.Tensors,
    *,
    draws: training.Draws,
    law: str = "glorot-normal",
) -> dict[str, training.Tensors]:
    """Other weights for the same masks, all from one fresh draw where they need one.

    fresh: drawn by the dense network's law, the re-initialisation of the paper. scaled: the same
    numbers with the variance of a network of the mask's density. signs: their magnitudes under the
    signs of `start`. shuffled: the kept weights of `start` in random order within each layer.
    """
    fresh = training.initial(model, draws, law=law, copy=1)
    shares = {name: float(mask[0].double().mean()) for name, mask in masks.items()}
    return {
        "fresh": fresh,
        "scaled": training.initial(model, draws, law=law, copy=1, density=shares),
        "signs": training.sign_kept(start, fresh),
        "shuffled": training.shuffled_kept(start, masks, draws, copy=1),
    }


def rest(recipe: training.Recipe, done: int) -> training.Recipe:
    """The rest of a recipe after `done` steps."""
    return replace(recipe, steps=recipe.steps - done)


def rewound(
    model: training.Model,
    start: training.Tensors,
    task: training.Task,
    recipe: training.Recipe,
    keeps: Sequence[training.Keep],
    *,
    draws: training.Draws,
    late: int,
) -> Iterator[training.Round]:
    """Magnitude pruning that rewinds to step `late`: every round ends after the recipe's steps.

    The dense round comes first. One count is one-shot pruning.
    """
    masks = training.ones(model.shapes, len(draws))
    fitted = training.fit_masked(model, start, masks, task, recipe, draws=draws, snapshots=(late,))
    yield training.Round(masks, start, fitted)
    early, left = fitted.snapshots[late], rest(recipe, late)
    for keep in keeps:
        masks = training.top(training.among(training.magnitude(fitted.variables), masks), keep)
        fitted = training.fit_masked(model, early, masks, task, left, draws=draws)
        yield training.Round(masks, early, fitted)
