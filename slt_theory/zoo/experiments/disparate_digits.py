"""Disparate impact on digits: gradients and excess loss of classes, one of them made rare."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache

import torch
from torch import Tensor
from torch.nn import functional

from slt_theory.theorems.checks import Outcome
from slt_theory.torch.train import Task, Tensors, applied, magnitude, outputs, top
from slt_theory.zoo.rig import Rig, rig
from slt_theory.zoo.verdicts import FULL, Size, beats

DENSITY, RARE, CLASSES = "2/5", 10, 10


def rare_task(task: Task) -> tuple[Task, list[int]]:
    """The task with ten training examples of class r mod 10 for replicate r, and those classes.

    All replicates keep as many of the other classes as the one that has fewest.
    """
    rare = [replicate % CLASSES for replicate in range(task.stack)]
    members = task.answers(task.train) == torch.tensor(rare)[:, None]
    least = int((~members).sum(1).min())
    rows = [
        torch.cat((numbers[mine][:RARE], numbers[~mine][:least]))
        for numbers, mine in zip(task.train, members, strict=True)
    ]
    return replace(task, train=torch.stack(rows)), rare


@dataclass(frozen=True, eq=False)
class Groups:
    """Of each replicate and class: gradient norm when dense, losses dense and pruned (S, 10).

    `drops` are of test accuracy, as counts over counts.
    """

    gradients: Tensor
    dense: Tensor
    pruned: Tensor
    drops: list[list[Fraction]]
    rare: list[int]


def class_losses(r: Rig, tensors: Tensors, task: Task) -> Tensor:
    """Mean training loss of each class (S, 10)."""
    logits = outputs(r.model, tensors, task.inputs, task.train).double()
    labels = task.answers(task.train)
    each = functional.cross_entropy(logits.flatten(0, 1), labels.flatten(), reduction="none")
    members = functional.one_hot(labels, CLASSES).double()
    return (each.reshape(labels.shape)[..., None] * members).sum(1) / members.sum(1)


def gradient_norms(r: Rig, tensors: Tensors, task: Task) -> Tensor:
    """Norm of each class's mean gradient (S, 10), over all weights and biases."""
    labels, squares = task.answers(task.train), []
    for chosen in range(CLASSES):
        leaves = {n: v.double().requires_grad_() for n, v in tensors.items()}
        logits = r.model(leaves, task.inputs[task.train].double())
        each = functional.cross_entropy(logits.flatten(0, 1), labels.flatten(), reduction="none")
        members = (labels == chosen).double()
        loss = ((each.reshape(labels.shape) * members).sum(1) / members.sum(1)).sum()
        found = torch.autograd.grad(loss, list(leaves.values()))
        squares.append(sum((g.flatten(1).square().sum(1) for g in found), torch.zeros(1)))
    return torch.stack(squares, dim=1).sqrt()


def class_hits(r: Rig, tensors: Tensors, task: Task) -> list[list[Fraction]]:
    """Test accuracy of each class, exactly."""
    logits = outputs(r.model, tensors, task.inputs, task.test)
    labels = task.answers(task.test)
    members = functional.one_hot(labels, CLASSES)
    hits = (members * (logits.argmax(2) == labels)[..., None]).sum(1)
    return [
        [Fraction(int(h), int(n)) for h, n in zip(*pair, strict=True)]
        for pair in zip(hits, members.sum(1), strict=True)
    ]


@cache
def groups(
    seed: int, size: Size, density: str = DENSITY, copy: int = 0, planted: bool = False
) -> Groups:
    """Train with a rare class, prune by magnitude without training again, look at each class.

    `planted` is a positive control: the outputs of the rare class lose their weights first.
    """
    r = rig(seed, size)
    task, rare = rare_task(r.task)
    dense = r.train(r.start(copy=copy), task=task, copy=copy).variables
    scores = magnitude(dense)
    if planted:
        for replicate, chosen in enumerate(rare):
            scores["2.weight"][replicate, chosen] = -1
    thin = applied(dense, top(scores, r.keep(density)))
    before, after = class_hits(r, dense, task), class_hits(r, thin, task)
    return Groups(
        gradient_norms(r, dense, task),
        class_losses(r, dense, task),
        class_losses(r, thin, task),
        [[a - b for a, b in zip(*pair, strict=True)] for pair in zip(before, after, strict=True)],
        rare,
    )


def spearman(first: Tensor, second: Tensor) -> list[Fraction]:
    """Rank correlation of each row, exactly."""
    count = first.shape[1]
    ranks = [values.argsort(1).argsort(1) for values in (first, second)]
    gaps = (ranks[0] - ranks[1]).square().sum(1).tolist()
    return [1 - Fraction(6 * gap, count * (count**2 - 1)) for gap in gaps]


def _correlation(
    seed: int, size: Size, density: str = DENSITY, copy: int = 0, shift: int = 0
) -> list[Fraction]:
    found = groups(seed, size, density, copy)
    return spearman(found.gradients.roll(shift, 1), found.pruned - found.dense)


def gradients_predict(seed: int, size: Size = FULL) -> Outcome:
    """Classes of larger gradient lose more: rank correlation over the ten classes above 0."""
    return _positive(_correlation(seed, size))


def next_class(seed: int, size: Size = FULL) -> Outcome:
    """Mutant: each class is given the gradient of the one before it."""
    return _positive(_correlation(seed, size, shift=1))


def _positive(values: list[Fraction]) -> Outcome:
    what = f"rank correlation of gradient norm and excess loss at density {DENSITY} over 0"
    return beats(values, [0] * len(values), what)


def control(seed: int, size: Size = FULL) -> Outcome:
    """Rank correlations against those of other weights and order."""
    first, second = (_correlation(seed, size, copy=copy) for copy in (0, 1))
    return beats(first, second, "rank correlation over rank correlation")


def rare_loses_more(seed: int, size: Size = FULL) -> Outcome:
    """Drop of test accuracy of the rare class over the mean drop of the others."""
    rare, others = _drops(groups(seed, size))
    return beats(rare, others, f"accuracy lost at density {DENSITY}, rare class over the others")


def rare_control(seed: int, size: Size = FULL) -> Outcome:
    """The rare class's drop against its drop with other weights and order."""
    first, second = (_drops(groups(seed, size, copy=copy))[0] for copy in (0, 1))
    return beats(first, second, "accuracy lost by the rare class over the same")


def planted_loss(seed: int, size: Size = FULL) -> Outcome:
    """Positive control: pruning takes the weights of the rare class's output first."""
    rare, others = _drops(groups(seed, size, planted=True))
    return beats(rare, others, f"planted loss at density {DENSITY}, rare class over the others")


def _drops(found: Groups) -> tuple[list[Fraction], list[Fraction]]:
    """Of the rare class, and the mean of the others."""
    rare = [row[chosen] for row, chosen in zip(found.drops, found.rare, strict=True)]
    rows = zip(found.drops, rare, strict=True)
    return rare, [(sum(row, Fraction(0)) - own) / (CLASSES - 1) for row, own in rows]
