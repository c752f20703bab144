"""Masks found by gates against masks by magnitude, one-shot, from the same warm-up."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from slt_theory.theorems.checks import Outcome, all_of
from slt_theory.torch.train import Recipe, Tensors, kept, magnitude, nested, top
from slt_theory.zoo.rig import Rig, rig
from slt_theory.zoo.systems.espn import gates
from slt_theory.zoo.verdicts import FULL, Size, beats

WARM, SEARCH, PRICE = 60, 800, 1e-3
GATES = Recipe(steps=SEARCH, method="sgd", rate=0.1)
DENSITIES = ("1/20", "1/40")


@cache
def arms(seed: int, size: Size) -> tuple[Rig, Tensors, Tensors]:
    """The rig, the weights after the warm-up, and those after as many more steps as a search."""
    r = rig(seed, size)
    warm = r.steps(WARM)
    recipe = replace(r.recipe, steps=warm + r.steps(SEARCH))
    fitted = r.train(r.start(), recipe=recipe, snapshots=(warm,))
    return r, fitted.snapshots[warm], fitted.variables


# What is cached has no defaults: one arm is one key.


@cache
def scores(seed: int, size: Size, rule: str, copy: int) -> Tensors:
    """What ranks the weights: gates, gates that cost nothing ("free"), or magnitude."""
    r, warm, dense = arms(seed, size)
    if rule == "magnitude":
        return magnitude(dense)
    recipe = replace(GATES, steps=r.steps(SEARCH))
    price = {"gates": PRICE, "free": 0.0}[rule]
    return gates(r.model, warm, r.task, recipe, draws=r.draws, price=price, copy=copy)


def count(r: Rig, density: str) -> int:
    return sum(r.keep(density).values())


@cache
def pruned(seed: int, size: Size, rule: str, density: str, copy: int) -> Tensors:
    """The warm network under the weights of largest score, trained; "least": of smallest gates."""
    r, warm, _ = arms(seed, size)
    if rule == "least":
        ranks = {name: -score for name, score in scores(seed, size, "gates", copy).items()}
    else:
        ranks = scores(seed, size, rule, copy)
    return r.train(warm, top(ranks, count(r, density)), copy=1 + copy).variables


def _over(seed: int, size: Size, density: str, *rules: str) -> Outcome:
    r, *_ = arms(seed, size)
    first, second = (r.accuracy(pruned(seed, size, rule, density, 0)) for rule in rules)
    return beats(first, second, f"accuracy of {' over '.join(rules)} at density {density}")


def over_magnitude(seed: int, size: Size = FULL) -> Outcome:
    """Accuracy at density 1/20 against magnitude, all layers ranked together."""
    return _over(seed, size, DENSITIES[0], "gates", "magnitude")


def over_magnitude_sparser(seed: int, size: Size = FULL) -> Outcome:
    """The same at 1/40."""
    return _over(seed, size, DENSITIES[1], "gates", "magnitude")


def price_matters(seed: int, size: Size = FULL) -> Outcome:
    """Gates against gates that cost nothing, at 1/40."""
    return _over(seed, size, DENSITIES[1], "gates", "free")


def least_gates(seed: int, size: Size = FULL) -> Outcome:
    """Mutant: the weights of least gates stay."""
    return _over(seed, size, DENSITIES[0], "least", "magnitude")


def control(seed: int, size: Size = FULL) -> Outcome:
    """Gates against gates, other batches in the search and after it."""
    r, *_ = arms(seed, size)
    first, second = (r.accuracy(pruned(seed, size, "gates", DENSITIES[0], copy)) for copy in (0, 1))
    return beats(first, second, f"accuracy of gates over gates at density {DENSITIES[0]}")


def counts(seed: int, size: Size = FULL) -> Outcome:
    """Ranking gates gives exactly the count asked for, and sparser masks inside denser ones."""
    r, *_ = arms(seed, size)
    found = scores(seed, size, "gates", 0)
    wanted = [count(r, density) for density in DENSITIES]
    masks = [top(found, k) for k in wanted]
    return _counts(wanted, masks, nested(masks[1], masks[0]).tolist())


def by_threshold(seed: int, size: Size = FULL) -> Outcome:
    """Mutant: gates over 1/100 stay, as when the released search ends at its cap."""
    r, *_ = arms(seed, size)
    masks = {name: score > 1 / 100 for name, score in scores(seed, size, "gates", 0).items()}
    return _counts([count(r, DENSITIES[0])], [masks], [True] * size.replicates)


def _counts(wanted: list[int], masks: list[Tensors], inside: list[bool]) -> Outcome:
    failures = [f"replicate {k}: not nested" for k, fine in enumerate(inside) if not fine]
    for goal, mask in zip(wanted, masks, strict=True):
        failures += [
            f"replicate {k} keeps {found} of {goal}"
            for k, found in enumerate(kept(mask).tolist())
            if found != goal
        ]
    return all_of(failures, (len(wanted) + 1) * len(inside), "counts and nesting of the masks")
