"""Blends of tickets: what holds of every pool, and whether one gains where tickets connect."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import cache

import torch

from slt_theory.papers.trained.shared.pruning import keeps
from slt_theory.statistics import Verdict
from slt_theory.theorems.checks import Outcome, all_of
from slt_theory.torch.train import (
    Model,
    Round,
    Task,
    Tensors,
    among,
    applied,
    correct,
    magnitude,
    ones,
    top,
)
from slt_theory.zoo.rig import Rig, rig
from slt_theory.zoo.systems.pools import GRID, Pool, blend, excess, pool
from slt_theory.zoo.verdicts import FULL, Size, beats

#: The paper removes a fifth a round and rewinds to a twentieth of training. Five rounds remain
#: here, down to 14.5 %, after a first cut that counts for five.
RATE, FIRST, ROUNDS, LATE = Fraction(1, 5), 5, 9, 30
#: The positive control's last steps: how many, how much faster, on how few examples.
HOT, FASTER, NOISY = 60, 20, 2
BRIEF = Size(4, Fraction(1, 10))

Build = Callable[[int, Size], tuple[Rig, dict[str, int], tuple[Tensors, ...]]]


def _in_new_order(r: Rig, counts: Sequence[dict[str, int]], late: int) -> Iterator[Round]:
    """`rounds` with batches of its own in every round: two tickets differ in more than masks."""
    masks, start = ones(r.model.shapes, len(r.draws)), r.start()
    fitted = r.train(start, masks, snapshots=(late,))
    yield Round(masks, start, fitted)
    start = fitted.snapshots[late]
    for number, keep in enumerate(counts, 1):
        masks = top(among(magnitude(fitted.variables), masks), keep)
        fitted = r.train(start, masks, copy=number)
        yield Round(masks, start, fitted)


@cache
def _rounds(seed: int, size: Size) -> tuple[Rig, dict[str, int], tuple[Round, ...]]:
    r = rig(seed, size)
    counts = keeps(r.model.shapes, RATE, ROUNDS)[FIRST - 1 :]
    return r, counts[-1], tuple(_in_new_order(r, counts, r.steps(LATE)))


def _rewound(seed: int, size: Size) -> tuple[Rig, dict[str, int], tuple[Tensors, ...]]:
    """The sparsest ticket, then the others, nearest first."""
    r, keep, found = _rounds(seed, size)
    return r, keep, tuple(each.fitted.variables for each in reversed(found[1:]))


@cache
def _strangers(seed: int, size: Size) -> tuple[Rig, dict[str, int], tuple[Tensors, ...]]:
    """The masks of the last two rounds, trained from unrelated weights."""
    r, keep, found = _rounds(seed, size)
    pair = (r.train(r.start(copy=k), found[-k].masks, copy=10 + k) for k in (1, 2))
    return r, keep, tuple(each.variables for each in pair)


@cache
def _siblings(seed: int, size: Size) -> tuple[Rig, dict[str, int], tuple[Tensors, ...]]:
    """The sparsest ticket, trained on three times at a rate that leaves it unsettled."""
    r, keep, found = _rounds(seed, size)
    hot = replace(r.recipe, steps=r.steps(HOT), batch=NOISY, rate=FASTER * r.recipe.rate)
    last = found[-1]
    each = (r.train(last.fitted.variables, last.masks, recipe=hot, copy=20 + k) for k in range(3))
    return r, keep, tuple(one.variables for one in each)


def _gain(seed: int, size: Size, build: Build, arm: str) -> Outcome:
    """Accuracy of a blend over its ticket; nothing is claimed where the ends are not connected."""
    r, keep, networks = build(seed, size)
    ticket, other = networks[:2]
    if arm == "average":
        mixed = blend(ticket, other, Fraction(1, 2))
        made = applied(mixed, top(magnitude(mixed), keep))
    else:
        made = pool(r.model, ticket, networks[1:], r.task, keep).tensors
    above = excess(r.model, ticket, other, r.task)
    barrier = beats(above, [0] * len(above), "error halfway over the mean of the ends")
    what = f"accuracy of the {arm} over its ticket"
    gain = beats(r.accuracy(made), r.accuracy(ticket), what, arms={"excess": above})
    closed = barrier.verdict is Verdict.CONSISTENT
    verdict = Verdict.NOT_APPLICABLE if closed else gain.verdict
    return Outcome(verdict, f"{gain.evidence}; {barrier.evidence}", gain.numbers)


def average(seed: int, size: Size = FULL) -> Outcome:
    """Halfway between the sparsest ticket and the one before, pruned to the sparsest's counts."""
    return _gain(seed, size, _rewound, "average")


def greedy(seed: int, size: Size = FULL) -> Outcome:
    """The greedy pool of all tickets."""
    return _gain(seed, size, _rewound, "pool")


def unrelated(seed: int, size: Size = FULL) -> Outcome:
    """Mutant: each ticket from weights of its own, and a barrier between them."""
    return _gain(seed, size, _strangers, "average")


def average_of_siblings(seed: int, size: Size = FULL) -> Outcome:
    """Positive control: tickets of one basin that have not settled."""
    return _gain(seed, size, _siblings, "average")


def pool_of_siblings(seed: int, size: Size = FULL) -> Outcome:
    """Positive control: the pool of the same."""
    return _gain(seed, size, _siblings, "pool")


def control(seed: int, size: Size = FULL) -> Outcome:
    """The sparsest ticket against itself in another order."""
    r, _, found = _rounds(seed, size)
    last = found[-1]
    again = r.train(last.start, last.masks, copy=10)
    one, other = (r.accuracy(each.variables) for each in (last.fitted, again))
    return beats(one, other, "ticket over ticket")


Pooled = Callable[[Model, Tensors, Sequence[Tensors], Task, dict[str, int]], Pool]


def _unpruned(
    model: Model, ticket: Tensors, others: Sequence[Tensors], task: Task, keep: dict[str, int]
) -> Pool:
    """Mutant: blends are not pruned again."""
    return pool(model, ticket, others, task, {name: ticket[name][0].numel() for name in keep})


def _on_test(
    model: Model, ticket: Tensors, others: Sequence[Tensors], task: Task, keep: dict[str, int]
) -> Pool:
    """Mutant: the choice is made on test examples."""
    swapped = replace(task, validation=task.test, test=task.validation)
    found = pool(model, ticket, others, swapped, keep)
    ends = [correct(model, each, task, "validation") for each in (ticket, found.tensors)]
    return replace(found, right=torch.stack(ends))


def invariants(seed: int, size: Size = BRIEF, *, pooled: Pooled = pool) -> Outcome:
    """Counts of every pool are its ticket's, and right validation examples never fewer."""
    r, _, networks = _rewound(seed, size)
    counts = keeps(r.model.shapes, RATE, ROUNDS)[FIRST - 1 :][::-1]
    failures = []
    for k, (ticket, keep) in enumerate(zip(networks, counts, strict=True)):
        others = sorted(
            (each for each in range(len(networks)) if each != k), key=lambda each: abs(each - k)
        )
        found = pooled(r.model, ticket, [networks[each] for each in others], r.task, keep)
        last = correct(r.model, found.tensors, r.task, "validation")
        if any((mask.flatten(1).sum(1) != keep[n]).any() for n, mask in found.masks.items()):
            failures.append(f"ticket {k}: other counts")
        elif any(found.tensors[n][~mask].any() for n, mask in found.masks.items()):
            failures.append(f"ticket {k}: a pruned weight is not 0")
        elif (found.right.diff(dim=0) < 0).any() or not last.equal(found.right[-1]):
            failures.append(f"ticket {k}: fewer validation examples right")
    return all_of(failures, len(networks), f"pools of {len(GRID)} shares an other ticket")


def unpruned(seed: int, size: Size = BRIEF) -> Outcome:
    """Mutant: blends are not pruned again."""
    return invariants(seed, size, pooled=_unpruned)


def chosen_on_test(seed: int, size: Size = BRIEF) -> Outcome:
    """Mutant: chosen on the test examples."""
    return invariants(seed, size, pooled=_on_test)
