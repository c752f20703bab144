"""What pressing random tickets does to weights, exactly, and what a cut can change at most."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import torch
from torch import Tensor

from slt_theory.theorems.checks import Outcome, all_of
from slt_theory.torch.train import Recipe, Tensors, applied, ramp
from slt_theory.zoo.experiments.cut import Cut, cut
from slt_theory.zoo.experiments.rst import DENSITY, descent, masks_of, start, ticket
from slt_theory.zoo.systems.rst import Pressing
from slt_theory.zoo.verdicts import FULL, Size

#: Steps of a run that shows a law of every step.
BRIEF = 40
#: Images of each replicate that a cut is followed on.
IMAGES = 4


def as_penalised(seed: int, size: Size = FULL) -> Outcome:
    """A run with added gradients is the run whose loss has the penalty, bit for bit."""
    return _as_penalised(seed, size, inside=False)


def kept_pressed(seed: int, size: Size = FULL) -> Outcome:
    """Mutant: the kept weights are pressed."""
    return _as_penalised(seed, size, inside=True)


def _as_penalised(seed: int, size: Size, *, inside: bool) -> Outcome:
    r = descent(seed, size)
    masks = masks_of(r, DENSITY)
    strength = ramp(4.0)
    outside = {name: ~mask for name, mask in masks.items()}

    def penalty(weights: Tensors, progress: float) -> Tensor:
        lost = applied({name: weights[name] for name in masks}, outside)
        squares = [value.square().flatten(1).sum(1) for value in lost.values()]
        return strength(progress) / 2 * torch.stack(squares).sum(0)

    brief = replace(r.recipe, steps=BRIEF)
    pressing = Pressing(outside if inside else masks, strength)
    first = r.train(start(r), recipe=brief, on_gradient=[pressing]).variables
    second = r.train(start(r), recipe=brief, penalty=penalty).variables
    differ = _differ(first, second)
    return all_of(differ, size.replicates, f"weights after {BRIEF} steps equal bit for bit")


def alone(seed: int, size: Size = FULL) -> Outcome:
    """Without a loss, t steps multiply cut weights by (1 - rate * strength)^t, exactly."""
    return _alone(seed, size, "sgd")


def alone_by_adam(seed: int, size: Size = FULL) -> Outcome:
    """Mutant: Adam divides the added gradient by its own size."""
    return _alone(seed, size, "adam")


def _alone(seed: int, size: Size, method: str, steps: int = 8) -> Outcome:
    r = descent(seed, size)
    masks = masks_of(r, DENSITY)
    # 24 bits of a weight and 3 a step fit into the 53 of float64: nothing is rounded.
    weights = {name: value.double() for name, value in start(r).items()}
    recipe = Recipe(steps=steps, method=method, rate=1 / 4, momentum=0.0)
    end = r.train(
        weights,
        recipe=recipe,
        task=r.task.to(torch.float64),
        loss=lambda found, _: 0 * found.sum((1, 2)),
        on_gradient=[Pressing(masks, lambda _: 1 / 2)],
    ).variables
    wanted = {
        name: torch.where(masks[name], value, value * (7 / 8) ** steps) if name in masks else value
        for name, value in weights.items()
    }
    what = f"weights after {steps} steps at rate 1/4 and strength 1/2"
    return all_of(_differ(end, wanted), size.replicates, what)


def cut_within_bound(seed: int, size: Size = FULL) -> Outcome:
    """Outputs before and after the cut differ by at most the bound, in enclosed arithmetic."""
    cuts = _cuts(seed, size)
    worst = max(float((one.change / one.bound).mid()) for one in cuts)
    failures = [f"{one.change} over {one.bound}" for one in cuts if not one.change <= one.bound]
    masks = masks_of(descent(seed, size), DENSITY)
    whole = ticket(seed, size, DENSITY, True).whole
    residual = max(float((whole[name].abs() * ~mask).max()) for name, mask in masks.items())
    found = all_of(failures, len(cuts), "change of the outputs within the bound")
    return replace(
        found,
        evidence=f"{found.evidence}; up to {worst:.2g} of it, cut weights up to {residual:.2g}",
        numbers={**found.numbers, "largest_share": worst, "largest_cut_weight": residual},
    )


def last_layer_only(seed: int, size: Size = FULL) -> Outcome:
    """Mutant: only what the last layer loses is counted."""
    cuts = _cuts(seed, size)
    failures = [f"{one.change} over {one.last}" for one in cuts if not one.change <= one.last]
    return all_of(failures, len(cuts), "change of the outputs within the last layer's part")


@cache
def _cuts(seed: int, size: Size) -> list[Cut]:
    r = descent(seed, size)
    masks = masks_of(r, DENSITY)
    whole = ticket(seed, size, DENSITY, True).whole
    cuts = []
    for k in range(size.replicates):
        weights, kept = ({n: t[k] for n, t in part.items()} for part in (whole, masks))
        cuts += cut(weights, kept, r.task.inputs[r.task.test[k, :IMAGES]])
    return cuts


def nothing_outside(seed: int, size: Size = FULL) -> Outcome:
    """The ticket has as many weights as its density says, and what is not in its mask is 0."""
    return _outside(seed, size, ticket(seed, size, DENSITY, True).ticket)


def revived(seed: int, size: Size = FULL) -> Outcome:
    """Mutant: the mask is applied once, and not again in the steps that follow."""
    r = descent(seed, size)
    masks = masks_of(r, DENSITY)
    cut_once = applied(ticket(seed, size, DENSITY, True).whole, masks)
    brief = replace(r.recipe, steps=BRIEF)
    return _outside(seed, size, r.train(cut_once, recipe=brief).variables)


def _outside(seed: int, size: Size, weights: Tensors) -> Outcome:
    r = descent(seed, size)
    masks = masks_of(r, DENSITY)
    failures = [
        f"{name} of replicate {k} keeps {int(mask.sum())} of {count}"
        for name, count in r.keep(DENSITY).items()
        for k, mask in enumerate(masks[name] | (weights[name] != 0))
        if int(mask.sum()) != count
    ]
    return all_of(failures, size.replicates * len(masks), "weights of each layer of the ticket")


def _differ(first: Tensors, second: Tensors) -> list[str]:
    """The replicates of which any number differs."""
    same = torch.stack([(first[n] == second[n]).flatten(1).all(1) for n in first]).all(0)
    return [f"replicate {k}" for k in (~same).nonzero().flatten().tolist()]
