"""Prune, rewind, train again; and the controls that a claim about tickets is measured against."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch

from slt_theory.torch.train.loop import Fitted, Recipe, fit
from slt_theory.torch.train.masks import Keep, applied, ones, top
from slt_theory.torch.train.model import Model, Tensors
from slt_theory.torch.train.replicates import Draws, Use
from slt_theory.torch.train.scores import among, magnitude
from slt_theory.torch.train.task import Task

__all__ = ["Round", "constant_magnitude", "fit_masked", "rounds", "shuffled_kept", "sign_kept"]


def fit_masked(
    model: Model,
    tensors: Tensors,
    masks: Tensors,
    task: Task,
    recipe: Recipe,
    *,
    draws: Draws,
    **hooks: Any,
) -> Fitted:
    """Train the kept weights; the others are 0 in every step and at the end."""
    # Products with floats take a fifth of the time of those with booleans, and are the same.
    factors = {name: mask.to(tensors[name].dtype) for name, mask in masks.items()}
    masked = partial(applied, masks=factors)
    fitted = fit(model, tensors, task, recipe, draws=draws, effective=masked, **hooks)
    return Fitted(applied(fitted.variables, masks), fitted.losses, fitted.snapshots)


@dataclass(frozen=True, eq=False)
class Round:
    """Masks of one round, the weights it started from, and what training made of them."""

    masks: Tensors
    start: Tensors
    fitted: Fitted


def rounds(
    model: Model,
    start: Tensors,
    task: Task,
    recipe: Recipe,
    keeps: Sequence[Keep],
    *,
    draws: Draws,
    late: int = 0,
    score: Callable[[Tensors], Tensors] = magnitude,
) -> Iterator[Round]:
    """Iterative pruning with rewinding: the dense round, then one round for each count.

    Each round trains the kept weights, then keeps those of largest score among them and rewinds
    them to their values after step `late` of the dense round. One count is one-shot pruning.

    Source: Frankle and Carbin, "The lottery ticket hypothesis" (2019); late resetting by Frankle
    et al. (arXiv 1903.01611).
    """
    masks = ones(model.shapes, len(draws))
    fitted = fit_masked(model, start, masks, task, recipe, draws=draws, snapshots=(late,))
    yield Round(masks, start, fitted)
    start = fitted.snapshots[late]
    for keep in keeps:
        masks = top(among(score(fitted.variables), masks), keep)
        fitted = fit_masked(model, start, masks, task, recipe, draws=draws)
        yield Round(masks, start, fitted)


def sign_kept(tensors: Tensors, fresh: Tensors) -> Tensors:
    """Fresh magnitudes under the old signs; tensors other than weights are the old ones."""
    return {
        name: fresh[name].abs() * torch.where(value < 0, -1.0, 1.0).to(value.dtype)
        if name.endswith(".weight")
        else value
        for name, value in tensors.items()
    }


def constant_magnitude(tensors: Tensors) -> Tensors:
    """Each weight its sign times the root mean square of its layer and network."""
    return {
        name: torch.where(value < 0, -1.0, 1.0).to(value.dtype)
        * value.square().mean(tuple(range(1, value.dim())), keepdim=True).sqrt()
        if name.endswith(".weight")
        else value
        for name, value in tensors.items()
    }


def shuffled_kept(tensors: Tensors, masks: Tensors, draws: Draws, *, copy: int = 0) -> Tensors:
    """The kept weights of each layer in random order among their places; the others stay."""
    result = dict(tensors)
    for k, (name, mask) in enumerate(masks.items()):
        flat, dropped = tensors[name].flatten(1), ~mask.flatten(1)
        rank = draws.order(flat.shape[1], Use.AGAIN, copy * len(masks) + k)
        # Stable sorts put dropped places last, in their order, in both lists: they map to
        # themselves, kept places to kept places in random order.
        places = dropped.long().argsort(dim=1, stable=True)
        sources = rank.masked_fill(dropped, flat.shape[1]).argsort(dim=1, stable=True)
        moved = torch.empty_like(flat).scatter_(1, places, flat.gather(1, sources))
        result[name] = moved.reshape(tensors[name].shape)
    return result
