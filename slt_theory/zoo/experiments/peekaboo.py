"""SynFlow in integers, and sign flips against mask search."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from functools import cache
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor

from slt_theory.theorems.checks import Outcome, all_of
from slt_theory.torch.train import (
    Draws,
    Mlp,
    Moment,
    Recipe,
    Tensors,
    Use,
    count_of,
    draws,
    fit_masked,
    initial,
    maskable,
    sizes,
    synflow,
    synflow_masks,
)
from slt_theory.zoo.experiments.multi_prize import (
    FEW,
    MODEL,
    THREE_TENTHS,
    accuracy,
    recipe,
    signless_accuracies,
    ticket,
    wide,
)
from slt_theory.zoo.systems.peekaboo import Bop, boo, peek
from slt_theory.zoo.verdicts import FULL, Size, beats

#: Of nine settings tried before the claim was made, the best; the paper's threshold of 1e-6 is in
#: units of another loss, and flips every sign in every step here.
RATE, THRESHOLD = 1e-2, 1e-3

#: With weights in -3 .. 3 the flow of these networks is an integer below 2^53: exact in float64.
LARGEST = 3
FLAT, DEEP = Mlp((64, 100, 50, 10)), Mlp((8,) * 10)


def integer_weights(model: Mlp, members: Draws, *, copy: int = 0) -> Tensors:
    """Integers in -3 .. 3, zeros among them as a mask would leave."""
    layers = maskable(model.shapes)
    drawn = {
        name: members.below(2 * LARGEST + 1, Use.WEIGHTS, copy * len(layers) + k, shape) - LARGEST
        for k, (name, shape) in enumerate(layers.items())
    }
    zeros = {n: torch.zeros(len(members), *s) for n, s in model.shapes.items()}
    return {name: drawn.get(name, zeros[name]).float() for name in model.shapes}


def _in_float32(model: Mlp, tensors: Tensors, width: int) -> Tensors:
    """SynFlow as it should not be computed."""
    leaves = {n: tensors[n].abs().requires_grad_() for n in maskable(model.shapes)}
    stack = tensors["0.weight"].shape[0]
    flow = model({**tensors, **leaves}, torch.ones(stack, 1, width)).sum()
    gradients = torch.autograd.grad(flow, list(leaves.values()))
    return {n: leaves[n].detach() * g for n, g in zip(leaves, gradients, strict=True)}


def conserved(seed: int, size: Size = FULL) -> Outcome:
    """All layers have the same total, and every hidden unit lets out what comes in."""
    return _conserved(seed, size, synflow)


def single_precision(seed: int, size: Size = FULL) -> Outcome:
    """Mutant: scores in float32."""
    return _conserved(seed, size, _in_float32)


def _conserved(seed: int, size: Size, score: Callable[[Mlp, Tensors, int], Tensors]) -> Outcome:
    torch.set_num_threads(1)  # small products
    members, failures = draws(seed, size.replicates), []
    for model in (FLAT, DEEP):
        flows = score(model, integer_weights(model, members), model.sizes[0])
        layers = [flow.to(torch.int64) for flow in flows.values()]
        failures += _unequal([layer.flatten(1).sum(1) for layer in layers], f"{model}, layers")
        for k, (into, out) in enumerate(pairwise(layers)):
            failures += _unequal([into.sum(2), out.sum(1)], f"{model}, units of layer {k}")
    cases = len(members) * sum(len(model.sizes) - 1 for model in (FLAT, DEEP))
    return all_of(failures, cases, "integer flows equal")


def _unequal(values: list[Tensor], what: str) -> list[str]:
    """One entry for each network in which these integers differ."""
    differ = torch.stack([(value != values[0]).reshape(len(value), -1).any(1) for value in values])
    return [f"{what}, network {k}" for k in differ.any(0).nonzero().flatten().tolist()]


def never_empty(seed: int, size: Size = FULL) -> Outcome:
    """A hundred rounds leave weights in every layer, down to one weight a layer."""
    return _never_empty(seed, size, rounds=100)


def at_once(seed: int, size: Size = FULL) -> Outcome:
    """Mutant: all is pruned in one round."""
    return _never_empty(seed, size, rounds=1)


def _never_empty(seed: int, size: Size, rounds: int) -> Outcome:
    torch.set_num_threads(1)  # small products
    members, weights = draws(seed, size.replicates), sum(sizes(FLAT.shapes).values())
    source, failures = initial(FLAT, members), []
    keeps = [count_of(density, weights) for density in ("1/10", "1/100")] + [len(FLAT.sizes) - 1]
    for keep in keeps:
        masks = synflow_masks(FLAT, source, FLAT.sizes[0], keep, rounds=rounds)
        least = torch.stack([mask.flatten(1).sum(1) for mask in masks.values()]).amin(0)
        empty = (least == 0).nonzero().flatten().tolist()
        failures += [f"{keep} of {weights} weights in network {k}" for k in empty]
    return all_of(failures, len(keeps) * len(members), "no layer empty")


@cache
def arms(
    seed: int,
    size: Size,
    *,
    density: Fraction = THREE_TENTHS,
    copy: int = 0,
    reverse: bool = False,
) -> dict[str, Any]:
    """Pruned, and with its signs flipped."""
    r = wide(seed, size)
    keep = count_of(density, sum(sizes(MODEL.shapes).values()))
    masks, pruned = peek(MODEL, initial(MODEL, r.draws, copy=copy), MODEL.sizes[0], keep)
    hook = (_Reversed if reverse else Bop)(RATE, THRESHOLD)
    steps = recipe(size).steps
    flipped = boo(MODEL, pruned, masks, r.task, steps, hook, draws=r.draws).variables
    return {"masks": masks, "pruned": pruned, "flipped": flipped, "flips": hook.flips}


def only_signs(seed: int, size: Size = FULL) -> Outcome:
    """After all flips every |weight| is what it was, bit for bit, and the count of kept exact."""
    found = arms(seed, size)
    return _only_signs(found["pruned"], found["flipped"], f"{found['flips']} flips")


def trained_too(seed: int, size: Size = FULL) -> Outcome:
    """Mutant: beside the flips, weights take gradient steps."""
    r, found = wide(seed, size), arms(seed, size)
    moved = fit_masked(
        MODEL,
        found["pruned"],
        found["masks"],
        r.task,
        Recipe(steps=5, method="sgd", rate=0.1),
        draws=r.draws,
        on_step=[Bop(RATE, THRESHOLD)],
    )
    return _only_signs(found["pruned"], moved.variables, "with gradient steps")


def _only_signs(before: Tensors, after: Tensors, what: str) -> Outcome:
    failures = [
        f"{name} of replicate {k}"
        for name, weight in before.items()
        for k in range(len(weight))
        if not torch.equal(weight[k].abs(), after[name][k].abs())
    ]
    cases = sum(len(weight) for weight in before.values())
    return all_of(failures, cases, f"magnitudes as drawn, {what}")


def unmasked(seed: int, size: Size = FULL) -> Outcome:
    """What the flips add to pruning alone."""
    return _unmasked(seed, size)


class _Reversed(Bop):
    """Flips where the gradient asks to keep the sign."""

    def __call__(self, moment: Moment) -> None:
        for weight in moment.variables.values():
            if weight.grad is not None:
                weight.grad.neg_()
        super().__call__(moment)


def reversed_flips(seed: int, size: Size = FULL) -> Outcome:
    """Mutant: signs are flipped towards larger loss."""
    few = replace(size, replicates=min(FEW, size.replicates))
    return _unmasked(seed, few, reverse=True)


def _unmasked(seed: int, size: Size, *, reverse: bool = False) -> Outcome:
    r, found = wide(seed, size), arms(seed, size, reverse=reverse)
    flipped, pruned = (accuracy(r, found[arm]) for arm in ("flipped", "pruned"))
    what = "accuracy of signs flipped over signs as drawn at density 3/10"
    return beats(flipped, pruned, what, smallest=Fraction(1, 10))


def disguised(seed: int, size: Size = FULL) -> Outcome:
    """Sign flips in SynFlow's mask against a mask found by edge-popup, at one density."""
    r = wide(seed, size)
    hidden = accuracy(r, ticket(seed, size, THREE_TENTHS)[1].tensors)
    what = "accuracy of Peek-a-Boo over edge-popup at density 3/10"
    return beats(accuracy(r, arms(seed, size)["flipped"]), hidden, what)


def over_broken_search(seed: int, size: Size = FULL) -> Outcome:
    """Mutant: edge-popup's gradient lacks the score's sign; Peek-a-Boo is then seen to win."""
    wrong = signless_accuracies(seed, size)
    flipped = accuracy(wide(seed, size), arms(seed, size)["flipped"])
    return beats(flipped[: len(wrong)], wrong, "accuracy of Peek-a-Boo over a search without signs")


def control(seed: int, size: Size = FULL) -> Outcome:
    """Peek-a-Boo against itself, other weights."""
    r = wide(seed, size)
    first, second = (accuracy(r, arms(seed, size, copy=copy)["flipped"]) for copy in (0, 1))
    return beats(first, second, "accuracy of Peek-a-Boo over itself")
