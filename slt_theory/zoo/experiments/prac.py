"""The critical set, to the letter; and tickets found with it against those of other data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from functools import cache
from itertools import pairwise

from torch import Tensor

from slt_theory.papers.trained.shared.pruning import keeps
from slt_theory.theorems.checks import Outcome, all_of
from slt_theory.torch.train import (
    Batch,
    Tensors,
    Use,
    among,
    applied,
    magnitude,
    outputs,
    rounds,
    shuffled,
    top,
)
from slt_theory.zoo.rig import Rig, rig
from slt_theory.zoo.systems.prac import Forgetting, critical, most, scaled_steps
from slt_theory.zoo.verdicts import FULL, Size, beats, not_worse

#: The paper's cut, for the examples that pruning flips.
CUT = Fraction(1, 5)
#: Two cuts to the counts that four and seven cuts of 35 % leave, the last 5.8 %.
RATE, AT = Fraction(7, 20), (4, 7)
CHOSEN, MARGIN = 500, 0.005
BRIEF = Size(6, Fraction(1, 3))


class _Recorded(Forgetting):
    """Forgetting that also keeps a plain history: which examples were right, step by step."""

    def __init__(self, stack: int, examples: int) -> None:
        super().__init__(stack, examples)
        self.history: list[list[dict[int, bool]]] = [[] for _ in range(stack)]

    def __call__(self, logits: Tensor, batch: Batch) -> Tensor:
        right = (logits.argmax(2) == batch.labels).tolist()
        for replicate, numbers in enumerate(batch.numbers.tolist()):
            self.history[replicate].append(dict(zip(numbers, right[replicate], strict=True)))
        return super().__call__(logits, batch)


@cache
def _watched(
    seed: int, size: Size, kind: type[Forgetting] = Forgetting
) -> tuple[Rig, Forgetting, Tensor, Tensor]:
    """Training of the dense network, watched; its classes for the examples, whole and cut."""
    r = rig(seed, size)
    memory = kind(len(r.draws), len(r.task.inputs))
    dense = r.train(r.start(), loss=memory).variables
    cut = applied(dense, top(magnitude(dense), keeps(r.model.shapes, CUT, 1)[0]))
    before, after = (
        outputs(r.model, each, r.task.inputs, r.task.train).argmax(2) for each in (dense, cut)
    )
    return r, memory, before, after


def definition(
    seed: int,
    size: Size = BRIEF,
    *,
    event: tuple[bool, bool] = (True, False),
    unlearned: bool = True,
) -> Outcome:
    """The set is what the definition makes of the plain history, for every example."""
    r, memory, before, after = _watched(seed, size, _Recorded)
    assert isinstance(memory, _Recorded)
    forgotten, flipped = critical(r.task.train, memory, before, after)
    member, changed = (forgotten | flipped).tolist(), (before != after).tolist()
    failures, cases = [], 0
    for k, train in enumerate(r.task.train.tolist()):
        for place, number in enumerate(train):
            rights = [step[number] for step in memory.history[k] if number in step]
            lost = event in pairwise(rights) or (unlearned and not any(rights))
            cases += 1
            if member[k][place] != (lost or changed[k][place]):
                failures.append(f"example {number} of replicate {k}")
    return all_of(failures, cases, "critical: forgotten, never learned, or flipped by pruning")


def never_learned_left_out(seed: int, size: Size = BRIEF) -> Outcome:
    """Mutant: an example that was never right counts as never forgotten."""
    return definition(seed, size, unlearned=False)


def learning_counted(seed: int, size: Size = BRIEF) -> Outcome:
    """Mutant: events from wrong to right."""
    return definition(seed, size, event=(False, True))


def steps(
    seed: int, size: Size = BRIEF, *, scaled: Callable[[int, int, int], int] = scaled_steps
) -> Outcome:
    """N is the integer nearest to |P| / |D| N0; all of the data get all of the steps."""
    total, failures, cases = 600, [], 0
    for examples in range(1, 121):
        for chosen in range(examples + 1):
            cases += 1
            off = abs(scaled(chosen, examples, total) * examples - chosen * total)
            if 2 * off > examples:
                failures.append(f"{chosen} of {examples}")
    return all_of(failures, cases, f"|N |D| - |P| N0| <= |D| / 2 at N0 = {total}")


def floating_steps(seed: int, size: Size = BRIEF) -> Outcome:
    """Mutant: in floating point, cut to an integer."""
    return steps(seed, size, scaled=lambda chosen, examples, n: int(chosen / examples * n))


@cache
def _masks(seed: int, size: Size, data: str) -> tuple[Rig, Tensors]:
    """Masks found with all data, the critical half, a random half, or half of the classes."""
    r, memory, before, after = _watched(seed, size)
    train = r.task.train
    numbers = {
        "all": train,
        "critical": most(train, memory, before != after, CHOSEN),
        "random": train.gather(1, r.draws.order(train.shape[1], Use.DATA, 1))[:, :CHOSEN],
        "classes": train.gather(1, r.task.answers(train).argsort(dim=1))[:, :CHOSEN],
    }[data]
    first, last = (keeps(r.model.shapes, RATE, at)[-1] for at in AT)
    task = replace(r.task, train=numbers)
    *_, cut = rounds(r.model, r.start(), task, r.recipe, [first], draws=r.draws)
    return r, top(among(magnitude(cut.fitted.variables), cut.masks), last)


@cache
def _accuracy(
    seed: int, size: Size, data: str, *, deal: bool = False, copy: int = 0
) -> list[Fraction]:
    """Of the ticket, trained with all data whatever it was found with."""
    r, masks = _masks(seed, size, data)
    placed = shuffled(masks, r.draws) if deal else masks
    return r.accuracy(r.train(r.start(), placed, copy=copy).variables)


def matches_all(seed: int, size: Size = FULL) -> Outcome:
    """Tickets found with the most critical half against those found with all data."""
    one, other = (_accuracy(seed, size, data) for data in ("critical", "all"))
    return not_worse(one, other, "accuracy, found with the critical half over all", margin=MARGIN)


def matches_dealt(seed: int, size: Size = FULL) -> Outcome:
    """Positive control: against the same counts, dealt out at random in each layer."""
    one, other = _accuracy(seed, size, "critical"), _accuracy(seed, size, "critical", deal=True)
    return not_worse(one, other, "accuracy, critical half over masks at random", margin=MARGIN)


def beats_random(seed: int, size: Size = FULL) -> Outcome:
    """Against tickets found with a random half."""
    one, other = (_accuracy(seed, size, data) for data in ("critical", "random"))
    return beats(one, other, "accuracy, found with the critical half over a random half")


def half_the_classes(seed: int, size: Size = FULL) -> Outcome:
    """Mutant: the examples were sorted by label before the first half was taken."""
    one, other = (_accuracy(seed, size, data) for data in ("classes", "random"))
    return beats(one, other, "accuracy, found with half of the classes over a random half")


def control(seed: int, size: Size = FULL) -> Outcome:
    """Tickets found with a random half against themselves, in two orders new to their masks."""
    one, other = (_accuracy(seed, size, "random", copy=copy) for copy in (1, 2))
    return beats(one, other, "ticket over ticket")
