"""Disparate impact on digits: gradients and excess loss of classes, one of them made rare."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache

from slt_theory.papers.trained.shared import (
    SCOPE,
    Arms,
    Beats,
    Check,
    Claim,
    Rig,
    Run,
    Scale,
    Source,
    Verdict,
    control,
    functional,
    mutant,
    rig,
    torch,
    training,
)
from slt_theory.papers.trained.tran2022 import PAPER, READ

DENSITY, RARE, CLASSES = "2/5", 10, 10


def rare_task(task: training.Task) -> tuple[training.Task, list[int]]:
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

    gradients: torch.Tensor
    dense: torch.Tensor
    pruned: torch.Tensor
    drops: list[list[Fraction]]
    rare: list[int]


def class_losses(r: Rig, tensors: training.Tensors, task: training.Task) -> torch.Tensor:
    """Mean training loss of each class (S, 10)."""
    logits = training.outputs(r.model, tensors, task.inputs, task.train).double()
    labels = task.answers(task.train)
    each = functional.cross_entropy(logits.flatten(0, 1), labels.flatten(), reduction="none")
    members = functional.one_hot(labels, CLASSES).double()
    return (each.reshape(labels.shape)[..., None] * members).sum(1) / members.sum(1)


def gradient_norms(r: Rig, tensors: training.Tensors, task: training.Task) -> torch.Tensor:
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


def class_hits(r: Rig, tensors: training.Tensors, task: training.Task) -> list[list[Fraction]]:
    """Test accuracy of each class, exactly."""
    logits = training.outputs(r.model, tensors, task.inputs, task.test)
    labels = task.answers(task.test)
    members = functional.one_hot(labels, CLASSES)
    hits = (members * (logits.argmax(2) == labels)[..., None]).sum(1)
    return [
        [Fraction(int(h), int(n)) for h, n in zip(*pair, strict=True)]
        for pair in zip(hits, members.sum(1), strict=True)
    ]


@cache
def groups(
    seed: int, size: Scale, density: str = DENSITY, copy: int = 0, planted: bool = False
) -> Groups:
    """Train with a rare class, prune by magnitude without training again, look at each class.

    `planted` is a positive control: the outputs of the rare class lose their weights first.
    """
    r = rig(seed, size)
    task, rare = rare_task(r.task)
    dense = r.train(r.start(copy=copy), task=task, copy=copy).variables
    scores = training.magnitude(dense)
    if planted:
        for replicate, chosen in enumerate(rare):
            scores["2.weight"][replicate, chosen] = -1
    thin = training.applied(dense, training.top(scores, r.keep(density)))
    before, after = class_hits(r, dense, task), class_hits(r, thin, task)
    return Groups(
        gradient_norms(r, dense, task),
        class_losses(r, dense, task),
        class_losses(r, thin, task),
        [[a - b for a, b in zip(*pair, strict=True)] for pair in zip(before, after, strict=True)],
        rare,
    )


def spearman(first: torch.Tensor, second: torch.Tensor) -> list[Fraction]:
    """Rank correlation of each row, exactly."""
    count = first.shape[1]
    ranks = [values.argsort(1).argsort(1) for values in (first, second)]
    gaps = (ranks[0] - ranks[1]).square().sum(1).tolist()
    return [1 - Fraction(6 * gap, count * (count**2 - 1)) for gap in gaps]


def _correlation(
    seed: int, size: Scale, density: str = DENSITY, copy: int = 0, shift: int = 0
) -> list[Fraction]:
    found = groups(seed, size, density, copy)
    return spearman(found.gradients.roll(shift, 1), found.pruned - found.dense)


def _drops(found: Groups) -> tuple[list[Fraction], list[Fraction]]:
    """Of the rare class, and the mean of the others."""
    rare = [row[chosen] for row, chosen in zip(found.drops, found.rare, strict=True)]
    rows = zip(found.drops, rare, strict=True)
    return rare, [(sum(row, Fraction(0)) - own) / (CLASSES - 1) for row, own in rows]


CORRELATIONS = Arms(
    Run,
    {
        "rank correlation": lambda run: _correlation(*run),
        "other weights and order": lambda run: _correlation(*run, copy=1),
        "0": 0,
        # Planted error: each class is given the gradient of the one before it.
        "next class": lambda run: _correlation(*run, shift=1),
    },
    what=f"rank correlation of gradient norm and excess loss at density {DENSITY} over 0",
)
DROPS = Arms(
    Run,
    {
        "rare class": lambda run: _drops(groups(*run))[0],
        "the others": lambda run: _drops(groups(*run))[1],
        "rare class, other weights": lambda run: _drops(groups(*run, copy=1))[0],
        # Positive control: pruning takes the weights of the rare class's output first.
        "planted": lambda run: _drops(groups(*run, planted=True))[0],
        "planted, the others": lambda run: _drops(groups(*run, planted=True))[1],
    },
    what=f"accuracy lost at density {DENSITY}, rare class over the others",
)
PLANTED = f"planted loss at density {DENSITY}, rare class over the others"


ENTRIES = (
    Claim(
        id="tran2022-gradients",
        title="Classes of larger gradient lose more by pruning",
        family="with certificates",
        source=Source(PAPER, "experiments on gradient norms", READ, "read"),
        statement="Over the classes, the norm of a class's gradient and its excess loss after "
        "magnitude pruning go together.",
        paper_scope="ResNet-18 on UTKFace and other images, ten repetitions",
        test_scope=f"{SCOPE}; one class with ten examples; not trained after pruning; classes are "
        "the groups, so difficulty and group are one",
        not_claimed=(
            "a strong effect: 20 to 24 of 24 replicates at seeds 0 to 8. A first version, in which "
            "examples left out were replaced by repetitions, had 18, 21 and 20 at seeds 0 to 2",
            "anything at density 3/20: 14, 16 and 20 of 24 replicates, which is not stable",
        ),
        checks=(
            Check(
                "density 2/5",
                "rank correlation above 0",
                Beats(CORRELATIONS, "rank correlation", "0"),
            ),
            control(
                "other weights and order",
                Beats(
                    CORRELATIONS,
                    "rank correlation",
                    "other weights and order",
                    what="rank correlation over rank correlation",
                ),
            ),
            mutant(
                "next class",
                "each class with the gradient of the one before",
                Beats(CORRELATIONS, "next class", "0"),
                Verdict.INCONCLUSIVE,
            ),
        ),
    ),
    Claim(
        id="tran2022-rare-class",
        title="A rare class loses more accuracy by pruning",
        family="with certificates",
        source=Source(PAPER, "experiments on group sizes", READ, "read"),
        statement="The accuracy of a class with few examples falls further than the others'.",
        paper_scope="UTKFace, groups of 7 to 42 per cent of the data",
        test_scope=f"{SCOPE}; one class with ten examples, density 2/5, test accuracy",
        not_claimed=("a difference either way: not visible here",),
        checks=(
            Check(
                "rare class",
                "falls further than the mean of the others",
                Beats(DROPS, "rare class", "the others"),
                recorded=Verdict.INCONCLUSIVE,
            ),
            control(
                "the rare class's fall, other weights and order",
                Beats(
                    DROPS,
                    "rare class",
                    "rare class, other weights",
                    what="accuracy lost by the rare class over the same",
                ),
            ),
            Check(
                "sees a rare class",
                "its output loses its weights first",
                Beats(DROPS, "planted", "planted, the others", what=PLANTED),
                recorded=Verdict.CONSISTENT,
                role="mutant",
            ),
        ),
    ),
)
