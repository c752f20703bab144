"""Multi-prize tickets: what they consist of, and how they compare with a trained network."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from functools import cache

import numpy as np
import torch
from torch import Tensor

from slt_theory.theorems.checks import Outcome, all_of
from slt_theory.torch.search import RECIPE, Found, Search, search
from slt_theory.torch.train import (
    Fitted,
    Mlp,
    Recipe,
    Tensors,
    Use,
    applied,
    budget,
    fit,
    initial,
    magnitude,
    straight_through,
    top,
)
from slt_theory.zoo.rig import Rig, rig
from slt_theory.zoo.systems.multi_prize import parts, prize
from slt_theory.zoo.verdicts import FULL, Size, beats, not_worse

#: Twice the hidden units of the usual rig: these claims are about wide random networks.
WIDTHS, MARGIN = (64, 200, 100, 10), 0.02
MODEL = Mlp(WIDTHS, bias=False)
HALF, THREE_TENTHS = Fraction(1, 2), Fraction(3, 10)

#: Ten losses of ten decide at level 1e-3: enough for a mutant that is far below.
FEW = 10


@cache
def wide(seed: int, size: Size) -> Rig:
    return rig(seed, size, widths=WIDTHS)


def recipe(size: Size) -> Recipe:
    """The search's own, at this size."""
    return replace(RECIPE, steps=size.steps(RECIPE.steps))


def accuracy(r: Rig, tensors: Tensors) -> list[Fraction]:
    """Of networks without biases."""
    return replace(r, model=MODEL).accuracy(tensors)


@cache
def dense(seed: int, size: Size, copy: int = 0) -> list[Fraction]:
    """The same architecture with all its weights and biases trained."""
    r = wide(seed, size)
    return r.accuracy(r.train(r.start(copy=copy), copy=copy).variables)


@cache
def ticket(
    seed: int, size: Size, density: Fraction, method: str = "edge-popup"
) -> tuple[Tensors, Found]:
    """Weights and ticket: edge-popup on signed constants, or biprop on normal weights."""
    r = wide(seed, size)
    law = "kaiming-normal" if method == "biprop" else "signed-constant"
    return prize(MODEL, r.task, density, recipe(size), draws=r.draws, method=method, law=law)


def _against_training(seed: int, size: Size, tensors: Tensors, what: str) -> Outcome:
    found = accuracy(wide(seed, size), tensors)
    return not_worse(found, dense(seed, size), f"accuracy of {what} over training", margin=MARGIN)


def half(seed: int, size: Size = FULL) -> Outcome:
    """Edge-popup on signed constants at density 1/2."""
    _, found = ticket(seed, size, HALF)
    return _against_training(seed, size, found.tensors, "edge-popup at density 1/2")


def three_tenths(seed: int, size: Size = FULL) -> Outcome:
    """The same at density 3/10."""
    _, found = ticket(seed, size, THREE_TENTHS)
    return _against_training(seed, size, found.tensors, "edge-popup at density 3/10")


def biprop(seed: int, size: Size = FULL) -> Outcome:
    """Biprop on normal weights at density 1/2."""
    _, found = ticket(seed, size, HALF, "biprop")
    return _against_training(seed, size, found.tensors, "biprop at density 1/2")


def control(seed: int, size: Size = FULL) -> Outcome:
    """Training against training, other weights and order."""
    return beats(dense(seed, size), dense(seed, size, copy=1), "accuracy of training over training")


def smallest(seed: int, size: Size = FULL) -> Outcome:
    """Mutant: the half of smallest score is kept."""
    weights, found = ticket(seed, size, HALF)
    rest = {name: weight * ~found.masks[name] for name, weight in weights.items()}
    return _against_training(seed, size, rest, "the half of smallest score")


def biprop_smallest(seed: int, size: Size = FULL) -> Outcome:
    """Mutant: the half of smallest score is kept, of biprop."""
    weights, found = ticket(seed, size, HALF, "biprop")
    rest = {name: weight.sign() * ~found.masks[name] for name, weight in weights.items()}
    return _against_training(seed, size, rest, "the half of smallest score")


@cache
def signless_accuracies(seed: int, size: Size) -> list[Fraction]:
    """Of a search at density 3/10 whose gradient goes to the score, not to its absolute value.

    In the first replicates only; they have the numbers that they have in the whole stack.
    """
    few = replace(size, replicates=min(FEW, size.replicates))
    r = wide(seed, few)
    weights = initial(MODEL, r.draws, law="signed-constant", density=float(THREE_TENTHS))
    fitted = popup_by(r, weights, THREE_TENTHS, recipe(few), lambda w, s: w * s)
    masks = top(magnitude(fitted.variables), budget(MODEL.shapes, THREE_TENTHS))
    return accuracy(r, applied(weights, masks))


def signless(seed: int, size: Size = FULL) -> Outcome:
    """Mutant: the absolute value stands inside the estimator."""
    wrong = signless_accuracies(seed, size)
    trained = dense(seed, size)[: len(wrong)]
    return not_worse(wrong, trained, "accuracy without signs over training", margin=MARGIN)


def popup_by(
    r: Rig,
    weights: Tensors,
    density: Fraction,
    how: Recipe,
    soft: Callable[[Tensor, Tensor], Tensor],
) -> Fitted:
    """Edge-popup in eight lines, for its mutants; with soft = w |s| it is the search's, to a bit.

    Its variables are the scores.
    """
    keep = budget(MODEL.shapes, density)
    scores = {
        name: (r.draws.uniform(Use.SCORES, k, shape) / shape[1] ** 0.5).float()
        for k, (name, shape) in enumerate(MODEL.shapes.items())
    }

    def effective(variables: Tensors) -> Tensors:
        with torch.no_grad():
            hard = applied(weights, top(magnitude(variables), keep))
        return {n: straight_through(hard[n], soft(weights[n], s)) for n, s in variables.items()}

    return fit(MODEL, scores, r.task, how, draws=r.draws, effective=effective)


# Exact: what a ticket consists of. A short search decides as well as a long one.


def _short(seed: int, size: Size, method: str, redraw: float = 0.0) -> tuple[Tensors, Found]:
    """Weights that are multiples of 2^-9, so that float32 adds them without rounding."""
    r = wide(seed, replace(size, replicates=3))
    drawn = initial(MODEL, r.draws, density=float(THREE_TENTHS))
    weights = {name: (weight * 512).round() / 512 for name, weight in drawn.items()}
    settings = Search(
        density=THREE_TENTHS,
        method=method,
        redraw=redraw,
        redraw_every=10,
        recipe=replace(RECIPE, steps=40),
    )
    return weights, search(MODEL, r.task, settings, draws=r.draws, weights=weights)


def untouched(seed: int, size: Size = FULL) -> Outcome:
    """Kept weights have the bits they were drawn with, the others are 0, and the count is exact."""
    return _untouched(*_short(seed, size, "edge-popup"))


def redrawn(seed: int, size: Size = FULL) -> Outcome:
    """Mutant: weights outside the mask are drawn anew during the search."""
    return _untouched(*_short(seed, size, "edge-popup", redraw=0.3))


def _untouched(weights: Tensors, found: Found) -> Outcome:
    keep = budget(MODEL.shapes, THREE_TENTHS)
    failures = [
        f"{name} of replicate {k}"
        for name, weight in weights.items()
        for k, mask in enumerate(found.masks[name])
        if not torch.equal(found.tensors[name][k], weight[k] * mask) or mask.sum() != keep[name]
    ]
    return all_of(failures, 3 * len(weights), "weights as drawn, counts exact")


def scale(seed: int, size: Size = FULL) -> Outcome:
    """Biprop's weights are signs times the mean |weight| of those kept in their layer."""
    return _scale(*_short(seed, size, "biprop"), kept_only=True)


def scale_of_all(seed: int, size: Size = FULL) -> Outcome:
    """Mutant: the mean is over the whole layer."""
    return _scale(*_short(seed, size, "biprop"), kept_only=False)


def scale_missing(seed: int, size: Size = FULL) -> Outcome:
    """Mutant: signs without a scale."""
    weights, found = _short(seed, size, "biprop")
    bare = {name: value.sign() for name, value in found.tensors.items()}
    return _scale(weights, replace(found, tensors=bare), kept_only=True)


def _scale(weights: Tensors, found: Found, *, kept_only: bool) -> Outcome:
    failures = []
    for name, (scales, signs) in parts(found.tensors).items():
        units = (weights[name] * 512).to(torch.int64)
        for k, mask in enumerate(found.masks[name]):
            chosen = mask if kept_only else torch.ones_like(mask)
            total, count = int((units[k].abs() * chosen).sum()), int(chosen.sum())
            # Below 2^24 both numbers are float32, and one division rounds once.
            wanted = np.float32(total) / np.float32(512 * count)
            same_signs = torch.equal(signs[k].long(), units[k].sign() * mask)
            if total >= 1 << 24 or float(scales[k]) != float(wanted) or not same_signs:
                failures.append(f"{name} of replicate {k}")
    return all_of(failures, 3 * len(weights), "scale as by its formula, bit for bit")
