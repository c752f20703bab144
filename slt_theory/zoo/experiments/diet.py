"""The range of the score, and tickets whose first steps saw few examples."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import cache

from torch import Tensor

from slt_theory.papers.trained.shared.pruning import keeps
from slt_theory.theorems.checks import Outcome, all_of
from slt_theory.torch.train import Round, Tensors, Use, draws, outputs, rounds
from slt_theory.zoo.rig import Rig, rig
from slt_theory.zoo.systems.diet import el2n, error_square, fed, ranked
from slt_theory.zoo.verdicts import FULL, Size, beats, equivalent

#: Steps before the point to rewind to, examples they may see, networks that score them.
EARLY, FEW, VOTES = 40, 100, 10
#: Two cuts to the counts that four and seven cuts of 35 % leave, the last 5.8 %.
RATE, AT = Fraction(7, 20), (4, 7)
MARGIN = 0.02
#: The mutant's pre-training is this much faster.
HOT = 100
BRIEF = Size(3, Fraction(1, 2))

Square = Callable[[Sequence[int | Fraction], int], Fraction]


def _vectors(seed: int, size: Size) -> Iterator[tuple[list[int | Fraction], int]]:
    """Nonnegative vectors with a label: small and random integers, and what a network says."""
    for classes in (2, 3):
        for code in range(1, 4**classes):
            vector: list[int | Fraction] = [code // 4**k % 4 for k in range(classes)]
            yield from ((vector, label) for label in range(classes))
    members = draws(seed, size.replicates)
    random = members.below(1 << 16, Use.DATA, 2, (100, 10)).flatten(0, 1) + 1
    yield from ((row, k % 10) for k, row in enumerate(random.tolist()))
    r = rig(seed, size)
    trained = r.train(r.start()).variables
    answers = outputs(r.model, trained, r.task.inputs, r.task.train[:, :30])
    labels = r.task.answers(r.task.train[:, :30])
    for row, label in zip(
        answers.double().exp().flatten(0, 1).tolist(), labels.flatten().tolist(), strict=True
    ):
        yield [Fraction(value) for value in row], label


def bounds(seed: int, size: Size = BRIEF, *, square: Square = error_square) -> Outcome:
    """0 <= EL2N^2 <= 2 in rationals; and the classes' names do not matter."""
    failures, cases = [], 0
    for vector, label in _vectors(seed, size):
        found, cases = square(vector, label), cases + 1
        turned = square(vector[1:] + vector[:1], (label - 1) % len(vector))
        if not 0 <= found <= 2 or turned != found:
            failures.append(f"{[str(value) for value in vector]} with label {label}")
    return all_of(failures, cases, "0 <= EL2N^2 <= 2, and the same after renaming classes")


def without_softmax(seed: int, size: Size = BRIEF) -> Outcome:
    """Mutant: the distance of the outputs themselves, not of probabilities."""

    def square(weights: Sequence[int | Fraction], label: int) -> Fraction:
        pairs = enumerate(map(Fraction, weights))
        return sum(((weight - (k == label)) ** 2 for k, weight in pairs), Fraction(0))

    return bounds(seed, size, square=square)


def label_forgotten(seed: int, size: Size = BRIEF) -> Outcome:
    """Mutant: the distance to the first class, whatever the label."""
    return bounds(seed, size, square=lambda weights, label: error_square(weights, 0))


def examples_commute(seed: int, size: Size = BRIEF) -> Outcome:
    """Scores in another order of examples are the scores, in that order, bit for bit."""
    return _commute(seed, size, lambda scores: scores)


def sorted_scores(seed: int, size: Size = BRIEF) -> Outcome:
    """Mutant: the scores come back sorted."""
    return _commute(seed, size, lambda scores: scores.sort(dim=1).values)


def _commute(seed: int, size: Size, change: Callable[[Tensor], Tensor]) -> Outcome:
    r = rig(seed, size)
    train = r.task.train
    answers = [outputs(r.model, r.start(copy=k), r.task.inputs, train) for k in range(3)]
    labels, order = r.task.answers(train), r.draws.order(train.shape[1], Use.DATA, 3)
    wanted = el2n(answers, labels).gather(1, order)
    deep = order[:, :, None].expand_as(answers[0])
    found = change(el2n([each.gather(1, deep) for each in answers], labels.gather(1, order)))
    failures = [f"replicate {k}" for k in range(r.task.stack) if not found[k].equal(wanted[k])]
    return all_of(failures, r.task.stack, "scores follow their examples, bit for bit")


@cache
def _points(seed: int, size: Size) -> tuple[Rig, dict[str, Tensor], dict[str, Tensors]]:
    """What the first steps see, and the weights after them."""
    r = rig(seed, size)
    train, short = r.task.train, replace(r.recipe, steps=r.steps(EARLY))
    voters = (r.train(r.start(copy=k), recipe=short, copy=k) for k in range(1, 1 + VOTES))
    votes = [outputs(r.model, each.variables, r.task.inputs, train) for each in voters]
    order = ranked(train, el2n(votes, r.task.answers(train)))
    seen = {"all": train, "random": train[:, :FEW], "easy": order[:, :FEW]}
    points = {
        name: fed(r.model, r.start(), r.task, short, numbers, draws=r.draws)
        for name, numbers in seen.items()
    }
    burnt = replace(short, rate=HOT * short.rate)
    points["burnt"] = fed(r.model, r.start(), r.task, burnt, seen["random"], draws=r.draws)
    return r, seen, points


@cache
def _ticket(seed: int, size: Size, point: str, data: str) -> Round:
    """What iterative pruning with that data finds when it rewinds to that point."""
    r, seen, points = _points(seed, size)
    task = replace(r.task, train=seen[data])
    counts = [keeps(r.model.shapes, RATE, at)[-1] for at in AT]
    *_, last = rounds(r.model, points[point], task, r.recipe, counts, draws=r.draws)
    return last


def _accuracy(seed: int, size: Size, point: str, data: str = "all") -> list[Fraction]:
    r, *_ = _points(seed, size)
    return r.accuracy(_ticket(seed, size, point, data).fitted.variables)


def few_suffice(seed: int, size: Size = FULL) -> Outcome:
    """First steps on a random tenth of the examples against all of them."""
    few, every = (_accuracy(seed, size, point) for point in ("random", "all"))
    return equivalent(few, every, "accuracy after a start on few examples over all", margin=MARGIN)


def few_for_ever(seed: int, size: Size = FULL) -> Outcome:
    """Mutant: the other examples never come back."""
    few, every = _accuracy(seed, size, "random", "random"), _accuracy(seed, size, "all")
    return equivalent(few, every, "accuracy with few examples throughout over all", margin=MARGIN)


def easy_is_faster(seed: int, size: Size = FULL) -> Outcome:
    """First steps on the easiest tenth against a random tenth."""
    easy, few = (_accuracy(seed, size, point) for point in ("easy", "random"))
    return beats(easy, few, "accuracy after a start on easy examples over random ones")


def burnt(seed: int, size: Size = FULL) -> Outcome:
    """Positive control: the first steps on random examples are a hundred times too long."""
    easy, spoilt = (_accuracy(seed, size, point) for point in ("easy", "burnt"))
    return beats(easy, spoilt, "accuracy after a start on easy examples over a spoilt one")


def control(seed: int, size: Size = FULL) -> Outcome:
    """Tickets of one point against themselves, in two orders that their masks have not seen."""
    r, *_ = _points(seed, size)
    last = _ticket(seed, size, "all", "all")
    one, other = (
        r.accuracy(r.train(last.start, last.masks, copy=copy).variables) for copy in (2, 3)
    )
    return beats(one, other, "ticket over ticket")
