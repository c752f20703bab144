"""A few examples for the first steps: where to rewind to, at the price of less data.

Source: Paul et al., "Lottery tickets on a data diet" (arXiv 2206.01278); the score by Paul,
Ganguli, Dziugaite, "Deep learning on a data diet" (arXiv 2107.07075). A small score is easy.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import cache, partial

from slt_theory.papers.trained.shared import (
    SCOPE,
    Arms,
    Beats,
    Check,
    Claim,
    Equivalent,
    Outcome,
    Paper,
    Rig,
    Run,
    Scale,
    Source,
    Verdict,
    all_of,
    control,
    functional,
    keeps,
    mutant,
    rig,
    torch,
    training,
)

PAPER = Paper(
    key="paul2022",
    authors="Mansheej Paul, Brett W. Larsen, Surya Ganguli, Jonathan Frankle, "
    "Gintare Karolina Dziugaite",
    title="Lottery tickets on a data diet: finding initializations with sparse trainable networks",
    venue="NeurIPS",
    year=2022,
    arxiv="2206.01278",
)


def error_square(weights: Sequence[int | Fraction], label: int) -> Fraction:
    """Square of the distance of the vector of probabilities ``weights / sum`` to the label's.

    Examples
    --------
    >>> error_square([1, 1, 2], 2), error_square([1, 0], 1)
    (Fraction(3, 8), Fraction(2, 1))
    """
    total = sum(map(Fraction, weights))
    return sum(
        ((weight / total - (k == label)) ** 2 for k, weight in enumerate(map(Fraction, weights))),
        Fraction(0),
    )


def el2n(answers: Sequence[torch.Tensor], labels: torch.Tensor) -> torch.Tensor:
    """Mean over networks of the distance of softmax and label: float64 (S, count).

    Parameters
    ----------
    answers : sequence of Tensor (S, count, classes)
        Outputs of networks that were trained for a few steps, one stack each.
    labels : Tensor (S, count)
    """
    expected = functional.one_hot(labels, answers[0].shape[2])
    each = [(outputs.double().softmax(2) - expected).norm(dim=2) for outputs in answers]
    return torch.stack(each).mean(0)


def ranked(numbers: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
    """The examples from easiest to hardest; equals in their order."""
    return numbers.gather(1, scores.argsort(dim=1, stable=True))


def fed(
    model: training.Model,
    start: training.Tensors,
    task: training.Task,
    recipe: training.Recipe,
    numbers: torch.Tensor,
    *,
    draws: training.Draws,
) -> training.Tensors:
    """Weights after `recipe` on the examples `numbers` (S, count) alone: a point to rewind to."""
    return training.fit(
        model, start, replace(task, train=numbers), recipe, draws=draws, copy=1
    ).variables


#: Steps before the point to rewind to, examples they may see, networks that score them.
EARLY, FEW, VOTES = 40, 100, 10
#: Two cuts to the counts that four and seven cuts of 35 % leave, the last 5.8 %.
RATE, AT = Fraction(7, 20), (4, 7)
MARGIN = 0.02
#: The mutant's pre-training is this much faster.
HOT = 100
BRIEF = Scale(3, Fraction(1, 2))
Square = Callable[[Sequence[int | Fraction], int], Fraction]


def _vectors(seed: int, size: Scale) -> Iterator[tuple[list[int | Fraction], int]]:
    """Nonnegative vectors with a label: small and random integers, and what a network says."""
    for classes in (2, 3):
        for code in range(1, 4**classes):
            vector: list[int | Fraction] = [code // 4**k % 4 for k in range(classes)]
            yield from ((vector, label) for label in range(classes))
    members = training.draws(seed, size.replicates)
    random = members.below(1 << 16, training.Use.DATA, 2, (100, 10)).flatten(0, 1) + 1
    yield from ((row, k % 10) for k, row in enumerate(random.tolist()))
    r = rig(seed, size)
    trained = r.train(r.start()).variables
    answers = training.outputs(r.model, trained, r.task.inputs, r.task.train[:, :30])
    labels = r.task.answers(r.task.train[:, :30])
    for row, label in zip(
        answers.double().exp().flatten(0, 1).tolist(), labels.flatten().tolist(), strict=True
    ):
        yield [Fraction(value) for value in row], label


def bounds(seed: int, size: Scale = BRIEF, *, square: Square = error_square) -> Outcome:
    """0 <= EL2N^2 <= 2 in rationals; and the classes' names do not matter."""
    failures, cases = [], 0
    for vector, label in _vectors(seed, size):
        found, cases = square(vector, label), cases + 1
        turned = square(vector[1:] + vector[:1], (label - 1) % len(vector))
        if not 0 <= found <= 2 or turned != found:
            failures.append(f"{[str(value) for value in vector]} with label {label}")
    return all_of(failures, cases, "0 <= EL2N^2 <= 2, and the same after renaming classes")


def commute(
    seed: int, size: Scale = BRIEF, *, change: Callable[[torch.Tensor], torch.Tensor] | None = None
) -> Outcome:
    """Scores in another order of examples are the scores, in that order, bit for bit."""
    r = rig(seed, size)
    train = r.task.train
    answers = [training.outputs(r.model, r.start(copy=k), r.task.inputs, train) for k in range(3)]
    labels, order = r.task.answers(train), r.draws.order(train.shape[1], training.Use.DATA, 3)
    expected = el2n(answers, labels).gather(1, order)
    deep = order[:, :, None].expand_as(answers[0])
    found = el2n([each.gather(1, deep) for each in answers], labels.gather(1, order))
    found = change(found) if change else found
    failures = [f"replicate {k}" for k in range(r.task.stack) if not found[k].equal(expected[k])]
    return all_of(failures, r.task.stack, "scores follow their examples, bit for bit")


@cache
def _points(
    seed: int, size: Scale
) -> tuple[Rig, dict[str, torch.Tensor], dict[str, training.Tensors]]:
    """Examples of the first steps, and the weights after them."""
    r = rig(seed, size)
    train, short = r.task.train, replace(r.recipe, steps=r.steps(EARLY))
    voters = (r.train(r.start(copy=k), recipe=short, copy=k) for k in range(1, 1 + VOTES))
    votes = [training.outputs(r.model, each.variables, r.task.inputs, train) for each in voters]
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
def _ticket(seed: int, size: Scale, point: str, data: str) -> training.Round:
    """Ticket of iterative pruning with that data that rewinds to that point."""
    r, seen, points = _points(seed, size)
    task = replace(r.task, train=seen[data])
    counts = [keeps(r.model.shapes, RATE, at)[-1] for at in AT]
    *_, last = training.rounds(r.model, points[point], task, r.recipe, counts, draws=r.draws)
    return last


def _accuracy(seed: int, size: Scale, point: str, data: str = "all") -> list[Fraction]:
    r, *_ = _points(seed, size)
    return r.accuracy(_ticket(seed, size, point, data).fitted.variables)


def _same_masks(run: Run, copy: int) -> list[Fraction]:
    """The ticket in an order that its masks have not seen."""
    r, *_ = _points(*run)
    last = _ticket(*run, "all", "all")
    return r.accuracy(r.train(last.start, last.masks, copy=copy).variables)


TICKETS = Arms[Run](
    Run,
    {
        "few examples": lambda run: _accuracy(*run, "random"),
        "all": lambda run: _accuracy(*run, "all"),
        "easy examples": lambda run: _accuracy(*run, "easy"),
        "third order": lambda run: _same_masks(run, 2),
        "fourth order": lambda run: _same_masks(run, 3),
        # Planted errors: the other examples never come back; steps a hundred times too long.
        "few for ever": lambda run: _accuracy(*run, "random", "random"),
        "a spoilt one": lambda run: _accuracy(*run, "burnt"),
    },
    what="accuracy after a start on {first} over {second}",
)


def _without_softmax(weights: Sequence[int | Fraction], label: int) -> Fraction:
    """Mutant: the distance of the outputs themselves, not of probabilities."""
    pairs = enumerate(map(Fraction, weights))
    return sum(((weight - (k == label)) ** 2 for k, weight in pairs), Fraction(0))


def _first_class(weights: Sequence[int | Fraction], label: int) -> Fraction:
    """Mutant: the distance to the first class, whatever the label."""
    return error_square(weights, 0)


def _sorted(scores: torch.Tensor) -> torch.Tensor:
    """Mutant: the scores come back sorted."""
    return scores.sort(dim=1).values


TWO_CUTS = f"{SCOPE}; two cuts to density 0.058"
NO_SEARCH = "an effect of other settings: none was tried"

ENTRIES = (
    Claim(
        id="paul2022-score",
        title="EL2N lies between 0 and the root of 2",
        family="around the search",
        source=Source(
            PAPER, "the score, of Paul, Ganguli and Dziugaite (2021)", "arXiv", "derived"
        ),
        statement="The distance of a vector of probabilities to a label's is at most sqrt(2), "
        "whatever the order of classes, and a score belongs to its example.",
        paper_scope="every network",
        test_scope="squares in rationals: small and random integer vectors, and the answers of "
        "trained networks; scores in float64, bit for bit",
        exact=True,
        checks=(
            Check("range", "0 <= EL2N^2 <= 2 in rationals", bounds),
            Check("examples", "scores follow their examples", commute),
            mutant(
                "no softmax",
                "the distance of the outputs themselves",
                partial(bounds, square=_without_softmax),
            ),
            mutant(
                "first class",
                "the distance to the first class",
                partial(bounds, square=_first_class),
            ),
            mutant("sorted", "scores come back sorted", partial(commute, change=_sorted)),
        ),
    ),
    Claim(
        id="paul2022-start",
        title="A few examples suffice for the steps before the point to rewind to",
        family="around the search",
        source=Source(PAPER, "abstract", "NeurIPS 2022", "read"),
        statement="Pre-trained on a small random part of the data, a network rewinds to as good a "
        "point as after equal steps on all; easy examples get there sooner.",
        paper_scope="ResNets on CIFAR-10, CIFAR-100 and CINIC-10, where rewinding matters",
        test_scope=f"{TWO_CUTS}; rewound to step 40 on 100 of 1,000 examples, scored by ten "
        "networks, within two points",
        not_claimed=(
            NO_SEARCH,
            "that the point matters here: rewinding itself gains next to nothing at this size",
        ),
        checks=(
            Check(
                "few examples",
                "within two points of a start on all data",
                Equivalent(TICKETS, "few examples", "all", margin=MARGIN),
            ),
            Check(
                "easy examples",
                "better after a start on the easiest than on random ones",
                Beats(
                    TICKETS,
                    "easy examples",
                    "few examples",
                    what="accuracy after a start on easy examples over random ones",
                ),
                recorded=Verdict.INCONCLUSIVE,
            ),
            control(
                "one point, two orders",
                Beats(TICKETS, "third order", "fourth order", what="ticket over ticket"),
            ),
            mutant(
                "never all data",
                "the other examples never come back",
                Equivalent(
                    TICKETS,
                    "few for ever",
                    "all",
                    margin=MARGIN,
                    what="accuracy with few examples throughout over all",
                ),
            ),
            Check(
                "sees a spoilt start",
                "the random examples' steps are a hundred times too long",
                Beats(TICKETS, "easy examples", "a spoilt one"),
                recorded=Verdict.CONSISTENT,
                role="mutant",
            ),
        ),
    ),
)
