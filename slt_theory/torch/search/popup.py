"""Mask search: weights stay as drawn, only scores are learned.

Edge-popup keeps the weights of largest |score|; the gradient of the mask is passed straight to
|score|. Biprop does the same with binary weights, one scale a layer. Re-randomisation draws pruned
weights anew now and then; multicoated masks count a weight once for each threshold it passes.

Sources: Ramanujan et al., "What's hidden in a randomly weighted neural network?" (2020), their
``prune_rate`` being a density; Sreenivasan et al. (2022) for one threshold over all layers;
Diffenderfer and Kailkhura, "Multi-prize lottery ticket hypothesis" (2021); Chijiwa et al.,
"Pruning randomly initialized neural networks with iterative randomization" (2021); Okoshi et al.,
"Multicoated supermasks" (2022).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor

from slt_theory.errors import BadInput
from slt_theory.torch.search.chance import best_of_random
from slt_theory.torch.search.frozen import Frozen, frozen_network
from slt_theory.torch.search.settings import Found, Search
from slt_theory.torch.train import (
    Draws,
    Keep,
    Model,
    Moment,
    Task,
    Tensors,
    Use,
    applied,
    check_masks,
    fit,
    initial,
    maskable,
    sizes,
    straight_through,
    top,
)

__all__ = ["search"]


def search(
    model: Model,
    task: Task,
    settings: Search,
    *,
    draws: Draws,
    weights: Tensors | None = None,
    progress: Callable[[int], None] | None = None,
) -> Found:
    """Search a mask of each replicate's random network, all replicates at once.

    Parameters
    ----------
    model, task
        The model without biases: what is not a maskable weight is not searched.
    settings : Search
    weights : dict of Tensor, optional
        Instead of those that `settings` draws.
    progress : callable, optional
        Called with 1 after each step or try.

    Raises
    ------
    BadInput
        A density that the frozen weights exclude; a model with biases.
    """
    if len(maskable(model.shapes)) < len(model.shapes):
        raise BadInput("model", repr(model), "has biases", "make it with bias=False")
    frozen = _frozen(model, settings, draws)
    coats, totals, keeps = _coats(settings, frozen)
    if weights is None:
        weights = _weights(model, settings, coats, draws)
    if settings.method == "random":
        return _best_of_random(model, task, settings, draws, weights, frozen, keeps[0], progress)
    drawn = {name: weight.clone() for name, weight in weights.items()}
    scored = _Scored(frozen, keeps, drawn, binary=settings.method == "biprop")
    redraw = _redrawing(model, settings, coats, draws, drawn, scored.chosen)
    fitted = fit(
        model,
        _scores(model, draws, drawn),
        task,
        settings.recipe,
        draws=draws,
        effective=scored.effective,
        on_step=[redraw] if settings.redraw else [],
        progress=progress,
    )
    found = scored.chosen(fitted.variables)
    check_masks(found[0], model.shapes, keeps[0])
    return Found(found[0], scored.value(found), frozen.mask_bits + sum(totals[:-1]), fitted.losses)


def _best_of_random(
    model: Model,
    task: Task,
    settings: Search,
    draws: Draws,
    weights: Tensors,
    frozen: Frozen,
    keep: Keep,
    progress: Callable[[int], None] | None,
) -> Found:
    """The best of random masks: the baseline of a search."""
    best = best_of_random(
        model, weights, frozen, keep, task, settings.tries, draws, progress=progress
    )
    return Found(best, applied(weights, best), frozen.mask_bits, torch.empty(0, len(draws)))


def _coats(settings: Search, frozen: Frozen) -> tuple[list[dict[str, int]], list[int], list[Keep]]:
    """Kept weights of each layer for every coat, in all, and as the scope counts them."""
    coats = [frozen.keep_counts(density) for density in (settings.density, *settings.coats)]
    totals = [sum(coat.values()) for coat in coats]
    if any(more <= fewer for more, fewer in pairwise(totals)):
        raise BadInput("coats", settings.coats, "must fall, below the density")
    return coats, totals, [*totals] if settings.scope == "global" else [*coats]


def _frozen(model: Model, settings: Search, draws: Draws) -> Frozen:
    return frozen_network(
        model.shapes,
        draws,
        prune=settings.prune,
        lock=settings.lock,
        rule=settings.rule,
        pattern=settings.pattern,
    )


@dataclass(frozen=True)
class _Scored:
    """Masked weights as a function of scores: top scores are kept, gradients go straight through.

    Attributes
    ----------
    frozen : Frozen
        Its locked weights are always kept, its pruned ones never.
    keeps : list
        Kept weights of every coat, in all or a layer.
    drawn : dict of Tensor
        The random weights.
    binary : bool
        Signs with one scale a layer in place of the weights.
    """

    frozen: Frozen
    keeps: list[Keep]
    drawn: Tensors
    binary: bool

    def chosen(self, scores: Tensors) -> list[Tensors]:
        """One mask a coat: the largest |score|."""
        ranked = self.frozen.ranked({name: score.abs() for name, score in scores.items()})
        return [top(ranked, keep) for keep in self.keeps]

    def value(self, masks: list[Tensors]) -> Tensors:
        """The weights under masks: each counts once for every mask that keeps it."""
        if self.binary:
            return _binary(self.drawn, masks[0])
        return {
            name: weight * torch.stack([mask[name] for mask in masks]).sum(0)
            for name, weight in self.drawn.items()
        }

    def effective(self, scores: Tensors) -> Tensors:
        """The masked weights, with the gradient of `_soft`."""
        with torch.no_grad():
            hard = self.value(self.chosen(scores))
        return {
            name: straight_through(hard[name], _soft(self.drawn[name], score))
            for name, score in scores.items()
        }


def _soft(weight: Tensor, score: Tensor) -> Tensor:
    """Surrogate of a mask for the gradient: a score of either sign grows away from 0 by -w g."""
    return weight * score.abs()


def _weights(
    model: Model, settings: Search, coats: list[dict[str, int]], draws: Draws, copy: int = 0
) -> Tensors:
    """Random weights, scaled for the mean square of the mask that their layer will have."""
    # A weight under c coats counts c times: c^2 is the sum of the odd numbers up to 2 c - 1.
    square = {
        name: max(1, sum((2 * c + 1) * coat[name] for c, coat in enumerate(coats))) / size
        for name, size in sizes(model.shapes).items()
    }
    return initial(model, draws, law=settings.law, density=square, copy=copy)


def _scores(model: Model, draws: Draws, weights: Tensors) -> Tensors:
    """U[-1, 1] / sqrt(fan_in), as torch initialises a linear layer."""
    return {
        name: (draws.uniform(Use.SCORES, k, shape) / math.sqrt(math.prod(shape[1:]))).to(
            weights[name].dtype
        )
        for k, (name, shape) in enumerate(model.shapes.items())
    }


def _binary(weights: Tensors, masks: Tensors) -> Tensors:
    """Signs times the mean |weight| of those kept in their layer and network."""
    result = {}
    for name, weight in weights.items():
        kept = (weight.abs() * masks[name]).flatten(1)
        count = masks[name].flatten(1).sum(1).clamp(min=1)
        scale = (kept.sum(1) / count).reshape(-1, *[1] * (weight.dim() - 1))
        result[name] = scale * weight.sign() * masks[name]
    return result


def _redrawing(
    model: Model,
    settings: Search,
    coats: list[dict[str, int]],
    draws: Draws,
    weights: Tensors,
    chosen: Callable[[Tensors], list[Tensors]],
) -> Callable[[Moment], None]:
    """A hook that draws weights outside the mask anew, in place.

    The found network is then no longer a seed and a mask: which weights were redrawn, and when,
    belongs to it.
    """

    def redraw(moment: Moment) -> None:
        event, rest = divmod(moment.step, settings.redraw_every)
        if rest or moment.step == moment.steps:
            return
        fresh = _weights(model, settings, coats, draws, copy=event)
        masks = chosen(moment.variables)[0]
        for k, (name, weight) in enumerate(weights.items()):
            lots = draws.uniform(Use.AGAIN, event * len(weights) + k, weight.shape[1:])
            # U[-1, 1] lies below 2 r - 1 with probability r.
            drawn = (lots < 2 * settings.redraw - 1) & ~masks[name]
            weight.copy_(torch.where(drawn, fresh[name], weight))

    return redraw
