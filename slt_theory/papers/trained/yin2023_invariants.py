"""What holds of every pool: counts, zeros, and right validation examples."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import partial

from slt_theory.papers.trained.shared import (
    Check,
    Claim,
    Outcome,
    Scale,
    Source,
    all_of,
    keeps,
    mutant,
    torch,
    training,
)
from slt_theory.papers.trained.yin2023 import (
    FIRST,
    GRID,
    PAPER,
    RATE,
    ROUNDS,
    TicketPool,
    pool,
    rewound,
)

BRIEF = Scale(4, Fraction(1, 10))
BRIEF = Scale(4, Fraction(1, 10))
Pooling = Callable[..., TicketPool]


def _unpruned(
    model: training.Model,
    ticket: training.Tensors,
    others: Sequence[training.Tensors],
    task: training.Task,
    keep: dict[str, int],
) -> TicketPool:
    """Mutant: blends are not pruned again."""
    return pool(model, ticket, others, task, {name: ticket[name][0].numel() for name in keep})


def _on_test(
    model: training.Model,
    ticket: training.Tensors,
    others: Sequence[training.Tensors],
    task: training.Task,
    keep: dict[str, int],
) -> TicketPool:
    """Mutant: the choice is made on test examples."""
    swapped = replace(task, validation=task.test, test=task.validation)
    found = pool(model, ticket, others, swapped, keep)
    ends = [training.correct(model, each, task, "validation") for each in (ticket, found.tensors)]
    return replace(found, right=torch.stack(ends))


def invariants(seed: int, size: Scale = BRIEF, *, pooled: Pooling = pool) -> Outcome:
    """Counts of every pool are its ticket's, and right validation examples never fewer."""
    r, _, networks = rewound(seed, size)
    counts = keeps(r.model.shapes, RATE, ROUNDS)[FIRST - 1 :][::-1]
    failures = []
    for k, (ticket, keep) in enumerate(zip(networks, counts, strict=True)):
        others = sorted(
            (each for each in range(len(networks)) if each != k), key=lambda each: abs(each - k)
        )
        found = pooled(r.model, ticket, [networks[each] for each in others], r.task, keep)
        last = training.correct(r.model, found.tensors, r.task, "validation")
        if any((mask.flatten(1).sum(1) != keep[n]).any() for n, mask in found.masks.items()):
            failures.append(f"ticket {k}: other counts")
        elif any(found.tensors[n][~mask].any() for n, mask in found.masks.items()):
            failures.append(f"ticket {k}: a pruned weight is not 0")
        elif (found.right.diff(dim=0) < 0).any() or not last.equal(found.right[-1]):
            failures.append(f"ticket {k}: fewer validation examples right")
    return all_of(failures, len(networks), f"pools of {len(GRID)} shares an other ticket")


ENTRIES = (
    Claim(
        id="yin2023-invariants",
        title="A pool keeps its ticket's density and loses no validation accuracy",
        family="around the search",
        source=Source(PAPER, "the algorithm", "AAAI 2023", "read"),
        statement="Whatever is blended in, the result has exactly the ticket's counts, and its "
        "validation accuracy never falls from one candidate to the next.",
        paper_scope="every pool; the released code compares candidates with the ticket's accuracy "
        "on test images instead, and there nothing of this is sure",
        test_scope="pools of all five tickets, MLP 64-100-50-10 on 8x8 digits, 60 steps",
        exact=True,
        checks=(
            Check("invariants", "counts, and validation images right", invariants),
            mutant(
                "not pruned again",
                "blends stay as dense as they come",
                partial(invariants, pooled=_unpruned),
            ),
            mutant(
                "chosen on test",
                "test images decide what stays in",
                partial(invariants, pooled=_on_test),
            ),
        ),
    ),
)
