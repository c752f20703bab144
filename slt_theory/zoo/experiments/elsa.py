"""ELSA: each sparse part is what it was, and the dense network loses nothing."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import torch

from slt_theory.theorems.checks import Outcome, all_of
from slt_theory.torch.train import Tensors, applied, magnitude, outputs, top
from slt_theory.zoo.rig import Rig, rig
from slt_theory.zoo.systems.elsa import extend
from slt_theory.zoo.verdicts import FULL, Size, beats, not_worse

DENSITY, MARGIN = "1/10", 0.01
#: Of the level between.
MIDDLE = "3/10"


@cache
def _arms(seed: int, size: Size) -> tuple[Rig, dict[str, Tensors]]:
    """The dense network, a sparse one found by magnitude in it, and the two together."""
    r = rig(seed, size)
    dense = r.train(r.start()).variables
    masks = top(magnitude(dense), r.keep(DENSITY))
    sparse = r.train(dense, masks).variables
    union = extend(r.model, sparse, masks, r.start(copy=1), r.task, r.recipe, draws=r.draws)
    again = r.train(r.start(copy=2), copy=1).variables
    arms = {"masks": masks, "dense": dense, "sparse": sparse, "union": union.variables}
    return r, {**arms, "again": again}


def same_sparse_part(seed: int, size: Size = FULL) -> Outcome:
    """Outputs of the union under its masks equal the sparse network's on every image."""
    return _same(seed, size, "union")


def retrained(seed: int, size: Size = FULL) -> Outcome:
    """Mutant: all weights were trained, none held fixed."""
    return _same(seed, size, "dense")


def _same(seed: int, size: Size, arm: str) -> Outcome:
    r, arms = _arms(seed, size)
    differ = _differ(r, applied(arms[arm], arms["masks"]), arms["sparse"])
    return all_of(differ, size.replicates, f"outputs at density {DENSITY} equal bit for bit")


def _differ(r: Rig, first: Tensors, second: Tensors) -> list[str]:
    """The replicates whose outputs differ in any bit of any image."""
    numbers = torch.arange(len(r.task.inputs)).expand(len(r.draws), -1)
    found, wanted = (outputs(r.model, t, r.task.inputs, numbers) for t in (first, second))
    places = (found != wanted).flatten(1).any(1).nonzero().flatten().tolist()
    return [f"replicate {k}" for k in places]


def same_levels(seed: int, size: Size = FULL) -> Outcome:
    """Two sparse networks, one in the other, in one dense network, each as it was."""
    r, arms = _arms(seed, size)
    inner, sparse = arms["masks"], arms["sparse"]
    outer = top(magnitude(arms["dense"]), r.keep(MIDDLE))
    brief = replace(r.recipe, steps=r.steps(60))  # what the law says does not depend on it
    level, whole = sparse, sparse
    for masks, within, copy in ((inner, outer, 1), (outer, None, 2)):
        level, whole = (
            whole,
            extend(
                r.model,
                whole,
                masks,
                r.start(copy=copy),
                r.task,
                brief,
                draws=r.draws,
                within=within,
            ).variables,
        )
    failures = [
        f"{text} at density {density}"
        for density, masks, wanted in ((DENSITY, inner, sparse), (MIDDLE, outer, level))
        for text in _differ(r, applied(whole, masks), wanted)
    ]
    return all_of(failures, 2 * size.replicates, "outputs of both levels equal bit for bit")


def dense_loses_nothing(seed: int, size: Size = FULL) -> Outcome:
    """Test accuracy of the union against a dense network trained by itself."""
    r, arms = _arms(seed, size)
    union, dense, sparse = (r.accuracy(arms[arm]) for arm in ("union", "dense", "sparse"))
    what = f"accuracy of the union of a network of density {DENSITY} and the rest over dense alone"
    return not_worse(union, dense, what, margin=MARGIN, arms={"sparse": sparse})


def not_extended(seed: int, size: Size = FULL) -> Outcome:
    """Mutant: the rest is not trained but 0."""
    r, arms = _arms(seed, size)
    sparse, dense = (r.accuracy(arms[arm]) for arm in ("sparse", "dense"))
    return not_worse(sparse, dense, "accuracy of the sparse part over dense alone", margin=MARGIN)


def control(seed: int, size: Size = FULL) -> Outcome:
    """The dense arm against itself, other weights and order."""
    r, arms = _arms(seed, size)
    return beats(r.accuracy(arms["dense"]), r.accuracy(arms["again"]), "dense over dense")
