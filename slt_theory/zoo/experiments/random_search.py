"""The best of many random networks, before training, against one random network."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from functools import cache

from slt_theory.theorems.checks import Outcome, all_of
from slt_theory.torch.train import Tensors, applied, plant
from slt_theory.zoo.rig import Rig, rig
from slt_theory.zoo.systems.random_search import Candidates, search, training_loss, unit_masks
from slt_theory.zoo.verdicts import Size, beats, equivalent

#: Three units in ten of 100 and 50; the mutant keeps one in ten.
UNITS, FEWER = (30, 15), (10, 5)
TRIES, MARGIN, EARLY = 100, 0.02, 60
#: Networks vary more than elsewhere, and this is quick.
FULL = Size(40)
BRIEF = Size(4, Fraction(1, 10))


@cache
def _drawn(seed: int, size: Size) -> tuple[Rig, Candidates]:
    r = rig(seed, size)
    return r, search(r.model, r.start(), r.task, UNITS, TRIES, draws=r.draws)


@cache
def _planted(seed: int, size: Size) -> tuple[Rig, Tensors, Candidates]:
    """Initial weights with one candidate trained in its places; and the search among them."""
    r, drawn = _drawn(seed, size)
    masks = drawn.masks[TRIES // 2]
    start = plant(r.start(), r.train(r.start(), masks).variables, masks)
    return r, start, search(r.model, start, r.task, UNITS, TRIES, draws=r.draws)


@cache
def _accuracies(seed: int, size: Size, arm: str) -> tuple[list[Fraction], list[Fraction]]:
    """After a tenth of the steps, and at the end."""
    r, drawn = _drawn(seed, size)
    start = r.start()
    match arm:
        case "best":
            masks = drawn.network(drawn.best())
        case "random":
            masks = unit_masks(r.model, r.draws, UNITS, copy=TRIES)
        case "other":
            start, masks = r.start(copy=1), unit_masks(r.model, r.draws, UNITS, copy=TRIES + 1)
        case "fewer":
            found = search(r.model, start, r.task, FEWER, TRIES // 10, draws=r.draws)
            masks = found.network(found.best())
        case _:
            _, start, found = _planted(seed, size)
            masks = found.network(found.best())
    early = r.steps(EARLY)
    fitted = r.train(start, masks, copy=1 if arm == "other" else 0, snapshots=(early,))
    after = applied(fitted.snapshots[early], masks)
    return r.accuracy(after), r.accuracy(fitted.variables)


def _over(seed: int, size: Size, first: str, second: str, when: int) -> Outcome:
    one, other = (_accuracies(seed, size, arm)[when] for arm in (first, second))
    moment = ("after a tenth of the steps", "after training")[when]
    return equivalent(one, other, f"accuracy {moment}, {first} over {second}", margin=MARGIN)


def no_better(seed: int, size: Size = FULL) -> Outcome:
    """The best of a hundred untrained networks against another random one, both trained."""
    return _over(seed, size, "best", "random", 1)


def fewer_units(seed: int, size: Size = FULL) -> Outcome:
    """Mutant: a search that does not hold the density; one unit in ten."""
    return _over(seed, size, "fewer", "random", 1)


def no_faster(seed: int, size: Size = FULL) -> Outcome:
    """The same after a tenth of the steps."""
    return _over(seed, size, "best", "random", 0)


def planted(seed: int, size: Size = FULL) -> Outcome:
    """Positive control: one of the hundred is trained already, and the search finds it."""
    return _over(seed, size, "planted", "random", 0)


def control(seed: int, size: Size = FULL) -> Outcome:
    """Random against random, other weights, units and order."""
    one, other = (_accuracies(seed, size, arm)[1] for arm in ("random", "other"))
    return beats(one, other, "random over random")


def minimum(seed: int, size: Size = BRIEF, *, largest: bool = False) -> Outcome:
    """The chosen network's loss is the least of all, its own when computed alone, and planted."""
    r, start, found = _planted(seed, size)
    signed = replace(found, losses=-found.losses) if largest else found
    which = signed.best()
    masks = found.network(which)
    alone = training_loss(r.model, applied(start, masks), r.task).tolist()
    failures = []
    for k, losses in enumerate(found.losses.T.tolist()):
        least = min(losses)
        if losses.index(least) != which[k] or alone[k] != least or which[k] != TRIES // 2:
            failures.append(f"replicate {k}")
    return all_of(failures, len(r.draws), f"best of {TRIES} is the least, and the planted one")


def largest_taken(seed: int, size: Size = BRIEF) -> Outcome:
    """Mutant: the network of largest loss."""
    return minimum(seed, size, largest=True)
